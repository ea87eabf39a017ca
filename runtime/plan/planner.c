/* Mistakes and warnings of the plan, with the place in the configuration that they are about. */
#include "runtime/plan/planner.h"

static const char *find_pointer(const struct planner *p, const void *member)
{
	const char *pointer = json_find_pointer(&record_spec, p->spec, member, p->arena);

	if (!pointer && p->process_root)
		pointer = json_find_pointer(p->process_root, p->process_model, member, p->arena);
	return pointer ? pointer : "";
}

void planner_refuse(struct planner *p, const void *member, const char *message, const char *advice)
{
	problems_add(p->problems, false, find_pointer(p, member), message, advice);
}

void planner_warn(struct planner *p, const void *member, const char *message, const char *advice)
{
	problems_add(p->problems, true, find_pointer(p, member), message, advice);
}
