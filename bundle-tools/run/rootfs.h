/* Owns the overlay of a root file system: an image's layers below, one writable directory on top. */
#pragma once

#include "bundle-tools/store/layer.h"

struct rootfs {
	struct spec_texts layers; /* keys, the base first; may be empty */
	const char *directory;    /* instead of layers: a directory that becomes the root, copy on write; or NULL */
	int dir_fd;               /* where `upper` is, and where `work` is made (on the same file system) */
	const char *upper, *work; /* names in dir_fd; upper may have a slash */
	bool is_volatile;         /* see store/overlay.h */
};

/* Returns the mount, detached. The upper directory becomes the root: it gets the mode and owner of the root below. */
int rootfs_open(struct conductor *c, const struct rootfs *r, struct err *e);

/* Copy what a directory holds, with all that belongs to it, into another one that exists. */
int rootfs_copy(int from_fd, const char *to, struct err *e);
