#include "runtime/life/scope.h"

#include "runtime/host/facts.h"
#include "runtime/life/limits.h"

#include <errno.h>
#include <string.h>

enum { REMOVE_MS = 10000, GO_FIRST_MS = 1000 };

/* --- what a plan has of it ---------------------------------------------------------------------------------------- */

static const struct op_scope *find_op(const struct plan *plan, const struct op **op)
{
	for (size_t i = 0; i < plan_count(plan); i++) {
		*op = plan_find_op(plan, i);
		if ((*op)->kind == OP_SCOPE)
			return plan_payload(plan, *op);
	}
	return NULL;
}

static struct unit_property *read_properties(const struct plan *plan, bool is_late, struct arena *a, size_t *count)
{
	struct unit_property *properties = arena_alloc(a, (plan_count(plan) + 1) * sizeof *properties);

	*count = 0;
	for (size_t i = 0; i < plan_count(plan); i++) {
		const struct op *op = plan_find_op(plan, i);
		const struct op_unit_property *p = plan_payload(plan, op);
		if (op->kind != OP_UNIT_PROPERTY || !(op->flags & OP_LATE) == is_late)
			continue;
		const char **values = arena_alloc(a, (p->values.count + 1) * sizeof *values);
		for (uint32_t k = 0; k < p->values.count; k++)
			values[k] = plan_get_item(plan, p->values, k);
		properties[(*count)++] = (struct unit_property){ plan_get_text(plan, p->name), plan_get_text(plan, p->signature), values,
								 p->values.count, op->flags & OP_MAY_BE_MISSING };
	}
	return properties;
}

/* systemd names the property that it refuses. */
static int place_error(const struct creation *c, const struct op *scope, struct err *e)
{
	const struct plan *plan = &c->prepared.plan;
	const struct plan_request *request = &c->prepared.request;
	const struct op *found = scope;

	for (size_t i = 0; i < plan_count(plan); i++) {
		const struct op *op = plan_find_op(plan, i);
		const struct op_unit_property *p = plan_payload(plan, op);
		if (op->kind == OP_UNIT_PROPERTY && op->origin && strstr(e->text, plan_get_text(plan, p->name)))
			found = op;
	}
	return config_text_place(&c->birth.config, plan_find_origin(request, found), &c->b->arena, e);
}

/* --- where it is -------------------------------------------------------------------------------------------------- */

/* v1 gives nothing on to users: systemd makes their scopes in its own hierarchy alone, and a container would be nowhere else. */
static int check_hierarchies(struct boxcar *b, struct err *e)
{
	struct facts *f = &b->facts;

	facts_look_at_cgroup(f->systemd, &b->arena, f);
	if (!f->closed_cgroup)
		return 0;
	(void)err_set(e, "have the user's systemd make the cgroup: %s is not the user's to write, and this host has cgroup v1",
		      f->closed_cgroup);
	return err_hint(e, "systemd delegates to users where cgroup v2 is alone (systemd.unified_cgroup_hierarchy=1 at boot); "
			   "--cgroup-manager cgroupfs does without a cgroup, as long as no limit is asked for");
}

int scope_find_systemd(struct boxcar *b, struct err *e)
{
	struct facts *f = &b->facts;

	f->is_users_systemd = b->systemd.which == SYSTEMD_OF_USER;
	if (systemd_find_root(&b->systemd, &f->systemd, &b->arena, e) < 0)
		return -1;
	f->must_be_attached = f->is_users_systemd && facts_is_unified(f) && !cgroup_can_reach(f, f->systemd, &b->arena);
	return f->is_users_systemd && !facts_is_unified(f) ? check_hierarchies(b, e) : 0;
}

/* The cgroup of the container is the scope's, or one below it. */
static const char *find_path(const char *group, const char *unit, struct arena *a)
{
	const char *name = strrchr(group, '/') + 1;

	if (strcmp(name, unit) == 0 || (name[0] == '_' && strcmp(name + 1, unit) == 0))
		return group;
	return arena_copy(a, group, (size_t)(name - 1 - group));
}

static int check_place(const struct facts *f, pid_t pid, const char *path, struct arena *a, struct err *e)
{
	const char *where = cgroup_of_process(f, pid, a);

	if (!where)
		return err_set(e, "process %d, which systemd was to put into cgroup %s, is gone", pid, path);
	if (strcmp(where, path) == 0)
		return 0;
	(void)err_set(e, "systemd put process %d into cgroup %s, not into %s", pid, where, path);
	return err_hint(e, "the runtime must see the cgroups as that systemd does; or use --cgroup-manager cgroupfs");
}

/* --- create ------------------------------------------------------------------------------------------------------- */

int scope_mark(const struct creation *c, struct err *e)
{
	const struct plan *plan = &c->prepared.plan;
	const struct op *op;
	const struct op_scope *scope = find_op(plan, &op);

	return scope ? store_write_unit(&c->container.entry, c->b->facts.is_users_systemd, plan_get_text(plan, scope->unit), e) : 0;
}

int scope_make(void *creation, struct err *e)
{
	struct creation *c = creation;
	const struct plan *plan = &c->prepared.plan;
	struct boxcar *b = c->b;
	const struct op *op;
	const struct op_scope *scope = find_op(plan, &op);
	size_t count;

	if (!scope)
		return 0;
	const struct unit_property *properties = read_properties(plan, false, &b->arena, &count);
	c->birth.unit = plan_get_text(plan, scope->unit);
	c->birth.unit_path = plan_get_text(plan, scope->path);
	if (systemd_start_scope(&b->systemd, c->birth.unit, properties, count, &b->arena, e) < 0)
		return place_error(c, op, e);
	if (check_place(&b->facts, b->systemd.program.pid, c->birth.unit_path, &b->arena, e) == 0)
		return 0;
	scope_undo(c);
	return -1;
}

void scope_undo(void *creation)
{
	struct creation *c = creation;
	struct err ignored = ERR_NONE;

	systemd_end(&c->b->systemd); /* it may be in the scope */
	if (c->birth.unit)
		c->has_leftover |= scope_remove(&c->container, &ignored) < 0;
}

int scope_make_cgroup(const struct creation *c, const char *controllers, struct err *e)
{
	return cgroup_take(&c->container.cgroup, strlen(c->birth.unit_path), c->b->systemd.program.pid, controllers, e);
}

/* What leaves room for init alone comes last. */
int scope_leave(void *creation, struct err *e)
{
	struct creation *c = creation;
	struct limits limits = { .cgroup = &c->container.cgroup, .plan = &c->prepared.plan, .request = &c->prepared.request,
				 .config = &c->birth.config, .is_late = true };
	size_t count;
	const struct unit_property *properties = read_properties(&c->prepared.plan, true, &c->b->arena, &count);

	if (!c->birth.unit)
		return 0;
	if (systemd_set(&c->b->systemd, c->birth.unit, properties, count, &c->b->arena, e) < 0)
		return -1;
	systemd_end(&c->b->systemd);
	return limits_apply(&limits, e);
}

/* --- later -------------------------------------------------------------------------------------------------------- */

/* A cgroup that is taken away while systemd looks into it (ENODEV) has its scope stay active for ever, with nobody in it: seen with
 * 252, where it could not be asked to stop it. */
void scope_await_end(const struct container *c)
{
	if (scope_is_there(c) && c->cgroup.path[0])
		cgroup_await_removal(&c->cgroup, GO_FIRST_MS);
}

int scope_remove(const struct container *c, struct err *e)
{
	struct arena *a = &c->b->arena;
	struct systemd systemd;
	bool is_users;
	const char *unit = store_read_unit(&c->entry, a, &is_users);
	struct err failed = ERR_NONE;

	if (!unit || !c->cgroup.path[0])
		return 0;
	systemd_init(&systemd, is_users ? SYSTEMD_OF_USER : SYSTEMD_OF_HOST);
	if (systemd_stop(&systemd, unit, a, &failed) < 0)
		log_warn(&c->b->log, "%s", failed.text);
	systemd_end(&systemd);
	struct cgroup whole = { c->cgroup.facts, find_path(c->cgroup.path, unit, a), a };
	return cgroup_remove(&whole, REMOVE_MS, e);
}

bool scope_is_there(const struct container *c)
{
	bool is_users;

	return store_read_unit(&c->entry, &c->b->arena, &is_users) != NULL;
}

int scope_set(const struct container *c, const struct plan *plan, struct err *e)
{
	struct arena *a = &c->b->arena;
	bool is_users;
	const char *unit = store_read_unit(&c->entry, a, &is_users);
	size_t count;
	const struct unit_property *properties = read_properties(plan, false, a, &count);

	if (!unit || !count)
		return 0;
	systemd_init(&c->b->systemd, is_users ? SYSTEMD_OF_USER : SYSTEMD_OF_HOST);
	int result = systemd_set(&c->b->systemd, unit, properties, count, a, e);
	systemd_end(&c->b->systemd);
	return result;
}

void scope_find(const struct container *c, const char *group, struct birth *birth)
{
	struct facts *f = &c->b->facts;
	bool is_users;
	const char *unit = store_read_unit(&c->entry, &c->b->arena, &is_users);

	if (!unit || !is_users || !facts_is_unified(f) || cgroup_can_reach(f, group, &c->b->arena))
		return;
	f->must_be_attached = true;
	birth->unit = unit;
	birth->unit_path = find_path(c->cgroup.path, unit, &c->b->arena);
	systemd_init(&c->b->systemd, SYSTEMD_OF_USER);
}

int scope_attach(const struct birth *birth, struct err *e)
{
	struct boxcar *b = birth->b;
	const char *group = birth->cgroup->path;

	if (systemd_attach(&b->systemd, birth->unit, group + strlen(birth->unit_path), birth->process.pid, &b->arena, e) < 0)
		return -1;
	if (birth->exec) /* create's boxcar-systemd keeps the scope alive */
		systemd_end(&b->systemd);
	return check_place(&b->facts, birth->process.pid, group, &b->arena, e);
}
