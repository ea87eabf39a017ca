#include "runtime/host/idmap.h"

#include "spec/base/own.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

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
