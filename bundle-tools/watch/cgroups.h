/* Owns the search for cgroups by the names that engines give them, in every hierarchy that is mounted. Reads only. */
#pragma once

#include "bundle-tools/conductor.h"

#include <sys/types.h>

/* The path, below the hierarchies, of the cgroup that is called `word`, or whose name ends with an id of 64 digits that begins with
 * it: libpod-ID.scope, docker-ID.scope, cri-containerd-ID.scope, crio-ID.scope, docker/ID, libpod_parent/libpod-ID. NULL when there
 * is none; several are an error that names two of them. */
int cgroups_find(struct conductor *c, const char *word, const char **out, struct err *e);

/* The cgroup that a process is in: the deepest of its hierarchies. */
int cgroups_of(struct conductor *c, pid_t pid, const char **out, struct err *e);
