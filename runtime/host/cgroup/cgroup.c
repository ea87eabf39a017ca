#include "runtime/host/cgroup/cgroup.h"

#include "runtime/host/cgroup/group.h"
#include "spec/base/own.h"
#include "spec/base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

/* --- limit -------------------------------------------------------------------------------------------------------- */

static void add_reason(const char *file, struct err *e)
{
	static const struct {
		const char *file;
		int number;
		const char *reason;
	} known[] = {
		{ "memory.limit_in_bytes", EBUSY, "the cgroup already uses more and cannot give it back" },
		{ "memory.limit_in_bytes", EINVAL, "it may not be above memory.memsw.limit_in_bytes" },
		{ "memory.memsw.limit_in_bytes", EBUSY, "the cgroup already uses more and cannot give it back" },
		{ "memory.memsw.limit_in_bytes", EINVAL, "it may not be below memory.limit_in_bytes" },
		{ "memory.kmem.limit_in_bytes", EOPNOTSUPP, "this kernel no longer limits kernel memory" },
		{ "memory.swappiness", EINVAL, "it is 0 to 100" },
		{ "cpuset.cpus", EACCES, "the parent cgroup does not have all of these processors" },
		{ "cpuset.cpus", ERANGE, "this machine does not have all of these processors" },
		{ "cpuset.cpus", EINVAL, "it is a list such as 0-2,7 of processors that this machine has" },
		{ "cpuset.mems", EACCES, "the parent cgroup does not have all of these memory nodes" },
		{ "cpuset.mems", EINVAL, "it is a list such as 0-1 of memory nodes that this machine has" },
		{ "cpu.cfs_quota_us", EINVAL, "a quota is at least 1000 and not a larger part of its period than the parent's" },
		{ "cpu.cfs_period_us", EINVAL, "a period is 1000 to 1000000 microseconds" },
		{ "cpu.max", EINVAL, "a quota is at least 1000 and a period 1000 to 1000000 microseconds" },
		{ "cpu.rt_runtime_us", EINVAL, "the parent's cpu.rt_runtime_us does not leave that much" },
		{ "io.max", ENODEV, "there is no such block device, or it is a partition" },
	};

	for (size_t i = 0; i < sizeof known / sizeof *known; i++)
		if (strcmp(known[i].file, file) == 0 && known[i].number == e->number)
			(void)err_hint(e, "%s", known[i].reason);
	if (text_has_prefix(file, "blkio.throttle.") && e->number == ENODEV)
		(void)err_hint(e, "there is no such block device, or it is a partition");
}

static int report_missing(const struct group *g, const char *controller, const char *file, bool may_be_missing,
			  struct err *e)
{
	struct err why = ERR_NONE;
	char path[PATH_MAX];

	if (group_locate(g, "", path) && access(path, F_OK) < 0)
		return err_sys(e, "cgroup %s", g->path);
	bool is_the_kernels = group_dialect(g)->explain_missing(g, controller, file, &why);
	if (is_the_kernels && may_be_missing)
		return 0;
	*e = why;
	e->number = ENOENT;
	return -1;
}

int cgroup_limit(const struct cgroup *c, const char *controller, const char *file, const char *value, bool may_be_missing,
		 struct err *e)
{
	const struct facts_hierarchy *at = facts_find_controller(c->facts, controller);

	if (cgroup_check_path(c, e) < 0)
		return -1;
	if (!at && may_be_missing)
		return 0;
	if (!at)
		return err_set(e, "write %s to %s: this host has no cgroup controller %s", value, file,
			       controller[0] ? controller : "(cgroup v2)");
	struct group g = group_in(c, at);
	if (group_write(&g, file, value) == 0)
		return 0;
	int number = errno;
	if (number == ENOENT) {
		if (report_missing(&g, controller, file, may_be_missing, e) == 0)
			return 0;
		return err_add(e, "write %s to %s", value, file);
	}
	(void)err_number(e, number, "write %s to %s of cgroup %s", value, file, c->path);
	add_reason(file, e);
	return -1;
}

bool cgroup_has_file(const struct cgroup *c, const char *controller, const char *file)
{
	const struct facts_hierarchy *at = facts_find_controller(c->facts, controller);
	char path[PATH_MAX];

	if (!at)
		return false;
	struct group g = group_in(c, at);
	return group_locate(&g, file, path) && access(path, F_OK) == 0;
}

const char *cgroup_read_limit(const struct cgroup *c, const char *controller, const char *file)
{
	const struct facts_hierarchy *at = facts_find_controller(c->facts, controller);
	char text[65536];

	if (!at)
		return NULL;
	struct group g = group_in(c, at);
	ssize_t length = group_read(&g, file, text, sizeof text);
	return length < 0 ? NULL : arena_copy(c->arena, text, (size_t)length);
}

int cgroup_check_usage(const struct cgroup *c, const char *limit, struct err *e)
{
	struct cgroup_memory memory;
	uint64_t wanted;

	if (!text_read_uint(limit, UINT64_MAX, &wanted))
		return 0;
	cgroup_read_memory(c, &memory);
	if (memory.usage == UINT64_MAX || memory.usage <= wanted)
		return 0;
	(void)err_set(e, "the memory limit %llu is below the %llu bytes that are in use", (unsigned long long)wanted,
		      (unsigned long long)memory.usage);
	return err_hint(e, "without checkBeforeUpdate the kernel would kill processes for it");
}

int cgroup_limit_devices(const struct cgroup *c, const struct device_rule *rules, size_t count, size_t in_force, struct err *e)
{
	const struct facts_hierarchy *at = facts_find_controller(c->facts, "devices");

	if (!at)
		at = facts_find_controller(c->facts, "");
	if (cgroup_check_path(c, e) < 0)
		return -1;
	if (count == 0)
		return 0;
	if (!at)
		return err_set(e, "limit the devices: this host has no cgroup that could");
	struct group g = group_in(c, at);
	return group_dialect(&g)->limit_devices(&g, rules, count, in_force, c->arena, e);
}

/* --- enter -------------------------------------------------------------------------------------------------------- */

/* A process that joins a frozen v1 cgroup hangs, and no signal ends it. */
static int check_frost(const struct cgroup *c, struct err *e)
{
	if (!cgroup_is_frozen(c))
		return 0;
	(void)err_set(e, "cgroup %s is frozen", c->path);
	return err_hint(e, "resume the container first, or thaw the parent cgroup");
}

int group_enter(const struct group *g, pid_t pid, struct err *e)
{
	char text[24];

	(void)snprintf(text, sizeof text, "%d", pid);
	if (group_write(g, "cgroup.procs", text) == 0)
		return 0;
	(void)err_sys(e, "put process %d into cgroup %s%s", pid, g->at->mount_point, g->path);
	if (e->number == EBUSY)
		(void)err_hint(e, "cgroup v2 lets a cgroup that gives controllers to others hold no processes");
	return -1;
}

int cgroup_enter_apart(const struct cgroup *c, const struct cgroup *inner, pid_t pid, struct err *e)
{
	if (cgroup_check_path(c, e) < 0 || cgroup_check_path(inner, e) < 0 || check_frost(c, e) < 0)
		return -1;
	for (size_t i = 0; i < c->facts->hierarchy_count; i++) {
		const struct facts_hierarchy *at = &c->facts->hierarchies[i];
		struct group g = group_in(at->version == 2 ? inner : c, at);
		if (group_enter(&g, pid, e) < 0)
			return -1;
	}
	return 0;
}

int cgroup_enter(const struct cgroup *c, pid_t pid, struct err *e)
{
	return cgroup_enter_apart(c, c, pid, e);
}

int cgroup_enter_some(const struct cgroup *c, const struct cgroup_below *where, pid_t pid, struct err *e)
{
	struct cgroup below = { c->facts, where->path, c->arena };

	if (cgroup_check_path(&below, e) < 0 || check_frost(&below, e) < 0)
		return -1;
	for (const char *at = where->controllers; *at; at += strspn(at, ",")) {
		const char *name = arena_copy(c->arena, at, strcspn(at, ","));
		const struct facts_hierarchy *found = facts_find_controller(c->facts, name);
		if (!found)
			return err_set(e, "this host has no cgroup controller %s", name);
		struct group g = group_in(&below, found);
		if (group_enter(&g, pid, e) < 0)
			return -1;
		at += strlen(name);
	}
	return 0;
}

bool cgroup_can_reach(const struct facts *f, const char *path, struct arena *a)
{
	const struct facts_hierarchy *at = facts_find_controller(f, "");
	size_t common = 0;

	if (!at)
		return false;
	for (size_t i = 0;; i++) {
		bool is_end = !path[i] || path[i] == '/', is_end_too = !at->own_path[i] || at->own_path[i] == '/';
		if (is_end && is_end_too)
			common = i;
		if (path[i] != at->own_path[i] || !path[i])
			break;
	}
	return access(arena_format(a, "%s%.*s/cgroup.procs", at->mount_point, (int)common, path), W_OK) == 0;
}

int cgroup_open(const struct cgroup *c, struct err *e)
{
	const struct facts_hierarchy *at = facts_find_controller(c->facts, "");
	char path[PATH_MAX];

	if (cgroup_check_path(c, e) < 0 || check_frost(c, e) < 0)
		return -1;
	if (!at)
		return err_set(e, "this host has no cgroup v2");
	struct group g = group_in(c, at);
	int fd = group_locate(&g, "", path) ? open(path, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC) : -1;
	return fd < 0 ? err_sys(e, "open cgroup %s%s", at->mount_point, c->path) : fd;
}

uint64_t cgroup_read_kills(const struct cgroup *c)
{
	const struct facts_hierarchy *at = facts_find_controller(c->facts, "memory");
	struct err ignored = ERR_NONE;

	if (!at || cgroup_check_path(c, &ignored) < 0)
		return 0;
	struct group g = group_in(c, at);
	return group_read_key(&g, group_dialect(&g)->kills_file, "oom_kill", 0);
}

void cgroup_read_memory(const struct cgroup *c, struct cgroup_memory *out)
{
	const struct facts_hierarchy *at = facts_find_controller(c->facts, "memory");
	struct err ignored = ERR_NONE;

	*out = (struct cgroup_memory){ UINT64_MAX, UINT64_MAX, UINT64_MAX, UINT64_MAX };
	if (!at || cgroup_check_path(c, &ignored) < 0)
		return;
	struct group g = group_in(c, at);
	out->oom_kills = group_read_key(&g, group_dialect(&g)->kills_file, "oom_kill", UINT64_MAX);
	group_dialect(&g)->read_memory(&g, out);
}
