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

/* The root of a procfs or sysfs mount. */
static bool is_revealing(int fd)
{
	struct statfs fs;
	struct statx st;

	return sys_statx(fd, "", AT_EMPTY_PATH, 0, &st) == 0 && st.stx_attributes & STATX_ATTR_MOUNT_ROOT &&
	       sys_fstatfs(fd, &fs) == 0 && (fs.f_type == PROC_SUPER_MAGIC || fs.f_type == SYSFS_MAGIC);
}

/* Paths still begin at the host's root, below which the moved tree is not found: nothing comes of its lines. */
static int detach(struct init *i, const char *point, bool *has_changed)
{
	(void)i;
	if (!text_equal(point, "/") && sys_umount2(point, MNT_DETACH | UMOUNT_NOFOLLOW) == 0)
		*has_changed = true;
	return 0;
}

/* What a user namespace has inherited it may not detach, but it may cover it. */
static int cover(struct init *i, const char *point, bool *has_changed)
{
	long fd = sys_openat(AT_FDCWD, point, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC, 0);
	bool is_to_cover = fd >= 0 && is_revealing((int)fd);

	(void)has_changed;
	if (fd >= 0)
		(void)sys_close((int)fd); /* only a reference */
	if (!is_to_cover)
		return 0;
	return init_expect(i, __NR_mount, sys_mount("tmpfs", point, "tmpfs", MS_RDONLY, "mode=555"));
}

typedef int line_action(struct init *i, const char *point, bool *has_changed);

static int take_bytes(struct init *i, struct line *l, const char *bytes, size_t count, line_action *act, bool *has_changed)
{
	for (size_t n = 0; n < count; n++) {
		if (bytes[n] != '\n') {
			take_byte(l, bytes[n]);
			continue;
		}
		l->point[l->length] = 0;
		l->field = l->digits = 0;
		l->length = 0;
		if (act(i, l->point, has_changed) < 0)
			return -1;
	}
	return 0;
}

static int for_each_mount(struct init *i, int fd, line_action *act, bool *has_changed)
{
	char bytes[1024];
	struct line l = { 0 };
	long got;

	*has_changed = false;
	if (init_expect(i, __NR_lseek, sys_lseek(fd, 0, SEEK_SET)) < 0)
		return -1;
	while ((got = sys_read(fd, bytes, sizeof bytes)) > 0)
		if (take_bytes(i, &l, bytes, (size_t)got, act, has_changed) < 0)
			return -1;
	return init_expect(i, __NR_read, got);
}

/* The list changes while it is read: it is read until nothing more can be detached. */
static int take_host_away(struct init *i)
{
	bool has_changed = true;
	int proc_fd = proc_find(i), result = 0;

	if (proc_fd < 0)
		return -1;
	long fd = sys_openat(proc_fd, "self/mountinfo", O_RDONLY | O_CLOEXEC, 0);
	if (init_expect(i, __NR_openat, fd) < 0)
		return -1;
	while (result == 0 && has_changed)
		result = for_each_mount(i, (int)fd, detach, &has_changed);
	if (result == 0)
		result = for_each_mount(i, (int)fd, cover, &has_changed);
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
