/* ps: the container's processes, as the host sees them. */
#pragma once

#include "runtime/life/container.h"

/* The pids, sorted, in the arena; none for a container that has stopped. */
int ps_read_pids(const struct container *c, pid_t **pids, size_t *count, struct err *e);

/* What ps(1) says with these options (none: -ef), with the lines of the container's processes only. */
int ps_print(const struct container *c, char *const *options, size_t option_count, struct text *out, struct err *e);
