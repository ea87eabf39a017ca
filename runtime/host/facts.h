/* Owns the probing of this host: fills plan/facts.h with as few system calls as can be. */
#pragma once

#include "runtime/plan/facts.h"

enum facts_need { FACTS_CGROUPS = 1, FACTS_PROCESS = 2, FACTS_ALL = 3 };

/* FACTS_CGROUPS: the hierarchies (statfs of /sys/fs/cgroup decides quickly for pure v2; else /proc/self/cgroup and the mount
 * points, verified by file system type). FACTS_PROCESS: ids, capabilities, limits, kernel, user namespace. */
int facts_probe(enum facts_need need, struct arena *a, struct facts *out, struct err *e);
