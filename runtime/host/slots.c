/* Descriptors that init inherits: namespaces to join, trees to attach. */
#include "runtime/host/processes.h"
#include "spec/base/own.h"

#include <fcntl.h>
#include <linux/mount.h>
#include <linux/nsfs.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>

#ifndef AT_RECURSIVE
#define AT_RECURSIVE 0x8000
#endif

static int open_namespace(const char *path, uint64_t type, struct err *e)
{
	own_fd fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

	if (fd < 0)
		return err_sys(e, "open the namespace %s", path);
	int found = ioctl(fd, NS_GET_NSTYPE);
	if (found < 0)
		return err_set(e, "%s is not a namespace", path);
	if ((uint64_t)found != type)
		return err_set(e, "%s is a namespace of another type", path);
	return take_fd(&fd);
}

static int open_tree_at(const char *path, uint64_t how, struct err *e)
{
	unsigned flags = OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC;

	flags |= how & TREE_RECURSIVE ? AT_RECURSIVE : 0;
	flags |= how & TREE_NO_FOLLOW ? AT_SYMLINK_NOFOLLOW : 0;
	int fd = (int)syscall(SYS_open_tree, AT_FDCWD, path, flags);
	if (fd < 0)
		return err_sys(e, "open the mount source %s", path);
	return fd;
}

static int open_slot(const struct plan *plan, const struct op *op, struct process_slots *slots, struct err *e)
{
	plan_index slot;
	int fd;

	if (op->kind == OP_NAMESPACE_FILE) {
		const struct op_namespace_file *n = plan_payload(plan, op);
		slot = n->slot;
		fd = open_namespace(plan_get_text(plan, n->path), n->type, e);
	} else {
		const struct op_tree *t = plan_payload(plan, op);
		slot = t->slot;
		fd = open_tree_at(plan_get_text(plan, t->source), t->how, e);
	}
	if (fd < 0)
		return -1;
	slots->at[slot] = fd;
	return 0;
}

int process_open_slots(const struct plan *plan, struct process_slots *slots, const struct op **failed, struct err *e)
{
	const struct plan_header *header = (const void *)plan->base;

	if (header->slots > PROCESS_MAX_SLOTS)
		return err_set(e, "the configuration needs %u descriptors for namespaces and mount sources; the most is %d",
			       header->slots, PROCESS_MAX_SLOTS);
	slots->count = header->slots;
	for (size_t i = 0; i < plan_count(plan); i++) {
		const struct op *op = plan_find_op(plan, i);
		if ((op->kind == OP_NAMESPACE_FILE || op->kind == OP_TREE) && open_slot(plan, op, slots, e) < 0) {
			*failed = op;
			return -1;
		}
	}
	return 0;
}

void process_close_slots(struct process_slots *slots)
{
	for (size_t i = 0; i < slots->count; i++)
		drop_fd(&slots->at[i]);
}
