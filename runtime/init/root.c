/* The root file system: taken from the host as a tree of its own, made the root, and the host's tree left behind. */
#include "runtime/init/sys.h"
#include "runtime/init/tree.h"

/* --- ROOT --------------------------------------------------------------------------------------------------------- */

static int open_null(struct init *i)
{
	struct stat st;
	long fd = sys_openat(AT_FDCWD, "/dev/null", O_PATH | O_NOFOLLOW | O_CLOEXEC, 0);

	if (init_expect(i, __NR_openat, fd) < 0)
		return -1;
	i->null_fd = (int)fd;
	if (init_expect(i, __NR_fstat, sys_fstat((int)fd, &st)) < 0)
		return -1;
	if (!S_ISCHR(st.st_mode) || st.st_rdev != sys_device(1, 3))
		return init_fail(i, __NR_fstat, ENODEV, 0);
	if (!i->has_pid_to_enter)
		return 0;
	long tree = tree_clone((int)fd, "", 0);
	if (init_expect(i, __NR_open_tree, tree) < 0)
		return -1;
	i->null_tree_fd = (int)tree;
	return 0;
}

/* The host's mounts are slaves or private: what happens here does not reach the host. Not so in a mount namespace
 * that was joined, nor with "rootfsPropagation": "shared". */
static bool is_cut_off(const struct init *i)
{
	const struct op *op = init_find_op(i, OP_PROPAGATION);

	return op && ((const struct op_propagation *)(const void *)(i->plan + op->payload))->flags & (MS_SLAVE | MS_PRIVATE);
}

/* The root of the mount that a directory of the host is on: mount_setattr takes no other. */
static long open_mount_root(int fd)
{
	struct statx st;
	long at = sys_openat(fd, ".", O_PATH | O_DIRECTORY | O_CLOEXEC, 0);

	for (int depth = 0; at >= 0 && depth < INIT_PATH_MAX; depth++) {
		long result = sys_statx((int)at, "", AT_EMPTY_PATH, 0, &st);
		if (result == 0 && st.stx_attributes & STATX_ATTR_MOUNT_ROOT)
			return at;
		long above = result < 0 ? result : sys_openat((int)at, "..", O_PATH | O_DIRECTORY | O_CLOEXEC, 0);
		(void)sys_close((int)at); /* only a reference */
		at = above;
	}
	return at;
}

/* pivot_root(2) wants the new root's parent not to be shared, and nobody wants the new root to show up on the host. */
static int cut_parent_off(struct init *i, int fd)
{
	const struct tree_change private = { .propagation = MS_PRIVATE };
	long at = open_mount_root(fd);

	if (init_expect(i, __NR_statx, at) < 0)
		return -1;
	int result = tree_change(i, (int)at, &private);
	(void)sys_close((int)at); /* only a reference */
	return result;
}

static int put_on_itself(struct init *i, int fd, const struct op_root *p)
{
	if (!is_cut_off(i) && cut_parent_off(i, fd) < 0)
		return -1;
	long tree = tree_clone(fd, "", AT_RECURSIVE);
	if (init_expect(i, __NR_open_tree, tree) < 0)
		return -1;
	i->root_fd = (int)tree;
	return tree_attach(i, i->root_fd, fd, &(struct tree_change){ .set = p->set });
}

static bool has_chroot(const struct init *i)
{
	const struct op *op = init_find_op(i, OP_PIVOT);

	return op && ((const struct op_pivot *)(const void *)(i->plan + op->payload))->how == PIVOT_CHROOT;
}

int init_root(struct init *i, const struct op *op, const struct op_root *p)
{
	long fd;

	(void)op;
	if (init_find_op(i, OP_MASK) && open_null(i) < 0)
		return -1;
	fd = sys_openat(AT_FDCWD, init_text(i, p->path), O_PATH | O_DIRECTORY | O_CLOEXEC, 0);
	if (init_expect(i, __NR_openat, fd) < 0)
		return -1;
	if (has_chroot(i)) {
		i->root_fd = (int)fd;
		return 0;
	}
	int result = put_on_itself(i, (int)fd, p);
	(void)sys_close((int)fd); /* only a reference */
	return result;
}

/* --- PIVOT -------------------------------------------------------------------------------------------------------- */

static int enter_root(struct init *i)
{
	if (init_expect(i, __NR_fchdir, sys_fchdir(i->root_fd)) < 0 || init_expect(i, __NR_chroot, sys_chroot(".")) < 0)
		return -1;
	return init_expect(i, __NR_chdir, sys_chdir("/"));
}

/* Where mounts are shared with the host they become slaves first, or the host would lose them as well. */
static int detach_old_root(struct init *i, int old_fd)
{
	if (init_expect(i, __NR_fchdir, sys_fchdir(old_fd)) < 0 ||
	    init_expect(i, __NR_mount, sys_mount(NULL, ".", NULL, MS_SLAVE | MS_REC, NULL)) < 0)
		return -1;
	return init_expect(i, __NR_umount2, sys_umount2(".", MNT_DETACH));
}

/* pivot_root(2) of "." to "." puts the old root on top of the new one, from where it is taken off: no directory of
 * the image is needed for it. */
static int pivot(struct init *i, int old_fd)
{
	if (init_expect(i, __NR_fchdir, sys_fchdir(i->root_fd)) < 0 ||
	    init_expect(i, __NR_pivot_root, sys_pivot_root(".", ".")) < 0)
		return -1;
	if (old_fd >= 0)
		return detach_old_root(i, old_fd);
	return init_expect(i, __NR_umount2, sys_umount2(".", MNT_DETACH));
}

static int pivot_root(struct init *i)
{
	long old = is_cut_off(i) ? -1 : sys_openat(AT_FDCWD, "/", O_PATH | O_DIRECTORY | O_CLOEXEC, 0);

	if (!is_cut_off(i) && init_expect(i, __NR_openat, old) < 0)
		return -1;
	int result = pivot(i, (int)old);
	if (old >= 0)
		(void)sys_close((int)old); /* only a reference */
	return result < 0 ? -1 : init_expect(i, __NR_chdir, sys_chdir("/"));
}

/* Mounts that are shared with the host become slaves first: what is moved and taken away must not be so there. */
static int move(struct init *i)
{
	if (!is_cut_off(i) && init_expect(i, __NR_mount, sys_mount(NULL, "/", NULL, MS_SLAVE | MS_REC, NULL)) < 0)
		return -1;
	return root_move(i);
}

int init_pivot(struct init *i, const struct op *op, const struct op_pivot *p)
{
	(void)op;
	if (p->how == PIVOT_ROOT)
		return pivot_root(i);
	if (p->how == PIVOT_MOVE && move(i) < 0)
		return -1;
	return enter_root(i);
}

/* --- ROOT_MODE ---------------------------------------------------------------------------------------------------- */

int init_root_mode(struct init *i, const struct op *op, const struct op_root_mode *p)
{
	(void)op;
	return tree_change(i, i->root_fd, &(struct tree_change){ .set = p->set, .propagation = p->propagation });
}
