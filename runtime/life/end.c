/* start, kill and delete: the middle and the end of a container's life. */
#include "runtime/life/container.h"

#include "runtime/host/messages.h"
#include "runtime/life/listener.h"
#include "runtime/life/scope.h"
#include "runtime/life/steps.h"
#include "spec/base/own.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { START_MS = 120000, END_MS = 10000, LOCK_WAIT_MS = 10000, DEATH_MS = 1000 };

/* --- start -------------------------------------------------------------------------------------------------------- */

/* Init watches the hooks inside, and init's end is seen. */
static int find_patience(const struct hooks *hooks)
{
	const struct spec_hooks *all = hooks->request->spec->hooks;

	return all && all->start_container.count ? -1 : START_MS;
}

struct starting {
	const struct container *c;
	const struct hooks *hooks;
	struct listener listener;
	int connection, pidfd;
	bool must_end; /* half of it has happened */
};

static int take_message(struct starting *s, const struct message *m, int fd, struct err *e)
{
	own_fd passed_fd = fd;

	s->must_end = m->hook || m->kind == MESSAGE_LISTENER;
	if (m->kind == MESSAGE_LISTENER)
		return listener_hand_over(&s->listener, passed_fd, s->connection, s->pidfd, s->listener.init, e);
	return m->hook ? hooks_explain_inside(s->hooks, HOOK_START_CONTAINER, m, passed_fd, e) : container_explain_failure(s->c, m, e);
}

static int wait_for_exec(struct starting *s, struct err *e)
{
	struct message m;
	int fd;

	for (;;) {
		switch (message_receive(s->connection, find_patience(s->hooks), &m, &fd, e)) {
		case MESSAGE_END: /* the payload's exec has closed it */
			return 0;
		case MESSAGE_ARRIVED:
			if (take_message(s, &m, fd, e) < 0)
				return -1;
			break;
		case MESSAGE_RESET:
			return err_set(e, "init died before it could become the payload");
		case MESSAGE_TIMEOUT:
			return err_set(e, "init did not become the payload within %d s", START_MS / 1000);
		default:
			return -1;
		}
	}
}

static int start(struct starting *s, struct err *e)
{
	own_fd connection = store_connect_start(&s->c->entry, e);

	if (connection < 0)
		return -1;
	s->connection = connection;
	if (message_send(connection, MESSAGE_START, 0, e) < 0 || wait_for_exec(s, e) < 0)
		return -1;
	s->must_end = hooks_run(s->hooks, HOOK_POSTSTART, s->listener.init, e) < 0;
	return s->must_end ? -1 : 0;
}

int container_start(struct container *c, const struct hooks *hooks, int64_t pid, int pidfd, bool *must_end, struct err *e)
{
	struct starting s = { .c = c, .hooks = hooks, .pidfd = pidfd,
			      .listener = { .request = hooks->request, .config = &hooks->config, .status = status_word(STATUS_CREATED), .init = pid } };
	int result = listener_connect(&s.listener, e);

	if (result == 0)
		result = notify_open(&c->notify, c->entry.fd, c->b->notify_socket, (pid_t)pid, e);
	if (result == 0)
		result = start(&s, e);
	listener_close(&s.listener);
	*must_end = s.must_end;
	return result;
}

/* --- kill --------------------------------------------------------------------------------------------------------- */

/* Frozen by v1, a killed process dies when it is thawed; v2 lets it die as it is, also where only the parent is frozen. */
static int let_die(const struct container *c, struct err *e)
{
	struct pollfd ended = { .fd = c->pidfd, .events = POLLIN };

	if (cgroup_freeze(&c->cgroup, false, e) == 0)
		return 0;
	if (poll(&ended, 1, DEATH_MS) <= 0)
		return -1;
	*e = ERR_NONE;
	return 0;
}

int life_kill(struct container *c, int signal, bool is_for_all, struct err *e)
{
	if (is_for_all && c->cgroup.path[0] && !container_find_stranger(c))
		return cgroup_kill(&c->cgroup, signal, e);
	if (c->pidfd < 0 && is_for_all) /* none is left that would be known to be its */
		return 0;
	if (c->pidfd < 0) {
		(void)err_set(e, "container not running");
		e->number = ESRCH;
		return -1;
	}
	if (syscall(SYS_pidfd_send_signal, c->pidfd, signal, NULL, 0) < 0)
		return errno == ESRCH ? err_set(e, "container not running") : err_sys(e, "send signal %d to process %d", signal,
											 (int)c->state->pid.value);
	return signal == SIGKILL && c->status == STATUS_PAUSED && c->cgroup.path[0] ? let_die(c, e) : 0;
}

/* --- delete ------------------------------------------------------------------------------------------------------- */

struct deletion {
	struct container *c;
	const struct hooks *hooks; /* NULL: not known (yet) */
	struct hooks kept;
	bool has_strangers;        /* in the cgroup */
};

static int read_kept_hooks(const struct container *c, struct hooks *out, struct err *e)
{
	const char *text;
	size_t length;

	if (store_read_config(&c->entry, &c->b->arena, &text, &length, e) < 0)
		return -1;
	return hooks_read(c->b, c->id, c->state ? c->state->bundle : NULL, text, length, out, e);
}

/* Nothing keeps a container from being deleted. One that died before its configuration was kept has run no hook. */
static int find_hooks(void *context, struct err *e)
{
	struct deletion *d = context;

	(void)e;
	struct err failed = ERR_NONE;
	if (!d->hooks && read_kept_hooks(d->c, &d->kept, &failed) == 0)
		d->hooks = &d->kept;
	if (!d->hooks && (failed.number != ENOENT || d->c->state))
		log_warn(&d->c->b->log, "whether there are poststop hooks is not known: %s", failed.text);
	return 0;
}

static int run_hooks(void *context, struct err *e)
{
	struct deletion *d = context;

	(void)e;
	if (d->hooks)
		hooks_run_poststop(d->hooks);
	return 0;
}

static int find_strangers(void *context, struct err *e)
{
	struct deletion *d = context;
	pid_t stranger = d->hooks ? 0 : container_find_stranger(d->c); /* hooks that are known: ours has only just ended */

	(void)e;
	d->has_strangers = stranger > 0;
	if (d->has_strangers)
		log_warn(&d->c->b->log, "cgroup %s stays as it is: process %d of another container is in it", d->c->cgroup.path, (int)stranger);
	return 0;
}

/* A process in a pid namespace that ends takes the others with it; the cgroup has those that share one. */
static int kill_processes(void *context, struct err *e)
{
	struct deletion *d = context;
	struct pollfd ended = { .fd = d->c->pidfd, .events = POLLIN };

	if (d->c->pidfd >= 0)
		(void)syscall(SYS_pidfd_send_signal, d->c->pidfd, SIGKILL, NULL, 0); /* gone already is as good */
	if (d->c->cgroup.path[0] && !d->has_strangers && cgroup_kill(&d->c->cgroup, SIGKILL, e) < 0)
		return -1;
	if (d->c->pidfd < 0 || poll(&ended, 1, END_MS) != 0)
		return 0;
	int pid = (int)d->c->state->pid.value;
	if (d->c->cgroup.path[0] && cgroup_freeze(&d->c->cgroup, false, e) < 0)
		return err_add(e, "process %d was killed but does not end", pid);
	return err_set(e, "process %d was killed but does not end; it may hang in the kernel (state D)", pid);
}

static int remove_cgroup(void *context, struct err *e)
{
	struct deletion *d = context;

	if (!d->c->cgroup.path[0] || d->has_strangers)
		return 0;
	scope_await_end(d->c);
	return cgroup_remove(&d->c->cgroup, END_MS, e);
}

static int remove_scope(void *context, struct err *e)
{
	struct deletion *d = context;

	return d->has_strangers ? 0 : scope_remove(d->c, e);
}

static int remove_rdt(void *context, struct err *e)
{
	struct deletion *d = context;

	return container_remove_rdt(d->c, e);
}

static int remove_entry(void *context, struct err *e)
{
	struct deletion *d = context;

	return store_remove(&d->c->store, &d->c->entry, e);
}

static const struct step delete_steps[] = {
	{ "see whose processes there are", find_strangers, NULL },
	{ "find the poststop hooks", find_hooks, NULL },
	{ "kill what lives", kill_processes, NULL },
	{ "remove the cgroup", remove_cgroup, NULL },
	{ "have systemd end the scope", remove_scope, NULL },
	{ "remove the group of resctrl", remove_rdt, NULL },
	{ "run the poststop hooks", run_hooks, NULL },
	{ "remove the state directory", remove_entry, NULL },
};

static int destroy(struct container *c, const struct hooks *known, struct err *e)
{
	struct deletion d = { .c = c, .hooks = known };

	return steps_run(delete_steps, sizeof delete_steps / sizeof *delete_steps, &d, e);
}

static int check_deletable(const struct container *c, bool is_forced, struct err *e)
{
	if (is_forced || c->status == STATUS_STOPPED || c->status == STATUS_CREATED)
		return 0;
	(void)err_set(e, "cannot delete container %s that is not stopped: %s", c->id, status_word(c->status));
	return err_hint(e, "stop it first, or use --force");
}

/* Whoever holds the lock may be waiting for what the container does: it is killed before the lock is waited for. */
static void kill_before_lock(struct boxcar *b, const char *id)
{
	struct container c;
	struct err ignored = ERR_NONE;

	if (container_find(b, id, -1, true, &c, &ignored) < 0)
		return;
	if (c.status != STATUS_STOPPED)
		(void)kill_processes(&(struct deletion){ .c = &c }, &ignored);
	container_close(&c);
}

int life_delete(struct boxcar *b, const char *id, bool is_forced, const struct hooks *known, struct err *e)
{
	struct container c;

	if (container_find(b, id, is_forced ? 0 : LOCK_WAIT_MS, is_forced, &c, e) < 0) {
		if (!is_forced || e->number != EWOULDBLOCK)
			return -1;
		*e = ERR_NONE;
		kill_before_lock(b, id);
		if (container_find(b, id, LOCK_WAIT_MS, true, &c, e) < 0)
			return -1;
	}
	int result = check_deletable(&c, is_forced, e);
	if (result == 0)
		result = destroy(&c, known, e);
	container_close(&c);
	return result;
}

/* --- start, and the end that a hook may make of it ---------------------------------------------------------------- */

int life_start(struct container *c, struct err *e)
{
	struct err second = ERR_NONE;
	struct hooks hooks;
	bool must_end;

	if (c->status == STATUS_STOPPED)
		return err_set(e, "cannot start a container that has stopped");
	if (c->status == STATUS_PAUSED) {
		(void)err_set(e, "cannot start a paused container");
		return err_hint(e, "resume it first");
	}
	if (c->status != STATUS_CREATED)
		return err_set(e, "cannot start an already running container");
	if (read_kept_hooks(c, &hooks, e) < 0)
		return -1;
	int result = container_start(c, &hooks, c->state->pid.value, c->pidfd, &must_end, e);
	if (must_end && destroy(c, &hooks, &second) < 0)
		log_warn(&c->b->log, "the container could not be destroyed: %s", second.text);
	return result < 0 ? -1 : notify_wait(&c->notify, c->pidfd, e);
}
