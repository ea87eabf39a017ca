/* Owns trees of mounts between their making and their place: cloned or made detached, given their attributes by
 * descriptor, attached once, on a descriptor. Nothing here takes a path below the root.
 *
 * A detached tree that is closed without having been attached costs a grace period of the kernel (0.15 ms): find
 * the target first. */
#pragma once

#include "runtime/init/init.h"

/* What mount_setattr(2) is to change. Bits of the access time count as one: to set or to clear one of them sets all. */
struct tree_change {
	uint64_t set, clear;  /* MOUNT_ATTR_* of the top mount */
	uint64_t set_below, clear_below; /* of all mounts of the tree */
	uint64_t propagation; /* MS_*, of all mounts with MS_REC; 0: as it is */
};

/* open_tree(2) of a path (of `dir` itself when it is ""), with AT_RECURSIVE or AT_SYMLINK_NOFOLLOW in `flags`: a
 * detached tree. */
long tree_clone(int dir, const char *path, unsigned flags);

/* Change a tree and put it on the target. The tree's descriptor stays the caller's and then is a mount like any
 * other. Before 5.12, which has no mount_setattr, the changes follow the attaching: each mount is remounted. */
int tree_attach(struct init *i, int tree_fd, int target_fd, const struct tree_change *change);

/* Change a mount that is attached already. */
int tree_change(struct init *i, int fd, const struct tree_change *change);

/* MS_* of MOUNT_ATTR_*, for mount(2). */
uint64_t tree_mount_flags(uint64_t attributes);

/* Change the attributes of one mount by mount(2): `set` and `clear`. */
int tree_remount(struct init *i, int fd, const struct tree_change *change);

/* below.c: the same for every mount below this one, which is attached. */
int tree_remount_below(struct init *i, int proc_fd, int fd, const struct tree_change *change);
