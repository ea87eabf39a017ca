/* Owns the calls of the OCI runtime: any program with the command line of runc. Its state is below the store, so that two stores
 * never see each other's containers. Each such program keeps it in a form of its own: the one that has run a bundle, which a link
 * in it tells (`runtime`), also does all that follows, whatever --runtime says by then. */
#pragma once

#include "bundle-tools/run/spawn.h"

#include <sys/types.h>

/* Run a bundle in the foreground; its exit code is the payload's. `out` takes both outputs, -1: ours. What the runtime itself has
 * to say goes to the bundle's runtime.log, too. */
int runtime_run(struct conductor *c, const char *id, const char *bundle, bool passes_signals, int in, int out, int *exit_code,
		struct err *e);

/* Whether the last runtime_run of the bundle failed before there was a container. */
bool runtime_has_failed(struct conductor *c, const char *bundle);

/* Run it detached: 0 when it runs. */
int runtime_run_detached(struct conductor *c, const char *id, const char *bundle, int log_fd, struct err *e);

/* Remove a container and all that belongs to it; none of that id is no error. */
int runtime_delete(struct conductor *c, const char *id, const char *bundle, struct err *e);

int runtime_kill(struct conductor *c, const char *id, const char *bundle, const char *signal, struct err *e);

enum runtime_status { RUNTIME_NONE, RUNTIME_CREATED, RUNTIME_RUNNING, RUNTIME_STOPPED };
struct runtime_state {
	enum runtime_status status;
	pid_t pid; /* 0 unless created or running */
};
int runtime_read_state(struct conductor *c, const char *id, const char *bundle, struct runtime_state *out, struct err *e);

/* The program that has run the bundle; the one to run it, as long as nothing has or that one is there no more. */
const char *runtime_program(struct conductor *c, const char *bundle);

/* argv of that: its name, its state directory, then the given words up to NULL. There is room for `more` further ones. */
const char **runtime_argv(struct conductor *c, const char *bundle, const char *const *words, size_t more);

enum { RUNTIME_ARGV_FIRST = 3 }; /* where the words begin */
