/* Freezing and thawing, on v1 by its own controller. */
#include "runtime/host/cgroup/group.h"

#include "runtime/host/cgroup/patience.h"

#include <errno.h>
#include <string.h>

enum { FREEZE_MS = 5000 };

/* The v1 freezer where there is one, else v2's own. */
const struct facts_hierarchy *freeze_find(const struct facts *f)
{
	const struct facts_hierarchy *at = facts_find_controller(f, "freezer");

	return at ? at : facts_find_controller(f, "");
}

bool cgroup_is_frozen(const struct cgroup *c)
{
	struct err ignored = ERR_NONE;

	if (cgroup_check_path(c, &ignored) < 0)
		return false;
	for (size_t i = 0; i < c->facts->hierarchy_count; i++) {
		struct group g = group_in(c, &c->facts->hierarchies[i]);
		if (group_dialect(&g)->read_frost(&g) != GROUP_THAWED)
			return true;
	}
	return false;
}

int freeze_write(const struct group *g, bool is_frozen)
{
	const struct dialect *d = group_dialect(g);

	return group_write(g, d->frost_file, is_frozen ? d->frozen : d->thawed);
}

/* A v1 freezer can stay at FREEZING for ever after one lost wake-up; writing the state again wakes all once more. */
bool freeze_and_wait(const struct group *g, bool is_frozen, unsigned milliseconds)
{
	struct patience patience = patience_begin(milliseconds);
	enum group_frost wanted = is_frozen ? GROUP_FROZEN : GROUP_THAWED;

	do {
		if (freeze_write(g, is_frozen) < 0)
			return false;
		errno = EAGAIN;
		if (group_dialect(g)->read_frost(g) == wanted)
			return true;
	} while (patience_wait(&patience));
	errno = EAGAIN;
	return false;
}

static int freeze(const struct cgroup *c, struct err *e)
{
	const struct facts_hierarchy *at = freeze_find(c->facts);

	if (!at)
		return err_set(e, "this host has no cgroup that could be frozen");
	struct group g = group_in(c, at);
	if (freeze_and_wait(&g, true, FREEZE_MS))
		return 0;
	int number = errno;
	(void)freeze_write(&g, false); /* undone as far as it can be; the error is the first one */
	(void)err_number(e, number, "freeze cgroup %s", c->path);
	return number == EAGAIN ? err_hint(e, "a process in it does not stop") : -1;
}

static int thaw_group(const struct group *g, struct err *e)
{
	struct group parent = group_parent(*g);

	if (group_dialect(g)->read_frost(g) == GROUP_THAWED)
		return 0;
	if (freeze_write(g, false) < 0)
		return err_sys(e, "thaw cgroup %s%s", g->at->mount_point, g->path);
	if (group_dialect(&parent)->read_frost(&parent) != GROUP_THAWED) {
		(void)err_set(e, "cgroup %s stays frozen, because its parent is", g->path);
		return err_hint(e, "thaw %s%.*s", g->at->mount_point, (int)parent.length, parent.path);
	}
	return freeze_and_wait(g, false, FREEZE_MS) ? 0 : err_sys(e, "thaw cgroup %s%s", g->at->mount_point, g->path);
}

/* All that can be frozen: a hybrid host has two. */
static int thaw(const struct cgroup *c, struct err *e)
{
	int failed = 0;

	for (size_t i = 0; i < c->facts->hierarchy_count; i++) {
		struct group g = group_in(c, &c->facts->hierarchies[i]);
		if (thaw_group(&g, e) < 0)
			failed = -1;
	}
	return failed;
}

int cgroup_freeze(const struct cgroup *c, bool frozen, struct err *e)
{
	if (cgroup_check_path(c, e) < 0)
		return -1;
	return frozen ? freeze(c, e) : thaw(c, e);
}
