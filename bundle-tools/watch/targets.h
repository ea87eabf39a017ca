/* Owns what users may name to be watched: a container of ours, a cgroup's path, or the name or id of an engine's container, which
 * is found by its cgroup. */
#pragma once

#include "bundle-tools/conductor.h"

#include <stdbool.h>
#include <stddef.h>

struct target {
	const char *name;   /* as it is shown */
	const char *id;     /* of a container that the counting runtime knows, else NULL */
	const char *cgroup; /* else its cgroup below the hierarchies: "/system.slice/docker-4f2a....scope" */
};
struct targets {
	struct target *at;
	size_t count;
};

/* Containers that the counting runtime has made it knows by their ids; other runtimes' are found by their cgroups. No targets: all
 * that it knows. */
int targets_find(struct conductor *c, char *const *words, size_t count, struct targets *out, struct err *e);
