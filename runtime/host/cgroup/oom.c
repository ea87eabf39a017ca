/* A descriptor that becomes readable when memory runs out in a cgroup: v2's event file is watched, v1 has an eventfd for it. */
#include "runtime/host/cgroup/group.h"

#include "spec/base/own.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>

static int watch_v2(const struct group *g)
{
	char path[PATH_MAX];
	own_fd fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);

	if (fd < 0 || !group_locate(g, "memory.events", path) || inotify_add_watch(fd, path, IN_MODIFY) < 0)
		return -1;
	return take_fd(&fd);
}

static int watch_v1(const struct group *g)
{
	char path[PATH_MAX], line[64];
	own_fd fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	own_fd control = group_locate(g, "memory.oom_control", path) ? open(path, O_RDONLY | O_CLOEXEC) : -1;

	if (fd < 0 || control < 0)
		return -1;
	(void)snprintf(line, sizeof line, "%d %d", fd, control);
	return group_write(g, "cgroup.event_control", line) < 0 ? -1 : take_fd(&fd);
}

int cgroup_watch_memory(const struct cgroup *c, struct err *e)
{
	const struct facts_hierarchy *at = facts_find_controller(c->facts, "memory");

	if (cgroup_check_path(c, e) < 0)
		return -1;
	if (!at)
		return err_number(e, ENOENT, "watch the memory of cgroup %s: this host has no cgroup controller memory", c->path);
	struct group g = group_in(c, at);
	int fd = at->version == 2 ? watch_v2(&g) : watch_v1(&g);
	return fd < 0 ? err_sys(e, "watch the memory of cgroup %s", c->path) : fd;
}

void cgroup_take_memory_event(int fd)
{
	char events[4096];

	while (read(fd, events, sizeof events) > 0)
		continue;
}
