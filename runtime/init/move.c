/* --no-pivot: the root is moved over the host's, for hosts whose root is the initial ramfs, which pivot_root(2)
 * refuses.
 *
 * The host's mounts then stay in the container's mount namespace, unreachable below the new root, but not without
 * effect: a whole procfs or sysfs among them allows the container's user namespaces to mount another whole one,
 * without the masks of ours (the kernel asks whether there is one in the namespace, not whether it can be
 * reached). So all of them are taken away. */
#include "runtime/init/init.h"
#include "runtime/init/sys.h"

enum { POINT_FIELD = 4 };

/* A line of mountinfo. Its fifth field is the mount point, in which three octal digits after a backslash are a byte. */
struct line {
	unsigned field;
	unsigned digits; /* of such a byte, still to come */
	size_t length;
	char point[INIT_PATH_MAX];
};

static void take_byte(struct line *l, char c)
{
	char *at = l->point + l->length;

	if (c == ' ') {
		l->field++;
	} else if (l->field == POINT_FIELD && l->length < sizeof l->point - 1) {
		if (c == '\\')
			l->digits = 3, *at = 0;
		else if (l->digits)
			l->digits--, *at = (char)(*at << 3 | (c - '0'));
		else
			*at = c;
		l->length += !l->digits;
	}
}

static bool is_revealing(const char *point)
{
	struct statfs fs;
	long fd = sys_openat(AT_FDCWD, point, O_PATH | O_NOFOLLOW | O_CLOEXEC, 0);
	bool is = fd >= 0 && sys_fstatfs((int)fd, &fs) == 0 && (fs.f_type == PROC_SUPER_MAGIC || fs.f_type == SYSFS_MAGIC);

	if (fd >= 0)
		(void)sys_close((int)fd); /* only a reference */
	return is;
}

/* Paths still begin at the host's root, below which the moved tree is not found: of its lines nothing comes but
 * EINVAL and ENOENT. What a user namespace has inherited it may not detach, but it may cover it. */
static int take_away(struct init *i, const char *point, bool *has_changed)
{
	if (text_equal(point, "/"))
		return 0;
	if (sys_umount2(point, MNT_DETACH | UMOUNT_NOFOLLOW) == 0)
		*has_changed = true;
	else if (is_revealing(point))
		return init_expect(i, __NR_mount, sys_mount("tmpfs", point, "tmpfs", MS_RDONLY, "mode=555"));
	return 0;
}

static int take_bytes(struct init *i, struct line *l, const char *bytes, size_t count, bool *has_changed)
{
	for (size_t n = 0; n < count; n++) {
		if (bytes[n] != '\n') {
			take_byte(l, bytes[n]);
			continue;
		}
		l->point[l->length] = 0;
		l->field = l->digits = 0;
		l->length = 0;
		if (take_away(i, l->point, has_changed) < 0)
			return -1;
	}
	return 0;
}

static int take_lines(struct init *i, int fd, bool *has_changed)
{
	char bytes[1024];
	struct line l = { 0 };
	long got;

	*has_changed = false;
	if (init_expect(i, __NR_lseek, sys_lseek(fd, 0, SEEK_SET)) < 0)
		return -1;
	while ((got = sys_read(fd, bytes, sizeof bytes)) > 0)
		if (take_bytes(i, &l, bytes, (size_t)got, has_changed) < 0)
			return -1;
	return init_expect(i, __NR_read, got);
}

static long open_mounts(int proc_fd)
{
	const struct open_how how = { .flags = O_RDONLY | O_CLOEXEC, .resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS };

	return sys_openat2(proc_fd, "self/mountinfo", &how);
}

/* The list changes while it is read: it is read until nothing is left to do. */
static int take_host_away(struct init *i)
{
	bool has_changed = true;
	int proc_fd = proc_find(i), result = 0;

	if (proc_fd < 0)
		return -1;
	long fd = open_mounts(proc_fd);
	if (init_expect(i, __NR_openat2, fd) < 0)
		return -1;
	while (result == 0 && has_changed)
		result = take_lines(i, (int)fd, &has_changed);
	(void)sys_close((int)fd); /* nothing was written */
	proc_drop(i);
	return result;
}

int root_move(struct init *i)
{
	if (init_expect(i, __NR_fchdir, sys_fchdir(i->root_fd)) < 0 ||
	    init_expect(i, __NR_mount, sys_mount(".", "/", NULL, MS_MOVE, NULL)) < 0)
		return -1;
	return take_host_away(i);
}
