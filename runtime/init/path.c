/* The one resolver below the root: the kernel's where it is to be had, else the walk. */
#include "runtime/init/init.h"
#include "runtime/init/sys.h"

enum { PATH_TRIES = 32 };

/* The parent's path into `buffer`, and behind it the last component. */
static long split(const char *path, const char **name, char *buffer, size_t size)
{
	size_t length = text_length(path), last, parent;

	while (length > 0 && path[length - 1] == '/')
		length--;
	last = length;
	while (last > 0 && path[last - 1] != '/')
		last--;
	parent = last ? last : 1;
	if (parent + 1 + length - last >= size)
		return -ENAMETOOLONG;
	memcpy(buffer, last ? path : "/", parent);
	buffer[parent] = 0;
	memcpy(buffer + parent + 1, path + last, length - last);
	buffer[parent + 1 + length - last] = 0;
	*name = buffer + parent + 1;
	return length == last || text_equal(*name, ".") || text_equal(*name, "..") ? -EISDIR : 0;
}

/* EAGAIN: something was renamed or mounted somewhere while ".." was looked up. */
static long resolve(int root_fd, const char *path, enum path_make make, unsigned rules)
{
	unsigned flags = O_PATH | O_CLOEXEC | (make == PATH_MAKE_DIRECTORY ? O_DIRECTORY : 0);
	unsigned bounds = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS | (rules & PATH_NO_SYMLINKS ? RESOLVE_NO_SYMLINKS : 0);
	const struct open_how how = { .flags = rules & PATH_LAST_AS_IS ? flags | O_NOFOLLOW : flags, .resolve = bounds };
	long fd = -EAGAIN;

	for (int tries = 0; tries < PATH_TRIES && fd == -EAGAIN; tries++)
		fd = sys_openat2(root_fd, path, &how);
	return fd;
}

/* A filter says ENOSYS or EPERM; who renames without end does not stop the walk. */
static bool is_for_walk(long error)
{
	return error == -ENOSYS || error == -EPERM || error == -EAGAIN;
}

/* What was there before may be of another kind. */
static long check_file(long fd)
{
	struct stat st;
	long result = fd < 0 ? fd : sys_fstat((int)fd, &st);

	if (result == 0 && !S_ISDIR(st.st_mode))
		return fd;
	if (fd >= 0)
		(void)sys_close((int)fd); /* here and below: only a reference */
	return result < 0 ? result : -EISDIR;
}

/* Most often only the last component is missing, below a directory that the kernel finds. */
static long make_last(int root_fd, const char *path, unsigned rules)
{
	char buffer[INIT_PATH_MAX];
	const char *name;
	long parent = split(path, &name, buffer, sizeof buffer), fd;

	if (parent == 0)
		parent = resolve(root_fd, buffer, PATH_MAKE_DIRECTORY, rules);
	if (parent < 0)
		return parent;
	fd = sys_mkdirat((int)parent, name, 0755);
	if (fd == 0)
		fd = sys_openat((int)parent, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC, 0);
	(void)sys_close((int)parent);
	return fd;
}

long path_open(int root_fd, const char *path, enum path_make make, unsigned rules)
{
	long fd = resolve(root_fd, path, make, rules);

	if (fd == -ENOENT && make == PATH_MAKE_DIRECTORY)
		fd = make_last(root_fd, path, rules);
	if (is_for_walk(fd) || (fd < 0 && make != PATH_FIND))
		fd = path_walk(root_fd, path, make, rules);
	return make == PATH_MAKE_FILE ? check_file(fd) : fd;
}

long path_open_parent(int root_fd, const char *path, const char **name, char *buffer, unsigned long size)
{
	long result = split(path, name, buffer, size);

	return result < 0 ? result : path_open(root_fd, buffer, PATH_MAKE_DIRECTORY, PATH_FOLLOW);
}

/* A regular file or a device; EEXIST says that something else has the name, ELOOP that a symlink has. */
static long check_node(int fd)
{
	struct stat st;
	long result = sys_fstat(fd, &st);

	if (result < 0)
		return result;
	if (S_ISLNK(st.st_mode))
		return -ELOOP;
	return S_ISREG(st.st_mode) || S_ISCHR(st.st_mode) || S_ISBLK(st.st_mode) ? 0 : -EEXIST;
}

long path_open_node(int parent_fd, const char *name)
{
	long made = sys_openat(parent_fd, name, O_RDONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644);

	if (made < 0 && made != -EEXIST)
		return made;
	if (made >= 0)
		(void)sys_close((int)made); /* nothing was written */
	long fd = sys_openat(parent_fd, name, O_PATH | O_NOFOLLOW | O_CLOEXEC, 0);
	long result = fd < 0 ? fd : check_node((int)fd);
	if (result == 0)
		return fd;
	if (fd >= 0)
		(void)sys_close((int)fd); /* only a reference */
	return result;
}

int path_find_root(struct init *i)
{
	if (i->root_fd < 0) {
		long fd = sys_openat(AT_FDCWD, "/", O_PATH | O_DIRECTORY | O_CLOEXEC, 0);
		if (init_expect(i, __NR_openat, fd) < 0)
			return -1;
		i->root_fd = (int)fd;
	}
	return i->root_fd;
}
