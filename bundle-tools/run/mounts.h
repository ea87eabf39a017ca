/* Owns the mount namespace that a build leaves the host's for: whatever is mounted in it ends with the build, also when that is
 * killed. */
#pragma once

#include "bundle-tools/conductor.h"

/* Once; later calls do nothing. The store is opened anew, because overlays take no directory of another namespace. */
int mounts_leave(struct conductor *c, struct err *e);
