/* Strict, streaming reading of a JSON text into the structs of a record, by its rows (yajl's callbacks; RFC 8259).
 * Refused with line and column: duplicate keys, comments, trailing text, lone surrogates, overlong or broken UTF-8, NUL in
 * texts, integers written as 1.0 or 1e3, numbers out of their row's range, more than 64 levels, 4 MiB, 4,096 keys in an
 * object, 200,000 values. Unknown properties are warnings (runtime-spec, "Extensibility"), unknown words are mistakes,
 * null is absence. All mistakes are collected, not only the first. */
#pragma once

#include "spec/base/arena.h"
#include "spec/base/err.h"
#include "spec/fields.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { JSON_MAX_BYTES = 4 << 20, JSON_MAX_DEPTH = 64, JSON_MAX_KEYS = 4096, JSON_MAX_VALUES = 200000 };

struct problem {
	bool is_warning;
	const char *pointer;  /* "/mounts/3/source"; "" is the whole file */
	size_t at;            /* byte offset in the text */
	unsigned line, column; /* from 1; the column counts bytes */
	const char *message;  /* what is wrong */
	const char *advice;   /* what would be right, or NULL */
};

struct problems {
	struct arena *arena;
	struct problem *at;
	size_t count, room;
	size_t mistakes; /* those that are no warnings */
};

void problems_init(struct problems *p, struct arena *a);
void problems_add(struct problems *p, bool is_warning, const char *pointer, const char *message, const char *advice);

/* Read the text. Returns the struct in the arena (of record->size bytes), or NULL when the text is not JSON at all or its root is no object;
 * with mistakes other than that the struct holds what could be read. */
void *json_read(const struct record *record, const char *text, size_t length, struct problems *problems);

/* Read a regular file of at most JSON_MAX_BYTES, without blocking on a FIFO. The text gets a terminating NUL. */
int json_load(int dir_fd, const char *path, struct arena *a, const char **text, size_t *length, struct err *e);

/* Where a JSON pointer's value begins: for problems that were found after reading. Falls back to the nearest ancestor. */
void json_find_place(const char *text, size_t length, const char *pointer, unsigned *line, unsigned *column);

/* Fill line and column of every problem that has none, and sort by place. */
void problems_place(struct problems *p, const char *text, size_t length);

/* The first mistake as an error: "config.json:12:9: /process/cwd: ..." with its advice as hint; "and N more" when there are.
 * Returns -1, or 0 when there are only warnings. `file` is the path shown. */
int problems_err(const struct problems *p, const char *file, struct err *e);

/* The JSON pointer of a member, from its address: walks the rows. NULL when the address belongs to no member. */
const char *json_find_pointer(const struct record *record, const void *model, const void *address, struct arena *a);
