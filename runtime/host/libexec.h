/* Owns where the programs are that the runtime starts only when they are asked for. */
#pragma once

#include "spec/base/arena.h"
#include "spec/base/err.h"

/* "boxcar-netdev": beside the runtime's own file (as it is built), or in ../libexec/boxcar seen from there (as it is
 * installed). Who can write there can replace the runtime itself; the environment is not asked. NULL with the error when it is
 * in neither. */
const char *libexec_find(const char *name, struct arena *a, struct err *e);
