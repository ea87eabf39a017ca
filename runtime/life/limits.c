#include "runtime/life/limits.h"

#include "spec/base/log.h"
#include "spec/base/text.h"

#include <errno.h>
#include <string.h>

static const char *text_of(const struct limits *l, plan_text text)
{
	return plan_get_text(l->plan, text);
}

static int place_error(const struct limits *l, const struct op *op, struct err *e)
{
	const char *pointer = plan_find_origin(l->request, op);

	if (l->above && text_has_prefix(pointer, l->above))
		pointer += strlen(l->above);
	return config_text_place(l->config, pointer, l->cgroup->arena, e);
}

/* --- one limit ---------------------------------------------------------------------------------------------------- */

static int write_limit(struct limits *l, const struct op *op, struct err *e)
{
	const struct op_limit *limit = plan_payload(l->plan, op);
	const char *controller = text_of(l, limit->controller), *file = text_of(l, limit->file), *value = text_of(l, limit->value);
	const char *before = l->may_go_back ? cgroup_read_limit(l->cgroup, controller, file) : NULL;

	if ((op->flags & OP_ABOVE_USAGE && cgroup_check_usage(l->cgroup, value, e) < 0) ||
	    cgroup_limit(l->cgroup, controller, file, value, op->flags & OP_MAY_BE_MISSING, e) < 0)
		return place_error(l, op, e);
	l->done[l->count++] = (struct limit_written){ limit, before };
	return 0;
}

/* The kernel wants some pairs in one order when they rise and in the other when they fall (memory and memory with swap on v1,
 * quota and period): what it refuses now is tried once more when all others are written. */
static bool may_wait(const struct err *e)
{
	return e->number == EINVAL;
}

static int write_limits(struct limits *l, struct err *e)
{
	const struct plan *plan = l->plan;
	const struct op **later = arena_alloc(l->cgroup->arena, plan_count(plan) * sizeof *later);
	size_t waiting = 0;

	for (size_t i = 0; i < plan_count(plan); i++) {
		const struct op *op = plan_find_op(plan, i);
		const struct op_limit *limit = plan_payload(plan, op);
		if (op->kind != OP_LIMIT || !(op->flags & OP_LATE) == l->is_late)
			continue;
		if (op->flags & OP_OR_NEXT) {
			if (!cgroup_has_file(l->cgroup, text_of(l, limit->controller), text_of(l, limit->file)))
				continue;
			i++; /* the other way */
		}
		if (write_limit(l, op, e) == 0)
			continue;
		if (!l->may_go_back || !may_wait(e))
			return -1;
		*e = ERR_NONE;
		later[waiting++] = op;
	}
	for (size_t i = 0; i < waiting; i++)
		if (write_limit(l, later[i], e) < 0)
			return -1;
	return 0;
}

/* --- the way back ------------------------------------------------------------------------------------------------- */

/* Of a file with one line a device, the line of the device that `value` begins with; without one, what says "nothing". */
static const char *find_line(const struct limits *l, const struct limit_written *one)
{
	struct arena *a = l->cgroup->arena;
	const char *value = text_of(l, one->limit->value), *file = text_of(l, one->limit->file);
	size_t device = strcspn(value, " ");

	for (const char *line = one->before; line; line = strchr(line, '\n') ? strchr(line, '\n') + 1 : NULL)
		if (strncmp(line, value, device + 1) == 0)
			return arena_copy(a, line, strcspn(line, "\n"));
	if (strcmp(file, "io.max") == 0)
		return arena_format(a, "%.*s rbps=max wbps=max riops=max wiops=max", (int)device, value);
	if (strcmp(file, "io.weight") == 0 || strcmp(file, "io.bfq.weight") == 0)
		return arena_format(a, "%.*s default", (int)device, value);
	return arena_format(a, "%.*s 0", (int)device, value);
}

static bool is_by_device(const char *value)
{
	return strchr(value, ':') && strchr(value, ' ');
}

void limits_undo(struct limits *l)
{
	while (l->count--) {
		const struct limit_written *one = &l->done[l->count];
		struct err ignored = ERR_NONE;
		if (!one->before)
			continue;
		const char *value = is_by_device(text_of(l, one->limit->value)) ? find_line(l, one) : one->before;
		(void)cgroup_limit(l->cgroup, text_of(l, one->limit->controller), text_of(l, one->limit->file), value, true, &ignored);
	}
}

/* --- devices ------------------------------------------------------------------------------------------------------ */

static int set_devices(const struct limits *l, struct err *e)
{
	const struct plan *plan = l->plan;
	struct device_rule *rules = arena_alloc(l->cgroup->arena, plan_count(plan) * sizeof *rules);
	bool may_be_denied = false;
	size_t count = 0;

	for (size_t i = 0; i < plan_count(plan); i++) {
		const struct op *op = plan_find_op(plan, i);
		const struct op_device_rule *rule = plan_payload(plan, op);
		if (op->kind != OP_DEVICE_RULE)
			continue;
		may_be_denied |= op->flags & OP_MAY_BE_DENIED;
		rules[count++] = (struct device_rule){ rule->is_allowed, plan_get_text(plan, rule->type)[0],
						       plan_get_text(plan, rule->major), plan_get_text(plan, rule->minor),
						       plan_get_text(plan, rule->access) };
	}
	if (count <= l->devices_in_force || cgroup_limit_devices(l->cgroup, rules, count, l->devices_in_force, e) == 0)
		return 0;
	if (!may_be_denied || (e->number != EPERM && e->number != EACCES))
		return -1;
	*e = ERR_NONE; /* without the host's root there is no device list, and mknod is refused anyway */
	return 0;
}

static int give_to_owner(const struct limits *l, struct err *e)
{
	for (size_t i = 0; i < plan_count(l->plan); i++) {
		const struct op *op = plan_find_op(l->plan, i);
		const struct op_cgroup_owner *owner = plan_payload(l->plan, op);
		if (op->kind == OP_CGROUP_OWNER && cgroup_own(l->cgroup, (uid_t)owner->uid, e) < 0)
			return -1;
	}
	return 0;
}

int limits_apply(struct limits *l, struct err *e)
{
	l->done = arena_alloc(l->cgroup->arena, plan_count(l->plan) * sizeof *l->done);
	l->count = 0;
	if (write_limits(l, e) == 0 && (l->is_late || (set_devices(l, e) == 0 && give_to_owner(l, e) == 0)))
		return 0;
	if (l->may_go_back)
		limits_undo(l);
	return -1;
}
