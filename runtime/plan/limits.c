#include "runtime/plan/limits.h"

const struct facts_hierarchy *limit_find(struct planner *p, const char *controller, const void *member)
{
	const struct facts_hierarchy *h = facts_find_controller(p->facts, controller);

	if (!h || !p->cgroup) {
		planner_refuse(p, member,
			       planner_text(p, "the limit needs the cgroup controller %s, which %s", controller,
					    h ? "the caller may not use" : "this host does not have"),
			       h ? "run as root, or where a cgroup is delegated" : "enable it, or leave the limit out");
		return NULL;
	}
	return h;
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

bool limit_is_set(const struct opt_uint *n)
{
	return n->is_set && n->value != 0;
}
