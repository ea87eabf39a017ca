/* Attributes as mount(2) and statfs(2) have them, and one mount changed by that call. */
#include "runtime/init/tree.h"

#include "runtime/init/sys.h"

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

uint64_t tree_read_attributes(const struct statfs *fs)
{
	enum { NOATIME = 0x400, NODIRATIME = 0x800, RELATIME = 0x1000, NOSYMFOLLOW = 0x2000 }; /* statfs(2) */
	uint64_t flags = (uint64_t)fs->f_flags;
	uint64_t is = flags & (MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC);

	is |= flags & NOATIME ? MOUNT_ATTR_NOATIME : flags & RELATIME ? MOUNT_ATTR_RELATIME : MOUNT_ATTR_STRICTATIME;
	return is | (flags & NODIRATIME ? MOUNT_ATTR_NODIRATIME : 0) | (flags & NOSYMFOLLOW ? MOUNT_ATTR_NOSYMFOLLOW : 0);
}

uint64_t tree_change_attributes(uint64_t is, uint64_t set, uint64_t clear)
{
	return (is & ~(clear | ((set | clear) & MOUNT_ATTR__ATIME ? MOUNT_ATTR__ATIME : 0))) | set;
}

/* A remount says all attributes, so it begins with those there are. One without a word on the access time would keep that. */
static uint64_t remount_flags(const struct statfs *fs, const struct tree_change *c)
{
	uint64_t to = tree_change_attributes(tree_read_attributes(fs), c->set, c->clear);

	return MS_REMOUNT | MS_BIND | tree_mount_flags(to) | (to & MOUNT_ATTR__ATIME ? 0 : MS_RELATIME);
}

int tree_mount_by_link(struct init *i, int proc_fd, int fd, uint64_t flags)
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
	return c->set | c->clear ? tree_mount_by_link(i, proc_fd, fd, remount_flags(&fs, c)) : 0;
}
