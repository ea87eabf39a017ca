/* The plan's limits, written into the cgroups: for create, which has nothing to lose, and for update, which can go back. */
#pragma once

#include "runtime/host/cgroup/cgroup.h"
#include "runtime/life/config_text.h"
#include "runtime/plan/plan.h"

struct limits {
	const struct cgroup *cgroup;
	const struct plan *plan;
	const struct plan_request *request; /* for the places in messages */
	const struct config_text *config;   /* the same; NULL: not known */
	const char *above;                  /* what the text's root is in the configuration, such as "/linux/resources"; NULL: all of it */
	bool is_late;                       /* only those that wait until boxcar-systemd has left, else all others */
	bool may_go_back;                   /* on failure what was written is set to what it was before */
	size_t devices_in_force;            /* so many of the plan's device rules hold already */
	struct limit_written {
		const struct op_limit *limit;
		const char *before; /* NULL: not known */
	} *done;
	size_t count;
};

int limits_apply(struct limits *l, struct err *e);

/* Back to what was before, as far as files tell it; device rules stay. */
void limits_undo(struct limits *l);
