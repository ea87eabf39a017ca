/* Owns child programs of the host: one function starts one, feeds it, waits for it within a bound, and tells how it ended.
 * The child has no descriptor of ours but 0 to 2, leads a session of its own, and has default signals. Its stdin is what
 * it is given and no more, its stdout is read and dropped or kept, of its stderr the last bytes are kept: it can write as much
 * as it likes and blocks on nothing. It dies with us; what it leaves running in the background is its own affair. */
#pragma once

#include "spec/base/err.h"
#include "spec/base/text.h"

#include <stddef.h>
#include <stdint.h>

enum { SPAWN_TAIL = 3072, SPAWN_OUTPUT_MAX = 16 << 20 };

struct spawn {
	const char *path;      /* executed as it is: PATH is not searched */
	char *const *args;     /* with the name first; ends with NULL */
	char *const *env;      /* exactly this; ends with NULL */
	const char *directory; /* to work in; one that cannot be entered, or NULL: the caller's */
	const char *input;     /* for its stdin */
	size_t input_length;
	struct text *output;   /* gets its stdout, SPAWN_OUTPUT_MAX bytes at most; or NULL */
	int out_fd, err_fd;    /* where its stdout and stderr go; 0: as said above */
	int64_t timeout_ms;    /* 0: as long as it takes. Then its process group is killed */
};

struct spawn_end {
	int error;                 /* 0: it ended; ETIMEDOUT: it was killed; else the errno with which it could not be executed */
	int status;                /* of wait(2), when error is 0 */
	int64_t milliseconds;      /* that it took */
	char tail[SPAWN_TAIL + 1]; /* of its stderr, terminated */
};

/* Where PATH (or, without one, /usr/bin:/bin) has a program of this name; NULL: nowhere. */
const char *spawn_find(const char *name, struct arena *a);

/* A file of the host for what children write, made when missing; appended, never waited for. */
int spawn_open_output(const char *path, struct err *e);

/* -1 when our own part fails (no descriptor, no memory). How the program ended is in *out and no error here. */
int spawn_run(const struct spawn *s, struct spawn_end *out, struct err *e);
