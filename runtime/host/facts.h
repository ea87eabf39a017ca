/* Owns the probing of this host: fills plan/facts.h, and asks only for what is needed and not known yet. */
#pragma once

#include "runtime/plan/facts.h"

enum facts_need {
	FACTS_USER = 1,         /* ids, user namespace */
	FACTS_CGROUPS = 2,      /* the hierarchies: statfs of /sys/fs/cgroup decides quickly for pure v2; else /proc/self/cgroup and
				 * the mount points, verified by file system type. With FACTS_USER also whether one's own cgroup is all that was delegated */
	FACTS_CAPABILITIES = 4,
	FACTS_LIMITS = 8,       /* hard resource limits: for messages only */
	FACTS_KERNEL = 16,
	FACTS_LABELS = 32,      /* AppArmor, SELinux */
	FACTS_RESCTRL = 64,     /* where resctrl is mounted */
	FACTS_PLAN = FACTS_USER | FACTS_CGROUPS | FACTS_CAPABILITIES, /* what a plan is made from */
};

/* Whether the caller may make the container's cgroup, or enter it where it is there: fills closed_cgroup. */
void facts_look_at_cgroup(const char *path, struct arena *a, struct facts *f);

/* Whether setgroups is denied where this process is: its namespace may be another caller's. */
void facts_look_at_groups(int64_t pid, struct arena *a, struct facts *f);

/* Adds to what `f` holds; begin with a zeroed one. */
int facts_probe(unsigned need, struct arena *a, struct facts *f, struct err *e);
