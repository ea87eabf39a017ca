#include "runtime/host/cgroup/group.h"

#include "spec/base/own.h"
#include "spec/base/text.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

/* The walks here are over cgroups that the payload may have made, as deep and as many as it liked: no recursion, one
 * descriptor at a time, and up again by "..", which a rename could mislead elsewhere but not in cgroupfs: v2 has none and
 * v1 none out of the parent. */

enum { FLAGS = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC };

static int open_top(const struct group *g)
{
	char path[PATH_MAX];

	return group_locate(g, "", path) ? open(path, FLAGS) : -1;
}

/* kernfs counts a directory's subdirectories in its link count. */
static bool has_children(int fd)
{
	struct stat s;

	return fstat(fd, &s) < 0 || s.st_nlink != 2;
}

static int enter(int *fd, const char *name)
{
	int next = openat(*fd, name, FLAGS);

	if (next < 0)
		return -1;
	drop_fd(fd);
	*fd = next;
	return 0;
}

static bool is_child(const struct dirent64 *entry)
{
	return entry->d_type == DT_DIR && strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0;
}

/* --- members ------------------------------------------------------------------------------------------------------ */

static void add_member(struct group_members *m, pid_t pid)
{
	if (m->count == m->room) {
		size_t room = m->room ? 2 * m->room : 64;
		m->at = arena_grow(m->arena, m->at, m->room * sizeof *m->at, room * sizeof *m->at);
		m->room = room;
	}
	m->at[m->count++] = pid;
}

/* Pids as the reader's pid namespace sees them; 0 is one that it does not see. */
static int read_procs(int fd, void *data)
{
	struct group_members *out = data;
	own_fd procs = openat(fd, "cgroup.procs", O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	char bytes[4096];
	pid_t pid = 0;
	ssize_t got;

	if (procs < 0)
		return errno == ENOENT ? 0 : -1;
	while ((got = read(procs, bytes, sizeof bytes)) != 0) {
		if (got < 0 && errno == EINTR)
			continue;
		/* a threaded cgroup's processes stand in its domain's file; ENODEV: it was just removed */
		if (got < 0)
			return errno == EOPNOTSUPP || errno == ENODEV ? 0 : -1;
		for (ssize_t i = 0; i < got; i++) {
			if (bytes[i] != '\n') {
				pid = pid * 10 + (bytes[i] - '0');
				continue;
			}
			if (pid > 0)
				add_member(out, pid);
			pid = 0;
		}
	}
	return 0;
}

/* Positions in a kernfs directory stay valid while entries come and go, so that one number a level leads back. */
struct positions {
	off_t *at;
	size_t room;
	struct arena *arena;
};

static void keep_position(struct positions *p, size_t depth, off_t position)
{
	if (depth >= p->room) {
		size_t room = p->room ? 2 * p->room : 16;
		p->at = arena_grow(p->arena, p->at, p->room * sizeof *p->at, room * sizeof *p->at);
		p->room = room;
	}
	p->at[depth] = position;
}

/* Into the next child at or after the present position. 1: entered, 0: there is none, -1: error. */
static int enter_next(int *fd, size_t depth, struct positions *p)
{
	char entries[4096] __attribute__((aligned(8)));
	ssize_t got;

	while ((got = getdents64(*fd, entries, sizeof entries)) > 0) {
		for (ssize_t i = 0; i < got;) {
			const struct dirent64 *entry = (const void *)(entries + i);
			i += entry->d_reclen;
			if (!is_child(entry))
				continue;
			keep_position(p, depth, entry->d_off);
			if (enter(fd, entry->d_name) == 0)
				return 1;
			if (errno != ENOENT && errno != ENODEV)
				return -1;
		}
	}
	return got < 0 && errno != ENOENT && errno != ENODEV ? -1 : 0;
}

static int leave(int *fd, size_t depth, const struct positions *p)
{
	if (enter(fd, "..") < 0)
		return -1;
	return lseek(*fd, p->at[depth], SEEK_SET) < 0 ? -1 : 0;
}

int group_walk(const struct group *g, struct arena *a, int (*visit)(int fd, void *data), void *data)
{
	own_fd fd = open_top(g);
	struct positions positions = { .arena = a };
	size_t depth = 0;

	if (fd < 0 || visit(fd, data) < 0)
		return -1;
	for (;;) {
		int entered = has_children(fd) ? enter_next(&fd, depth, &positions) : 0;
		if (entered < 0 || (entered > 0 && visit(fd, data) < 0))
			return -1;
		if (entered > 0)
			depth++;
		else if (depth == 0)
			return 0;
		else if (leave(&fd, --depth, &positions) < 0)
			return -1;
	}
}

int group_read_members(const struct group *g, struct group_members *out, struct err *e)
{
	if (group_walk(g, out->arena, read_procs, out) < 0 && errno != ENOENT && errno != ENOTDIR)
		return err_sys(e, "read the processes of cgroup %s%.*s", g->at->mount_point, (int)g->length, g->path);
	return 0;
}

/* --- removal ------------------------------------------------------------------------------------------------------ */

/* Remove every child that has no children itself. The first one that does is entered (1); 0: none is left. */
static int remove_children(int *fd, bool *is_busy)
{
	char entries[4096] __attribute__((aligned(8)));
	ssize_t got;

	while ((got = getdents64(*fd, entries, sizeof entries)) > 0) {
		for (ssize_t i = 0; i < got;) {
			const struct dirent64 *entry = (const void *)(entries + i);
			i += entry->d_reclen;
			if (!is_child(entry) || unlinkat(*fd, entry->d_name, AT_REMOVEDIR) == 0 || errno == ENOENT)
				continue;
			if (errno != EBUSY && errno != ENOTEMPTY)
				return -1;
			own_fd child = openat(*fd, entry->d_name, FLAGS);
			if (child < 0 && errno != ENOENT)
				return -1;
			if (child < 0)
				continue;
			*is_busy = !has_children(child);
			if (*is_busy)
				return 0;
			drop_fd(fd);
			*fd = take_fd(&child);
			return 1;
		}
	}
	return got < 0 ? -1 : 0;
}

/* Down into what has children, up again when they are gone; each arrival lists anew, and finds less. */
static enum group_left remove_below(int *fd)
{
	bool is_busy = false;
	size_t depth = 0;

	for (;;) {
		int entered = remove_children(fd, &is_busy);
		if (entered < 0)
			return GROUP_FAILED;
		if (is_busy)
			return GROUP_BUSY;
		if (entered > 0)
			depth++;
		else if (depth == 0)
			return GROUP_GONE;
		else if (depth--, enter(fd, "..") < 0)
			return GROUP_FAILED;
	}
}

enum group_left group_remove(const struct group *g)
{
	char path[PATH_MAX];

	if (!group_locate(g, "", path))
		return GROUP_FAILED;
	if (rmdir(path) == 0 || errno == ENOENT)
		return GROUP_GONE;
	/* a read-only mount refuses before it looks whether there is such a directory */
	if (errno == EROFS && access(path, F_OK) < 0 && errno == ENOENT)
		return GROUP_GONE;
	if (errno != EBUSY && errno != ENOTEMPTY)
		return GROUP_FAILED;
	own_fd fd = open(path, FLAGS);
	if (fd < 0)
		return errno == ENOENT ? GROUP_GONE : GROUP_FAILED;
	if (!has_children(fd))
		return GROUP_BUSY;
	enum group_left left = remove_below(&fd);
	if (left != GROUP_GONE)
		return left;
	if (rmdir(path) == 0 || errno == ENOENT)
		return GROUP_GONE;
	return errno == EBUSY || errno == ENOTEMPTY ? GROUP_BUSY : GROUP_FAILED;
}
