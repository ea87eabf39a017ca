#include "spec/json/read.h"

#include "spec/base/own.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

static int read_whole(int fd, const char *path, char *into, size_t size, size_t *length, struct err *e)
{
	*length = 0;
	while (*length < size) {
		ssize_t got = read(fd, into + *length, size - *length);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return err_sys(e, "read %s", path);
		*length += (size_t)got;
		if (got == 0 || *length + 1 == size) /* its size and no more: a file that grows just now is read as it was */
			return 0;
	}
	return 0;
}

int json_load(int dir_fd, const char *path, struct arena *a, const char **text, size_t *length, struct err *e)
{
	struct stat st;
	/* O_NONBLOCK: a FIFO must not make us wait for a writer */
	own_fd fd = openat(dir_fd, path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);

	if (fd < 0)
		return err_sys(e, "open %s", path);
	if (fstat(fd, &st))
		return err_sys(e, "stat %s", path);
	if (!S_ISREG(st.st_mode))
		return err_set(e, "%s is not a regular file", path);
	if (st.st_size > JSON_MAX_BYTES)
		return err_set(e, "%s is too large: %lld bytes, at most %d are read", path, (long long)st.st_size,
			       JSON_MAX_BYTES);
	/* two more than its size: one shows that it grew before the read, one is the terminating NUL */
	size_t room = (size_t)st.st_size + 1;
	char *bytes = arena_alloc(a, room + 1);
	if (read_whole(fd, path, bytes, room, length, e))
		return -1;
	if (*length == room)
		return err_set(e, "%s grew while it was read", path);
	bytes[*length] = '\0';
	*text = bytes;
	return 0;
}
