/* Which devices may be used. */
#include "runtime/plan/limits.h"

static void device_rule(struct planner *p, const void *origin, unsigned flags, bool is_allowed, const char *type,
			const char *major, const char *minor, const char *access)
{
	PLAN_ADD(&p->w, DEVICE_RULE, device_rule, flags, origin, .is_allowed = is_allowed, .type = plan_add_text(&p->w, type),
		 .major = plan_add_text(&p->w, major), .minor = plan_add_text(&p->w, minor),
		 .access = plan_add_text(&p->w, access));
}

static const char *device_number(struct planner *p, const struct opt_int *n)
{
	return n->is_set && n->value >= 0 ? limit_number(p, n->value) : "*";
}

/* What every container may use: its default devices, terminals, and making nodes (which gives no access). */
static void default_device_rules(struct planner *p, unsigned flags)
{
	static const struct {
		const char *type, *major, *minor, *access;
	} rows[] = {
		{ "c", "*", "*", "m" },   { "b", "*", "*", "m" },   { "c", "1", "3", "rwm" }, { "c", "1", "5", "rwm" },
		{ "c", "1", "7", "rwm" }, { "c", "1", "8", "rwm" }, { "c", "1", "9", "rwm" }, { "c", "5", "0", "rwm" },
		{ "c", "5", "2", "rwm" }, { "c", "136", "*", "rwm" },
	};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		device_rule(p, NULL, flags, true, rows[i].type, rows[i].major, rows[i].minor, rows[i].access);
}

void plan_device_rules(struct planner *p, const struct spec_resources *r)
{
	unsigned flags = p->facts->is_rootless ? OP_MAY_BE_DENIED : 0;
	const struct facts_hierarchy *devices = facts_find_controller(p->facts, "devices");

	if (!p->cgroup || (!devices && !facts_is_unified(p->facts)))
		return;
	device_rule(p, NULL, flags, false, "a", "*", "*", "rwm");
	for (size_t i = 0; r && i < r->devices.count; i++) {
		const struct spec_device_rule *d = &r->devices.at[i];
		device_rule(p, d, flags, d->allow.value, d->type && d->type[0] ? d->type : "a", device_number(p, &d->major),
			    device_number(p, &d->minor), d->access && d->access[0] ? d->access : "rwm");
	}
	default_device_rules(p, flags);
}
