#include "runtime/host/store.h"

#include "spec/base/own.h"
#include "spec/json/read.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>

enum { STATE_MAX = 1 << 20 };

/* --- reading and writing ------------------------------------------------------------------------------------------ */

/* A regular file of at most `max` bytes, and nothing that could block: damage can have put a FIFO or a device there.
 * `*text` is NULL when there is no such file. */
static int read_file(const struct store_entry *entry, const char *name, size_t max, struct arena *a, char **text,
		     size_t *length, struct err *e)
{
	own_fd fd = openat(entry->fd, name, O_RDONLY | O_NONBLOCK | O_NOFOLLOW | O_NOCTTY | O_CLOEXEC);
	struct stat s;

	*text = NULL;
	*length = 0;
	if (fd < 0 && errno == ENOENT)
		return 0;
	if (fd < 0 || fstat(fd, &s) < 0)
		return err_sys(e, "open %s/%s/%s", entry->root, entry->id, name);
	if (!S_ISREG(s.st_mode))
		return err_set(e, "%s/%s/%s is not a regular file", entry->root, entry->id, name);
	if ((uint64_t)s.st_size > max)
		return err_set(e, "%s/%s/%s is larger than %zu bytes", entry->root, entry->id, name, max);
	char *bytes = arena_alloc(a, (size_t)s.st_size + 1);
	size_t got = 0;
	while (got < (size_t)s.st_size) {
		ssize_t more = read(fd, bytes + got, (size_t)s.st_size - got);
		if (more < 0 && errno == EINTR)
			continue;
		if (more < 0)
			return err_sys(e, "read %s/%s/%s", entry->root, entry->id, name);
		if (more == 0)
			break;
		got += (size_t)more;
	}
	*text = bytes;
	*length = got;
	return 0;
}

static int write_whole(int fd, const char *text, size_t length)
{
	while (length) {
		ssize_t done = write(fd, text, length);
		if (done < 0 && errno != EINTR)
			return -1;
		if (done > 0) {
			text += done;
			length -= (size_t)done;
		}
	}
	return 0;
}

/* O_EXCL, so that nothing that is there already is opened; only the lock's holder writes, so what is there is of a dead one. */
static int open_new(int directory_fd, const char *name)
{
	enum { FLAGS = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC };
	int fd = openat(directory_fd, name, FLAGS, 0600);

	if (fd >= 0 || errno != EEXIST || unlinkat(directory_fd, name, 0) < 0)
		return fd;
	return openat(directory_fd, name, FLAGS, 0600);
}

/* The old file or the new one, never a part, whenever the power goes. */
static int write_file(const struct store_entry *entry, const char *name, const char *text, size_t length, struct err *e)
{
	char temporary[32];

	(void)snprintf(temporary, sizeof temporary, "%s.new", name);
	own_fd fd = open_new(entry->fd, temporary);
	if (fd < 0)
		return err_sys(e, "make %s/%s/%s", entry->root, entry->id, temporary);
	if (write_whole(fd, text, length) < 0 || fsync(fd) < 0)
		return err_sys(e, "write %s/%s/%s", entry->root, entry->id, temporary);
	if (renameat(entry->fd, temporary, entry->fd, name) < 0 || fsync(entry->fd) < 0)
		return err_sys(e, "put %s/%s/%s in its place", entry->root, entry->id, name);
	return 0;
}

int store_read_state(const struct store_entry *entry, struct arena *a, struct state **out, struct err *e)
{
	char *text;
	size_t length;

	if (read_file(entry, "state", STATE_MAX, a, &text, &length, e) < 0)
		return -1;
	if (!text) {
		*out = NULL;
		return 0;
	}
	if (state_decode(text, length, a, out, e) < 0)
		return err_add(e, "%s/%s/state", entry->root, entry->id);
	return 0;
}

int store_write_state(const struct store_entry *entry, const struct state *state, struct arena *a, struct err *e)
{
	struct text t;

	text_init(&t, a);
	state_encode(state, &t);
	return write_file(entry, "state", t.at, t.length, e);
}

static int write_link(const struct store_entry *entry, const char *name, const char *target, struct err *e)
{
	if (symlinkat(target, entry->fd, name) < 0)
		return err_sys(e, "make the link %s/%s/%s", entry->root, entry->id, name);
	return fsync(entry->fd) < 0 ? err_sys(e, "sync %s/%s", entry->root, entry->id) : 0;
}

static const char *read_link(const struct store_entry *entry, const char *name, struct arena *a)
{
	char target[PATH_MAX];
	ssize_t length = readlinkat(entry->fd, name, target, sizeof target);

	return length > 0 && length < (ssize_t)sizeof target ? arena_copy(a, target, (size_t)length) : "";
}

int store_write_resctrl(const struct store_entry *entry, const char *path, struct err *e)
{
	return write_link(entry, "resctrl", path, e);
}

const char *store_read_resctrl(const struct store_entry *entry, struct arena *a)
{
	const char *target = read_link(entry, "resctrl", a);

	return target[0] == '/' ? target : NULL;
}

int store_write_unit(const struct store_entry *entry, bool is_users, const char *name, struct err *e)
{
	char target[PATH_MAX];

	(void)snprintf(target, sizeof target, "%s/%s", is_users ? "user" : "system", name); /* at most 255 bytes */
	return write_link(entry, "unit", target, e);
}

const char *store_read_unit(const struct store_entry *entry, struct arena *a, bool *is_users)
{
	const char *target = read_link(entry, "unit", a), *slash = strchr(target, '/');

	*is_users = slash && strncmp(target, "user/", 5) == 0;
	return slash && slash[1] ? slash + 1 : NULL;
}

int store_write_config(const struct store_entry *entry, const char *text, size_t length, struct err *e)
{
	return write_file(entry, "config.json", text, length, e);
}

int store_read_config(const struct store_entry *entry, struct arena *a, const char **text, size_t *length, struct err *e)
{
	char *bytes;

	if (read_file(entry, "config.json", JSON_MAX_BYTES, a, &bytes, length, e) < 0)
		return -1;
	if (!bytes)
		return err_number(e, ENOENT, "open %s/%s/config.json", entry->root, entry->id);
	*text = bytes;
	return 0;
}

const char *store_read_cgroup(const struct store_entry *entry, struct arena *a)
{
	char target[PATH_MAX];
	ssize_t length = readlinkat(entry->fd, "cgroup", target, sizeof target);

	if (length < 0 && errno != ENOENT && errno != EINVAL)
		return NULL;
	return length > 0 && length < (ssize_t)sizeof target && target[0] == '/' ? arena_copy(a, target, (size_t)length) : "";
}

/* --- the socket and the file that say "created" ------------------------------------------------------------------- */

/* A sun_path holds 108 bytes, ROOT/ID can be longer; by way of the descriptor it is always short. */
static int open_socket(const struct store_entry *entry, struct sockaddr_un *address)
{
	*address = (struct sockaddr_un){ .sun_family = AF_UNIX };
	(void)snprintf(address->sun_path, sizeof address->sun_path, "/proc/self/fd/%d/start", entry->fd);
	return socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
}

int store_make_start(const struct store_entry *entry, int *listen_fd, int *created_fd, struct err *e)
{
	struct sockaddr_un address;
	own_fd listener = open_socket(entry, &address);

	if (listener < 0 || bind(listener, (const struct sockaddr *)&address, sizeof address) < 0 || listen(listener, 4) < 0)
		return err_sys(e, "make the socket %s/%s/start", entry->root, entry->id);
	own_fd created = open_new(entry->fd, "created");
	if (created < 0 || flock(created, LOCK_EX | LOCK_NB) < 0)
		return err_sys(e, "make %s/%s/created", entry->root, entry->id);
	*listen_fd = take_fd(&listener);
	*created_fd = take_fd(&created);
	return 0;
}

int store_connect_start(const struct store_entry *entry, struct err *e)
{
	const struct timeval limit = { .tv_sec = 10 };
	struct sockaddr_un address;
	own_fd fd = open_socket(entry, &address);

	/* a full queue of connections blocks connect() as long as a send may block */
	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit) < 0 ||
	    connect(fd, (const struct sockaddr *)&address, sizeof address) < 0)
		return err_sys(e, "connect to %s/%s/start", entry->root, entry->id);
	return take_fd(&fd);
}

bool store_is_created(const struct store_entry *entry)
{
	own_fd fd = openat(entry->fd, "created", O_RDONLY | O_NONBLOCK | O_NOFOLLOW | O_NOCTTY | O_CLOEXEC);

	/* shared, so that two who ask do not take each other for init */
	return fd >= 0 && flock(fd, LOCK_SH | LOCK_NB) < 0 && errno == EWOULDBLOCK;
}
