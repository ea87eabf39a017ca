/* What the plan must know of this host: plain values, probed by host/facts.c or, in tests, read from a text. The plan asks
 * for nothing else; no other code decides by the host. */
#pragma once

#include "spec/base/arena.h"
#include "spec/base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* One mounted cgroup hierarchy. */
struct facts_hierarchy {
	const char *mount_point; /* "/sys/fs/cgroup/memory" */
	const char *controllers; /* v1: comma-separated as in /proc/self/cgroup ("cpu,cpuacct", "name=systemd"); v2: those in the
				  * root's cgroup.controllers, space-separated */
	const char *own_path;    /* where the calling process is, "/user.slice/..." */
	int version;             /* 1 or 2 */
};

enum { FACTS_MAX_HIERARCHIES = 32 };

struct facts {
	unsigned known;             /* enum facts_need of host/facts.h: what has been probed */
	uint32_t kernel;            /* KERNEL(6, 1) and so on */
	uint32_t uid, gid;          /* effective */
	bool is_in_user_namespace;  /* /proc/self/uid_map is not the initial one */
	bool is_setgroups_denied;   /* in the caller's user namespace, and so in those below it */
	bool has_foreign_mounts;    /* the caller's mount namespace belongs to another user namespace than the caller's */
	bool is_rootless;           /* not root of the host, or to be taken for such a one: makes cgroups only where they are delegated */
	uint64_t capabilities;      /* bounding and permitted set of the caller: what it can give away */
	uint64_t ignored_signals;   /* bit N-1: signal N is ignored by the caller, and would be by what it executes */
	unsigned last_capability;   /* 40: CAP_CHECKPOINT_RESTORE */
	uint64_t hard_limits[16];   /* the caller's hard resource limits, by RLIMIT_* number */
	bool has_seccomp;
	bool has_apparmor, has_selinux; /* in force; asked for only where a label is to be set */
	const char *resctrl;        /* where it is mounted; NULL */
	const char *systemd;        /* the cgroup that the systemd rules which is to make the container's ("/": the host's); NULL */
	bool is_users_systemd;      /* it is not the host's but the caller's own */
	bool must_be_attached;      /* and has to put processes into that cgroup: from where the caller is its rights do not reach */
	const char *closed_cgroup;  /* what forbids the caller to make the container's: a path that it may not write; NULL: nothing */
	bool has_closed_parent;     /* on v2 the caller may make cgroups in its own one, and not beside it */
	struct facts_hierarchy hierarchies[FACTS_MAX_HIERARCHIES];
	size_t hierarchy_count;
};

#define KERNEL(major, minor) ((uint32_t)(major) << 16 | (uint32_t)(minor))

/* The hierarchy that has a controller ("memory"; "" for the unified one), or NULL. On hybrid hosts a v1 hierarchy wins. */
const struct facts_hierarchy *facts_find_controller(const struct facts *f, const char *controller);

/* No v1 hierarchy is mounted. */
bool facts_is_unified(const struct facts *f);

/* A process can be cloned into the container's cgroup (v2). */
bool facts_can_clone_into(const struct facts *f);

/* Lines `name = value`: kernel = 6.1, uid = 0, capabilities = 1ffffffffff, hard_limit nofile = 20000,
 * is_in_user_namespace = true, resctrl = /sys/fs/resctrl, hierarchy v1 cpu,cpuacct /sys/fs/cgroup/cpu /own,
 * hierarchy v2 memory,pids /sys/fs/cgroup /own ("-": no controllers). Empty lines and lines beginning with '#' say nothing. What is
 * not named is 0 or false, hard limits are unlimited. For tests and for `explain --facts`. */
int facts_read(const char *text, struct arena *a, struct facts *out, struct err *e);
