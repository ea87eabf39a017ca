/* Owns trees of mounts between their making and their place: cloned or made detached, given their attributes by
 * descriptor, attached once, on a descriptor. Nothing here takes a path below the root.
 *
 * A detached tree that is closed without having been attached costs a grace period of the kernel (0.15 ms): find
 * the target first. */
#pragma once

#include "runtime/init/init.h"

struct statfs;

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

/* Change the attributes of every mount below this one, which is attached, by mount(2). */
int tree_remount_below(struct init *i, int proc_fd, int fd, const struct tree_change *change);

/* --- remount.c: by mount(2), one mount ------------------------------------------------------------------------------ */

/* MS_* of MOUNT_ATTR_*. */
uint64_t tree_mount_flags(uint64_t attributes);

/* MOUNT_ATTR_* that a mount has. */
uint64_t tree_read_attributes(const struct statfs *fs);

/* What they are after a change. */
uint64_t tree_change_attributes(uint64_t is, uint64_t set, uint64_t clear);

/* mount(2) on a mount by its descriptor: "self/fd/N" of a procfs of ours leads to it, and to none other. */
int tree_mount_by_link(struct init *i, int proc_fd, int fd, uint64_t flags);

/* Change `set` and `clear`. */
int tree_remount(struct init *i, int fd, const struct tree_change *change);
