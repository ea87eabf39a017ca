/* How a process of a container comes to be, seen from outside: the same for create, run and exec. */
#include "runtime/life/container.h"
#include "runtime/life/scope.h"

#include "runtime/host/console.h"
#include "runtime/host/handover.h"
#include "runtime/host/idmap.h"
#include "runtime/host/messages.h"
#include "runtime/host/rdt.h"
#include "runtime/host/schedule.h"
#include "runtime/host/seccomp.h"
#include "spec/base/own.h"

#include <errno.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>

enum { FOLLOW_MS = 120000 };

void birth_init(struct birth *birth)
{
	birth->process = (struct process){ .pidfd = -1, .channel = -1 };
	birth->master_fd = -1;
	birth->container_pidfd = -1;
	birth->slots.count = SLOT_FIRST;
	for (size_t i = 0; i < PROCESS_MAX_SLOTS; i++)
		birth->slots.at[i] = -1;
}

int birth_check_terminal(const struct spec_process *process, const char *console_socket, bool is_detached, struct err *e)
{
	bool has_terminal = process->terminal.is_set && process->terminal.value;

	if (!has_terminal && console_socket) {
		(void)err_set(e, "a console socket was given, but the process has no terminal");
		return err_hint(e, "set /process/terminal to true, or leave --console-socket out");
	}
	if (has_terminal && is_detached && !console_socket) {
		(void)err_set(e, "the process has a terminal, and without a console socket nobody takes it");
		return err_hint(e, "give --console-socket, or run in the foreground");
	}
	return 0;
}

/* --- descriptors -------------------------------------------------------------------------------------------------- */

int birth_prepare(struct birth *birth, struct err *e)
{
	const struct op *failed = NULL;

	birth->slots.at[SLOT_PLAN] = process_seal_plan(birth->plan, e);
	if (birth->slots.at[SLOT_PLAN] < 0)
		return -1;
	if (process_open_slots(birth->plan, &birth->slots, &failed, e) < 0)
		return birth_place_error(birth, failed, e);
	return seccomp_compile(birth->plan, &birth->b->log, &birth->slots.at[SLOT_FILTER], e);
}

static int take_first_cpus(const struct birth *birth, struct schedule_cpus *before, struct err *e)
{
	for (size_t i = 0; i < plan_count(birth->plan); i++) {
		const struct op *op = plan_find_op(birth->plan, i);
		if (op->kind == OP_FIRST_CPUS && schedule_take_cpus(birth->plan, plan_payload(birth->plan, op), before, e) < 0)
			return birth_place_error(birth, op, e);
	}
	return 0;
}

int birth_start(struct birth *birth, struct err *e)
{
	bool is_born_there = birth->cgroup && facts_can_clone_into(&birth->b->facts);
	struct schedule_cpus before = { 0 };
	const struct op *failed = NULL;
	own_fd cgroup_fd = -1;

	if (is_born_there) {
		cgroup_fd = cgroup_open(birth->cgroup, e);
		if (cgroup_fd < 0)
			return -1;
	}
	if (take_first_cpus(birth, &before, e) < 0)
		return -1;
	int result = process_start(birth->plan, &birth->slots, birth->preserve_fds, cgroup_fd, birth->container_pidfd,
				   &birth->process, &failed, e);
	schedule_give_back_cpus(&before);
	if (result == 0)
		process_close_slots(&birth->slots); /* init has its own: what only it holds tells of its end */
	if (result < 0 && !e->number) /* no call has failed: somebody died */
		birth_suspect_memory(birth, e);
	return failed ? birth_place_error(birth, failed, e) : result;
}

/* --- what is set from outside ------------------------------------------------------------------------------------- */

static int enter_cgroup(const struct birth *birth, pid_t pid, struct err *e)
{
	if (cgroup_enter(birth->cgroup, pid, e) == 0)
		return 0;
	if (e->number != EBUSY || !birth->inner_cgroup)
		return -1;
	*e = ERR_NONE;
	return cgroup_enter_apart(birth->cgroup, birth->inner_cgroup, pid, e);
}

static int set_up_op(struct birth *birth, const struct op *op, struct err *e)
{
	const void *payload = plan_payload(birth->plan, op);
	const struct op_gid_map *groups = payload;
	const struct op_uid_map *users = payload;
	const struct op_oom_score *score = payload;
	const struct op_enter_rdt *rdt = payload;
	const struct op_delegate *delegate = payload;
	pid_t pid = birth->process.pid;

	switch (op->kind) {
	case OP_GID_MAP:
		return idmap_set_groups(pid, plan_get_text(birth->plan, groups->lines), groups->by == MAPPER_HELPER,
					groups->setgroups == SETGROUPS_DENY, &birth->b->arena, e);
	case OP_UID_MAP:
		if (idmap_set_users(pid, plan_get_text(birth->plan, users->lines), users->by == MAPPER_HELPER, &birth->b->arena, e) < 0)
			return -1;
		return message_send(birth->process.channel, MESSAGE_GO, AWAIT_MAPS, e);
	case OP_OOM_SCORE:
		return process_set_oom_score(pid, plan_get_text(birth->plan, score->value), e);
	case OP_ENTER_CGROUP:
		if ((birth->b->facts.must_be_attached ? scope_attach(birth, e) : enter_cgroup(birth, pid, e)) < 0)
			return -1;
		for (size_t i = 0; i < birth->more_count; i++)
			if (cgroup_enter_some(birth->cgroup, &birth->more_cgroups[i], pid, e) < 0)
				return -1;
		return message_send(birth->process.channel, MESSAGE_GO, AWAIT_CGROUP, e);
	case OP_DELEGATE:
		if (cgroup_delegate(birth->cgroup, plan_get_text(birth->plan, delegate->path), (uid_t)delegate->uid, pid, e) < 0)
			return -1;
		return message_send(birth->process.channel, MESSAGE_GO, AWAIT_CGROUP, e);
	case OP_ENTER_RDT:
		return rdt_enter(plan_get_text(birth->plan, rdt->path), plan_get_text(birth->plan, rdt->monitor), pid,
				 &birth->b->arena, e);
	case OP_CPUS:
		return schedule_set_cpus(birth->plan, payload, pid, e);
	default:
		return 0;
	}
}

int birth_set_up(struct birth *birth, struct err *e)
{
	for (size_t i = 0; i < plan_count(birth->plan); i++) {
		const struct op *op = plan_find_op(birth->plan, i);
		if (plan_kind_side(op->kind) == PLAN_OUTSIDE && set_up_op(birth, op, e) < 0) {
			if (e->number == EPIPE) /* init told before it left */
				return birth_follow(birth, e);
			return birth_place_error(birth, op, e);
		}
	}
	return 0;
}

static int schedule_op(struct birth *birth, const struct op *op, struct err *e)
{
	const void *payload = plan_payload(birth->plan, op);
	pid_t pid = birth->process.pid;

	switch (op->kind) {
	case OP_SCHEDULER:
		return schedule_set(payload, pid, e);
	case OP_IO_PRIORITY:
		return schedule_set_io(payload, pid, e);
	default:
		return 0;
	}
}

int birth_schedule(struct birth *birth, struct err *e)
{
	for (size_t i = 0; i < plan_count(birth->plan); i++) {
		const struct op *op = plan_find_op(birth->plan, i);
		if (schedule_op(birth, op, e) < 0)
			return birth_place_error(birth, op, e);
	}
	return 0;
}

/* --- init's messages ---------------------------------------------------------------------------------------------- */

static int take_terminal(struct birth *birth, int master, struct err *e)
{
	if (!birth->console_socket) {
		birth->master_fd = master;
		if (!birth->has_size)
			console_copy_size(master);
		return 0;
	}
	int result = console_send(birth->console_socket, master, e);
	drop_fd(&master);
	return result;
}

/* The last fork into a joined pid namespace took over: the first init has ended, its successor is our child too. */
static int take_successor(struct birth *birth, pid_t pid, struct err *e)
{
	int pidfd = (int)syscall(SYS_pidfd_open, pid, 0);

	if (pidfd < 0)
		return err_sys(e, "pidfd_open for init's successor");
	while (waitpid(birth->process.pid, NULL, 0) < 0 && errno == EINTR)
		continue;
	drop_fd(&birth->process.pidfd);
	birth->process.pid = pid;
	birth->process.pidfd = pidfd;
	return 0;
}

static int run_hooks(struct birth *birth, struct err *e)
{
	pid_t pid = birth->process.pid;

	if (!birth->hooks)
		return err_set(e, "init waits for hooks that there are not");
	birth->has_run_hooks = true;
	if (hooks_run(birth->hooks, HOOK_PRESTART, pid, e) < 0 || hooks_run(birth->hooks, HOOK_CREATE_RUNTIME, pid, e) < 0)
		return -1;
	if (message_send(birth->process.channel, MESSAGE_GO, AWAIT_HOOKS, e) == 0)
		return 0;
	if (e->number != EPIPE)
		return -1;
	*e = ERR_NONE; /* init is gone: what it said before, or its end, tells why */
	return 0;
}

static int take_failure(struct birth *birth, const struct message *m, int tail_fd, struct err *e)
{
	const struct op *op = plan_find_op(birth->plan, m->op);

	for (size_t i = 0; op && i <= m->op; i++)
		birth->has_run_hooks |= plan_find_op(birth->plan, i)->kind == OP_HOOK_INSIDE;
	if (!m->hook || !birth->hooks || !op || op->kind != OP_HOOK_INSIDE)
		return birth_explain_failure(birth, m, e);
	const struct op_hook_inside *hook = plan_payload(birth->plan, op);
	return hooks_explain_inside(birth->hooks, (enum plan_hook)hook->when, m, tail_fd, e);
}

static int take_message(struct birth *birth, const struct message *m, int fd, struct err *e)
{
	int result;

	switch (m->kind) {
	case MESSAGE_CONSOLE:
		return take_terminal(birth, fd, e);
	case MESSAGE_CHILD:
		drop_fd(&fd);
		return take_successor(birth, (pid_t)m->number, e);
	case MESSAGE_FAILED:
		result = take_failure(birth, m, fd, e);
		drop_fd(&fd);
		return result;
	case MESSAGE_HOOKS_DUE:
		drop_fd(&fd);
		return run_hooks(birth, e);
	default:
		drop_fd(&fd);
		return err_set(e, "init sent message %u, which it should not", m->kind);
	}
}

/* A hook inside takes as long as it takes, or is allowed to: init watches it, and init's end is seen. */
static int find_patience(const struct birth *birth)
{
	for (size_t i = 0; i < plan_count(birth->plan); i++)
		if (plan_find_op(birth->plan, i)->kind == OP_HOOK_INSIDE)
			return -1;
	return FOLLOW_MS;
}

int birth_follow(struct birth *birth, struct err *e)
{
	int patience = find_patience(birth);

	for (;;) {
		struct message m;
		int fd;

		switch (message_receive(birth->process.channel, patience, &m, &fd, e)) {
		case MESSAGE_ARRIVED:
			if (m.kind == MESSAGE_READY) {
				birth->has_run_hooks = true;
				return 0;
			}
			if (take_message(birth, &m, fd, e) < 0)
				return -1;
			break;
		case MESSAGE_END:
		case MESSAGE_RESET:
			return birth_explain_death(birth, e);
		case MESSAGE_TIMEOUT:
			return err_set(e, "init was not ready after %d s", FOLLOW_MS / 1000);
		case MESSAGE_ERROR:
			return -1;
		}
	}
}

int birth_send_pidfd(const struct birth *birth, const char *socket, const char *kind, struct err *e)
{
	own_fd fd = socket ? handover_connect(socket, e) : -1;

	if (!socket)
		return 0;
	if (fd < 0)
		return err_add(e, "hand the pidfd to its socket");
	if (handover_send(fd, kind, strlen(kind), birth->process.pidfd, e) < 0)
		return err_add(e, "hand the pidfd to the socket %s", socket);
	return 0;
}

int birth_commit(struct birth *birth, struct err *e)
{
	return message_send(birth->process.channel, MESSAGE_COMMIT, 0, e);
}

void birth_release(struct birth *birth)
{
	process_close_slots(&birth->slots);
	drop_fd(&birth->process.channel);
	drop_fd(&birth->process.pidfd);
	drop_fd(&birth->master_fd);
}

void birth_end(struct birth *birth)
{
	process_end(&birth->process);
	birth_release(birth);
}
