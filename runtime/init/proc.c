/* A procfs that no path of the image led to, and files in it. */
#include "runtime/init/init.h"
#include "runtime/init/sys.h"

enum { PROC_ROOT_INODE = 1 };

/* --- the procfs --------------------------------------------------------------------------------------------------- */

static long make_private(bool has_tasks_only)
{
	long mount, fs = sys_fsopen("proc", FSOPEN_CLOEXEC), result = fs < 0 ? fs : 0;

	if (result == 0 && has_tasks_only)
		result = sys_fsconfig((int)fs, FSCONFIG_SET_STRING, "subset", "pid", 0); /* 5.8 */
	if (result == 0)
		result = sys_fsconfig((int)fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0);
	mount = result < 0 ? result : sys_fsmount((int)fs, FSMOUNT_CLOEXEC, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC);
	if (fs >= 0)
		(void)sys_close((int)fs); /* a context only */
	return mount;
}

/* Whatever led there: what is no procfs, or not the root of one, is refused. */
static long verify(int fd)
{
	struct statfs fs;
	struct stat st;
	long result = sys_fstatfs(fd, &fs);

	if (result == 0)
		result = sys_fstat(fd, &st);
	if (result == 0 && (fs.f_type != PROC_SUPER_MAGIC || st.st_ino != PROC_ROOT_INODE))
		result = -ENODEV;
	return result;
}

static int find(struct init *i, bool has_tasks_only)
{
	long fd = i->proc_fd, result;

	if (fd >= 0)
		return (int)fd;
	fd = make_private(has_tasks_only);
	if (fd < 0) /* EPERM in a user namespace whose procfs has masks; ENOSYS or EPERM on filtered hosts */
		fd = path_find_root(i) < 0 ? -ENOENT : path_open(i->root_fd, "/proc", PATH_FIND, PATH_NO_SYMLINKS);
	if (init_expect(i, __NR_openat2, fd) < 0)
		return -1;
	i->proc_fd = (int)fd;
	result = verify(i->proc_fd);
	return init_expect(i, __NR_fstatfs, result) < 0 ? -1 : i->proc_fd;
}

int proc_find(struct init *i)
{
	return find(i, false);
}

void proc_drop(struct init *i)
{
	if (i->proc_fd >= 0)
		(void)sys_close(i->proc_fd); /* only a reference */
	i->proc_fd = -1;
}

/* --- files -------------------------------------------------------------------------------------------------------- */

/* What openat2(2) does, for hosts with a filter that knows it not: no symlink, and the procfs' own mount to the end. */
static long walk_to_file(int proc_fd, char *path)
{
	struct statx proc, file;
	char *name = path + text_length(path);
	long fd, parent;

	while (*name != '/')
		name--;
	*name++ = 0;
	parent = path_walk(proc_fd, path, PATH_FIND, PATH_NO_SYMLINKS);
	if (parent < 0)
		return parent;
	fd = sys_openat((int)parent, name, O_WRONLY | O_CLOEXEC | O_NOFOLLOW, 0);
	(void)sys_close((int)parent); /* only a reference */
	if (fd < 0)
		return fd;
	if (sys_statx(proc_fd, "", AT_EMPTY_PATH, STATX_MNT_ID, &proc) == 0 &&
	    sys_statx((int)fd, "", AT_EMPTY_PATH, STATX_MNT_ID, &file) == 0 && proc.stx_mnt_id == file.stx_mnt_id)
		return fd;
	(void)sys_close((int)fd); /* nothing was written */
	return -EXDEV;
}

static long open_file(int proc_fd, const char *directory, const char *name)
{
	const struct open_how how = {
		.flags = O_WRONLY | O_CLOEXEC | O_NOFOLLOW,
		.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS | RESOLVE_NO_XDEV,
	};
	char path[INIT_PATH_MAX];
	size_t length = text_add(path, sizeof path, 0, directory);

	if (text_add(path, sizeof path, length, name) == sizeof path)
		return -ENAMETOOLONG;
	long fd = sys_openat2(proc_fd, path, &how);
	return fd == -ENOSYS || fd == -EPERM ? walk_to_file(proc_fd, path) : fd;
}

static int open_below(struct init *i, bool has_tasks_only, const char *directory, const char *name)
{
	int proc_fd = find(i, has_tasks_only);
	long fd = proc_fd < 0 ? -1 : open_file(proc_fd, directory, name);

	if (fd == -EXDEV) {
		proc_drop(i);
		proc_fd = find(i, has_tasks_only);
		fd = proc_fd < 0 ? -1 : open_file(proc_fd, directory, name);
	}
	return proc_fd < 0 || init_expect(i, __NR_openat2, fd) < 0 ? -1 : (int)fd;
}

int proc_open_sysctl(struct init *i, const char *key)
{
	return open_below(i, false, "sys/", key);
}

int proc_open_own(struct init *i, const char *name)
{
	char directory[16], digits[12] = { 0 }, *at = digits + sizeof digits - 1;

	*--at = '/';
	for (long pid = sys_getpid(); pid; pid /= 10)
		*--at = (char)('0' + pid % 10);
	(void)text_copy(directory, sizeof directory, at); /* fits */
	return open_below(i, true, directory, name);
}
