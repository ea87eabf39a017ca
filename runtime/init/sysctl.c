/* Kernel parameters, written below a procfs that no path of the image leads to. */
#include "runtime/init/init.h"
#include "runtime/init/sys.h"

enum { PROC_ROOT_INODE = 1 };

/* --- the procfs --------------------------------------------------------------------------------------------------- */

static long make_private(void)
{
	long mount, fs = sys_fsopen("proc", FSOPEN_CLOEXEC);
	long result = fs < 0 ? fs : sys_fsconfig((int)fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0);

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

int proc_find(struct init *i)
{
	long fd = i->proc_fd, result;

	if (fd >= 0)
		return (int)fd;
	fd = make_private();
	if (fd < 0) /* EPERM in a user namespace whose procfs has masks; ENOSYS or EPERM on filtered hosts */
		fd = path_find_root(i) < 0 ? -ENOENT : path_open(i->root_fd, "/proc", PATH_FIND, PATH_NO_SYMLINKS);
	if (init_expect(i, __NR_openat2, fd) < 0)
		return -1;
	i->proc_fd = (int)fd;
	result = verify(i->proc_fd);
	return init_expect(i, __NR_fstatfs, result) < 0 ? -1 : i->proc_fd;
}

void proc_drop(struct init *i)
{
	if (i->proc_fd >= 0)
		(void)sys_close(i->proc_fd); /* only a reference */
	i->proc_fd = -1;
}

/* --- SYSCTL ------------------------------------------------------------------------------------------------------- */

/* What openat2(2) does, for hosts with a filter that knows it not: no symlink, and the procfs' own mount to the end. */
static long walk_to_key(int proc_fd, char *path)
{
	struct statx proc, key;
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
	    sys_statx((int)fd, "", AT_EMPTY_PATH, STATX_MNT_ID, &key) == 0 && proc.stx_mnt_id == key.stx_mnt_id)
		return fd;
	(void)sys_close((int)fd); /* nothing was written */
	return -EXDEV;
}

static long open_key(int proc_fd, const char *key)
{
	const struct open_how how = {
		.flags = O_WRONLY | O_CLOEXEC | O_NOFOLLOW,
		.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS | RESOLVE_NO_XDEV,
	};
	char path[INIT_PATH_MAX];
	size_t length = text_add(path, sizeof path, 0, "sys/");

	if (text_add(path, sizeof path, length, key) == sizeof path)
		return -ENAMETOOLONG;
	long fd = sys_openat2(proc_fd, path, &how);
	return fd == -ENOSYS || fd == -EPERM ? walk_to_key(proc_fd, path) : fd;
}

/* In a pid namespace that is joined later a neighbour could read the descriptor, and this procfs shows the host's
 * processes. */
static bool is_last(const struct init *i, const struct op *op)
{
	return i->has_pid_to_enter && op[1].kind != OP_SYSCTL;
}

/* EXDEV: a mount of the container's covers the key in the procfs that MOUNT made; a private one has no mounts. */
static long find_key(struct init *i, const char *key)
{
	int proc_fd = proc_find(i);
	long fd = proc_fd < 0 ? -1 : open_key(proc_fd, key);

	if (fd == -EXDEV) {
		proc_drop(i);
		proc_fd = proc_find(i);
		fd = proc_fd < 0 ? -1 : open_key(proc_fd, key);
	}
	return proc_fd < 0 || init_expect(i, __NR_openat2, fd) < 0 ? -1 : fd;
}

int init_sysctl(struct init *i, const struct op *op, const struct op_sysctl *p)
{
	const char *value = init_text(i, p->value);
	long fd = find_key(i, init_text(i, p->key));

	if (is_last(i, op))
		proc_drop(i);
	if (fd < 0)
		return -1;
	long result = sys_write((int)fd, value, text_length(value));
	(void)sys_close((int)fd); /* the kernel took the value at the write */
	return init_expect(i, __NR_write, result);
}
