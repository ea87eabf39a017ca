/* Network devices of a container in the making: boxcar-netdev moves them while init waits, and brings them back when there will be
 * no container, also when that is because the runtime was killed. */
#include "runtime/life/container.h"

#include "runtime/host/messages.h"

#include <errno.h>
#include <poll.h>

enum { EXIT_MS = 1000 };

/* A process that exits leaves its namespaces before its pidfd tells. */
static bool is_gone(const struct process *init)
{
	struct pollfd end = { .fd = init->pidfd, .events = POLLIN };

	return poll(&end, 1, EXIT_MS) == 1;
}

static int move_device(struct creation *c, const struct op *op, struct err *e)
{
	const struct plan *plan = &c->prepared.plan;
	const struct op_net_device *d = plan_payload(plan, op);
	const char *namespace = plan_get_text(plan, d->namespace);
	bool is_of_init = !namespace;

	if (is_of_init)
		namespace = arena_format(&c->b->arena, "/proc/%d/ns/net", c->birth.process.pid); /* our child, not reaped */
	if (netdev_move(&c->netdev, plan_get_text(plan, d->device), plan_get_text(plan, d->name), namespace, &c->b->arena, e) == 0)
		return 0;
	if (is_of_init && e->number == ENOENT && is_gone(&c->birth.process)) {
		*e = ERR_NONE; /* it told why: that is followed next */
		return 0;
	}
	return birth_place_error(&c->birth, op, e);
}

/* An init that is gone told why: that is followed next. */
static int let_init_go_on(struct creation *c, struct err *e)
{
	if (message_send(c->birth.process.channel, MESSAGE_GO, AWAIT_DEVICES, e) == 0)
		return 0;
	if (e->number != EPIPE)
		return -1;
	*e = ERR_NONE;
	return 0;
}

int creation_move_devices(void *creation, struct err *e)
{
	struct creation *c = creation;
	const struct plan *plan = &c->prepared.plan;
	bool has_devices = false;
	int result = 0;

	for (size_t i = 0; i < plan_count(plan) && result == 0; i++) {
		const struct op *op = plan_find_op(plan, i);
		if (op->kind != OP_NET_DEVICE)
			continue;
		has_devices = true;
		result = move_device(c, op, e);
	}
	if (result == 0 && has_devices)
		result = let_init_go_on(c, e);
	if (result < 0)
		netdev_end(&c->netdev);
	return result;
}

void creation_return_devices(void *creation)
{
	netdev_end(&((struct creation *)creation)->netdev);
}

int creation_commit(void *creation, struct err *e)
{
	struct creation *c = creation;

	if (!netdev_has_moved(&c->netdev))
		return birth_commit(&c->birth, e);
	int result = netdev_commit(&c->netdev, c->birth.process.channel, e);
	netdev_end(&c->netdev);
	return result;
}
