/* What mount_setattr(2) does to all mounts of a tree, before 5.12 and behind a filter that knows it not: each mount is changed by
 * itself. Which they are stands in mountinfo of a procfs of ours. A path only finds a mount; whether it is the listed one its
 * number tells, so that nothing is changed which some path of the image leads to. */
#include "runtime/init/sys.h"
#include "runtime/init/tree.h"

enum { MOUNTS_MAX = 1024, BLOCK = 4096, END = -1 };

struct list {
	int fd;
	long error; /* of a read; 0 */
	size_t at, length;
	char block[BLOCK];
	uint32_t count;
	uint64_t ids[MOUNTS_MAX]; /* of the tree's mounts so far: one that is on another is listed after it */
	char path[INIT_PATH_MAX];
};

static int next(struct list *l)
{
	if (l->at == l->length) {
		long got = sys_read(l->fd, l->block, sizeof l->block);
		if (got <= 0) {
			l->error = got;
			return END;
		}
		l->at = 0;
		l->length = (size_t)got;
	}
	return (unsigned char)l->block[l->at++];
}

/* To the next space; false at the end of the file. */
static bool read_number(struct list *l, uint64_t *out)
{
	int c;

	*out = 0;
	while ((c = next(l)) >= '0' && c <= '9')
		*out = *out * 10 + (uint64_t)(c - '0');
	return c == ' ';
}

static bool skip_to(struct list *l, int end)
{
	int c;

	do
		c = next(l);
	while (c != end && c != END);
	return c == end;
}

/* Spaces and the like are written as three octal digits. */
static bool read_path(struct list *l)
{
	size_t length = 0;
	int c;

	while ((c = next(l)) != ' ') {
		for (int digits = 0, value = 0; c == '\\' && digits < 3; digits++) {
			value = value * 8 + next(l) - '0';
			if (digits == 2)
				c = value;
		}
		if (c <= 0 || length + 1 >= sizeof l->path)
			return false;
		l->path[length++] = (char)c;
	}
	l->path[length] = 0;
	return true;
}

static bool has_mount(const struct list *l, uint64_t id)
{
	for (uint32_t n = 0; n < l->count; n++)
		if (l->ids[n] == id)
			return true;
	return false;
}

static long read_id(int fd, uint64_t *out)
{
	struct statx st;
	long result = sys_statx(fd, "", AT_EMPTY_PATH, STATX_MNT_ID, &st);

	*out = st.stx_mnt_id;
	return result;
}

/* Another mount may lie over the listed one: no path leads to what is below it. */
static int change_listed(struct init *i, const char *path, uint64_t id, const struct tree_change *c)
{
	uint64_t found = 0;
	long fd = sys_openat(AT_FDCWD, path, O_PATH | O_NOFOLLOW | O_CLOEXEC, 0);
	long result = fd < 0 ? fd : read_id((int)fd, &found);

	if (result >= 0)
		result = found == id ? tree_remount(i, (int)fd, c) : init_fail(i, __NR_mount_setattr, ENOSYS, 0);
	else
		(void)init_fail(i, __NR_openat, -result, 0);
	if (fd >= 0)
		(void)sys_close((int)fd); /* only a reference */
	return result < 0 ? -1 : 0;
}

/* One line: "ID PARENT MAJOR:MINOR ROOT PATH ...". 0 at the end of the file. */
static int change_next(struct init *i, struct list *l, const struct tree_change *c)
{
	uint64_t id, parent;

	if (!read_number(l, &id))
		return l->error ? init_fail(i, __NR_read, -l->error, 0) : 0;
	if (!read_number(l, &parent) || !skip_to(l, ' ') || !skip_to(l, ' ') || !read_path(l) || !skip_to(l, '\n'))
		return init_fail(i, __NR_read, l->error ? -l->error : ENAMETOOLONG, 0);
	if (!has_mount(l, parent))
		return 1;
	if (l->count == MOUNTS_MAX)
		return init_fail(i, __NR_mount_setattr, ENOSYS, 0);
	l->ids[l->count++] = id;
	return change_listed(i, l->path, id, c) < 0 ? -1 : 1;
}

int tree_remount_below(struct init *i, int proc_fd, int fd, const struct tree_change *c)
{
	struct list l = { .count = 1 };
	long file = sys_openat(proc_fd, "self/mountinfo", O_RDONLY | O_CLOEXEC, 0);
	int result;

	if (init_expect(i, __NR_openat, file) < 0)
		return -1;
	l.fd = (int)file;
	result = init_expect(i, __NR_statx, read_id(fd, l.ids));
	if (result == 0)
		do
			result = change_next(i, &l, c);
		while (result > 0);
	(void)sys_close(l.fd); /* only read from */
	return result;
}
