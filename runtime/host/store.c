#include "runtime/host/store.h"

#include "spec/base/own.h"
#include "spec/base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <time.h>

enum { DIRECTORY = O_RDONLY | O_DIRECTORY | O_CLOEXEC, DEPTH_MAX = 64 };

static bool is_id(const char *id)
{
	size_t length = strlen(id);

	return length > 0 && length <= STORE_ID_MAX && id[0] != '.' && id[0] != '-' &&
	       strspn(id, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_+.-") == length;
}

int store_check_id(const char *id, struct err *e)
{
	if (is_id(id))
		return 0;
	(void)err_set(e, "container id '%s' is not valid", id);
	return err_hint(e, "1 to %d letters, digits, and the signs _ + . - of which the last two may not come first", STORE_ID_MAX);
}

/* --- the root ----------------------------------------------------------------------------------------------------- */

static int make_root(const char *root, struct err *e)
{
	char path[PATH_MAX];
	size_t length = strlen(root);

	if (length >= sizeof path)
		return err_number(e, ENAMETOOLONG, "make %s", root);
	memcpy(path, root, length + 1);
	for (char *slash = path + 1; slash <= path + length; slash++) {
		if (*slash && *slash != '/')
			continue;
		char kept = *slash;
		*slash = '\0';
		if (mkdir(path, 0700) < 0 && errno != EEXIST)
			return err_sys(e, "make %s", path);
		*slash = kept;
	}
	return 0;
}

/* Whoever writes there says what is killed and removed in our name. */
static int check_owner(int fd, const char *root, struct err *e)
{
	struct stat s;

	if (fstat(fd, &s) < 0)
		return err_sys(e, "look at the state directory %s", root);
	if (s.st_mode & S_IWOTH) {
		(void)err_set(e, "the state directory %s may be written by everybody (mode %04o)", root, (unsigned)s.st_mode & 07777);
		return err_hint(e, "chmod o-w it, or let XDG_RUNTIME_DIR or --root name a directory of yours");
	}
	if (geteuid() == 0 || s.st_uid == geteuid())
		return 0;
	(void)err_set(e, "the state directory %s is another user's (%u)", root, (unsigned)s.st_uid);
	return err_hint(e, "XDG_RUNTIME_DIR or --root can name a directory of yours");
}

int store_open(struct store *s, const char *root, bool may_make, struct err *e)
{
	int fd = open(root, DIRECTORY);

	if (fd < 0 && errno == ENOENT && may_make) {
		if (make_root(root, e) < 0) {
			(void)err_add(e, "make the state directory");
			return err_hint(e, "XDG_RUNTIME_DIR or --root can name a directory of yours");
		}
		fd = open(root, DIRECTORY);
	}
	if (fd < 0 && (errno != ENOENT || may_make)) {
		(void)err_sys(e, "open the state directory %s", root);
		return e->number == EACCES ? err_hint(e, "XDG_RUNTIME_DIR or --root can name a directory of yours") : -1;
	}
	if (fd >= 0 && check_owner(fd, root, e) < 0) {
		own_close(&fd);
		return -1;
	}
	*s = (struct store){ fd, root };
	return 0;
}

void store_close(struct store *s)
{
	drop_fd(&s->root_fd);
}

static int compare_ids(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static bool is_directory(int fd, const struct dirent *entry)
{
	struct stat s;

	if (entry->d_type != DT_UNKNOWN)
		return entry->d_type == DT_DIR;
	return fstatat(fd, entry->d_name, &s, AT_SYMLINK_NOFOLLOW) == 0 && S_ISDIR(s.st_mode);
}

int store_list(struct store *s, struct arena *a, const char ***ids, size_t *count, struct err *e)
{
	const char **list = NULL;
	size_t length = 0, room = 0;
	struct dirent *entry;

	own_fd fd = s->root_fd < 0 ? -1 : openat(s->root_fd, ".", DIRECTORY);
	own_directory directory = fd < 0 ? NULL : fdopendir(fd);
	if (s->root_fd >= 0 && !directory)
		return err_sys(e, "list the state directory %s", s->root);
	(void)take_fd(&fd); /* the stream owns it */
	errno = 0;
	while (directory && (entry = readdir(directory))) {
		if (!is_id(entry->d_name) || !is_directory(s->root_fd, entry))
			continue;
		if (length == room) {
			size_t more = room ? 2 * room : 32;
			list = arena_grow(a, list, room * sizeof *list, more * sizeof *list);
			room = more;
		}
		list[length++] = arena_text(a, entry->d_name);
		errno = 0;
	}
	if (errno)
		return err_sys(e, "list the state directory %s", s->root);
	if (length)
		qsort(list, length, sizeof *list, compare_ids);
	*ids = list;
	*count = length;
	return 0;
}

/* --- the lock ----------------------------------------------------------------------------------------------------- */

/* "7: FLOCK  ADVISORY  WRITE 1234 00:18:5678 0 EOF"; "7: -> FLOCK ..." is one who waits. */
static bool read_holder(const char *line, const struct stat *wanted, int *pid)
{
	unsigned major_number, minor_number;
	unsigned long inode;

	return sscanf(line, "%*u: FLOCK %*s %*s %d %x:%x:%lu", pid, &major_number, &minor_number, &inode) == 4 &&
	       inode == wanted->st_ino && major_number == major(wanted->st_dev) && minor_number == minor(wanted->st_dev);
}

/* The pid of the lock's holder, or 0 when it is out of sight (another pid namespace). */
static int find_holder(int fd)
{
	own_stream locks = fopen("/proc/locks", "re");
	own_text line = NULL;
	size_t room = 0;
	struct stat s;
	int pid = 0;

	if (!locks || fstat(fd, &s) < 0)
		return 0;
	while (getline(&line, &room, locks) > 0)
		if (read_holder(line, &s, &pid))
			return pid > 0 ? pid : 0;
	return 0;
}

static int report_holder(int fd, struct err *e)
{
	char path[32], name[32];
	int pid = find_holder(fd);

	if (!pid) {
		(void)err_set(e, "another command is at work on the container");
		e->number = EWOULDBLOCK;
		return -1;
	}
	(void)snprintf(path, sizeof path, "/proc/%d/comm", pid);
	own_fd comm = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t length = comm < 0 ? 0 : read(comm, name, sizeof name - 1);
	name[length > 0 ? length - 1 : 0] = '\0'; /* without its newline */
	(void)err_set(e, "another command is at work on the container: process %d (%s)", pid, name);
	e->number = EWOULDBLOCK; /* for callers that can wait */
	return -1;
}

static int64_t read_clock(void)
{
	struct timespec now = { 0 };

	(void)clock_gettime(CLOCK_MONOTONIC, &now); /* cannot fail with this clock */
	return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* flock() knows no timeout: try, and wait ever longer, up to 10 milliseconds. */
static int take_lock(int fd, int wait_ms, struct err *e)
{
	int64_t deadline = read_clock() + wait_ms;
	struct timespec pause = { .tv_nsec = 100000 };

	while (flock(fd, LOCK_EX | LOCK_NB) < 0) {
		if (errno != EWOULDBLOCK && errno != EINTR)
			return err_sys(e, "lock the container");
		if (read_clock() >= deadline)
			return report_holder(fd, e);
		(void)nanosleep(&pause, NULL); /* a signal ends the pause early, no more */
		pause.tv_nsec = pause.tv_nsec < 5000000 ? 2 * pause.tv_nsec : 10000000;
	}
	return 0;
}

/* Who waited for the lock may have waited for a delete. 1 when it is gone. */
static int look_for_end(int fd, struct err *e)
{
	struct stat s;

	if (fstat(fd, &s) < 0)
		return err_sys(e, "look at the container's directory");
	return s.st_nlink == 0;
}

/* --- entries ------------------------------------------------------------------------------------------------------ */

static int report_taken(struct err *e)
{
	(void)err_set(e, "container with given ID already exists");
	e->number = EEXIST;
	return -1;
}

static int report_missing(struct err *e)
{
	(void)err_set(e, STORE_MISSING);
	e->number = ENOENT;
	return -1;
}

int store_find(struct store *s, const char *id, int wait_ms, struct store_entry *out, struct err *e)
{
	if (store_check_id(id, e) < 0)
		return -1;
	own_fd fd = s->root_fd < 0 ? -1 : openat(s->root_fd, id, DIRECTORY | O_NOFOLLOW);
	if (fd < 0 && (s->root_fd < 0 || errno == ENOENT))
		return report_missing(e);
	if (fd < 0)
		return err_sys(e, "open %s/%s", s->root, id);
	if (wait_ms >= 0 && take_lock(fd, wait_ms, e) < 0)
		return -1;
	int gone = wait_ms >= 0 ? look_for_end(fd, e) : 0;
	if (gone)
		return gone < 0 ? -1 : report_missing(e);
	*out = (struct store_entry){ take_fd(&fd), wait_ms >= 0, id, s->root };
	return 0;
}

void store_entry_close(struct store_entry *entry)
{
	drop_fd(&entry->fd);
	entry->is_locked = false;
}

/* Of a directory that could not be taken over; one that is not empty is somebody else's, and stays. */
static int drop_directory(struct store *s, const char *id)
{
	(void)unlinkat(s->root_fd, id, AT_REMOVEDIR); /* the error is told already */
	return -1;
}

/* 0 with the locked directory, 1 when a delete took it away between two of our calls. */
static int make_locked(struct store *s, const char *id, int *out, struct err *e)
{
	if (mkdirat(s->root_fd, id, 0700) < 0) {
		if (errno != EEXIST)
			return err_sys(e, "make %s/%s", s->root, id);
		return report_taken(e);
	}
	own_fd fd = openat(s->root_fd, id, DIRECTORY | O_NOFOLLOW);
	if (fd < 0 && errno == ENOENT)
		return 1;
	if (fd < 0) {
		(void)err_sys(e, "open %s/%s", s->root, id);
		return drop_directory(s, id);
	}
	if (take_lock(fd, 10000, e) < 0)
		return drop_directory(s, id);
	int gone = look_for_end(fd, e);
	if (gone)
		return gone < 0 ? drop_directory(s, id) : 1;
	*out = take_fd(&fd);
	return 0;
}

/* The link says whose the directory is: ours may have been deleted before it was locked, and this be the next one's, who then
 * has made the link already. */
static int write_intent(const struct store_entry *entry, int root_fd, const char *cgroup_path, struct err *e)
{
	if (symlinkat(cgroup_path[0] ? cgroup_path : NO_CGROUP, entry->fd, "cgroup") < 0) {
		if (errno == EEXIST)
			return report_taken(e);
		return err_sys(e, "make the link %s/%s/cgroup", entry->root, entry->id);
	}
	if (fsync(entry->fd) < 0 || fsync(root_fd) < 0)
		return err_sys(e, "sync %s/%s", entry->root, entry->id);
	return 0;
}

int store_make(struct store *s, const char *id, const char *cgroup_path, struct store_entry *out, struct err *e)
{
	int fd = -1, made = 1;

	if (store_check_id(id, e) < 0)
		return -1;
	for (int tries = 0; made == 1 && tries < 100; tries++)
		made = make_locked(s, id, &fd, e);
	if (made == 1)
		return err_set(e, "%s/%s is deleted as often as it is made", s->root, id);
	if (made < 0)
		return -1;
	struct store_entry entry = { fd, true, id, s->root };
	if (write_intent(&entry, s->root_fd, cgroup_path, e) < 0) {
		struct err second = ERR_NONE; /* the first error is the one to report */
		if (e->number != EEXIST)
			(void)store_remove(s, &entry, &second);
		store_entry_close(&entry);
		return -1;
	}
	*out = entry;
	return 0;
}

/* --- removal ------------------------------------------------------------------------------------------------------ */

/* Whatever it is: damage can have put anything there, directories too. */
static int remove_below(int fd, unsigned depth)
{
	own_directory directory = fdopendir(fd);
	struct dirent *entry;

	if (!directory) {
		own_close(&fd);
		return -1;
	}
	for (errno = 0; (entry = readdir(directory)); errno = 0) {
		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
			continue;
		if (unlinkat(dirfd(directory), entry->d_name, 0) == 0 || errno == ENOENT)
			continue;
		if (errno != EISDIR)
			return -1;
		int below = depth < DEPTH_MAX ? openat(dirfd(directory), entry->d_name, DIRECTORY | O_NOFOLLOW) : -1;
		if (below < 0 || remove_below(below, depth + 1) < 0 ||
		    unlinkat(dirfd(directory), entry->d_name, AT_REMOVEDIR) < 0)
			return -1;
	}
	return errno ? -1 : 0;
}

/* What we put there ourselves goes without a look at the directory. */
static bool remove_known(struct store *s, struct store_entry *entry)
{
	static const char *const names[] = { "start", "created", "config.json", "state", "cgroup" };

	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (unlinkat(entry->fd, names[i], 0) < 0 && errno != ENOENT)
			return false;
	return unlinkat(s->root_fd, entry->id, AT_REMOVEDIR) == 0;
}

int store_remove(struct store *s, struct store_entry *entry, struct err *e)
{
	if (remove_known(s, entry))
		return 0;
	int fd = openat(entry->fd, ".", DIRECTORY);
	if (fd < 0 && errno == ENOENT)
		return 0; /* a removed directory is not even its own "." */
	if (fd < 0 || remove_below(fd, 0) < 0)
		return err_sys(e, "empty %s/%s", s->root, entry->id);
	/* success is the proof: the name is gone with it */
	if (unlinkat(s->root_fd, entry->id, AT_REMOVEDIR) < 0 && errno != ENOENT)
		return err_sys(e, "remove %s/%s", s->root, entry->id);
	return 0;
}
