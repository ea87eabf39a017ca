/* Owns the handing over of a descriptor to another program, which listens on an AF_UNIX stream socket in the file system: the
 * console socket of an engine, the agent behind SCMP_ACT_NOTIFY. Every wait ends after ten seconds. */
#pragma once

#include "spec/base/err.h"

#include <stddef.h>

/* A connected socket, or -1. The path may be longer than sun_path. */
int handover_connect(const char *path, struct err *e);

/* All of the bytes; the descriptor goes with the first of them (SCM_RIGHTS). Closes nothing. */
int handover_send(int socket_fd, const char *bytes, size_t length, int fd, struct err *e);
