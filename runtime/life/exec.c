/* exec: another process for a container that is there: a shorter plan for the same executor. */
#include "runtime/life/exec.h"
#include "runtime/life/scope.h"

#include "runtime/host/console.h"
#include "runtime/host/facts.h"
#include "runtime/host/messages.h"
#include "runtime/life/foreground.h"
#include "runtime/life/listener.h"
#include "runtime/life/memory.h"
#include "runtime/life/steps.h"
#include "spec/base/own.h"
#include "spec/check.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

enum { EXEC_MS = 120000, THAW_LOOK_MS = 50 };

struct execution {
	struct boxcar *b;
	const char *id;
	const struct exec_options *options;
	struct container container;
	struct exec_cgroups cgroups;
	struct cgroup inner_cgroup;
	struct spec *spec;
	struct spec_process *process;
	struct config_text config, text; /* the container's; the process's, when it came from a file */
	struct plan_exec_request request;
	struct problems problems;
	struct plan plan;
	struct birth birth;
	struct listener listener;
	struct foreground foreground;
};

/* --- which process ------------------------------------------------------------------------------------------------ */

static int read_spec(struct execution *x, struct err *e)
{
	struct config_text *c = &x->config;

	c->file = "config.json";
	if (store_read_config(&x->container.entry, &x->b->arena, &c->text, &c->length, e) < 0)
		return -1;
	x->spec = json_read(&record_spec, c->text, c->length, &x->problems);
	if (!x->spec || !x->spec->process)
		return err_set(e, "the container's kept configuration cannot be read");
	x->problems.count = x->problems.mistakes = 0; /* its warnings were told by create */
	if (!x->spec->linux)
		x->spec->linux = arena_alloc(&x->b->arena, sizeof *x->spec->linux);
	return 0;
}

/* A process of an engine's says what differs from the container's: all of a container's processes run under the same labels
 * and, as runc has it, the same scheduling. */
static void inherit(struct spec_process *process, const struct spec_process *from)
{
	if (!process->apparmor_profile)
		process->apparmor_profile = from->apparmor_profile;
	if (!process->selinux_label)
		process->selinux_label = from->selinux_label;
	if (!process->scheduler)
		process->scheduler = from->scheduler;
	if (!process->io_priority)
		process->io_priority = from->io_priority;
	if (!process->exec_cpu_affinity)
		process->exec_cpu_affinity = from->exec_cpu_affinity;
}

static int read_process_file(struct execution *x, struct err *e)
{
	struct config_text *t = &x->text;

	if (x->options->arg_count)
		return err_set(e, "both a command and --process FILE were given");
	t->file = x->options->process_file;
	if (json_load(AT_FDCWD, t->file, &x->b->arena, &t->text, &t->length, e) < 0)
		return -1;
	x->process = json_read(&record_process, t->text, t->length, &x->problems);
	if (x->process) {
		check_process(x->process, "", x->spec->linux, &x->problems);
		check_later(&record_process, x->process, "", &x->problems);
		inherit(x->process, x->spec->process);
	}
	x->request.process_root = &record_process;
	x->request.process_model = x->process;
	problems_place(&x->problems, t->text, t->length);
	return problems_err(&x->problems, t->file, e);
}

static int read_own_process(struct execution *x, struct err *e)
{
	if (x->options->arg_count < 1)
		return err_set(e, "no command to execute; give one after the id, or --process FILE");
	x->process = x->spec->process;
	x->request.process_root = &record_spec;
	x->request.process_model = x->spec;
	return 0;
}

/* Properties that this release does not carry out can come from options, too. */
static int make_process(struct execution *x, struct err *e)
{
	struct problems problems;

	x->process = exec_make_process(x->options, x->process, &x->b->arena, e);
	if (!x->process)
		return -1;
	/* what the plan says of a member is found in what options have changed */
	if (x->options->process_file)
		x->request.process_model = x->process;
	else
		x->spec->process = x->process;
	problems_init(&problems, &x->b->arena);
	check_later(&record_process, x->process, "", &problems);
	return problems_err(&problems, "the process of exec", e);
}

/* What an option has brought in is told by its name: it stands in no file. */
static int tell_problems(struct execution *x, struct err *e)
{
	const struct config_text *t = x->text.file ? &x->text : &x->config;

	for (size_t i = 0; i < x->problems.count; i++) {
		const struct problem *problem = &x->problems.at[i];
		const char *option = exec_find_option(x->options, problem->pointer);
		if (problem->is_warning) {
			log_warn(&x->b->log, "%s: %s", option ? option : problem->pointer, problem->message);
		} else if (option) {
			(void)err_set(e, "%s: %s", option, problem->message);
			return problem->advice ? err_hint(e, "%s", problem->advice) : -1;
		}
	}
	problems_place(&x->problems, t->text, t->length);
	return problems_err(&x->problems, t->file, e);
}

/* --- the steps ---------------------------------------------------------------------------------------------------- */

static int find_container(void *context, struct err *e)
{
	struct execution *x = context;

	if (container_find(x->b, x->id, -1, false, &x->container, e) < 0)
		return -1;
	if (x->container.status == STATUS_PAUSED && !x->options->ignores_paused)
		return err_set(e, "cannot exec in a paused container (use --ignore-paused to override)");
	if (x->container.pidfd < 0)
		return err_set(e, "cannot exec in a stopped container");
	return 0;
}

/* A process that joins a frozen v1 cgroup can be ended by nobody. Ours comes to be when the container is resumed, which for
 * whoever waits for it is the same. */
static int wait_for_resume(void *context, struct err *e)
{
	struct execution *x = context;
	struct pollfd end = { .fd = x->container.pidfd, .events = POLLIN };

	while (x->container.status == STATUS_PAUSED && cgroup_is_frozen(&x->container.cgroup))
		if (poll(&end, 1, THAW_LOOK_MS) > 0)
			return err_set(e, "cannot exec in a stopped container: it ended while it was paused");
	return 0;
}

static void close_container(void *context)
{
	container_close(&((struct execution *)context)->container);
}

static int decide(void *context, struct err *e)
{
	struct execution *x = context;
	const struct exec_options *o = x->options;

	problems_init(&x->problems, &x->b->arena);
	if (read_spec(x, e) < 0 || (o->process_file ? read_process_file(x, e) : read_own_process(x, e)) < 0)
		return -1;
	if (make_process(x, e) < 0 || exec_find_cgroups(o, &x->container.cgroup, &x->cgroups, e) < 0)
		return -1;
	bool has_labels = plan_has_labels(x->spec, x->process);
	unsigned more = (has_labels ? FACTS_LABELS : 0) | (x->spec->linux->intel_rdt ? FACTS_RESCTRL : 0);
	if (facts_probe(FACTS_PLAN | more, &x->b->arena, &x->b->facts, e) < 0)
		return -1;
	facts_look_at_groups(x->container.state->pid.value, &x->b->arena, &x->b->facts);
	bool has_cgroup = x->container.cgroup.path[0];
	if (has_cgroup)
		scope_find(&x->container, x->cgroups.whole.path, &x->birth);
	if (has_cgroup && !x->b->facts.must_be_attached)
		facts_look_at_cgroup(x->cgroups.whole.path, &x->b->arena, &x->b->facts);
	if (x->b->facts.closed_cgroup) {
		log_warn(&x->b->log, "the process stays outside of the container's cgroup %s: %s is not the user's to write",
			 x->cgroups.whole.path, x->b->facts.closed_cgroup);
		has_cgroup = false;
	}
	x->spec->linux->cgroups_path = has_cgroup ? x->cgroups.whole.path : NULL;
	x->request.container = (struct plan_request){ .spec = x->spec, .facts = &x->b->facts, .arena = &x->b->arena, .id = x->id,
						      .bundle = x->container.state->bundle,
						      .cgroups = has_cgroup ? PLAN_CGROUPFS : PLAN_NO_CGROUP,
						      .has_no_new_keyring = x->container.state->keeps_keyring.value };
	x->request.process = x->process;
	(void)plan_exec(&x->request, &x->problems, &x->plan);
	if (tell_problems(x, e) < 0)
		return -1;
	return birth_check_terminal(x->process, o->console_socket, o->is_detached, e);
}

static int prepare_descriptors(void *context, struct err *e)
{
	struct execution *x = context;

	x->birth.b = x->b;
	x->birth.plan = &x->plan;
	x->birth.request = &x->request.container;
	x->birth.cgroup = x->container.cgroup.path[0] && !x->b->facts.closed_cgroup ? &x->cgroups.whole : NULL;
	x->birth.more_cgroups = x->cgroups.more;
	x->birth.more_count = x->cgroups.count;
	if (!facts_can_clone_into(&x->b->facts) && !x->options->cgroups.count && exec_find_inner_cgroup(&x->container, &x->inner_cgroup))
		x->birth.inner_cgroup = &x->inner_cgroup;
	x->birth.preserve_fds = (unsigned)x->options->preserve_fds;
	x->birth.config = x->config;
	x->birth.exec = &x->request;
	x->birth.process_text = x->text;
	x->birth.container_pidfd = x->container.pidfd;
	x->birth.console_socket = x->options->console_socket;
	x->birth.has_size = x->process->console_size != NULL;
	if (birth_prepare(&x->birth, e) < 0)
		return -1;
	x->birth.slots.at[SLOT_FIRST] = fcntl(x->container.pidfd, F_DUPFD_CLOEXEC, 0);
	x->birth.slots.count = x->birth.slots.count > SLOT_FIRST ? x->birth.slots.count : SLOT_FIRST + 1;
	return x->birth.slots.at[SLOT_FIRST] < 0 ? err_sys(e, "copy a descriptor") : 0;
}

static void drop_descriptors(void *context)
{
	birth_release(&((struct execution *)context)->birth);
}

static int catch_signals(void *context, struct err *e)
{
	struct execution *x = context;

	return x->options->is_detached ? 0 : foreground_prepare(&x->foreground, e);
}

static void release_signals(void *context)
{
	foreground_restore(&((struct execution *)context)->foreground);
}

/* On v2 a cgroup that gives controllers to others takes no process: a container in which systemd has done that has moved itself
 * below, and there exec's process goes, too. */
static int start_init(void *context, struct err *e)
{
	struct execution *x = context;

	if (birth_start(&x->birth, e) == 0)
		return 0;
	if (e->number != EBUSY || x->options->cgroups.count || !exec_find_inner_cgroup(&x->container, &x->inner_cgroup))
		return -1;
	*e = ERR_NONE;
	x->birth.cgroup = &x->inner_cgroup;
	return birth_start(&x->birth, e);
}

static void end_init(void *context)
{
	birth_end(&((struct execution *)context)->birth);
}

static int set_up_init(void *context, struct err *e)
{
	return birth_set_up(&((struct execution *)context)->birth, e);
}

static int follow_init(void *context, struct err *e)
{
	return birth_follow(&((struct execution *)context)->birth, e);
}

static int schedule_init(void *context, struct err *e)
{
	return birth_schedule(&((struct execution *)context)->birth, e);
}

static int connect_listener(void *context, struct err *e)
{
	struct execution *x = context;

	x->listener = (struct listener){ .request = &x->request.container, .config = &x->config,
					 .status = status_word(x->container.status), .init = x->container.state->pid.value };
	return listener_connect(&x->listener, e);
}

static void close_listener(void *context)
{
	listener_close(&((struct execution *)context)->listener);
}

static int take_message(struct execution *x, const struct message *m, int fd, struct err *e)
{
	own_fd page_fd = fd;

	if (m->kind != MESSAGE_LISTENER)
		return birth_explain_failure(&x->birth, m, e);
	return listener_hand_over(&x->listener, page_fd, x->birth.process.channel, x->birth.process.pidfd, x->birth.process.pid, e);
}

/* The channel is close-on-exec: its end tells that the payload runs. */
static int let_exec(void *context, struct err *e)
{
	struct execution *x = context;
	struct message m;
	int fd;

	if (birth_commit(&x->birth, e) < 0)
		return -1;
	for (;;) {
		switch (message_receive(x->birth.process.channel, EXEC_MS, &m, &fd, e)) {
		case MESSAGE_END:
			return 0;
		case MESSAGE_ARRIVED:
			if (take_message(x, &m, fd, e) < 0)
				return -1;
			break;
		case MESSAGE_RESET:
			return birth_explain_death(&x->birth, e);
		case MESSAGE_TIMEOUT:
			return err_set(e, "init did not become the payload within %d s", EXEC_MS / 1000);
		default:
			return -1;
		}
	}
}

static int write_pid_file(void *context, struct err *e)
{
	struct execution *x = context;

	return x->options->pid_file ? pid_file_write(x->options->pid_file, x->birth.process.pid, e) : 0;
}

static int send_pidfd(void *context, struct err *e)
{
	struct execution *x = context;

	return birth_send_pidfd(&x->birth, x->options->pidfd_socket, "setns", e);
}

static const struct step exec_steps[] = {
	{ "find the container", find_container, close_container },
	{ "wait until it is resumed", wait_for_resume, NULL },
	{ "decide", decide, NULL },
	{ "connect to the seccomp listener", connect_listener, close_listener },
	{ "catch signals", catch_signals, release_signals },
	{ "prepare init's descriptors", prepare_descriptors, drop_descriptors },
	{ "start init", start_init, end_init },
	{ "set up init from outside", set_up_init, NULL },
	{ "follow init", follow_init, NULL },
	{ "set how init is scheduled", schedule_init, NULL },
	{ "send the pidfd", send_pidfd, NULL },
	{ "let init become the payload", let_exec, NULL },
	{ "write the pid file", write_pid_file, NULL },
};

int life_exec(struct boxcar *b, const char *id, const struct exec_options *options, int *exit_code, struct err *e)
{
	struct execution x = { .b = b, .id = id, .options = options };

	birth_init(&x.birth);
	foreground_init(&x.foreground);
	if (steps_run(exec_steps, sizeof exec_steps / sizeof *exec_steps, &x, e) < 0) {
		e->exit_code = 255; /* engines tell an exec that failed from a command that did */
		return -1;
	}
	int result = 0;
	*exit_code = 0;
	listener_close(&x.listener);
	if (!options->is_detached)
		result = foreground_wait(&x.foreground, &x.birth.process, x.birth.master_fd, exit_code, e);
	if (result == 0 && *exit_code == 128 + SIGKILL)
		memory_warn(&x.container.cgroup, id, &b->log);
	foreground_restore(&x.foreground);
	birth_release(&x.birth);
	container_close(&x.container);
	return result;
}
