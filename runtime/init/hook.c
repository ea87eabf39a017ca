/* Hooks inside: a child of init's executes each, in the namespaces, with the root, as the user that init has by then. */
#include "runtime/init/init.h"
#include "runtime/init/sys.h"

#include <linux/memfd.h>
#include <linux/wait.h>

enum { KILL_WAIT_MS = 10000, REST_READS = 64, HIGHEST_FD = 4096 };

/* The last bytes of what was read. */
struct tail {
	size_t length;
	char bytes[2 * HOOK_TAIL];
};

struct hook {
	const struct op_hook_inside *p;
	int in_fd, out_fds[2], err_fds[2]; /* pipes: ours, the hook's; -1 when there is none (any more) */
	int pidfd, status;
	long pid;
	int64_t began;
	int *error; /* of its exec, in memory that the child shares */
	struct tail tail;
};

/* --- what it reads and writes ------------------------------------------------------------------------------------- */

static void drop(int *fd)
{
	if (*fd >= 0)
		(void)sys_close(*fd); /* a pipe or a memory file: only a reference */
	*fd = -1;
}

static int write_text(struct init *i, int fd, const char *text)
{
	for (size_t left = text_length(text); left;) {
		long done = sys_write(fd, text, left);
		if (init_expect(i, __NR_write, done) < 0)
			return -1;
		text += done;
		left -= (size_t)done;
	}
	return 0;
}

/* The pid is told as the container sees it. */
static int make_input(struct init *i, struct hook *h)
{
	char digits[24], *pid = digits + sizeof digits - 1;
	long number = sys_getpid(), fd = sys_memfd_create("boxcar-stdin", MFD_CLOEXEC);

	if (init_expect(i, __NR_memfd_create, fd) < 0)
		return -1;
	h->in_fd = (int)fd;
	*pid = 0;
	do
		*--pid = (char)('0' + number % 10);
	while (number /= 10);
	if (write_text(i, h->in_fd, init_text(i, h->p->state)) < 0 || write_text(i, h->in_fd, pid) < 0 ||
	    write_text(i, h->in_fd, init_text(i, h->p->state_end)) < 0)
		return -1;
	return init_expect(i, __NR_lseek, sys_lseek(h->in_fd, 0, SEEK_SET));
}

static int make_pipe(struct init *i, int ends[2])
{
	if (init_expect(i, __NR_pipe2, sys_pipe2(ends, O_CLOEXEC)) < 0)
		return -1;
	return init_expect(i, __NR_fcntl, sys_fcntl(ends[0], F_SETFL, O_NONBLOCK)); /* only our end */
}

static bool read_some(struct tail *t, int *fd)
{
	if (*fd < 0)
		return false;
	if (t->length > HOOK_TAIL) {
		memmove(t->bytes, t->bytes + t->length - HOOK_TAIL, HOOK_TAIL);
		t->length = HOOK_TAIL;
	}
	long got = sys_read(*fd, t->bytes + t->length, sizeof t->bytes - t->length);
	if (got > 0)
		t->length += (size_t)got;
	else if (got != -EAGAIN && got != -EINTR)
		drop(fd);
	return got > 0;
}

/* The runtime, or `start`, gets it with FAILED. Without it the failure is told all the same. */
static void keep_tail(struct init *i, struct tail *t)
{
	size_t length = t->length < HOOK_TAIL ? t->length : HOOK_TAIL;
	long fd = sys_memfd_create("boxcar-stderr", MFD_CLOEXEC);

	if (fd < 0)
		return;
	(void)sys_write((int)fd, t->bytes + t->length - length, length);
	i->tail_fd = (int)fd;
}

/* --- the child ---------------------------------------------------------------------------------------------------- */

static void close_others(void)
{
	if (sys_close_range(3, ~0u, 0) < 0) /* filtered hosts; what lies higher is close-on-exec */
		for (int fd = 3; fd < HIGHEST_FD; fd++)
			(void)sys_close(fd);
}

/* I am a hook before its exec: a copy of init, in its namespaces, that dies with init. */
static _Noreturn void become_hook(struct init *i, struct hook *h)
{
	const struct sigaction by_default = { 0 };
	const sigset_t none = { 0 };
	char **argv = init_vector(i, h->p->args, NULL), **env = init_vector(i, h->p->env, NULL);
	long result;

	(void)sys_setsid(); /* cannot fail: a new process leads no group */
	for (int n = 1; n <= 64; n++)
		(void)sys_sigaction(n, &by_default); /* EINVAL for the two that are always so */
	(void)sys_sigprocmask(SIG_SETMASK, &none); /* cannot fail */
	if (h->p->when == HOOK_CREATE_CONTAINER) {
		(void)sys_umask(022); /* tells the mask before */
		if (i->root_fd >= 0)
			(void)sys_fchdir(i->root_fd); /* as other runtimes do; where it may not be entered, it is the caller's */
	}
	result = sys_prctl(PR_SET_PDEATHSIG, SIGKILL, 0);
	if (result >= 0)
		result = sys_dup3(h->in_fd, 0, 0);
	if (result >= 0)
		result = sys_dup3(h->p->output ? init_slot(i, h->p->output) : h->out_fds[1], 1, 0);
	if (result >= 0)
		result = sys_dup3(h->p->errors ? init_slot(i, h->p->errors) : h->err_fds[1], 2, 0);
	if (result >= 0) {
		close_others();
		result = sys_execve(init_text(i, h->p->path), argv, env);
	}
	*h->error = (int)-result;
	sys_exit_group(127);
}

/* --- its life ----------------------------------------------------------------------------------------------------- */

/* False when the time is up. */
static bool await_end(struct hook *h)
{
	int64_t end = h->began + (int64_t)h->p->timeout * 1000;
	struct tail dropped = { 0 };

	for (;;) {
		struct pollfd at[] = { { h->pidfd, POLLIN, 0 }, { h->out_fds[0], POLLIN, 0 }, { h->err_fds[0], POLLIN, 0 } };
		int64_t left = h->p->timeout ? end - sys_now_ms() : -1;

		if (h->p->timeout && left <= 0)
			return false;
		if (sys_poll_for(at, 3, left) <= 0)
			continue;
		if (at[1].revents)
			(void)read_some(&dropped, &h->out_fds[0]);
		if (at[2].revents)
			(void)read_some(&h->tail, &h->err_fds[0]);
		if (at[0].revents)
			return true;
	}
}

static int fail_hook(struct init *i, struct hook *h, long call, long error)
{
	i->failed_hook = (uint32_t)h->p->number + 1;
	keep_tail(i, &h->tail);
	return init_fail(i, call, error, message_hook_end(h->status, (uint32_t)(sys_now_ms() - h->began)));
}

static int end_hook(struct init *i, struct hook *h)
{
	struct pollfd ended = { h->pidfd, POLLIN, 0 };
	bool is_in_time = await_end(h);
	long got = -EINTR;

	if (!is_in_time) {
		(void)sys_kill(-h->pid, SIGKILL); /* not reaped yet: the group is its */
		if (sys_poll_for(&ended, 1, KILL_WAIT_MS) == 0) /* it hangs in the kernel; nobody waits for it */
			return fail_hook(i, h, __NR_ppoll, ETIMEDOUT);
	}
	while (got == -EINTR)
		got = sys_wait4(h->pid, &h->status);
	for (int n = 0; n < REST_READS && read_some(&h->tail, &h->err_fds[0]); n++)
		continue;
	if (got < 0)
		return init_fail(i, __NR_wait4, -got, 0);
	if (!is_in_time)
		return fail_hook(i, h, __NR_ppoll, ETIMEDOUT);
	if (*h->error)
		return fail_hook(i, h, __NR_execve, *h->error);
	return h->status ? fail_hook(i, h, __NR_wait4, 0) : 0;
}

static int run_hook(struct init *i, struct hook *h)
{
	if (make_input(i, h) < 0 || (!h->p->output && make_pipe(i, h->out_fds) < 0) || (!h->p->errors && make_pipe(i, h->err_fds) < 0))
		return -1;
	h->began = sys_now_ms();
	h->pid = sys_clone(CLONE_VFORK | CLONE_PIDFD | SIGCHLD, &h->pidfd);
	if (h->pid == 0)
		become_hook(i, h);
	if (init_expect(i, __NR_clone, h->pid) < 0)
		return -1;
	drop(&h->out_fds[1]);
	drop(&h->err_fds[1]);
	return end_hook(i, h);
}

int init_hook_inside(struct init *i, const struct op *op, const struct op_hook_inside *p)
{
	struct hook h = { .p = p, .in_fd = -1, .out_fds = { -1, -1 }, .err_fds = { -1, -1 }, .pidfd = -1 };
	const struct sigaction by_default = { 0 };
	long at = sys_mmap_shared(sizeof *h.error);

	(void)op;
	if (init_expect(i, __NR_mmap, at) < 0)
		return -1;
	h.error = (void *)at;
	(void)sys_sigaction(SIGCHLD, &by_default); /* ignored, it would hide how the hook ended; EXEC resets it anyway */
	int result = run_hook(i, &h);
	for (int n = 0; n < 2; n++) {
		drop(&h.out_fds[n]);
		drop(&h.err_fds[n]);
	}
	drop(&h.in_fd);
	drop(&h.pidfd);
	(void)sys_munmap(h.error, sizeof *h.error); /* what was mapped above */
	return result;
}
