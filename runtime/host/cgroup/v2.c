#include "runtime/host/cgroup/devices.h"
#include "runtime/host/cgroup/group.h"

#include "spec/base/own.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

enum { CONTROLLERS_MAX = 512 }; /* the kernel's fourteen names make about a hundred bytes */

static bool has_word(const char *list, const char *word, size_t length)
{
	for (const char *at = list; *at;) {
		size_t span = strcspn(at, " ");
		if (span == length && strncmp(at, word, length) == 0)
			return true;
		at += span;
		at += strspn(at, " ");
	}
	return false;
}

/* Of the words in `wanted`, those that this host has and that `enabled` lacks, as "+cpu +memory". */
static void find_missing(const char *wanted, const char *host, const char *enabled, char out[CONTROLLERS_MAX])
{
	size_t used = 0;

	for (const char *at = wanted; *at;) {
		size_t span = strcspn(at, " ");
		if (span && used + span + 3 < CONTROLLERS_MAX && has_word(host, at, span) && !has_word(enabled, at, span)) {
			out[used++] = '+';
			memcpy(out + used, at, span);
			used += span;
			out[used++] = ' ';
		}
		at += span;
		at += strspn(at, " ");
	}
	out[used ? used - 1 : 0] = '\0';
}

/* One bad word refuses the whole write, hence each by itself when all together fail. What cannot be had is reported by the
 * limit that needs it. */
static void enable(const struct group *g, char *missing)
{
	char *word;

	if (group_write(g, "cgroup.subtree_control", missing) == 0)
		return;
	while ((word = strsep(&missing, " ")))
		(void)group_write(g, "cgroup.subtree_control", word); /* explain_missing() tells, with the file that is missing */
}

static int prepare(const struct group *g, const char *controllers, struct err *e)
{
	struct group parent = group_parent(*g), level = { g->at, g->path, 0 };
	char enabled[CONTROLLERS_MAX], missing[CONTROLLERS_MAX];

	if (!controllers[0])
		return 0;
	if (group_read(&parent, "cgroup.subtree_control", enabled, sizeof enabled) < 0)
		return err_sys(e, "read cgroup.subtree_control of the parent of cgroup %s", g->path);
	find_missing(controllers, g->at->controllers, enabled, missing);
	if (!missing[0])
		return 0;
	for (;; level = group_child_towards(level, g->path)) {
		if (group_read(&level, "cgroup.subtree_control", enabled, sizeof enabled) < 0)
			return err_sys(e, "read cgroup.subtree_control of cgroup %.*s/", (int)level.length, level.path);
		find_missing(controllers, g->at->controllers, enabled, missing);
		if (missing[0])
			enable(&level, missing);
		if (level.length == parent.length)
			return 0;
	}
}

static bool explain_missing(const struct group *g, const char *controller, const char *file, struct err *why)
{
	struct group parent = group_parent(*g), level = { g->at, g->path, 0 };
	char list[CONTROLLERS_MAX], procs[16];
	size_t length = strlen(controller);

	if (controller[0] && !has_word(g->at->controllers, controller, length)) {
		(void)err_set(why, "this host's cgroup v2 has no controller %s", controller);
		return true;
	}
	for (; controller[0]; level = group_child_towards(level, g->path)) {
		if (group_read(&level, "cgroup.subtree_control", list, sizeof list) >= 0 && !has_word(list, controller, length)) {
			(void)err_set(why, "cgroup %.*s/ does not give the controller %s to those below it", (int)level.length,
				      level.path, controller);
			if (level.length && group_read(&level, "cgroup.procs", procs, sizeof procs) > 0)
				(void)err_hint(why, "it holds processes itself, and then cgroup v2 lets it give none: start from a cgroup below it");
			else
				(void)err_hint(why, "its cgroup.subtree_control must name it; was it delegated to you?");
			return false;
		}
		if (level.length == parent.length)
			break;
	}
	(void)err_set(why, "this kernel has no %s", file);
	return true;
}

/* The event is true for a cgroup made below a frozen one, too. */
static enum group_frost read_frost(const struct group *g)
{
	return group_read_key(g, "cgroup.events", "frozen", 0) == 1 ? GROUP_FROZEN : GROUP_THAWED;
}

/* cgroup.kill is there from Linux 5.14 on; it reaches frozen processes and those that fork meanwhile. */
static bool kill_all(const struct group *g)
{
	return group_write(g, "cgroup.kill", "1") == 0;
}

static void read_memory(const struct group *g, struct cgroup_memory *out)
{
	out->limit = group_read_number(g, "memory.max", UINT64_MAX);
	out->usage = group_read_number(g, "memory.current", UINT64_MAX);
	out->peak = group_read_number(g, "memory.peak", UINT64_MAX); /* from Linux 5.19 on */
}

static int limit_devices(const struct group *g, const struct device_rule *rules, size_t count, size_t in_force,
			 struct arena *a, struct err *e)
{
	(void)in_force; /* one program holds all */
	char path[PATH_MAX];
	own_fd fd = group_locate(g, "", path) ? open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;

	if (fd < 0)
		return err_sys(e, "open cgroup %s", g->path);
	return devices_attach(fd, rules, count, a, e);
}

const struct dialect cgroup_v2 = {
	prepare, limit_devices, explain_missing, read_frost, kill_all, read_memory, "memory.events", "cgroup.freeze", "1", "0",
};
