#include "runtime/init/tree.h"
#include "runtime/init/sys.h"

long tree_clone(int dir, const char *path, unsigned flags)
{
	return sys_open_tree(dir, path, flags | OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | (*path ? 0 : AT_EMPTY_PATH));
}

uint64_t tree_mount_flags(uint64_t attributes)
{
	static const uint32_t same[][2] = {
		{ MOUNT_ATTR_RDONLY, MS_RDONLY },
		{ MOUNT_ATTR_NOSUID, MS_NOSUID },
		{ MOUNT_ATTR_NODEV, MS_NODEV },
		{ MOUNT_ATTR_NOEXEC, MS_NOEXEC },
		{ MOUNT_ATTR_NOATIME, MS_NOATIME },
		{ MOUNT_ATTR_STRICTATIME, MS_STRICTATIME },
		{ MOUNT_ATTR_NODIRATIME, MS_NODIRATIME },
		{ MOUNT_ATTR_NOSYMFOLLOW, MS_NOSYMFOLLOW },
	};
	uint64_t flags = 0;

	for (size_t n = 0; n < sizeof same / sizeof *same; n++)
		if (attributes & same[n][0])
			flags |= same[n][1];
	return flags;
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

static uint64_t attributes_of(const struct statfs *fs)
{
	enum { NOATIME = 0x400, NODIRATIME = 0x800, RELATIME = 0x1000, NOSYMFOLLOW = 0x2000 }; /* statfs(2) */
	uint64_t flags = (uint64_t)fs->f_flags;
	uint64_t is = flags & (MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC);

	is |= flags & NOATIME ? MOUNT_ATTR_NOATIME : flags & RELATIME ? MOUNT_ATTR_RELATIME : MOUNT_ATTR_STRICTATIME;
	return is | (flags & NODIRATIME ? MOUNT_ATTR_NODIRATIME : 0) | (flags & NOSYMFOLLOW ? MOUNT_ATTR_NOSYMFOLLOW : 0);
}

static uint64_t change_attributes(uint64_t is, uint64_t set, uint64_t clear)
{
	return (is & ~(clear | ((set | clear) & MOUNT_ATTR__ATIME ? MOUNT_ATTR__ATIME : 0))) | set;
}

/* A remount says all attributes, so it begins with those there are. One without a word on the access time would keep that. */
static uint64_t remount_flags(const struct statfs *fs, const struct tree_change *c)
{
	uint64_t to = change_attributes(attributes_of(fs), c->set, c->clear);

	return MS_REMOUNT | MS_BIND | tree_mount_flags(to) | (to & MOUNT_ATTR__ATIME ? 0 : MS_RELATIME);
}

/* "self/fd/N" of a procfs of ours leads to the mount, and to none other: by it the call goes there. */
static int mount_by_link(struct init *i, int proc_fd, int fd, uint64_t flags)
{
	char link[32], digits[12] = { 0 }, *at = digits + sizeof digits - 1;

	if (init_expect(i, __NR_fchdir, sys_fchdir(proc_fd)) < 0)
		return -1;
	for (int rest = fd; at == digits + sizeof digits - 1 || rest; rest /= 10)
		*--at = (char)('0' + rest % 10);
	(void)text_add(link, sizeof link, text_add(link, sizeof link, 0, "self/fd/"), at); /* fits */
	return init_expect(i, __NR_mount, sys_mount(NULL, link, NULL, flags, NULL));
}

int tree_remount(struct init *i, int fd, const struct tree_change *c)
{
	int proc_fd = proc_find(i);
	struct statfs fs;

	if (proc_fd < 0 || init_expect(i, __NR_fstatfs, sys_fstatfs(fd, &fs)) < 0)
		return -1;
	return c->set | c->clear ? mount_by_link(i, proc_fd, fd, remount_flags(&fs, c)) : 0;
}

static int change_from(struct init *i, int proc_fd, int fd, const struct tree_change *c)
{
	const struct tree_change all = { .set = c->set_below, .clear = c->clear_below };

	if (tree_remount(i, fd, c) < 0 || tree_remount(i, fd, &all) < 0)
		return -1;
	if (all.set | all.clear && tree_remount_below(i, proc_fd, fd, &all) < 0)
		return -1;
	return c->propagation ? mount_by_link(i, proc_fd, fd, c->propagation) : 0;
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
		uint64_t is = attributes_of(&fs), to = change_attributes(is, set, clear);
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
