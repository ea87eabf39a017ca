/* Owns the container's cgroups through cgroupfs: made, limited, entered, killed, frozen and removed, in every hierarchy that
 * facts name. What v1 and v2 do differently is behind one table of functions; which limits are written is the plan's
 * business. Never signals a bare pid that could have been reused: cgroup.kill, or pidfd checked against membership. */
#pragma once

#include "runtime/plan/facts.h"
#include "spec/base/arena.h"
#include "spec/base/err.h"
#include "spec/base/log.h"

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* One container's cgroups: a path below every hierarchy's mount point. Value type, nothing to release. */
struct cgroup {
	const struct facts *facts;
	const char *path; /* "/docker/abc"; never "/" and never with "." or ".." components */
	struct arena *arena;
};

/* The path is usable: begins with '/', has no empty, "." or ".." component, and is not the root. */
int cgroup_check_path(const struct cgroup *c, struct err *e);

/* Make the directories, missing parents included (those are made like any engine's: never removed by us except when we made
 * them in this very call and fail). On v2 the controllers needed are enabled in the ancestors' cgroup.subtree_control (those in
 * `controllers`, space-separated; one that the host does not have is an error only when a LIMIT later needs it).
 * An existing directory is entered only when it holds no process (else an error that says so); v1 cpuset.cpus and
 * cpuset.mems are copied from the parent where empty. On failure what was made is removed again. */
int cgroup_make(const struct cgroup *c, const char *controllers, struct err *e);

/* The same around a process that systemd has put into the cgroup that the first `scope_length` bytes of the path are, and that
 * keeps it alive: what systemd has made is taken as it is, what it leaves out (other hierarchies, a cgroup below) is made. The
 * process goes below first where v2 wants that; anybody else in there is an error. */
int cgroup_take(const struct cgroup *c, size_t scope_length, pid_t keeper, const char *controllers, struct err *e);

/* The cgroup of a process, in the v2 hierarchy or where systemd counts its units; NULL when it is gone. In the arena. */
const char *cgroup_of_process(const struct facts *f, pid_t pid, struct arena *a);

/* Write one limit. `may_be_missing`: fine when this kernel has no such file. The error names controller, file and value, and for
 * well-known cases the reason ("memory.max of the parent is smaller" ...). A missing controller says which and why. */
int cgroup_limit(const struct cgroup *c, const char *controller, const char *file, const char *value, bool may_be_missing,
		 struct err *e);

/* Whether the controller's hierarchy has such a file here. */
bool cgroup_has_file(const struct cgroup *c, const char *controller, const char *file);

/* What a file of the cgroup says now, without the last newline, in the arena; NULL when it cannot be read. */
const char *cgroup_read_limit(const struct cgroup *c, const char *controller, const char *file);

/* An error when the cgroup uses more memory than `limit` (bytes, or "max") already: v2 would kill for it. */
int cgroup_check_usage(const struct cgroup *c, const char *limit, struct err *e);

/* Give the v2 cgroup to a user of the host: the directory and those files in it that the kernel lists in
 * /sys/kernel/cgroup/delegate. Source: config-linux.md, "Cgroup ownership". */
int cgroup_own(const struct cgroup *c, uid_t uid, struct err *e);

/* Make the v2 cgroup at `path`, which lies below c's and does not exist, put the process into it, have every controller of c's
 * given on to it, and give it to a user of the host. */
int cgroup_delegate(const struct cgroup *c, const char *path, uid_t uid, pid_t pid, struct err *e);

struct device_rule {
	bool is_allowed;
	char type;                    /* 'a', 'b', 'c' */
	const char *major, *minor;    /* decimal, or "*" */
	const char *access;           /* of r, w, m */
};

/* The device list in order. v1: devices.deny/devices.allow, skipping what is already so; v2: one eBPF program, loaded and
 * attached to the cgroup (BPF_CGROUP_DEVICE, BPF_F_ALLOW_MULTI; replaced atomically when one of ours is there). The first
 * `in_force` rules hold already: v1 is told the others only, so that a process that runs loses nothing for a moment. */
int cgroup_limit_devices(const struct cgroup *c, const struct device_rule *rules, size_t count, size_t in_force, struct err *e);

/* v1 and hybrid: write the pid into cgroup.procs of every hierarchy in one burst. Refuses a frozen ancestor first (joining
 * one hangs unkillably). On v2 used only where CLONE_INTO_CGROUP could not be. */
int cgroup_enter(const struct cgroup *c, pid_t pid, struct err *e);

/* The same, but in the v2 hierarchy of a hybrid host another cgroup, below c's: that one has given controllers on, and then takes
 * no process (EBUSY in e->number of the above). */
int cgroup_enter_apart(const struct cgroup *c, const struct cgroup *inner, pid_t pid, struct err *e);

/* The same in the v1 hierarchies of some controllers alone, which are separated by commas; one that the host does not have is
 * an error. */
struct cgroup_below {
	const char *controllers;
	const char *path;
};
int cgroup_enter_some(const struct cgroup *c, const struct cgroup_below *where, pid_t pid, struct err *e);

/* v2: an O_PATH|O_DIRECTORY descriptor for CLONE_INTO_CGROUP; refuses a frozen cgroup. */
int cgroup_open(const struct cgroup *c, struct err *e);

/* Whether the caller's rights reach from its own cgroup to that one (v2): to write into cgroup.procs of what is above both. */
bool cgroup_can_reach(const struct facts *f, const char *path, struct arena *a);

/* SIGKILL to all in it and below it, also when it is frozen (thawed as needed); other signals to each member by pidfd.
 * Nothing there is success. */
int cgroup_kill(const struct cgroup *c, int signal, struct err *e);

/* Wait until it is empty, at most `milliseconds`, then remove it and all below it in every hierarchy; verifies that nothing is
 * left. Processes that do not die are named in the error (pid and command). Not there: success. Parents stay. */
int cgroup_remove(const struct cgroup *c, unsigned milliseconds, struct err *e);

/* Give systemd, whose cgroup it is, this long to remove it. */
void cgroup_await_removal(const struct cgroup *c, unsigned milliseconds);

bool cgroup_is_frozen(const struct cgroup *c);
int cgroup_freeze(const struct cgroup *c, bool frozen, struct err *e);

/* Members of it and of all below it, from the hierarchy that tells best; in the arena. */
int cgroup_read_members(const struct cgroup *c, pid_t **pids, size_t *count, struct err *e);

/* How often the kernel killed in it for memory; its limit, its peak and its present usage in bytes (UINT64_MAX: unknown, none). */
struct cgroup_memory {
	uint64_t oom_kills, limit, peak, usage;
};
void cgroup_read_memory(const struct cgroup *c, struct cgroup_memory *out);
uint64_t cgroup_read_kills(const struct cgroup *c); /* these alone; 0 when they are unknown */

/* A descriptor that becomes readable when something about the memory has happened in the cgroup; cgroup_read_memory() tells what.
 * ENOENT in e->number: nothing here counts memory. */
int cgroup_watch_memory(const struct cgroup *c, struct err *e);
void cgroup_take_memory_event(int fd);
