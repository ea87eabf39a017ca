/* The container's class of cache and memory bandwidth: what goes with it is written down before it is made. */
#include "runtime/life/container.h"

#include "runtime/host/rdt.h"

#include <errno.h>
#include <sys/stat.h>

static const struct op_rdt *find_op(const struct plan *plan, const struct op **op)
{
	for (size_t i = 0; i < plan_count(plan); i++) {
		*op = plan_find_op(plan, i);
		if ((*op)->kind == OP_RDT)
			return plan_payload(plan, *op);
	}
	return NULL;
}

static struct rdt_class read_op(const struct plan *plan, const struct op_rdt *rdt, struct arena *a)
{
	const char **lines = arena_alloc(a, (rdt->lines.count + 1) * sizeof *lines);

	for (uint32_t i = 0; i < rdt->lines.count; i++)
		lines[i] = plan_get_item(plan, rdt->lines, i);
	return (struct rdt_class){ .path = plan_get_text(plan, rdt->path), .monitor = plan_get_text(plan, rdt->monitor),
				   .is_own = rdt->how & RDT_OWN, .must_exist = rdt->how & RDT_MUST_EXIST, .lines = lines,
				   .line_count = rdt->lines.count, .compared = rdt->compared };
}

/* What exists already is somebody else's, and must never stand in the link. */
static int mark(struct creation *c, const struct rdt_class *class, struct err *e)
{
	const char *path = rdt_find_mark(class, &c->b->arena);
	struct stat s;

	if (!path)
		return 0;
	if (stat(path, &s) == 0) {
		(void)err_number(e, EEXIST, "make %s", path);
		return err_hint(e, class->is_own ? "somebody else's class has the container's name: name it as closID, or take another id" :
						   "somebody else's group has the container's name: take another id");
	}
	c->has_rdt = store_write_resctrl(&c->container.entry, path, e) == 0;
	return c->has_rdt ? 0 : -1;
}

int creation_make_rdt(void *context, struct err *e)
{
	struct creation *c = context;
	const struct op *op;
	const struct op_rdt *rdt = find_op(&c->prepared.plan, &op);

	if (!rdt)
		return 0;
	struct rdt_class class = read_op(&c->prepared.plan, rdt, &c->b->arena);
	bool is_new = false;
	if (mark(c, &class, e) == 0 && rdt_make(&class, &is_new, &c->b->arena, e) == 0) {
		c->new_class = is_new && !class.is_own ? class.path : NULL;
		return 0;
	}
	if (e->number != EEXIST) /* that one is not ours */
		creation_remove_rdt(c);
	return err_at(e, plan_find_origin(&c->prepared.request, op), "");
}

void creation_remove_rdt(void *context)
{
	struct creation *c = context;
	struct err ignored = ERR_NONE;

	if (c->has_rdt)
		c->has_leftover |= container_remove_rdt(&c->container, &ignored) < 0;
	if (c->new_class)
		rdt_remove_unused(c->new_class, &c->b->arena);
}

int container_remove_rdt(const struct container *c, struct err *e)
{
	const char *path = store_read_resctrl(&c->entry, &c->b->arena);

	return path ? rdt_remove(path, c->id, &c->b->arena, e) : 0;
}
