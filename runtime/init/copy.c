/* Copying what a tmpfs is about to cover into it, while it is detached and nobody else's. Every name is looked up in one
 * directory that is held by descriptor and never followed; nothing is opened that could block. Sockets are left out: nobody
 * listens. Extended attributes go over where the kernel lets us, which for symlinks, devices and FIFOs it does not: it takes
 * theirs by path only. Hard links become copies. */
#include "runtime/init/init.h"
#include "runtime/init/sys.h"

enum {
	COPY_DEPTH_MAX = 64,
	COPY_CHUNK = 1 << 20,
	COPY_ENTRIES = 2048,    /* one directory's, on the stack: several names at a time */
	COPY_ATTRIBUTE = 65536, /* the kernel's bound for a list of names and for a value */
};

struct copy {
	struct init *i;
	uint64_t how;
	char names[COPY_ATTRIBUTE], bytes[COPY_ATTRIBUTE];
};

/* One file of the image, and the directory of ours in which it is made. */
struct original {
	int from_fd, to_fd;
	const char *name;
	struct stat st;
};

static int expect(struct copy *c, long call, long result)
{
	return result < 0 ? init_fail(c->i, call, -result, MOUNT_COPYING) : 0;
}

/* --- owner, mode, attributes, times ------------------------------------------------------------------------------- */

/* EINVAL: an id that this user namespace does not have, and shows as the overflow id. What nobody here owned becomes ours,
 * but runs as nobody else. */
static int copy_owner(struct copy *c, struct original *o)
{
	const uint64_t same = (uint64_t)-1;
	long result = sys_fchownat(o->to_fd, o->name, o->st.st_uid, o->st.st_gid, AT_SYMLINK_NOFOLLOW);

	if (result != -EINVAL)
		return expect(c, __NR_fchownat, result);
	o->st.st_mode &= ~06000u;
	result = sys_fchownat(o->to_fd, o->name, o->st.st_uid, same, AT_SYMLINK_NOFOLLOW);
	if (result == -EINVAL)
		result = sys_fchownat(o->to_fd, o->name, same, o->st.st_gid, AT_SYMLINK_NOFOLLOW);
	return expect(c, __NR_fchownat, result == -EINVAL ? 0 : result);
}

static int copy_attributes(struct copy *c, int from_fd, int to_fd)
{
	long size = sys_flistxattr(from_fd, c->names, sizeof c->names);

	for (const char *name = c->names; name - c->names < size; name += text_length(name) + 1) {
		long result = sys_fgetxattr(from_fd, name, c->bytes, sizeof c->bytes);
		if (result >= 0)
			result = sys_fsetxattr(to_fd, name, c->bytes, (size_t)result);
		if (result == -ENOSPC || result == -ENOMEM) /* all others: not let */
			return expect(c, __NR_fsetxattr, result);
	}
	return 0;
}

static int copy_times(struct copy *c, int dir_fd, const char *name, const struct stat *st)
{
	const uint64_t times[4] = { (uint64_t)st->st_atime, st->st_atime_nsec, (uint64_t)st->st_mtime, st->st_mtime_nsec };

	return expect(c, __NR_utimensat, sys_utimensat(dir_fd, name, times, AT_SYMLINK_NOFOLLOW));
}

/* In this order: a change of owner takes set-id bits and file capabilities away, and all of these are changes. */
static int copy_looks(struct copy *c, struct original *o, int from_fd, int to_fd)
{
	if (copy_owner(c, o) < 0)
		return -1;
	if (!S_ISLNK(o->st.st_mode) && expect(c, __NR_fchmodat, sys_fchmodat(o->to_fd, o->name, o->st.st_mode & 07777)) < 0)
		return -1;
	if (from_fd >= 0 && copy_attributes(c, from_fd, to_fd) < 0)
		return -1;
	return copy_times(c, o->to_fd, o->name, &o->st);
}

/* --- regular files ------------------------------------------------------------------------------------------------ */

static long copy_by_hand(struct copy *c, int from_fd, int to_fd)
{
	long got, put;

	while ((got = sys_read(from_fd, c->bytes, sizeof c->bytes)) > 0) {
		for (long done = 0; done < got; done += put) {
			put = sys_write(to_fd, c->bytes + done, (size_t)(got - done));
			if (put < 0)
				return put;
		}
	}
	return got;
}

/* EINVAL: a file system without splice; the others are a filter's. */
static int copy_bytes(struct copy *c, int from_fd, int to_fd)
{
	long put;

	do {
		init_leave_if_alone(c->i);
		put = sys_sendfile(to_fd, from_fd, COPY_CHUNK);
	} while (put > 0);
	if (put == -EINVAL || put == -ENOSYS || put == -EPERM)
		return expect(c, __NR_write, copy_by_hand(c, from_fd, to_fd));
	return expect(c, __NR_sendfile, put);
}

/* The file may be exchanged at any time: hence no waiting for a FIFO, and a look at what was opened. */
static int open_regular(struct copy *c, struct original *o)
{
	long fd = sys_openat(o->from_fd, o->name, O_RDONLY | O_NONBLOCK | O_NOFOLLOW | O_NOCTTY | O_CLOEXEC, 0);

	if (expect(c, __NR_openat, fd) < 0)
		return -1;
	int result = expect(c, __NR_fstat, sys_fstat((int)fd, &o->st));
	if (result == 0 && !S_ISREG(o->st.st_mode))
		result = expect(c, __NR_openat, -ESTALE);
	if (result == 0)
		return (int)fd;
	(void)sys_close((int)fd); /* here and below: only read from */
	return -1;
}

static int copy_regular(struct copy *c, struct original *o)
{
	int from_fd = open_regular(c, o), result;

	if (from_fd < 0)
		return -1;
	long to_fd = sys_openat(o->to_fd, o->name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	result = expect(c, __NR_openat, to_fd);
	if (result == 0)
		result = copy_bytes(c, from_fd, (int)to_fd);
	if (result == 0)
		result = copy_looks(c, o, from_fd, (int)to_fd);
	if (to_fd >= 0)
		(void)sys_close((int)to_fd); /* memory: nothing is written back */
	(void)sys_close(from_fd);
	return result;
}

/* --- symlinks, devices, FIFOs ------------------------------------------------------------------------------------- */

static int copy_link(struct copy *c, struct original *o)
{
	long length = sys_readlinkat(o->from_fd, o->name, c->bytes, sizeof c->bytes - 1);

	if (expect(c, __NR_readlinkat, length) < 0)
		return -1;
	c->bytes[length] = 0;
	if (expect(c, __NR_symlinkat, sys_symlinkat(c->bytes, o->to_fd, o->name)) < 0)
		return -1;
	return copy_looks(c, o, -1, -1);
}

static int copy_node(struct copy *c, struct original *o)
{
	unsigned type = o->st.st_mode & S_IFMT;

	if (type != S_IFIFO && c->how & NEW_NO_DEVICES)
		return 0;
	if (expect(c, __NR_mknodat, sys_mknodat(o->to_fd, o->name, type | 0600, o->st.st_rdev)) < 0)
		return -1;
	return copy_looks(c, o, -1, -1);
}

/* --- directories -------------------------------------------------------------------------------------------------- */

static int copy_entries(struct copy *c, int from_fd, int to_fd, unsigned depth);

static int fill_directory(struct copy *c, struct original *o, int from_fd, unsigned depth)
{
	if (expect(c, __NR_mkdirat, sys_mkdirat(o->to_fd, o->name, 0700)) < 0)
		return -1;
	long to_fd = sys_openat(o->to_fd, o->name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC, 0);
	if (expect(c, __NR_openat, to_fd) < 0)
		return -1;
	int result = copy_entries(c, from_fd, (int)to_fd, depth);
	if (result == 0)
		result = copy_looks(c, o, from_fd, (int)to_fd);
	(void)sys_close((int)to_fd);
	return result;
}

static int copy_directory(struct copy *c, struct original *o, unsigned depth)
{
	if (depth == COPY_DEPTH_MAX)
		return expect(c, __NR_mkdirat, -ENAMETOOLONG);
	long from_fd = sys_openat(o->from_fd, o->name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC, 0);
	if (expect(c, __NR_openat, from_fd) < 0)
		return -1;
	int result = fill_directory(c, o, (int)from_fd, depth + 1);
	(void)sys_close((int)from_fd);
	return result;
}

static int copy_one(struct copy *c, struct original *o, unsigned depth)
{
	init_leave_if_alone(c->i);
	if (expect(c, __NR_newfstatat, sys_fstatat(o->from_fd, o->name, &o->st, AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT)) < 0)
		return -1;
	switch (o->st.st_mode & S_IFMT) {
	case S_IFREG:
		return copy_regular(c, o);
	case S_IFDIR:
		return copy_directory(c, o, depth);
	case S_IFLNK:
		return copy_link(c, o);
	case S_IFSOCK:
		return 0;
	default:
		return copy_node(c, o);
	}
}

static int copy_entries(struct copy *c, int from_fd, int to_fd, unsigned depth)
{
	__attribute__((uninitialized, aligned(8))) char entries[COPY_ENTRIES];
	long size;

	while ((size = sys_getdents64(from_fd, entries, sizeof entries)) > 0) {
		const struct sys_dirent *entry;
		for (long at = 0; at < size; at += entry->length) {
			entry = (const void *)(entries + at);
			struct original o = { .from_fd = from_fd, .to_fd = to_fd, .name = entry->name };
			if (!text_equal(o.name, ".") && !text_equal(o.name, "..") && copy_one(c, &o, depth) < 0)
				return -1;
		}
	}
	return expect(c, __NR_getdents64, size);
}

int copy_up(struct init *i, int from_fd, int to_fd, uint64_t how)
{
	__attribute__((uninitialized)) struct copy c; /* most files need none of its pages */
	struct stat st;

	c.i = i;
	c.how = how;
	long fd = sys_openat(from_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);
	if (expect(&c, __NR_openat, fd) < 0)
		return -1;
	int result = expect(&c, __NR_fstat, sys_fstat((int)fd, &st));
	if (result == 0)
		result = copy_entries(&c, (int)fd, to_fd, 0);
	if (result == 0)
		result = copy_times(&c, to_fd, ".", &st);
	(void)sys_close((int)fd);
	return result;
}
