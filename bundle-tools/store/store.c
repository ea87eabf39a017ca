#include "bundle-tools/store/store.h"

#include "bundle-tools/store/interrupt.h"
#include "spec/base/own.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>

enum { LOCK_POLL_MS = 20, NAME_MOST = 64 };

static const char *const directories[] = { "layers", "images", "containers", "bundles", "tmp", "locks", "stat-cache", "apt" };

bool store_is_name(const char *name)
{
	size_t length = strlen(name);

	if (!isalnum((unsigned char)name[0]) || length > NAME_MOST)
		return false;
	for (const char *c = name; *c; c++)
		if (!isalnum((unsigned char)*c) && !strchr("._-", *c))
			return false;
	return true;
}

/* The directory and its parents. */
static int make_directories(struct conductor *c, struct err *e)
{
	char *path = arena_text(&c->arena, c->root);

	for (char *slash = strchr(path + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		if (mkdir(path, 0755) && errno != EEXIST)
			return err_sys(e, "make the directory %s", path);
		*slash = '/';
	}
	if (mkdir(path, 0711) && errno != EEXIST)
		return err_sys(e, "make the directory %s", path);
	return 0;
}

int store_open(struct conductor *c, struct err *e)
{
	if (make_directories(c, e))
		return err_add(e, "open the store");
	c->root_fd = open(c->root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (c->root_fd < 0)
		return err_sys(e, "open the store %s", c->root);
	/* nobody else gets at the programs in them that run as their owner */
	for (size_t i = 0; i < sizeof directories / sizeof *directories; i++)
		if (mkdirat(c->root_fd, directories[i], 0700) && errno != EEXIST)
			return err_sys(e, "make %s/%s", c->root, directories[i]);
	return 0;
}

/* A file that was removed while we waited for it locks nothing. */
static bool is_still_there(const struct conductor *c, const char *path, int fd)
{
	struct stat ours, theirs;

	return fstat(fd, &ours) == 0 && fstatat(c->root_fd, path, &theirs, 0) == 0 && ours.st_ino == theirs.st_ino;
}

int store_lock(const struct conductor *c, const char *name, enum lock_mode mode, int *out, struct err *e)
{
	char path[NAME_MAX + 8];

	(void)snprintf(path, sizeof path, "locks/%s", name);
	for (;;) {
		own_fd fd = openat(c->root_fd, path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
		if (fd < 0)
			return err_sys(e, "open %s/%s", c->root, path);
		while (flock(fd, LOCK_EX | LOCK_NB)) {
			if (errno != EWOULDBLOCK)
				return err_sys(e, "lock %s/%s", c->root, path);
			if (mode == LOCK_TRY)
				return 1;
			if (interrupt_check(LOCK_POLL_MS, e))
				return -1;
		}
		if (!is_still_there(c, path, fd))
			continue;
		*out = take_fd(&fd);
		return 0;
	}
}

void store_unlock(const struct conductor *c, const char *name, int *fd)
{
	char path[NAME_MAX + 8];

	(void)snprintf(path, sizeof path, "locks/%s", name);
	(void)unlinkat(c->root_fd, path, 0); /* an empty file that stays behind is found by the next one */
	drop_fd(fd);
}

int store_hold_layers(const struct conductor *c, enum hold_mode mode, struct err *e)
{
	own_fd fd = openat(c->root_fd, "layers", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return err_sys(e, "open %s/layers", c->root);
	if (flock(fd, (mode == HOLD_SHARED ? LOCK_SH : LOCK_EX) | LOCK_NB) == 0)
		return take_fd(&fd);
	if (errno != EWOULDBLOCK)
		return err_sys(e, "lock %s/layers", c->root);
	return err_set(e, mode == HOLD_SHARED ? "layers are being removed right now" : "a build is going on that may need the layers");
}

int store_open_directory(int dir_fd, const char *name, struct err *e)
{
	if (mkdirat(dir_fd, name, 0755) && errno != EEXIST)
		return err_sys(e, "make the directory %s", name);
	int fd = openat(dir_fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	return fd < 0 ? err_sys(e, "open %s", name) : fd;
}

static int write_whole(int fd, const char *bytes, size_t length)
{
	while (length) {
		ssize_t done = write(fd, bytes, length);
		if (done < 0 && errno == EINTR)
			continue;
		if (done < 0)
			return -1;
		bytes += done;
		length -= (size_t)done;
	}
	return 0;
}

int store_write_file(int dir_fd, const char *name, const char *bytes, size_t length, enum write_mode mode, struct err *e)
{
	char hidden[NAME_MAX + 1];

	if (snprintf(hidden, sizeof hidden, ".%s.%d", name, (int)getpid()) >= (int)sizeof hidden)
		return err_set(e, "the name %s is too long", name);
	own_fd fd = openat(dir_fd, hidden, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0644);
	if (fd < 0)
		return err_sys(e, "make %s", name);
	if (write_whole(fd, bytes, length) || (mode == WRITE_SYNCED && fsync(fd)) || renameat(dir_fd, hidden, dir_fd, name)) {
		(void)err_sys(e, "write %s", name);
		(void)unlinkat(dir_fd, hidden, 0); /* the write's error is the one to tell */
		return -1;
	}
	return 0;
}

static int compare_names(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

int store_list(struct conductor *c, const char *name, struct names *out, struct err *e)
{
	struct arena *a = &c->arena;
	struct names found = { 0 };
	struct dirent *entry;
	int fd = openat(c->root_fd, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	own_directory directory = fd < 0 ? NULL : fdopendir(fd);
	if (!directory)
		return err_sys(e, "read %s/%s", c->root, name);
	while ((errno = 0, entry = readdir(directory))) {
		if (entry->d_name[0] == '.')
			continue;
		size_t size = found.count * sizeof *found.at;
		found.at = arena_grow(a, found.at, size, size + sizeof *found.at);
		found.at[found.count++] = arena_text(a, entry->d_name);
	}
	if (errno)
		return err_sys(e, "read %s/%s", c->root, name);
	if (found.count)
		qsort(found.at, found.count, sizeof *found.at, compare_names);
	*out = found;
	return 0;
}
