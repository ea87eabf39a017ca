/* What the payload may not write, or not see. Each is a mount on the path's own descriptor; a path that does not
 * exist needs none. */
#include "runtime/init/sys.h"
#include "runtime/init/tree.h"

/* 1 with the descriptor, 0 when there is nothing to hide, -1 after init_fail. Only the path itself may be missing:
 * that what is put over it is missing is an error. */
static int find_path(struct init *i, const struct op *op, const char *path, int *out)
{
	int root_fd = path_find_root(i);

	if (root_fd < 0)
		return -1;
	long fd = path_open(root_fd, path, PATH_FIND, PATH_FOLLOW);
	if (fd == -ENOENT && op->flags & OP_MAY_BE_MISSING)
		return 0;
	if (init_expect(i, __NR_openat2, fd) < 0)
		return -1;
	*out = (int)fd;
	return 1;
}

/* A clone of a mount of ours on the path. */
static int cover(struct init *i, int from_fd, unsigned how, int path_fd, const struct tree_change *change)
{
	long tree = tree_clone(from_fd, "", how);

	if (init_expect(i, __NR_open_tree, tree) < 0)
		return -1;
	int result = tree_attach(i, (int)tree, path_fd, change);
	(void)sys_close((int)tree); /* a reference to what is attached; else the failure counts */
	return result;
}

/* --- READONLY ----------------------------------------------------------------------------------------------------- */

/* The path covers itself, mounts below included: a volume below a read-only path is not a way around it. */
static int cover_readonly(struct init *i, int fd)
{
	return cover(i, fd, AT_RECURSIVE, fd, &(struct tree_change){ .set_below = MOUNT_ATTR_RDONLY });
}

int init_readonly(struct init *i, const struct op *op, const struct op_readonly *p)
{
	int fd, result = find_path(i, op, init_text(i, p->path), &fd);

	if (result <= 0)
		return result;
	result = cover_readonly(i, fd);
	(void)sys_close(fd); /* only a reference */
	return result;
}

/* --- MASK --------------------------------------------------------------------------------------------------------- */

static long make_empty_directory(void)
{
	long mount, fs = sys_fsopen("tmpfs", FSOPEN_CLOEXEC);
	long result = fs < 0 ? fs : sys_fsconfig((int)fs, FSCONFIG_SET_STRING, "mode", "0555", 0);

	if (result >= 0)
		result = sys_fsconfig((int)fs, FSCONFIG_SET_STRING, "nr_inodes", "1", 0);
	if (result >= 0)
		result = sys_fsconfig((int)fs, FSCONFIG_SET_FLAG, "ro", NULL, 0);
	if (result >= 0)
		result = sys_fsconfig((int)fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0);
	mount = result < 0 ? result
			   : sys_fsmount((int)fs, FSMOUNT_CLOEXEC,
					 MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC);
	if (fs >= 0)
		(void)sys_close((int)fs); /* a context only */
	return mount;
}

/* Filtered hosts know no fsopen(2): there each gets one of its own. */
static int mask_directory_here(struct init *i, int fd)
{
	const unsigned flags = MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC;

	if (init_expect(i, __NR_fchdir, sys_fchdir(fd)) < 0 ||
	    init_expect(i, __NR_mount, sys_mount("tmpfs", ".", "tmpfs", flags, "mode=0555,nr_inodes=1")) < 0)
		return -1;
	return init_expect(i, __NR_chdir, sys_chdir("/"));
}

/* All masked directories show the same empty one: the first gets it, the others clones. */
static int mask_directory(struct init *i, int fd)
{
	static const struct tree_change nothing;

	if (i->mask_fd >= 0)
		return cover(i, i->mask_fd, 0, fd, &nothing);
	long mount = make_empty_directory();
	if (mount == -ENOSYS || mount == -EPERM)
		return mask_directory_here(i, fd);
	if (init_expect(i, __NR_fsmount, mount) < 0)
		return -1;
	i->mask_fd = (int)mount;
	return tree_attach(i, i->mask_fd, fd, &nothing);
}

/* Anything else shows the host's /dev/null. After PIVOT the host's mount is out of reach, but not the clone that
 * ROOT made of it: once that is attached it can be cloned itself. */
static int mask_file(struct init *i, int fd)
{
	static const struct tree_change nothing;

	if (i->null_tree_fd < 0)
		return cover(i, i->null_fd, 0, fd, &nothing);
	(void)sys_close(i->null_fd); /* only a reference */
	i->null_fd = i->null_tree_fd;
	i->null_tree_fd = -1;
	return tree_attach(i, i->null_fd, fd, &nothing);
}

int init_mask(struct init *i, const struct op *op, const struct op_mask *p)
{
	struct stat st;
	int fd, result = find_path(i, op, init_text(i, p->path), &fd);

	if (result <= 0)
		return result;
	result = init_expect(i, __NR_fstat, sys_fstat(fd, &st));
	if (result == 0)
		result = S_ISDIR(st.st_mode) ? mask_directory(i, fd) : mask_file(i, fd);
	(void)sys_close(fd); /* only a reference */
	return result;
}
