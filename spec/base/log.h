/* Where messages go. Warnings are kept until the command's outcome is known: on success they go to the log, or to stderr when
 * there is none (an engine that gives a log gives the container's stderr as ours); when the command fails, the log gets exactly
 * one record, because engines parse the whole file, and the warnings stand inside it. The record's keys level, msg and time
 * (RFC 3339) are what containerd and podman read. */
#pragma once

#include "spec/base/arena.h"
#include "spec/base/err.h"

#include <stdbool.h>

enum log_format { LOG_TEXT, LOG_JSON };

struct log_warning {
	struct log_warning *next;
	const char *text;
};

struct log {
	struct arena *arena;
	const char *program;  /* "boxcar" */
	int fd;               /* the log file, -1 when there is none; owned */
	enum log_format format;
	bool has_debug;
	struct log_warning *first, **last;
};

void log_init(struct log *l, struct arena *a, const char *program);

/* Open the log file for appending, made with mode 0600 when missing. */
int log_open(struct log *l, const char *path, struct err *e);

/* Keep a warning for the end of the command. */
void log_warn(struct log *l, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Write to stderr and log at once, only with --debug. */
void log_debug(struct log *l, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* The end of a command: its error (NULL on success) and the kept warnings. `command` names the command for the record. */
void log_finish(struct log *l, const char *command, const struct err *e);
