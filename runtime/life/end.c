/* start, kill and delete: the middle and the end of a container's life. */
#include "runtime/life/container.h"

#include "runtime/host/messages.h"
#include "runtime/life/steps.h"
#include "spec/base/own.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { START_MS = 120000, END_MS = 10000, LOCK_WAIT_MS = 10000 };

/* --- start -------------------------------------------------------------------------------------------------------- */

static int wait_for_exec(const struct container *c, int connection, struct err *e)
{
	struct message m;
	int fd;

	switch (message_receive(connection, START_MS, &m, &fd, e)) {
	case MESSAGE_END: /* the payload's exec has closed it */
		return 0;
	case MESSAGE_ARRIVED:
		drop_fd(&fd);
		return container_explain_failure(c, &m, e);
	case MESSAGE_RESET:
		return err_set(e, "init died before it could become the payload");
	case MESSAGE_TIMEOUT:
		return err_set(e, "init did not become the payload within %d s", START_MS / 1000);
	default:
		return -1;
	}
}

int life_start(struct container *c, struct err *e)
{
	if (c->status == STATUS_STOPPED)
		return err_set(e, "cannot start a container that has stopped");
	if (c->status != STATUS_CREATED)
		return err_set(e, "cannot start an already running container");
	own_fd connection = store_connect_start(&c->entry, e);
	if (connection < 0)
		return -1;
	if (message_send(connection, MESSAGE_START, 0, e) < 0)
		return -1;
	return wait_for_exec(c, connection, e);
}

/* --- kill --------------------------------------------------------------------------------------------------------- */

int life_kill(struct container *c, int signal, bool is_for_all, struct err *e)
{
	if (is_for_all && c->cgroup.path[0])
		return cgroup_kill(&c->cgroup, signal, e);
	if (c->pidfd < 0) {
		(void)err_set(e, "container not running");
		e->number = ESRCH;
		return -1;
	}
	if (syscall(SYS_pidfd_send_signal, c->pidfd, signal, NULL, 0) < 0)
		return errno == ESRCH ? err_set(e, "container not running") : err_sys(e, "send signal %d to process %d", signal,
											 (int)c->state->pid.value);
	return 0;
}

/* --- delete ------------------------------------------------------------------------------------------------------- */

struct deletion {
	struct container c;
	bool is_forced;
};

/* A process in a pid namespace that ends takes the others with it; the cgroup has those that share one. */
static int kill_processes(void *context, struct err *e)
{
	struct deletion *d = context;
	struct pollfd ended = { .fd = d->c.pidfd, .events = POLLIN };

	if (d->c.pidfd >= 0)
		(void)syscall(SYS_pidfd_send_signal, d->c.pidfd, SIGKILL, NULL, 0); /* gone already is as good */
	if (d->c.cgroup.path[0] && cgroup_kill(&d->c.cgroup, SIGKILL, e) < 0)
		return -1;
	if (d->c.pidfd >= 0 && poll(&ended, 1, END_MS) == 0)
		return err_set(e, "process %d was killed but does not end; it may hang in the kernel (state D)",
			       (int)d->c.state->pid.value);
	return 0;
}

static int remove_cgroup(void *context, struct err *e)
{
	struct deletion *d = context;

	return d->c.cgroup.path[0] ? cgroup_remove(&d->c.cgroup, END_MS, e) : 0;
}

static int remove_entry(void *context, struct err *e)
{
	struct deletion *d = context;

	return store_remove(&d->c.store, &d->c.entry, e);
}

static const struct step delete_steps[] = {
	{ "kill what lives", kill_processes, NULL },
	{ "remove the cgroup", remove_cgroup, NULL },
	{ "remove the state directory", remove_entry, NULL },
};

static int check_deletable(const struct deletion *d, struct err *e)
{
	if (d->is_forced || d->c.status == STATUS_STOPPED || d->c.status == STATUS_CREATED)
		return 0;
	(void)err_set(e, "cannot delete container %s that is not stopped: %s", d->c.id, status_word(d->c.status));
	return err_hint(e, "stop it first, or use --force");
}

/* Whoever holds the lock may be waiting for what the container does: it is killed before the lock is waited for. */
static void kill_before_lock(struct boxcar *b, const char *id)
{
	struct deletion d = { .is_forced = true };
	struct err ignored = ERR_NONE;

	if (container_find(b, id, -1, true, &d.c, &ignored) < 0)
		return;
	if (d.c.status != STATUS_STOPPED)
		(void)kill_processes(&d, &ignored);
	container_close(&d.c);
}

int life_delete(struct boxcar *b, const char *id, bool is_forced, struct err *e)
{
	struct deletion d = { .is_forced = is_forced };

	if (container_find(b, id, is_forced ? 0 : LOCK_WAIT_MS, is_forced, &d.c, e) < 0) {
		if (!is_forced || e->number != EWOULDBLOCK)
			return -1;
		*e = ERR_NONE;
		kill_before_lock(b, id);
		if (container_find(b, id, LOCK_WAIT_MS, true, &d.c, e) < 0)
			return -1;
	}
	int result = check_deletable(&d, e);
	if (result == 0)
		result = steps_run(delete_steps, sizeof delete_steps / sizeof *delete_steps, &d, e);
	container_close(&d.c);
	return result;
}
