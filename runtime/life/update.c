/* update: other limits for a container that lives; what holds then is what exec, a later update and the state know, too. */
#include "runtime/life/container.h"

#include "runtime/host/facts.h"
#include "runtime/host/rdt.h"
#include "runtime/life/limits.h"
#include "runtime/life/scope.h"
#include "runtime/life/steps.h"
#include "spec/check.h"
#include "spec/json/write.h"

#include <stdio.h>
#include <string.h>

#define RESOURCES "/linux/resources"

struct update {
	struct container *c;
	const struct update_request *request;
	struct spec_resources *changes;
	struct spec *spec; /* the container's kept configuration */
	struct problems problems;
	struct plan_update plan;
	struct limits limits;
	struct config_text text; /* the request's */
};

/* What is wrong with the kept configuration cannot be the caller's doing. */
static int read_kept(void *context, struct err *e)
{
	struct update *u = context;
	struct problems ignored;
	const char *text;
	size_t length;

	if (u->c->status == STATUS_STOPPED || u->c->status == STATUS_CREATING)
		return err_set(e, "container not running");
	if (store_read_config(&u->c->entry, &u->c->b->arena, &text, &length, e) < 0)
		return -1;
	problems_init(&ignored, &u->c->b->arena);
	u->spec = json_read(&record_spec, text, length, &ignored);
	return u->spec ? 0 : err_set(e, "the container's kept configuration cannot be read");
}

/* What came from an option is told by its name: it stands in no file. */
static const char *find_name(const struct update *u, const char *pointer)
{
	for (const struct update_option *o = u->request->options; o && o->pointer; o++)
		if (strcmp(o->pointer, pointer) == 0)
			return o->name;
	return pointer;
}

static int tell_problems(struct update *u, struct err *e)
{
	if (!u->request->options) {
		problems_place(&u->problems, u->request->text, u->request->length);
		return problems_err(&u->problems, u->request->file, e);
	}
	for (size_t i = 0; i < u->problems.count; i++) {
		const struct problem *problem = &u->problems.at[i];
		if (problem->is_warning)
			continue;
		(void)err_set(e, "%s: %s", find_name(u, problem->pointer), problem->message);
		return problem->advice ? err_hint(e, "%s", problem->advice) : -1;
	}
	return 0;
}

static int read_changes(void *context, struct err *e)
{
	struct update *u = context;

	problems_init(&u->problems, &u->c->b->arena);
	u->changes = json_read(&record_resources, u->request->text, u->request->length, &u->problems);
	if (u->changes)
		check_later(&record_resources, u->changes, "", &u->problems);
	return tell_problems(u, e);
}

static int decide(void *context, struct err *e)
{
	struct update *u = context;
	struct container *c = u->c;
	bool has_cgroup = c->cgroup.path[0];

	if (facts_probe(FACTS_PLAN, &c->b->arena, &c->b->facts, e) < 0)
		return -1;
	if (!u->spec->linux)
		u->spec->linux = arena_alloc(&c->b->arena, sizeof *u->spec->linux);
	u->spec->linux->cgroups_path = has_cgroup ? c->cgroup.path : NULL;
	struct plan_request request = { .spec = u->spec, .facts = &c->b->facts, .arena = &c->b->arena, .id = c->id,
					.bundle = c->state->bundle, .cgroups = has_cgroup ? PLAN_CGROUPFS : PLAN_NO_CGROUP,
					.has_unit = scope_is_there(c) };
	(void)plan_update(&request, u->changes, &u->problems, &u->plan);
	for (size_t i = 0; i < u->problems.count; i++)
		if (text_has_prefix(u->problems.at[i].pointer, RESOURCES))
			u->problems.at[i].pointer += strlen(RESOURCES); /* the text begins there */
	check_resources(u->plan.merged, "", &u->problems);
	for (size_t i = 0; i < u->problems.count; i++)
		if (u->problems.at[i].is_warning)
			log_warn(&c->b->log, "%s: %s", find_name(u, u->problems.at[i].pointer), u->problems.at[i].message);
	return tell_problems(u, e);
}

static int write_limits(void *context, struct err *e)
{
	struct update *u = context;

	if (!u->request->options)
		u->text = (struct config_text){ u->request->file, u->request->text, u->request->length };
	u->limits = (struct limits){ .cgroup = &u->c->cgroup, .plan = &u->plan.plan, .request = &u->plan.request, .config = &u->text,
				     .above = RESOURCES, .may_go_back = true, .devices_in_force = u->plan.devices_in_force };
	if (limits_apply(&u->limits, e) == 0)
		return 0;
	(void)snprintf(e->pointer, sizeof e->pointer, "%s", find_name(u, arena_text(&u->c->b->arena, e->pointer)));
	return -1;
}

/* What systemd writes to the cgroup then is rounded: the exact limits are written once more. */
static int set_properties(void *context, struct err *e)
{
	struct update *u = context;
	struct limits again = u->limits;

	if (!u->plan.request.has_unit)
		return 0;
	again.may_go_back = false;
	return scope_set(u->c, &u->plan.plan, e) < 0 ? -1 : limits_apply(&again, e);
}

static void restore_limits(void *context)
{
	limits_undo(&((struct update *)context)->limits);
}

/* Only what was asked for is written: the class may be shared, and others may have changed it. */
static int write_class(void *context, struct err *e)
{
	struct update *u = context;
	struct boxcar *b = u->c->b;
	struct spec_intel_rdt *rdt = u->spec->linux->intel_rdt;
	const char *asked[] = { u->request->l3_cache_schema, u->request->mem_bw_schema }, *lines[2];
	size_t count = 0;

	for (size_t i = 0; i < 2; i++)
		if (asked[i] && asked[i][0])
			lines[count++] = asked[i];
	if (!count)
		return 0;
	if (!rdt)
		return err_set(e, "the container has no class of cache and memory bandwidth: it was created without intelRdt");
	if (facts_probe(FACTS_RESCTRL, &b->arena, &b->facts, e) < 0)
		return -1;
	if (!b->facts.resctrl)
		return err_set(e, "no resctrl file system is mounted");
	if (asked[0] && asked[0][0])
		rdt->l3_cache_schema = asked[0];
	if (asked[1] && asked[1][0])
		rdt->mem_bw_schema = asked[1];
	const char *class = rdt->clos_id ? rdt->clos_id : u->c->id;
	const char *path = text_is_equal(class, "/") ? b->facts.resctrl : arena_format(&b->arena, "%s/%s", b->facts.resctrl, class);
	return rdt_write(path, lines, count, &b->arena, e);
}

static int keep(void *context, struct err *e)
{
	struct update *u = context;
	struct text t;

	u->spec->linux->resources = (struct spec_resources *)(uintptr_t)u->plan.merged;
	text_init(&t, &u->c->b->arena);
	json_write(&record_spec, u->spec, JSON_TABS, &t);
	return store_write_config(&u->c->entry, t.at, t.length, e);
}

static const struct step update_steps[] = {
	{ "read what holds", read_kept, NULL },
	{ "read what changes", read_changes, NULL },
	{ "decide", decide, NULL },
	{ "write the limits", write_limits, restore_limits },
	{ "set the unit's properties", set_properties, NULL },
	{ "write the class of cache and bandwidth", write_class, NULL },
	{ "keep what holds now", keep, NULL },
};

int life_update(struct container *c, const struct update_request *request, struct err *e)
{
	struct update u = { .c = c, .request = request };

	return steps_run(update_steps, sizeof update_steps / sizeof *update_steps, &u, e);
}
