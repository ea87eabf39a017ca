/* Owns the answer to "which namespaces is this process in": type, inode, whether it is the host's, who else is in it. */
#pragma once

#include "bundle-tools/conductor.h"

#include <sys/types.h>

/* A table on stdout. The host's are those of process 1, or ours where that one cannot be looked at. */
int namespaces_print(struct conductor *c, pid_t pid, struct err *e);
