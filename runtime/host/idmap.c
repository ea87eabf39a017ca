#include "runtime/host/idmap.h"

#include "runtime/host/clone.h"
#include "spec/base/own.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static int write_file(pid_t pid, const char *name, const char *text, struct err *e)
{
	char path[64];

	(void)snprintf(path, sizeof path, "/proc/%d/%s", (int)pid, name);
	own_fd fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return err_sys(e, "open %s", path);
	if (write(fd, text, strlen(text)) != (ssize_t)strlen(text)) {
		(void)err_sys(e, "write \"%.*s\" to %s", (int)strcspn(text, "\n"), text, path);
		if (errno == EPERM || e->number == EPERM)
			return err_hint(e, "without root one may map only one's own id, once");
		return -1;
	}
	return 0;
}

int idmap_write(pid_t pid, const char *uid_map, const char *gid_map, bool denies_setgroups, struct err *e)
{
	if (denies_setgroups && write_file(pid, "setgroups", "deny", e) < 0)
		return -1;
	if (write_file(pid, "gid_map", gid_map, e) < 0)
		return -1;
	return write_file(pid, "uid_map", uid_map, e);
}

/* --- a namespace without processes -------------------------------------------------------------------------------- */

/* I am the namespace's first and only process, on the host but for that, with a copy of the runtime's memory and descriptors.
 * I wait until the runtime has what it wants, or is gone. */
static int enter_namespace(void *argument)
{
	const int *ends = argument;
	char byte;

	(void)close(ends[1]); /* the runtime's end alone keeps me waiting */
	return read(ends[0], &byte, 1) < 0;
}

static int open_namespace_of(pid_t pid, struct err *e)
{
	char path[64];

	(void)snprintf(path, sizeof path, "/proc/%d/ns/user", (int)pid);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	return fd < 0 ? err_sys(e, "open %s", path) : fd;
}

int idmap_make_namespace(const char *uid_map, const char *gid_map, struct err *e)
{
	struct clone_args args = { .flags = CLONE_NEWUSER, .exit_signal = SIGCHLD };
	int ends[2], fd = -1;

	if (pipe2(ends, O_CLOEXEC) < 0)
		return err_sys(e, "make a pipe for a user namespace");
	long pid = clone_call(&args, enter_namespace, ends);
	if (pid < 0)
		(void)err_number(e, (int)-pid, "make a user namespace for an id-mapped mount: clone3");
	else if (idmap_write((pid_t)pid, uid_map, gid_map, false, e) == 0)
		fd = open_namespace_of((pid_t)pid, e);
	drop_fd(&ends[1]);
	drop_fd(&ends[0]);
	while (pid > 0 && waitpid((pid_t)pid, NULL, 0) < 0 && errno == EINTR)
		continue;
	return fd;
}
