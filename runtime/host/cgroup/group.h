/* Owns what the files of this room share: one cgroup in one hierarchy, its files, its tree, and the table by which v1 and
 * v2 differ. Paths are one string below the mount point, given to the kernel in one call: cgroupfs has no symbolic links
 * and cgroup_check_path() has refused ".." before, so a chain of descriptors would be no safer, only slower. What the payload
 * may have named itself, the cgroups below ours, is met by descriptors only. */
#pragma once

#include "runtime/host/cgroup/cgroup.h"

#include <limits.h>
#include <sys/types.h>

/* The first `length` bytes of `path`, in this hierarchy. Length 0 is the hierarchy's root. */
struct group {
	const struct facts_hierarchy *at;
	const char *path;
	size_t length;
};

struct group group_in(const struct cgroup *c, const struct facts_hierarchy *at);
struct group group_parent(struct group g);
struct group group_child_towards(struct group g, const char *path); /* one component more of the same path */

/* "MOUNT_POINT/PATH/FILE"; FILE may be "". False with ENAMETOOLONG. */
bool group_locate(const struct group *g, const char *file, char out[PATH_MAX]);

/* A file of the cgroup, as text without the last newline; its length, or -1 with errno. */
ssize_t group_read(const struct group *g, const char *file, char *out, size_t size);

/* 0, or -1 with errno. A limit must be one write. */
int group_write(const struct group *g, const char *file, const char *value);

/* The number after `key` in lines of "key number"; `missing` when there is none. */
uint64_t group_read_key(const struct group *g, const char *file, const char *key, uint64_t missing);

/* A file with one number; `missing` for "max" and for no such file. */
uint64_t group_read_number(const struct group *g, const char *file, uint64_t missing);

/* Directories and pids of the cgroup and of all below it, whatever their names and depth. */
struct group_members {
	pid_t *at;
	size_t count, room;
	struct arena *arena;
};
enum group_left { GROUP_GONE, GROUP_BUSY, GROUP_FAILED }; /* GROUP_FAILED: errno says why */

int group_enter(const struct group *g, pid_t pid, struct err *e);

/* Calls `visit` with a descriptor of the cgroup and of each below it, from the top. Its -1 ends the walk. -1 with errno. */
int group_walk(const struct group *g, struct arena *a, int (*visit)(int fd, void *data), void *data);
int group_read_members(const struct group *g, struct group_members *out, struct err *e); /* none: 0 members, not an error */
enum group_left group_remove(const struct group *g);

enum group_frost { GROUP_THAWED, GROUP_FREEZING, GROUP_FROZEN };

/* What v1 and v2 do differently. Each gets a cgroup in a hierarchy of its kind. */
struct dialect {
	/* After its directories are made: what a new cgroup needs before limits and processes (v1: cpuset's values; v2: the
	 * controllers in the ancestors). */
	int (*prepare)(const struct group *g, const char *controllers, struct err *e);
	int (*limit_devices)(const struct group *g, const struct device_rule *rules, size_t count, size_t in_force,
			     struct arena *a, struct err *e);
	/* Says in the error why a file of this controller is not there, to a caller that knows that it is not. True when the
	 * kernel does not have it, false when it was not given to this cgroup. */
	bool (*explain_missing)(const struct group *g, const char *controller, const char *file, struct err *why);
	enum group_frost (*read_frost)(const struct group *g); /* by itself or by an ancestor */
	bool (*kill)(const struct group *g); /* SIGKILL by the kernel itself; false where it cannot */
	void (*read_memory)(const struct group *g, struct cgroup_memory *out); /* all but the kills */
	const char *kills_file; /* has a line "oom_kill" */
	const char *frost_file, *frozen, *thawed; /* what is written to freeze and thaw; read_frost tells when it has come true */
};

extern const struct dialect cgroup_v1, cgroup_v2;

/* Sorted; the list's memory is used again from one reading to the next. */
int members_read_sorted(const struct group *g, struct group_members *m, struct err *e);
bool members_have(const struct group_members *m, pid_t pid);

/* The hierarchy that freezes: v1's freezer where there is one, else v2. */
const struct facts_hierarchy *freeze_find(const struct facts *f);
int freeze_write(const struct group *g, bool is_frozen); /* -1 with errno */
/* False with errno: EAGAIN when it took too long. */
bool freeze_and_wait(const struct group *g, bool is_frozen, unsigned milliseconds);

/* "12 (sleep), 14 (sh) and 5 more", of those in it and below it; "" when there is none. */
const char *group_print_members(const struct group *g, struct arena *a);

static inline const struct dialect *group_dialect(const struct group *g)
{
	return g->at->version == 1 ? &cgroup_v1 : &cgroup_v2;
}
