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

int tree_change(struct init *i, int fd, const struct tree_change *c)
{
	return init_expect(i, __NR_mount_setattr, change_by_descriptor(fd, c));
}

/* --- attaching ---------------------------------------------------------------------------------------------------- */

int tree_attach(struct init *i, int tree_fd, int target_fd, const struct tree_change *c)
{
	long result = change_by_descriptor(tree_fd, c);

	if (init_expect(i, __NR_mount_setattr, result) < 0)
		return -1;
	return init_expect(i, __NR_move_mount,
			   sys_move_mount(tree_fd, "", target_fd, "", MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH));
}
