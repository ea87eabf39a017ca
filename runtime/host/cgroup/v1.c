#include "runtime/host/cgroup/devices.h"
#include "runtime/host/cgroup/group.h"

#include "spec/base/text.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static bool has_controller(const struct group *g, const char *controller)
{
	struct facts one = { .hierarchies = { *g->at }, .hierarchy_count = 1 };

	return facts_find_controller(&one, controller) != NULL;
}

/* A new v1 cpuset is empty and then refuses processes: give it, and every empty one above, what the nearest one has. */
static int fill_cpuset(const struct group *g, const char *file, struct err *e)
{
	char value[4096];
	struct group level = *g;
	ssize_t length;

	while ((length = group_read(&level, file, value, sizeof value)) == 0 && level.length)
		level = group_parent(level);
	if (length < 0)
		return err_sys(e, "read %s of cgroup %.*s/", file, (int)level.length, level.path);
	while (level.length < g->length) {
		level = group_child_towards(level, g->path);
		if (group_write(&level, file, value) < 0)
			return err_sys(e, "write %s to %s of cgroup %.*s", value, file, (int)level.length, level.path);
	}
	return 0;
}

static int prepare(const struct group *g, const char *controllers, struct err *e)
{
	(void)controllers; /* a v1 hierarchy gives all it has to every cgroup */
	if (!has_controller(g, "cpuset"))
		return 0;
	if (fill_cpuset(g, "cpuset.cpus", e) < 0)
		return -1;
	return fill_cpuset(g, "cpuset.mems", e);
}

static bool explain_missing(const struct group *g, const char *controller, const char *file, struct err *why)
{
	(void)err_set(why, "this kernel has no %s in the hierarchy of %s at %s", file, controller, g->at->mount_point);
	if (text_has_prefix(file, "memory.memsw."))
		(void)err_hint(why, "it counts swap when booted with swapaccount=1");
	return true;
}

static enum group_frost read_frost(const struct group *g)
{
	char state[32];

	if (!has_controller(g, "freezer") || group_read(g, "freezer.state", state, sizeof state) <= 0 ||
	    strcmp(state, "THAWED") == 0)
		return GROUP_THAWED;
	return strcmp(state, "FROZEN") == 0 ? GROUP_FROZEN : GROUP_FREEZING;
}

static bool kill_all(const struct group *g)
{
	(void)g; /* v1 has no such file */
	return false;
}

static void read_memory(const struct group *g, struct cgroup_memory *out)
{
	out->limit = group_read_number(g, "memory.limit_in_bytes", UINT64_MAX);
	out->peak = group_read_number(g, "memory.max_usage_in_bytes", UINT64_MAX);
	out->usage = group_read_number(g, "memory.usage_in_bytes", UINT64_MAX);
	/* no limit reads as the largest number of pages, in bytes */
	if (out->limit >= INT64_MAX - 65536)
		out->limit = UINT64_MAX;
}

static const char *write_number(int64_t number, char out[24])
{
	if (number < 0)
		return "*";
	(void)snprintf(out, 24, "%lld", (long long)number);
	return out;
}

static int write_rule(const struct group *g, const struct device_match *rule, struct err *e)
{
	const char *file = rule->is_allowed ? "devices.allow" : "devices.deny";
	char line[64], major[24], minor[24];

	(void)snprintf(line, sizeof line, "%c %s:%s %s%s%s", rule->type == BPF_DEVCG_DEV_CHAR ? 'c' : 'b',
		       write_number(rule->major, major), write_number(rule->minor, minor),
		       rule->access & BPF_DEVCG_ACC_READ ? "r" : "", rule->access & BPF_DEVCG_ACC_WRITE ? "w" : "",
		       rule->access & BPF_DEVCG_ACC_MKNOD ? "m" : "");
	if (group_write(g, file, line) < 0)
		return err_sys(e, "write %s to %s of cgroup %s", line, file, g->path);
	return 0;
}

static int write_rules(const struct group *g, const struct device_list *list, struct err *e)
{
	for (size_t i = 0; i < list->count; i++)
		if (write_rule(g, &list->at[i], e) < 0)
			return -1;
	return 0;
}

static int limit_devices(const struct group *g, const struct device_rule *rules, size_t count, size_t in_force,
			 struct arena *a, struct err *e)
{
	struct device_list added;
	struct device_list list;

	if (count == 0)
		return 0;
	if (devices_read(rules, count, a, &list, e) < 0 || devices_check_v1(&list, e) < 0)
		return -1;
	if (in_force)
		return devices_read(rules + in_force, count - in_force, a, &added, e) < 0 ? -1 : write_rules(g, &added, e);
	const char *file = list.starts_allowed ? "devices.allow" : "devices.deny";
	if (group_write(g, file, "a") < 0) {
		(void)err_sys(e, "write a to %s of cgroup %s", file, g->path);
		return e->number == EINVAL ? err_hint(e, "cgroup v1 refuses it while there are cgroups below") : -1;
	}
	return write_rules(g, &list, e);
}

const struct dialect cgroup_v1 = {
	prepare, limit_devices, explain_missing, read_frost, kill_all, read_memory, "memory.oom_control",
	"freezer.state", "FROZEN", "THAWED",
};
