/* A directory of the store for the time of one command: removed at its end, and by the next sweep when the command is killed. */
#pragma once

#include "bundle-tools/store/layer.h"

/* The directory is out->diff_fd; layer_abandon() removes it. */
int scratch_open(struct conductor *c, struct layer_writer *out, struct err *e);
