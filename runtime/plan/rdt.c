/* Intel RDT: the class of cache and memory bandwidth that the container's processes belong to, a directory of resctrl. */
#include "runtime/plan/planner.h"

static const char *find_class(struct planner *p, const struct spec_intel_rdt *rdt)
{
	const char *name = rdt->clos_id ? rdt->clos_id : p->request->id;

	return text_is_equal(name, "/") ? p->facts->resctrl : planner_text(p, "%s/%s", p->facts->resctrl, name);
}

static bool is_given(const char *line)
{
	return line && line[0];
}

/* In the specification's order: the cache first, the bandwidth after it, other lines last. */
static struct plan_texts list_lines(struct planner *p, const struct spec_intel_rdt *rdt)
{
	const char **lines = arena_alloc(p->arena, (rdt->schemata.count + 2) * sizeof *lines);
	size_t count = 0;

	if (is_given(rdt->l3_cache_schema))
		lines[count++] = rdt->l3_cache_schema;
	if (is_given(rdt->mem_bw_schema))
		lines[count++] = rdt->mem_bw_schema;
	for (size_t i = 0; i < rdt->schemata.count; i++)
		lines[count++] = rdt->schemata.at[i];
	return plan_add_texts(&p->w, lines, count);
}

void plan_rdt(struct planner *p)
{
	const struct spec_intel_rdt *rdt = p->linux->intel_rdt;

	if (!rdt)
		return;
	if (!p->facts->resctrl) {
		planner_refuse(p, &p->linux->intel_rdt, "no resctrl file system is mounted",
			       "mount -t resctrl resctrl /sys/fs/resctrl, on a machine that has Intel RDT; or leave intelRdt out");
		return;
	}
	bool has_lines = is_given(rdt->l3_cache_schema) || is_given(rdt->mem_bw_schema) || rdt->schemata.count;
	uint64_t how = !rdt->clos_id ? RDT_OWN : has_lines ? 0 : RDT_MUST_EXIST;
	PLAN_ADD(&p->w, RDT, rdt, 0, &p->linux->intel_rdt, .path = plan_add_text(&p->w, find_class(p, rdt)), .how = how,
		 .lines = list_lines(p, rdt),
		 .compared = is_given(rdt->l3_cache_schema) + (uint64_t)is_given(rdt->mem_bw_schema),
		 .monitor = rdt->enable_monitoring.value ? plan_add_text(&p->w, p->request->id) : 0);
}

void plan_enter_rdt(struct planner *p)
{
	const struct spec_intel_rdt *rdt = p->linux->intel_rdt;

	if (rdt && p->facts->resctrl)
		PLAN_ADD(&p->w, ENTER_RDT, enter_rdt, 0, &p->linux->intel_rdt, .path = plan_add_text(&p->w, find_class(p, rdt)),
			 .monitor = rdt->enable_monitoring.value ? plan_add_text(&p->w, p->request->id) : 0);
}
