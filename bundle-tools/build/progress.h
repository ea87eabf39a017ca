/* Owns what a build says while it goes on: one line a step. On a terminal the line of a running step is replaced by its outcome. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <time.h>

struct progress {
	size_t step, steps;
	bool is_terminal, is_quiet;
	const char *shown;      /* the step in hand */
	struct timespec began;
};

void progress_init(struct progress *p, size_t steps, bool is_quiet);

/* `has_output`: the step's own output will follow the line. */
void progress_begin(struct progress *p, const char *shown, bool has_output);

/* "cached", "done", "shared", ... ; shows the time when `has_time`. */
void progress_end(struct progress *p, const char *outcome, bool has_time);
