/* Owns child programs: the OCI runtime, the bootstrap tools, apt. One function starts them all and waits for their end. */
#pragma once

#include "bundle-tools/conductor.h"

#include <stdbool.h>
#include <sys/types.h>

struct spawn {
	const char *const *argv;  /* ends with NULL; a name without a slash is looked for in PATH */
	const char *const *env;   /* ends with NULL; NULL: ours */
	int in, out, error;       /* descriptors for 0, 1, 2; -1: ours */
	int timeout;              /* seconds, then it is killed; 0: none */
	bool ends_descendants;    /* a pid namespace of its own: all that it has started dies with it */
	bool passes_signals;      /* SIGINT and the like are the child's business: passed on, and the wait goes on */
};

/* Its exit code, 128 + N when signal N ended it. An interrupted wait passes the signal on, ends the child and is an error. The
 * child dies when we are killed. */
int spawn_wait(const struct spawn *s, int *exit_code, struct err *e);

/* Begin one, and end one that was begun: it has so many milliseconds to end by itself, then it is killed. */
int spawn_begin(const struct spawn *s, pid_t *pid, struct err *e);
int spawn_end(pid_t pid, int patience, int *exit_code, struct err *e);

/* As spawn_wait, with what it writes to 1, as a text; -1 also when its exit code is not 0. */
int spawn_read(struct conductor *c, const char *const *argv, const char **out, struct err *e);

/* Whether a program can be found in PATH (or at its path). */
bool spawn_finds(struct conductor *c, const char *program);
