/* Descriptors that init inherits: namespaces to join, trees to attach, files for the output of hooks. */
#include "runtime/host/processes.h"

#include "runtime/host/idmap.h"
#include "runtime/host/spawn.h"
#include "spec/base/own.h"

#include <errno.h>
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

static int explain_mapping(const char *path, struct err *e)
{
	(void)err_sys(e, "id-map the mount of %s: mount_setattr", path);
	if (e->number == ENOSYS)
		return err_hint(e, "id-mapped mounts need Linux 5.12");
	if (e->number == EINVAL)
		return err_hint(e, "the file system there, or one below it with ridmap, cannot be id-mapped");
	return e->number == EPERM ? err_hint(e, "this needs root, and a mount that is not id-mapped already") : -1;
}

static int map_tree(int tree_fd, const struct plan *plan, const struct op_tree *t, const struct process_slots *slots, struct err *e)
{
	unsigned how = AT_EMPTY_PATH | (t->how & TREE_MAP_BELOW ? AT_RECURSIVE : 0);
	struct mount_attr attr = { .attr_set = MOUNT_ATTR_IDMAP };
	own_fd made = -1;

	if (!t->uid_map && !t->namespace)
		return 0;
	if (t->uid_map) {
		made = idmap_make_namespace(plan_get_text(plan, t->uid_map), plan_get_text(plan, t->gid_map), e);
		if (made < 0)
			return -1;
	}
	attr.userns_fd = (unsigned)(t->uid_map ? made : slots->at[t->namespace]);
	if (syscall(SYS_mount_setattr, tree_fd, "", how, &attr, sizeof attr) < 0)
		return explain_mapping(plan_get_text(plan, t->source), e);
	return 0;
}

static int open_mapped_tree(const struct plan *plan, const struct op_tree *t, const struct process_slots *slots, struct err *e)
{
	own_fd fd = open_tree_at(plan_get_text(plan, t->source), t->how, e);

	if (fd < 0 || map_tree(fd, plan, t, slots, e) < 0)
		return -1;
	return take_fd(&fd);
}

static int open_slot(const struct plan *plan, const struct op *op, struct process_slots *slots, struct err *e)
{
	plan_index slot;
	int fd;

	if (op->kind == OP_HOOK_OUTPUT) {
		const struct op_hook_output *o = plan_payload(plan, op);
		slot = o->slot;
		fd = spawn_open_output(plan_get_text(plan, o->path), e);
	} else if (op->kind == OP_NAMESPACE_FILE) {
		const struct op_namespace_file *n = plan_payload(plan, op);
		slot = n->slot;
		fd = open_namespace(plan_get_text(plan, n->path), n->type, e);
	} else {
		const struct op_tree *t = plan_payload(plan, op);
		slot = t->slot;
		fd = open_mapped_tree(plan, t, slots, e);
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
		bool has_slot = op->kind == OP_NAMESPACE_FILE || op->kind == OP_TREE || op->kind == OP_HOOK_OUTPUT;
		if (has_slot && open_slot(plan, op, slots, e) < 0) {
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
