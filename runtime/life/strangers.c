/* Whose processes are in a cgroup: two state directories may have a container each for one path, one after the other. */
#include "runtime/life/container.h"

#include "spec/json/read.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* A pid namespace of its own: all that were in it went with the first process. */
static bool had_own_pids(const struct container *c)
{
	struct err ignored = ERR_NONE;
	struct problems problems;
	const char *text;
	size_t length;

	if (store_read_config(&c->entry, &c->b->arena, &text, &length, &ignored) < 0)
		return false;
	problems_init(&problems, &c->b->arena);
	const struct spec *spec = json_read(&record_spec, text, length, &problems);
	for (size_t i = 0; spec && spec->linux && i < spec->linux->namespaces.count; i++) {
		const struct spec_namespace *n = &spec->linux->namespaces.at[i];
		if (n->type.value == NAMESPACE_PID)
			return !n->path;
	}
	return false;
}

/* In another pid namespace than we are: no helper of a command that was killed. */
static bool is_elsewhere(pid_t pid)
{
	char path[40], theirs[64], ours[64];

	(void)snprintf(path, sizeof path, "/proc/%d/ns/pid", pid); /* fits */
	ssize_t length = readlink(path, theirs, sizeof theirs), own_length = readlink("/proc/self/ns/pid", ours, sizeof ours);
	if (length <= 0 || own_length <= 0) /* gone, or not known */
		return false;
	return length != own_length || memcmp(theirs, ours, (size_t)length) != 0;
}

pid_t container_find_stranger(const struct container *c)
{
	struct err ignored = ERR_NONE;
	size_t count = 0;
	pid_t *pids;

	if (c->status != STATUS_STOPPED || !c->state || !c->cgroup.path[0]) /* not known to have ended: it may be its own */
		return 0;
	if (cgroup_read_members(&c->cgroup, &pids, &count, &ignored) < 0)
		return 0;
	if (!count || !had_own_pids(c))
		return 0;
	for (size_t i = 0; i < count; i++)
		if (is_elsewhere(pids[i]))
			return pids[i];
	return 0;
}
