/* run: create, start and, in the foreground, the wait and the delete. */
#include "runtime/life/container.h"

#include "runtime/host/messages.h"
#include "runtime/life/foreground.h"
#include "runtime/life/memory.h"
#include "runtime/life/steps.h"
#include "spec/base/own.h"

#include <sys/prctl.h>
#include <unistd.h>

struct running {
	struct creation creation;
	const struct run_options *options;
	struct foreground foreground;
};

static int catch_signals(void *context, struct err *e)
{
	struct running *r = context;

	if (r->options->is_detached)
		return 0;
	/* what the container leaves behind comes to us, and not to whoever started us */
	if (!r->options->has_no_subreaper && prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) < 0)
		return err_sys(e, "become the subreaper");
	return foreground_prepare(&r->foreground, e);
}

static void release_signals(void *context)
{
	foreground_restore(&((struct running *)context)->foreground);
}

static int create(void *context, struct err *e)
{
	return life_create(&((struct running *)context)->creation, e);
}

static void delete(void *context)
{
	struct running *r = context;
	struct err ignored = ERR_NONE;
	struct creation *c = &r->creation;

	birth_end(&c->birth);
	life_creation_close(c);
	(void)life_delete(c->b, c->id, true, &c->hooks, &ignored); /* the first error is the one to tell */
	if (c->options->pid_file)
		(void)unlink(c->options->pid_file); /* create has written it; who reads it would wait for a process that never was */
}

static int start(void *context, struct err *e)
{
	struct running *r = context;

	struct creation *c = &r->creation;
	bool must_end; /* it is, as any start that fails here */

	c->container.status = STATUS_CREATED;
	return container_start(&c->container, &c->hooks, c->birth.process.pid, c->birth.process.pidfd, &must_end, e);
}

static const struct step run_steps[] = {
	{ "catch signals", catch_signals, release_signals },
	{ "create", create, delete },
	{ "start", start, NULL },
};

int life_run(struct boxcar *b, const char *id, const struct container_options *options, const struct run_options *run,
	     int *exit_code, struct err *e)
{
	struct running r = { .creation = { .b = b, .id = id, .options = options, .is_foreground = !run->is_detached },
			     .options = run };
	struct creation *c = &r.creation;
	struct err ignored = ERR_NONE;

	foreground_init(&r.foreground);
	if (steps_run(run_steps, sizeof run_steps / sizeof *run_steps, &r, e) < 0)
		return -1;
	*exit_code = 0;
	if (run->is_detached) {
		int ready = notify_wait(&c->container.notify, c->birth.process.pidfd, e);
		life_creation_close(c);
		return ready;
	}
	r.foreground.console.notify = &c->container.notify;
	store_entry_close(&c->container.entry); /* others may work on it while it runs */
	int result = foreground_wait(&r.foreground, &c->birth.process, c->birth.master_fd, exit_code, e);
	memory_warn(&c->container.cgroup, id, &b->log);
	life_creation_close(c);
	if (!run->has_keep && life_delete(b, id, true, &c->hooks, result < 0 ? &ignored : e) < 0)
		return -1;
	return result;
}
