/* Owns overlay mounts. They are made detached, by descriptors: no path is written into options, so that neither the length of
 * paths nor colons in them matter, and a mount that was never attached ends with the process. */
#pragma once

#include "spec/base/err.h"

#include <stdbool.h>
#include <stddef.h>

struct overlay {
	const int *lower; /* directories, the topmost first; at least one */
	size_t count;
	int upper, work;  /* on one file system; readable descriptors, not O_PATH */
	bool is_volatile; /* nothing is synced on the way: whoever makes the mount syncs once in the end (5.10) */
	bool has_user_xattrs; /* user.overlay.* instead of trusted.overlay.*, as in a user namespace (5.11) */
	bool is_old_way;  /* mount(2) only, as on kernels before 6.13 */
};

/* Returns a detached mount (O_PATH), or -1. */
int overlay_open(const struct overlay *o, struct err *e);
