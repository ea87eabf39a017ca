#include "runtime/init/tree.h"
#include "runtime/init/sys.h"

long tree_clone(int dir, const char *path, unsigned flags)
{
	return sys_open_tree(dir, path, flags | OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | (*path ? 0 : AT_EMPTY_PATH));
}

/* --- by mount_setattr --------------------------------------------------------------------------------------------- */

static long set_attributes(int fd, unsigned how, uint64_t set, uint64_t clear, uint64_t propagation)
{
	uint64_t atime = (set | clear) & MOUNT_ATTR__ATIME ? MOUNT_ATTR__ATIME : 0;
	const struct mount_attr to = { .attr_set = set, .attr_clr = clear | atime, .propagation = propagation };

	return set | clear | propagation ? sys_mount_setattr(fd, "", AT_EMPTY_PATH | how, &to) : 0;
}

/* The top mount's first: what is said of all mounts is said of it, too. */
static long change_by_descriptor(int fd, const struct tree_change *c)
{
	bool is_recursive = c->propagation & MS_REC;
	uint64_t propagation = c->propagation & ~(uint64_t)MS_REC;
	long result = set_attributes(fd, 0, c->set, c->clear, is_recursive ? 0 : propagation);

	if (result < 0)
		return result;
	return set_attributes(fd, AT_RECURSIVE, c->set_below, c->clear_below, is_recursive ? propagation : 0);
}

/* --- by mount(2), before 5.12 and on filtered hosts ----------------------------------------------------------------- */

static bool is_for_mount_call(long result)
{
	return result == -ENOSYS || result == -EPERM;
}

static int change_from(struct init *i, int proc_fd, int fd, const struct tree_change *c)
{
	const struct tree_change all = { .set = c->set_below, .clear = c->clear_below };

	if (tree_remount(i, fd, c) < 0 || tree_remount(i, fd, &all) < 0)
		return -1;
	if (all.set | all.clear && tree_remount_below(i, proc_fd, fd, &all) < 0)
		return -1;
	return c->propagation ? tree_mount_by_link(i, proc_fd, fd, c->propagation) : 0;
}

/* ROOT_MODE comes after CWD: the working directory may be the payload's already. */
static int change_by_proc(struct init *i, int fd, const struct tree_change *c)
{
	int proc_fd = proc_find(i), result;
	long before = proc_fd < 0 ? -1 : sys_openat(AT_FDCWD, ".", O_PATH | O_DIRECTORY | O_CLOEXEC, 0);

	if (proc_fd < 0 || init_expect(i, __NR_openat, before) < 0)
		return -1;
	result = change_from(i, proc_fd, fd, c);
	if (i->has_pid_to_enter)
		proc_drop(i);
	if (result == 0)
		result = init_expect(i, __NR_fchdir, sys_fchdir((int)before));
	(void)sys_close((int)before); /* only a reference */
	return result;
}

/* In a user namespace the attributes of mounts that came from outside are locked. The failure's number is what of them was to be
 * taken away; all of MOUNT_ATTR__ATIME where it is the access time. */
static int fail_change(struct init *i, int fd, const struct tree_change *c, long error)
{
	uint64_t set = c->set | c->set_below, clear = c->clear | c->clear_below, lost = 0;
	struct statfs fs;

	if (error == -EPERM && sys_fstatfs(fd, &fs) == 0) {
		uint64_t is = tree_read_attributes(&fs), to = tree_change_attributes(is, set, clear);
		lost = is & ~to & ~(uint64_t)MOUNT_ATTR__ATIME;
		lost |= (is ^ to) & MOUNT_ATTR__ATIME ? MOUNT_ATTR__ATIME : 0;
	}
	return init_fail(i, __NR_mount_setattr, -error, (int64_t)lost);
}

/* `error` is what mount_setattr(2) said. Where that was no filter's word but a locked attribute, or mount(2) has met one, it is
 * what a person has to know. */
static int change_by_mount_call(struct init *i, int fd, const struct tree_change *c, long error)
{
	if (change_by_proc(i, fd, c) == 0)
		return 0;
	bool is_locked = error == -EPERM || (i->failed_call == __NR_mount && i->failed_error == EPERM);
	return is_locked ? fail_change(i, fd, c, -EPERM) : -1;
}

/* --- attaching ------------------------------------------------------------------------------------------------------ */

int tree_change(struct init *i, int fd, const struct tree_change *c)
{
	long result = change_by_descriptor(fd, c);

	if (is_for_mount_call(result))
		return change_by_mount_call(i, fd, c, result);
	return result < 0 ? fail_change(i, fd, c, result) : 0;
}

int tree_attach(struct init *i, int tree_fd, int target_fd, const struct tree_change *c)
{
	long changed = change_by_descriptor(tree_fd, c), attached;
	bool is_to_change = is_for_mount_call(changed); /* mount(2) changes only what is attached */

	if (!is_to_change && changed < 0)
		return fail_change(i, tree_fd, c, changed);
	attached = sys_move_mount(tree_fd, "", target_fd, "", MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH);
	if (init_expect(i, __NR_move_mount, attached) < 0)
		return -1;
	return is_to_change ? change_by_mount_call(i, tree_fd, c, changed) : 0;
}
