/* create: a container's first half, up to init waiting for start. */
#include "runtime/life/container.h"

#include "runtime/life/limits.h"
#include "runtime/life/scope.h"
#include "runtime/life/steps.h"
#include "spec/annotations.h"
#include "spec/base/clock.h"
#include "spec/base/own.h"
#include "spec/base/version.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { LOCK_WAIT_MS = 10000 };

/* --- what is written down ----------------------------------------------------------------------------------------- */

static const char *read_boot_id(struct arena *a)
{
	char id[64];
	own_fd fd = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);
	ssize_t length = fd < 0 ? -1 : read(fd, id, sizeof id);

	return length <= 0 ? "" : arena_copy(a, id, (size_t)length - (id[length - 1] == '\n'));
}

static const char *find_rootfs(const struct creation *c)
{
	const struct spec_root *root = c->prepared.spec->root;

	if (!root || !root->path)
		return "";
	return root->path[0] == '/' ? root->path : arena_format(&c->b->arena, "%s/%s", c->prepared.bundle, root->path);
}

static int write_state(void *context, struct err *e)
{
	struct creation *c = context;
	char now[CLOCK_TEXT];
	struct state state = {
		.oci_version = c->prepared.spec->oci_version,
		.id = c->id,
		.bundle = c->prepared.bundle,
		.rootfs = find_rootfs(c),
		.created = now,
		.owner = c->b->facts.uid == 0 ? "root" : arena_format(&c->b->arena, "%u", c->b->facts.uid),
		.pid = { true, c->birth.process.pid },
		.start_time = { .is_set = true },
		.boot_id = read_boot_id(&c->b->arena),
		.cgroups_path = c->container.cgroup.path,
		.keeps_keyring = { c->options->has_no_new_keyring, c->options->has_no_new_keyring },
		.annotations = c->prepared.spec->annotations,
		.release = version_release,
	};

	clock_write_now(now);
	if (process_read_start_time(c->birth.process.pid, &state.start_time.value, e) < 0)
		return -1;
	return store_write_state(&c->container.entry, &state, &c->b->arena, e);
}

/* --- the steps ---------------------------------------------------------------------------------------------------- */

static int expect_hooks(void *context, struct err *e)
{
	(void)context, (void)e;
	return 0;
}

/* When nothing of the container is left but its state directory: whoever dies on the way leaves that to delete, which runs them. */
static void end_hooks(void *context)
{
	struct creation *c = context;

	if (c->birth.has_run_hooks)
		hooks_run_poststop(&c->hooks);
}

static int make_entry(void *context, struct err *e)
{
	struct creation *c = context;
	struct container *container = &c->container;

	if (store_open(&container->store, c->b->root, true, e) < 0)
		return -1;
	if (store_make(&container->store, c->id, container->cgroup.path, &container->entry, e) < 0)
		return -1;
	if (scope_mark(c, e) == 0 && store_write_config(&container->entry, c->prepared.text, c->prepared.length, e) == 0 &&
	    store_make_start(&container->entry, &c->listen_fd, &c->created_fd, e) == 0 &&
	    (!c->prepared.request.notify_directory || notify_make_directory(container->entry.fd, e) == 0))
		return 0;
	struct err ignored = ERR_NONE;
	(void)store_remove(&container->store, &container->entry, &ignored); /* the first error is the one to tell */
	return -1;
}

static void remove_entry(void *context)
{
	struct creation *c = context;
	struct err ignored = ERR_NONE;

	if (!c->has_leftover)
		(void)store_remove(&c->container.store, &c->container.entry, &ignored);
}

static int make_cgroup(void *context, struct err *e)
{
	struct creation *c = context;
	const char *controllers = plan_find_controllers(&c->prepared.plan, &c->b->arena);

	if (!c->container.cgroup.path[0])
		return 0;
	return c->birth.unit ? scope_make_cgroup(c, controllers, e) : cgroup_make(&c->container.cgroup, controllers, e);
}

static void remove_cgroup(void *context)
{
	struct creation *c = context;
	struct err ignored = ERR_NONE;

	systemd_end(&c->b->systemd); /* it may be in there */
	if (c->container.cgroup.path[0])
		c->has_leftover |= cgroup_remove(&c->container.cgroup, LOCK_WAIT_MS, &ignored) < 0;
}

static int set_limits(void *context, struct err *e)
{
	struct creation *c = context;

	return limits_apply(&(struct limits){ .cgroup = &c->container.cgroup, .plan = &c->prepared.plan, .request = &c->prepared.request,
					     .config = &c->birth.config },
			    e);
}

static int prepare_descriptors(void *context, struct err *e)
{
	struct creation *c = context;

	c->birth.slots.at[SLOT_LISTEN] = take_fd(&c->listen_fd);
	c->birth.slots.at[SLOT_LOCK] = take_fd(&c->created_fd);
	return birth_prepare(&c->birth, e);
}

static void drop_descriptors(void *context)
{
	struct creation *c = context;

	birth_release(&c->birth);
}

static int start_init(void *context, struct err *e)
{
	return birth_start(&((struct creation *)context)->birth, e);
}

static void end_init(void *context)
{
	birth_end(&((struct creation *)context)->birth);
}

static int set_up_init(void *context, struct err *e)
{
	return birth_set_up(&((struct creation *)context)->birth, e);
}

static int follow_init(void *context, struct err *e)
{
	return birth_follow(&((struct creation *)context)->birth, e);
}

static int schedule_init(void *context, struct err *e)
{
	return birth_schedule(&((struct creation *)context)->birth, e);
}

static int write_pid_file(void *context, struct err *e)
{
	struct creation *c = context;

	return c->options->pid_file ? pid_file_write(c->options->pid_file, c->birth.process.pid, e) : 0;
}

static void remove_pid_file(void *context)
{
	struct creation *c = context;

	if (c->options->pid_file)
		(void)unlink(c->options->pid_file); /* it was ours a moment ago */
}

/* crun's annotation and runc's option say the same. */
static int send_pidfd(void *context, struct err *e)
{
	struct creation *c = context;
	const char *named = annotation_find(c->prepared.spec, ANNOTATION_PIDFD_RECEIVER);

	if (birth_send_pidfd(&c->birth, c->options->pidfd_socket, "standard", e) < 0)
		return -1;
	return birth_send_pidfd(&c->birth, named, "standard", e);
}

static const struct step create_steps[] = {
	{ "make the state directory", make_entry, remove_entry },
	{ "expect hooks", expect_hooks, end_hooks },
	{ "have systemd make the scope", scope_make, scope_undo },
	{ "make the cgroup", make_cgroup, remove_cgroup },
	{ "set the limits", set_limits, NULL },
	{ "take the class of cache and bandwidth", creation_make_rdt, creation_remove_rdt },
	{ "prepare init's descriptors", prepare_descriptors, drop_descriptors },
	{ "start init", start_init, end_init },
	{ "set up init from outside", set_up_init, NULL },
	{ "leave the scope to init", scope_leave, NULL },
	{ "move the network devices", creation_move_devices, creation_return_devices },
	{ "follow init", follow_init, NULL },
	{ "set how init is scheduled", schedule_init, NULL },
	{ "write the state", write_state, NULL },
	{ "write the pid file", write_pid_file, remove_pid_file },
	{ "send the pidfd", send_pidfd, NULL },
	{ "let init wait for start", creation_commit, NULL },
};

/* --- create ------------------------------------------------------------------------------------------------------- */

static const char *find_cgroup_path(const struct plan *plan)
{
	for (size_t i = 0; i < plan_count(plan); i++) {
		const struct op *op = plan_find_op(plan, i);
		if (op->kind == OP_CGROUP)
			return plan_get_text(plan, ((const struct op_cgroup *)plan_payload(plan, op))->path);
	}
	return "";
}

int life_create(struct creation *c, struct err *e)
{
	struct prepared *p = &c->prepared;

	c->created_fd = c->listen_fd = -1;
	c->container = (struct container){ .b = c->b, .id = c->id, .store.root_fd = -1, .entry.fd = -1, .pidfd = -1,
					 .notify.fd = -1 };
	birth_init(&c->birth);
	netdev_init(&c->netdev);
	if (store_check_id(c->id, e) < 0 || prepare_container(c->b, c->id, c->options, p, e) < 0 || prepare_accept(c->b, p, e) < 0)
		return -1;
	if (birth_check_terminal(p->spec->process, c->options->console_socket, !c->is_foreground, e) < 0)
		return -1;
	c->container.cgroup = (struct cgroup){ &c->b->facts, find_cgroup_path(&p->plan), &c->b->arena };
	c->birth.b = c->b;
	c->birth.plan = &p->plan;
	c->birth.request = &p->request;
	c->hooks = (struct hooks){ c->b, &p->request, p->plan, { p->file, p->text, p->length } };
	c->birth.hooks = &c->hooks;
	c->birth.config = c->hooks.config;
	c->birth.cgroup = c->container.cgroup.path[0] ? &c->container.cgroup : NULL;
	c->birth.preserve_fds = c->prepared.request.preserve_fds;
	c->birth.console_socket = c->options->console_socket;
	c->birth.has_size = p->spec->process->console_size != NULL;
	if (steps_run(create_steps, sizeof create_steps / sizeof *create_steps, c, e) == 0)
		return 0;
	life_creation_close(c);
	return -1;
}

void life_creation_close(struct creation *c)
{
	drop_fd(&c->created_fd);
	drop_fd(&c->listen_fd);
	birth_release(&c->birth);
	container_close(&c->container);
}
