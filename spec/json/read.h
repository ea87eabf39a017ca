/* Strict, streaming reading of a JSON text into the structs of a record, by its rows (yajl's callbacks; RFC 8259).
 * Refused with line and column: duplicate keys, comments, trailing text, lone surrogates, overlong or broken UTF-8, NUL
 * in texts, integers written as 1.0 or 1e3, numbers out of their row's range, more than 64 levels, 4 MiB, 4,096 keys in
 * an object, 200,000 values. Unknown properties are warnings (runtime-spec, "Extensibility"), unknown words are
 * mistakes, null is absence. All mistakes are collected, not only the first. */
#pragma once

#include "spec/base/arena.h"
#include "spec/base/err.h"
#include "spec/base/text.h"
#include "spec/fields.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

enum { JSON_MAX_BYTES = 4 << 20, JSON_MAX_DEPTH = 64, JSON_MAX_KEYS = 4096, JSON_MAX_VALUES = 200000 };

/* So many of each kind are kept; further ones are only counted. */
enum { PROBLEMS_MAX_MISTAKES = 1000, PROBLEMS_MAX_WARNINGS = 200 };

#define PROBLEM_NOWHERE SIZE_MAX /* `at` of a problem that has only a pointer until problems_place */

struct problem {
	bool is_warning;
	const char *pointer;  /* "/mounts/3/source"; "" is the whole file */
	size_t at;            /* byte offset in the text, or PROBLEM_NOWHERE */
	unsigned line, column; /* from 1; the column counts bytes */
	const char *message;  /* what is wrong */
	const char *advice;   /* what would be right, or NULL */
};

struct problems {
	struct arena *arena;
	struct problem *at;
	size_t count, room;
	size_t mistakes, warnings; /* all of them, also those that are not kept */
};

void problems_init(struct problems *p, struct arena *a);

/* The texts are copied; `advice` may be NULL. */
void problems_add(struct problems *p, bool is_warning, const char *pointer, const char *message, const char *advice);

/* The same with the place known. */
void problems_add_at(struct problems *p, bool is_warning, size_t at, const char *pointer, const char *message,
		     const char *advice);

/* Whether one more of this kind would be kept: so that nobody formats what is thrown away. */
bool problems_has_room(const struct problems *p, bool is_warning);

/* Read the text. Returns the struct in the arena (of record->size bytes), or NULL when the text is not JSON at all or
 * its root is no object. With other mistakes the struct holds what could be read: what is wrong is left out, so that
 * something required may be missing in it. */
void *json_read(const struct record *record, const char *text, size_t length, struct problems *problems);

/* Read a regular file of at most JSON_MAX_BYTES, without blocking on a FIFO. The text gets a terminating NUL. */
int json_load(int dir_fd, const char *path, struct arena *a, const char **text, size_t *length, struct err *e);

/* Where a JSON pointer's value begins: for problems found after reading. Falls back to the nearest ancestor. */
void json_find_place(const char *text, size_t length, const char *pointer, unsigned *line, unsigned *column);

/* Fill line and column of every problem that has none, and sort by place. */
void problems_place(struct problems *p, const char *text, size_t length);

/* The first mistake as an error: "config.json:12:9: /process/cwd: ..." with its advice as hint; "and N more" when there
 * are. Returns -1, or 0 when there are only warnings. `file` is the path shown. */
int problems_err(const struct problems *p, const char *file, struct err *e);

/* One line a problem, "FILE:LINE:COLUMN: POINTER: MESSAGE; ADVICE", with "warning: " before the pointer of warnings.
 * Control characters are made visible. They must have been placed. */
void problems_print(const struct problems *p, const char *file, FILE *stream);

/* The same as a JSON object: {"file", "mistakes", "warnings", "problems": [{"level", "line", "column", "pointer",
 * "message", "advice"}]}, without a newline at its end. */
void problems_write(const struct problems *p, const char *file, struct text *out);

/* A text in quotes for messages: control characters visible, cut when it is long. */
const char *json_quote(struct arena *a, const char *text, size_t length);

/* Add "/" and one part to a JSON pointer, escaped by RFC 6901. */
void json_add_part(struct text *pointer, const char *part, size_t length);

/* The JSON pointer of a member, from its address: walks the rows. Where an object and its first member begin at the
 * same address, the object is meant. NULL when the address belongs to no member. */
const char *json_find_pointer(const struct record *record, const void *model, const void *address, struct arena *a);
