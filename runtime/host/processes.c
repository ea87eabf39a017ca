/* Clones: who starts whom, with which descriptors. */
#include "runtime/host/processes.h"

#include "runtime/host/clone.h"
#include "runtime/host/messages.h"
#include "runtime/host/sealed.h"
#include "spec/base/own.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/sched.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>

enum { STACK_SIZE = 64 << 10, HEAR_MS = 60000 };

extern const char boxcar_init_image[], boxcar_init_image_end[];

int process_seal_plan(const struct plan *plan, struct err *e)
{
	return sealed_make("boxcar-plan", 0, plan->base, plan->size, e);
}

/* --- init, between its clone and its exec ------------------------------------------------------------------------- */

struct start {
	const struct plan *plan;
	const struct op_clone *clone;
	struct process_slots *slots;
	unsigned base;         /* slot N becomes descriptor base + N */
	int image_fd;          /* boxcar-init */
	int cgroup_fd;
	int container_pidfd;   /* exec: where the joiner goes; else -1 */
	int channel;           /* our end */
	int report_fd;         /* the joiner tells pid or failure here; its exec closes it */
	const struct op *offsets; /* TIME_OFFSETS; NULL: none */
	int proc_fd;           /* the joiner's /proc/self, opened before it joins other mounts */
	bool is_placed;        /* the slots have their numbers already */
	bool is_by_clone;      /* clone3 is refused: the joiner does what clone(2) cannot */
	char *stack;
};

/* What the joiner tells, and what a clone that failed leaves. */
struct report {
	pid_t pid;
	int error;
	bool is_clone;    /* the last clone is what failed */
	const char *call; /* this and `op` are valid in the runtime: the joiner has a copy of its memory */
	const struct op *op; /* whose input it was; NULL: nobody's */
};

/* Out of the way of the numbers that slots are moved to. */
static int move_up(int fd, unsigned end)
{
	return fd >= (int)end ? fd : fcntl(fd, F_DUPFD_CLOEXEC, (int)end);
}

static int place_slots(struct start *s)
{
	unsigned end = s->base + (unsigned)s->slots->count;
	int moved[PROCESS_MAX_SLOTS];

	s->image_fd = move_up(s->image_fd, end);
	for (size_t i = 0; i < s->slots->count; i++) {
		moved[i] = s->slots->at[i] < 0 ? -1 : move_up(s->slots->at[i], end);
		if (s->slots->at[i] >= 0 && moved[i] < 0)
			return -1;
	}
	for (size_t i = 0; i < s->slots->count; i++)
		if (moved[i] >= 0 && dup3(moved[i], (int)(s->base + i), 0) < 0)
			return -1;
	return s->image_fd;
}

/* An exec before the id maps exist is one by nobody, and drops every capability that is not ambient. init takes them back to
 * what the configuration says before the payload. */
static int raise_ambient(void)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct sets[2] = { 0 };

	if (syscall(SYS_capget, &header, sets) < 0)
		return -1;
	for (int i = 0; i < 2; i++)
		sets[i].inheritable = sets[i].permitted;
	if (syscall(SYS_capset, &header, sets) < 0)
		return -1;
	for (unsigned n = 0; n < 64; n++)
		if (sets[n / 32].permitted >> n % 32 & 1 && prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, n, 0, 0) < 0)
			return -1;
	return 0;
}

enum { HIGHEST_FD = 4096 };

static void close_span(unsigned first, unsigned last)
{
	if (first <= last && syscall(SYS_close_range, first, last, 0) < 0) /* filtered hosts */
		for (unsigned fd = first; fd <= last && fd < HIGHEST_FD; fd++)
			(void)close((int)fd); /* here nothing was written */
}

/* What the caller has left open, too. Before 5.11 close_range has no CLOSE_RANGE_CLOEXEC. */
static void keep_slots_for_exec(const struct start *s)
{
	unsigned end = s->base + (unsigned)s->slots->count, image = (unsigned)s->image_fd; /* not below the end */

	if (syscall(SYS_close_range, end, ~0U, CLOSE_RANGE_CLOEXEC) == 0)
		return;
	if (image > end)
		close_span(end, image - 1);
	close_span(image + 1, ~0U);
}

/* I am init before its exec: already in the new namespaces, with the runtime's memory (shared while it is suspended, or a copy),
 * descriptors of my own; root, cwd, signal mask and stdio are still the host's. I must not return into the runtime's code. */
static int enter_init(void *argument)
{
	struct start *s = argument;
	char base[16];
	char *argv[] = { (char[]){ "boxcar-init" }, base, NULL };
	char *envp[] = { NULL };

	(void)snprintf(base, sizeof base, "%u", s->base);
	if ((s->clone->how & PROCESS_AMBIENT && raise_ambient() < 0) || (!s->is_placed && place_slots(s) < 0))
		return 1;
	keep_slots_for_exec(s); /* init does it again */
	(void)syscall(SYS_execveat, s->image_fd, "", argv, envp, AT_EMPTY_PATH);
	struct message m = { .version = MESSAGE_VERSION, .kind = MESSAGE_FAILED, .op = UINT32_MAX, .call = SYS_execveat,
			     .error = errno };
	(void)send((int)(s->base + SLOT_CHANNEL), &m, sizeof m, MSG_NOSIGNAL); /* without it the runtime sees end-of-file */
	return 1;
}

/* Who can be seen by neighbours has nothing of the runtime's: neither its memory nor, by /proc/PID/exe, its program, which one
 * of them could write to later. */
static bool is_joiner_init(const struct start *s)
{
	return s->clone->joined & CLONE_NEWPID;
}

/* Clocks can be set only while their namespace has no process: the joiner makes it, sets them and clones into it. The user
 * namespace comes with it, to own it, and because it gives an ordinary user the power to make one. The same where clone(2) must do,
 * which has no flag for time. */
static uint64_t made_before_init(const struct start *s)
{
	bool is_by_clone = s->is_by_clone || is_joiner_init(s);
	bool has_joiner_made = s->offsets || (is_by_clone && s->clone->new & CLONE_NEWTIME);

	return has_joiner_made ? s->clone->new & (CLONE_NEWTIME | CLONE_NEWUSER) : 0;
}

static pid_t clone_init(struct start *s, uint64_t more_flags, int *pidfd)
{
	bool shares = s->clone->how & PROCESS_SHARES_MEMORY && !s->is_by_clone; /* the joiner stands on that very stack */
	struct clone_args args = {
		.flags = (s->clone->new & ~made_before_init(s)) | CLONE_VFORK | (shares ? CLONE_VM : 0) | more_flags | (pidfd ? CLONE_PIDFD : 0) |
			 (s->cgroup_fd >= 0 ? CLONE_INTO_CGROUP : 0),
		.pidfd = (uint64_t)(uintptr_t)pidfd,
		.exit_signal = more_flags & CLONE_PARENT ? 0 : SIGCHLD,
		.stack = (uint64_t)(uintptr_t)s->stack,
		.stack_size = STACK_SIZE,
		.cgroup = s->cgroup_fd >= 0 ? (uint64_t)(unsigned)s->cgroup_fd : 0,
	};
	long pid = clone_call(&args, enter_init, s);

	if (pid < 0)
		errno = (int)-pid;
	return pid < 0 ? -1 : (pid_t)pid;
}

/* --- the joiner --------------------------------------------------------------------------------------------------- */

static int join_type(const struct start *s, uint64_t type, struct report *r)
{
	for (size_t i = 0; i < plan_count(s->plan); i++) {
		const struct op *op = plan_find_op(s->plan, i);
		const struct op_namespace_file *n = plan_payload(s->plan, op);
		if (op->kind != OP_NAMESPACE_FILE || n->type != type || !(s->clone->joined & type))
			continue;
		r->op = setns(s->slots->at[n->slot], (int)type) < 0 ? op : NULL;
		return r->op ? -1 : 0;
	}
	return 0;
}

/* With power over the host's namespaces, those that the host owns are joined first and the user namespace last; without it, the
 * user namespace is what gives the power over the others. */
static int join_listed(const struct start *s, bool has_user_first, struct report *r)
{
	static const uint64_t order[] = { CLONE_NEWNET, CLONE_NEWIPC, CLONE_NEWUTS, CLONE_NEWTIME, CLONE_NEWNS, CLONE_NEWPID };

	if (has_user_first && join_type(s, CLONE_NEWUSER, r) < 0)
		return -1;
	for (size_t i = 0; i < sizeof order / sizeof *order; i++)
		if (join_type(s, order[i], r) < 0)
			return -1;
	return has_user_first ? 0 : join_type(s, CLONE_NEWUSER, r);
}

static int join_namespaces(const struct start *s, struct report *r)
{
	r->call = "setns";
	if (s->container_pidfd >= 0)
		return setns(s->container_pidfd, (int)s->clone->joined);
	if (join_listed(s, false, r) == 0)
		return 0;
	return errno == EPERM && s->clone->joined & CLONE_NEWUSER ? join_listed(s, true, r) : -1;
}

static int open_proc(struct start *s, struct report *r)
{
	r->call = "open /proc/self";
	s->proc_fd = s->offsets ? open("/proc/self", O_PATH | O_DIRECTORY | O_CLOEXEC) : -1;
	return s->offsets && s->proc_fd < 0 ? -1 : 0;
}

static int write_offsets(const struct start *s, struct report *r)
{
	const struct op_time_offsets *p = plan_payload(s->plan, s->offsets);
	const char *lines = plan_get_text(s->plan, p->offsets);
	own_fd fd = openat(s->proc_fd, "timens_offsets", O_WRONLY | O_CLOEXEC);

	r->call = "write /proc/self/timens_offsets";
	r->op = s->offsets;
	if (fd < 0 || write(fd, lines, strlen(lines)) < 0)
		return -1;
	r->op = NULL;
	return 0;
}

static int make_clocks(struct start *s, struct report *r)
{
	if (!made_before_init(s))
		return 0;
	r->call = "unshare";
	r->op = s->offsets;
	if (unshare((int)made_before_init(s)) < 0)
		return -1;
	/* with a new user namespace one is not dumpable any more, and one's files in /proc are root's */
	if (s->clone->new & CLONE_NEWUSER && prctl(PR_SET_DUMPABLE, 1, 0, 0, 0) < 0)
		return -1;
	int result = s->offsets ? write_offsets(s, r) : 0;
	drop_fd(&s->proc_fd); /* not for init, which its neighbours can see */
	return result;
}

/* Without CLONE_INTO_CGROUP: what I clone is born where I am. */
static int enter_cgroup(const struct start *s, struct report *r)
{
	own_fd fd = s->is_by_clone && s->cgroup_fd >= 0 ? openat(s->cgroup_fd, "cgroup.procs", O_WRONLY | O_CLOEXEC) : -1;

	r->call = "write cgroup.procs";
	return s->is_by_clone && s->cgroup_fd >= 0 && write(fd, "0", 1) != 1 ? -1 : 0;
}

/* init is visible to its neighbours from the clone on, before its exec closes anything: what it must not have, the joiner closes
 * before. Kept are the slots, and behind them init's image and the report. */
static int keep_slots_only(struct start *s, struct report *r)
{
	unsigned end = s->base + (unsigned)s->slots->count;
	int report = move_up(s->report_fd, end + 2);

	r->call = "dup3";
	if (report < 0 || place_slots(s) < 0)
		return -1;
	int image = move_up(s->image_fd, end + 2);
	if (image < 0 || dup3(image, (int)end, O_CLOEXEC) < 0 || dup3(report, (int)end + 1, O_CLOEXEC) < 0)
		return -1;
	for (size_t i = 0; i < s->slots->count; i++) {
		if (s->slots->at[i] < 0)
			(void)close((int)(s->base + i)); /* a number of the runtime's own; often nothing is there */
		else
			s->slots->at[i] = (int)(s->base + i);
	}
	if (s->container_pidfd >= 0)
		s->container_pidfd = s->slots->at[SLOT_FIRST];
	s->image_fd = (int)end;
	s->report_fd = (int)end + 1;
	s->is_placed = true;
	s->cgroup_fd = -1; /* the joiner is in it already, and so are its children */
	close_span(end + 2, ~0U);
	return 0;
}

/* A joined pid namespace is that of my children. I become boxcar-init first, which clones itself into it and the other new ones. */
static int exec_joiner(const struct start *s, struct report *r)
{
	char base[16], flags[24];
	char *argv[] = { (char[]){ "boxcar-init" }, base, flags, NULL };
	char *envp[] = { NULL };

	(void)snprintf(base, sizeof base, "%u", s->base);
	(void)snprintf(flags, sizeof flags, "%llu", (unsigned long long)(s->clone->new & ~made_before_init(s)));
	r->call = "capset";
	if (s->clone->how & PROCESS_AMBIENT && raise_ambient() < 0)
		return -1;
	r->call = "execveat";
	(void)syscall(SYS_execveat, s->image_fd, "", argv, envp, AT_EMPTY_PATH);
	return -1;
}

/* I am the joiner: on the host, with a copy of the runtime's memory and descriptors. I enter the namespaces that init must be born
 * in, make those that must be there before it, clone it as the runtime's child, tell its pid and leave. */
static int enter_joiner(void *argument)
{
	struct start *s = argument;
	struct report r = { 0 };

	if (enter_cgroup(s, &r) == 0 && keep_slots_only(s, &r) == 0 &&
	    open_proc(s, &r) == 0 && join_namespaces(s, &r) == 0 && make_clocks(s, &r) == 0 &&
	    (!is_joiner_init(s) || exec_joiner(s, &r) == 0)) {
		r.is_clone = true;
		r.pid = clone_init(s, CLONE_PARENT, NULL);
	}
	r.error = r.pid > 0 ? 0 : errno;
	return write(s->report_fd, &r, sizeof r) == (ssize_t)sizeof r ? 0 : 1;
}

static int explain_end(int status, struct err *e)
{
	if (WIFSIGNALED(status))
		return err_set(e, "the process that joins the namespaces was killed by signal %d", WTERMSIG(status));
	return err_set(e, "the process that joins the namespaces died");
}

/* The joiner has become boxcar-init: its child, or its failure, is the first to speak. */
static int hear_child(struct start *s, int status, struct report *r, struct err *e)
{
	struct message m = { 0 };
	int fd;

	drop_fd(&s->slots->at[SLOT_CHANNEL]); /* so that a child that dies is heard, too */
	enum message_outcome outcome = message_receive(s->channel, HEAR_MS, &m, &fd, e);
	drop_fd(&fd);
	if (outcome == MESSAGE_ERROR)
		return -1;
	if (outcome != MESSAGE_ARRIVED || (m.kind != MESSAGE_CHILD && m.kind != MESSAGE_FAILED))
		return explain_end(status, e);
	r->is_clone = true;
	r->pid = m.kind == MESSAGE_CHILD ? (pid_t)m.number : 0;
	r->error = m.kind == MESSAGE_CHILD ? 0 : m.error;
	return 0;
}

static int run_joiner(struct start *s, struct report *r, struct err *e)
{
	bool is_born_there = s->cgroup_fd >= 0 && !s->is_by_clone;
	struct clone_args args = { .flags = is_born_there ? CLONE_INTO_CGROUP : 0, .exit_signal = SIGCHLD,
				   .stack = (uint64_t)(uintptr_t)s->stack, .stack_size = STACK_SIZE,
				   .cgroup = is_born_there ? (uint64_t)(unsigned)s->cgroup_fd : 0 };
	own_fd read_end = -1;
	own_fd write_end = -1;
	int ends[2];

	if (pipe2(ends, O_CLOEXEC) < 0)
		return err_sys(e, "make a pipe for the joiner");
	read_end = ends[0];
	write_end = s->report_fd = ends[1];
	long joiner = clone_call(&args, enter_joiner, s);
	if (joiner < 0) {
		(void)err_number(e, (int)-joiner, "start the process that joins the namespaces: clone");
		return clone_explain(false, s->cgroup_fd >= 0, e);
	}
	drop_fd(&write_end);
	ssize_t got = read(read_end, r, sizeof *r);
	int status = 0;
	while (waitpid((pid_t)joiner, &status, 0) < 0 && errno == EINTR)
		continue;
	if (got == (ssize_t)sizeof *r)
		return 0;
	if (got == 0 && is_joiner_init(s))
		return hear_child(s, status, r, e);
	return explain_end(status, e);
}

/* --- start -------------------------------------------------------------------------------------------------------- */

static int explain_clone(const struct start *s, int number, struct err *e)
{
	(void)err_number(e, number, "clone init into its namespaces");
	return clone_explain(s->clone->new & CLONE_NEWUSER, s->cgroup_fd >= 0, e);
}

static int explain_report(const struct start *s, const struct report *r, struct err *e)
{
	if (r->is_clone)
		return explain_clone(s, r->error, e);
	if (!r->op || r->op != s->offsets)
		return err_number(e, r->error, "%s for init", r->call);
	(void)err_number(e, r->error, "set the clocks of the new time namespace: %s", r->call);
	if (r->error == ERANGE)
		return err_hint(e, "no clock goes below 0 or beyond 146 years");
	if (r->error == EINVAL)
		return err_hint(e, "time namespaces need Linux 5.6 with CONFIG_TIME_NS");
	return -1;
}

static int start_through_joiner(struct start *s, struct process *out, const struct op **failed, struct err *e)
{
	/* the inner stack is the joiner's own memory: both may use it, one after the other's copy */
	struct report r = { 0 };
	char *outer = s->stack;

	s->is_by_clone |= (s->cgroup_fd >= 0 || s->clone->new & CLONE_NEWTIME) && clone3_is_refused();
	int result = run_joiner(s, &r, e);
	s->stack = outer;
	if (result < 0)
		return -1;
	if (r.error) {
		*failed = r.op;
		return explain_report(s, &r, e);
	}
	out->pid = r.pid;
	out->pidfd = (int)syscall(SYS_pidfd_open, r.pid, 0); /* our child, not reaped: the pid is its */
	return out->pidfd < 0 ? err_sys(e, "pidfd_open for init") : 0;
}

static int start_directly(struct start *s, struct process *out, const struct op **failed, struct err *e)
{
	pid_t pid = clone_init(s, 0, &out->pidfd);

	if (pid < 0 && errno == ENOSYS && clone3_is_refused()) {
		s->is_by_clone = true;
		return start_through_joiner(s, out, failed, e);
	}
	if (pid < 0)
		return explain_clone(s, errno, e);
	out->pid = pid;
	return 0;
}

static int check_preserved(unsigned count, struct err *e)
{
	for (unsigned i = 0; i < count; i++) {
		int flags = fcntl(3 + (int)i, F_GETFD);
		if (flags < 0 || flags & FD_CLOEXEC) /* our own are all close-on-exec; what came through our exec cannot be */
			return err_number(e, EBADF, "--preserve-fds %u: descriptor %u", count, 3 + i);
	}
	return 0;
}

static const struct op *find_op(const struct plan *plan, enum plan_kind kind)
{
	for (size_t i = 0; i < plan_count(plan); i++)
		if (plan_find_op(plan, i)->kind == kind)
			return plan_find_op(plan, i);
	return NULL;
}

int process_start(const struct plan *plan, struct process_slots *slots, unsigned preserve_fds, int cgroup_fd, int container_pidfd,
		  struct process *out, const struct op **failed, struct err *e)
{
	const struct op *clone = find_op(plan, OP_CLONE);
	struct start s = { .plan = plan, .slots = slots, .base = 3 + preserve_fds, .cgroup_fd = cgroup_fd,
			   .container_pidfd = container_pidfd, .offsets = find_op(plan, OP_TIME_OFFSETS), .proc_fd = -1 };
	own_fd image = -1;
	own_fd ours = -1;
	int ends[2];

	if (!clone)
		return err_set(e, "the plan starts no process");
	s.clone = plan_payload(plan, clone);
	if (check_preserved(preserve_fds, e) < 0)
		return -1;
	size_t image_size = (uintptr_t)boxcar_init_image_end - (uintptr_t)boxcar_init_image;
	image = sealed_make("boxcar-init", SEALED_EXECUTABLE, boxcar_init_image, image_size, e);
	if (image < 0)
		return -1;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) < 0)
		return err_sys(e, "make the channel to init");
	ours = s.channel = ends[0];
	slots->at[SLOT_CHANNEL] = ends[1];
	if ((is_joiner_init(&s) || find_op(plan, OP_ENTER_PID)) && message_expect_child(ours, e) < 0)
		return -1;
	s.image_fd = image;
	s.stack = mmap(NULL, STACK_SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0);
	if (s.stack == MAP_FAILED)
		return err_sys(e, "take memory for init's first stack");
	bool has_joiner = s.clone->joined || s.offsets;
	int result = has_joiner ? start_through_joiner(&s, out, failed, e) : start_directly(&s, out, failed, e);
	(void)munmap(s.stack, STACK_SIZE);
	drop_fd(&slots->at[SLOT_CHANNEL]);
	if (result == 0)
		out->channel = take_fd(&ours);
	return result;
}
