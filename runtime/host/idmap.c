#include "runtime/host/idmap.h"

#include "runtime/host/clone.h"
#include "runtime/host/subordinate.h"
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
	if (fd < 0) {
		(void)err_sys(e, "open %s", path);
		return e->number == EROFS ? err_hint(e, "/proc is read-only here, and ids are mapped through it: mount it anew") : -1;
	}
	if (write(fd, text, strlen(text)) != (ssize_t)strlen(text)) {
		(void)err_sys(e, "write \"%.*s\" to %s", (int)strcspn(text, "\n"), text, path);
		if (e->number == EINVAL && strlen(text) >= (size_t)sysconf(_SC_PAGESIZE))
			return err_hint(e, "the kernel takes what fits into one page: use fewer and longer ranges");
		if (e->number == EPERM)
			return err_hint(e, "the ids outside must be mapped in the caller's own user namespace: /proc/self/%s shows which are", name);
		return -1;
	}
	return 0;
}

int idmap_set_groups(pid_t pid, const char *lines, bool is_by_helper, bool denies_setgroups, struct arena *a, struct err *e)
{
	if (denies_setgroups && write_file(pid, "setgroups", "deny", e) < 0)
		return -1;
	return is_by_helper ? subordinate_map(SUBORDINATE_GROUPS, pid, lines, a, e) : write_file(pid, "gid_map", lines, e);
}

int idmap_set_users(pid_t pid, const char *lines, bool is_by_helper, struct arena *a, struct err *e)
{
	return is_by_helper ? subordinate_map(SUBORDINATE_USERS, pid, lines, a, e) : write_file(pid, "uid_map", lines, e);
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
		(void)err_number(e, (int)-pid, "make a user namespace for an id-mapped mount: clone");
	else if (write_file((pid_t)pid, "gid_map", gid_map, e) == 0 && write_file((pid_t)pid, "uid_map", uid_map, e) == 0)
		fd = open_namespace_of((pid_t)pid, e);
	drop_fd(&ends[1]);
	drop_fd(&ends[0]);
	while (pid > 0 && waitpid((pid_t)pid, NULL, 0) < 0 && errno == EINTR)
		continue;
	return fd;
}
