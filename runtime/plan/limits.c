#include "runtime/plan/limits.h"

static void refuse_closed(struct planner *p, const char *controller, const void *member)
{
	const char *wants = controller[0] ? planner_text(p, "the limit needs a cgroup with the controller %s", controller)
					  : "the limit needs a cgroup";
	const char *closed = p->facts->closed_cgroup;

	if (p->request->cgroups == PLAN_NO_CGROUP || !closed)
		planner_refuse(p, member,
			       planner_text(p, "%s, and the container %s", wants, p->is_update ? "has none" : "is to have none (--cgroup-manager)"),
			       p->is_update ? "it was created without one" : "let it have one, or leave the limit out");
	else
		planner_refuse(p, member,
			       planner_text(p, "%s, and user %u may make none: %s is not the user's to write", wants, p->facts->uid, closed),
			       "start it in a cgroup that is delegated (systemd-run --user --scope -p Delegate=yes boxcar ...), name one that "
			       "is by /linux/cgroupsPath, or leave the limit out");
}

const struct facts_hierarchy *limit_find(struct planner *p, const char *controller, const void *member)
{
	const struct facts_hierarchy *h = facts_find_controller(p->facts, controller);

	if (h && p->cgroup)
		return h;
	if (h)
		refuse_closed(p, controller, member);
	else
		planner_refuse(p, member,
			       planner_text(p, "the limit needs the cgroup controller %s, which this host does not have", controller),
			       "enable it, or leave the limit out");
	return NULL;
}

const struct facts_hierarchy *limit_find_bound(struct planner *p, const char *controller, const void *member, bool is_bound)
{
	if (is_bound)
		return limit_find(p, controller, member);
	return p->cgroup ? facts_find_controller(p->facts, controller) : NULL;
}

void limit_add(struct planner *p, const char *controller, const char *file, const void *member, unsigned flags, const char *value)
{
	PLAN_ADD(&p->w, LIMIT, limit, flags, member, .controller = plan_add_text(&p->w, controller),
		 .file = plan_add_text(&p->w, file), .value = plan_add_text(&p->w, value));
}

const char *limit_number(struct planner *p, int64_t value)
{
	return planner_text(p, "%lld", (long long)value);
}

bool limit_is_given(const struct opt_int *n)
{
	return n->is_set && n->value != 0;
}

bool limit_is_bound(const struct opt_int *n)
{
	return n->is_set && n->value > 0;
}

bool limit_is_set(const struct opt_uint *n)
{
	return n->is_set && n->value != 0;
}
