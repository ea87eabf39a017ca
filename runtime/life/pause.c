/* pause and resume: the container's processes are frozen and thawed by its cgroup. */
#include "runtime/life/container.h"

static int check_cgroup(const struct container *c, struct err *e)
{
	if (c->cgroup.path[0])
		return 0;
	(void)err_set(e, "the container has no cgroup of its own that could be frozen");
	return err_hint(e, "it was created without one: as an ordinary user, or with --cgroup-manager disabled");
}

int life_pause(struct container *c, struct err *e)
{
	if (c->status == STATUS_PAUSED) {
		(void)err_set(e, "container not running");
		return err_hint(e, "it is paused already");
	}
	if (c->status != STATUS_RUNNING && c->status != STATUS_CREATED)
		return err_set(e, "container not running");
	return check_cgroup(c, e) < 0 ? -1 : cgroup_freeze(&c->cgroup, true, e);
}

int life_resume(struct container *c, struct err *e)
{
	if (c->status != STATUS_PAUSED)
		return err_set(e, "container not paused");
	return cgroup_freeze(&c->cgroup, false, e);
}
