/* The pid file: digits only, and complete or not there at all. */
#include "runtime/life/container.h"

#include "spec/base/own.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static int write_digits(int fd, pid_t pid, const char *path, struct err *e)
{
	char digits[16];
	int length = snprintf(digits, sizeof digits, "%d", (int)pid);

	if (write(fd, digits, (size_t)length) != length)
		return err_sys(e, "write the pid file %s", path);
	return 0;
}

/* An unnamed file gets its name when it is complete: a crash in between leaves nothing. */
static int link_unnamed(const char *path, pid_t pid, struct err *e)
{
	own_text copy = strdup(path);
	char source[64];

	if (!copy)
		return err_sys(e, "write the pid file %s", path);
	own_fd fd = open(dirname(copy), O_TMPFILE | O_WRONLY | O_CLOEXEC, 0644);
	if (fd < 0)
		return err_sys(e, "make the pid file %s", path);
	if (write_digits(fd, pid, path, e) < 0)
		return -1;
	(void)snprintf(source, sizeof source, "/proc/self/fd/%d", fd);
	if (linkat(AT_FDCWD, source, AT_FDCWD, path, AT_SYMLINK_FOLLOW) < 0)
		return err_sys(e, "make the pid file %s", path);
	return 0;
}

/* For an existing pid file, and for file systems without unnamed files. */
static int replace(const char *path, pid_t pid, struct err *e)
{
	char temporary[4096];
	int length = snprintf(temporary, sizeof temporary, "%s.boxcar", path);

	if (length < 0 || (size_t)length >= sizeof temporary)
		return err_number(e, ENAMETOOLONG, "make the pid file %s", path);
	own_fd fd = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0644);
	if (fd < 0)
		return err_sys(e, "make the pid file %s", path);
	if (write_digits(fd, pid, path, e) < 0 || rename(temporary, path) < 0) {
		if (!e->text[0])
			(void)err_sys(e, "rename the pid file to %s", path);
		(void)unlink(temporary); /* the error is told already */
		return -1;
	}
	return 0;
}

int pid_file_write(const char *path, pid_t pid, struct err *e)
{
	struct err first = ERR_NONE;

	if (link_unnamed(path, pid, &first) == 0)
		return 0;
	if (first.number == EEXIST || first.number == EOPNOTSUPP || first.number == EISDIR || first.number == EINVAL)
		return replace(path, pid, e);
	*e = first;
	return -1;
}
