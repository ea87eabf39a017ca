/* Tells that the kernel has killed for memory in a container, with limit and peak. */
#pragma once

#include "runtime/host/cgroup/cgroup.h"
#include "spec/base/log.h"
#include "spec/state.h"

/* An error that begins with `what`. Returns -1. */
int memory_explain(const char *what, const struct cgroup_memory *memory, struct err *e);

/* NULL: nobody was killed, or the cgroup is gone. */
struct state_memory *memory_find_kills(const struct cgroup *c, struct arena *a);

/* One warning, if somebody was. */
void memory_warn(const struct cgroup *c, const char *id, struct log *log);
