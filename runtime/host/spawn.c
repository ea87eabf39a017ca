#include "runtime/host/spawn.h"

#include "runtime/host/clone.h"
#include "spec/base/own.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { KILL_WAIT_MS = 10000, REST_READS = 64, HIGHEST_FD = 4096, STACK_SIZE = 64 << 10 };

/* The last bytes of what was read. */
struct tail {
	char bytes[2 * SPAWN_TAIL];
	size_t length;
};

struct child {
	pid_t pid;
	int pidfd;
	int out_fd, err_fd; /* our ends; -1 once they have ended */
	int64_t began;
	struct tail err_tail, dropped;
	struct text *output; /* or NULL */
};

static int64_t now_ms(void)
{
	struct timespec t = { 0 };

	(void)clock_gettime(CLOCK_MONOTONIC, &t); /* cannot fail for this clock */
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* --- what it writes ----------------------------------------------------------------------------------------------- */

/* False when there is nothing more for now; the descriptor is closed at its end. */
static bool read_some(struct tail *t, int *fd)
{
	if (*fd < 0)
		return false;
	if (t->length > SPAWN_TAIL) {
		memmove(t->bytes, t->bytes + t->length - SPAWN_TAIL, SPAWN_TAIL);
		t->length = SPAWN_TAIL;
	}
	ssize_t got = read(*fd, t->bytes + t->length, sizeof t->bytes - t->length);
	if (got > 0)
		t->length += (size_t)got;
	else if (got == 0 || (errno != EAGAIN && errno != EINTR))
		drop_fd(fd);
	return got > 0;
}

static bool read_output(struct child *c)
{
	size_t before = c->dropped.length > SPAWN_TAIL ? SPAWN_TAIL : c->dropped.length;
	bool has_more = read_some(&c->dropped, &c->out_fd);

	if (has_more && c->output && c->output->length < SPAWN_OUTPUT_MAX)
		text_add_bytes(c->output, c->dropped.bytes + before, c->dropped.length - before);
	return has_more;
}

/* What is in the pipes when it has ended; not more, as others may go on writing. */
static void read_rest(struct child *c)
{
	for (int n = 0; n < REST_READS && read_some(&c->err_tail, &c->err_fd); n++)
		continue;
	for (int n = 0; n < REST_READS && c->output && read_output(c); n++)
		continue;
}

static void take_tail(const struct tail *t, char *out)
{
	size_t length = t->length < SPAWN_TAIL ? t->length : SPAWN_TAIL;

	memcpy(out, t->bytes + t->length - length, length);
	while (length && strchr(" \t\r\n", out[length - 1]))
		length--;
	out[length] = '\0';
}

/* --- its life ----------------------------------------------------------------------------------------------------- */

static bool has_ended(struct child *c, int64_t milliseconds)
{
	struct pollfd at[] = { { c->pidfd, POLLIN, 0 }, { c->out_fd, POLLIN, 0 }, { c->err_fd, POLLIN, 0 } };

	if (poll(at, 3, milliseconds > INT32_MAX ? INT32_MAX : (int)milliseconds) <= 0)
		return false;
	if (at[1].revents)
		(void)read_output(c);
	if (at[2].revents)
		(void)read_some(&c->err_tail, &c->err_fd);
	return at[0].revents;
}

/* False when the time is up. */
static bool await_end(struct child *c, int64_t timeout_ms)
{
	for (;;) {
		int64_t left = timeout_ms ? c->began + timeout_ms - now_ms() : -1;
		if (timeout_ms && left <= 0)
			return false;
		if (has_ended(c, left))
			return true;
	}
}

static int end_child(struct child *c, const struct spawn *s, struct spawn_end *out, struct err *e)
{
	bool is_in_time = await_end(c, s->timeout_ms);
	pid_t got;

	if (!is_in_time) {
		struct pollfd ended = { .fd = c->pidfd, .events = POLLIN };
		(void)kill(-c->pid, SIGKILL); /* not reaped yet: the group is its */
		if (poll(&ended, 1, KILL_WAIT_MS) == 0)
			return err_set(e, "%s was killed but does not end; it may hang in the kernel (state D)", s->path);
	}
	do
		got = waitpid(c->pid, &out->status, 0);
	while (got < 0 && errno == EINTR);
	if (got < 0)
		return err_sys(e, "wait for %s", s->path);
	out->milliseconds = now_ms() - c->began;
	out->error = is_in_time ? 0 : ETIMEDOUT;
	read_rest(c);
	take_tail(&c->err_tail, out->tail);
	return 0;
}

/* --- where it is -------------------------------------------------------------------------------------------------- */

const char *spawn_find(const char *name, struct arena *a)
{
	const char *path = getenv("PATH");

	for (path = path && path[0] ? path : "/usr/bin:/bin"; *path; path += *path == ':') {
		size_t length = strcspn(path, ":");
		const char *program = arena_format(a, "%.*s/%s", (int)length, path, name);
		if (length && path[0] == '/' && access(program, X_OK) == 0)
			return program;
		path += length;
	}
	return NULL;
}

/* --- its start ---------------------------------------------------------------------------------------------------- */

static int make_input(const struct spawn *s, struct err *e)
{
	own_fd fd = memfd_create("boxcar-stdin", MFD_CLOEXEC);

	if (fd < 0)
		return err_sys(e, "make a memory file for the stdin of %s", s->path);
	for (size_t done = 0; done < s->input_length;) {
		ssize_t wrote = write(fd, s->input + done, s->input_length - done);
		if (wrote <= 0)
			return err_sys(e, "write the stdin of %s", s->path);
		done += (size_t)wrote;
	}
	if (lseek(fd, 0, SEEK_SET) < 0)
		return err_sys(e, "rewind the stdin of %s", s->path);
	return take_fd(&fd);
}

static int make_pipe(int *ours, int *theirs, struct err *e)
{
	int ends[2];

	if (pipe2(ends, O_CLOEXEC) < 0)
		return err_sys(e, "make a pipe");
	*ours = ends[0];
	*theirs = ends[1];
	return fcntl(*ours, F_SETFL, O_NONBLOCK) < 0 ? err_sys(e, "make a pipe") : 0; /* only our end: a program may not expect it */
}

/* What the child finds in the memory that it shares with us until its exec. */
struct start {
	const struct spawn *spawn;
	int stdio[3];
	pid_t parent;
	int error; /* why it could not be executed */
};

static void set_default_signals(void)
{
	/* the kernel's struct: the C library keeps two signals for itself, and ignored over an exec */
	static const uint64_t by_default[4];

	for (int n = 1; n <= 64; n++)
		(void)syscall(SYS_rt_sigaction, n, by_default, NULL, sizeof(uint64_t)); /* EINVAL for the two that are always so */
	(void)syscall(SYS_rt_sigprocmask, SIG_SETMASK, by_default, NULL, sizeof(uint64_t)); /* cannot fail */
}

/* Ours may be among the numbers 0 to 2, where the caller had closed those. */
static int place_stdio(struct start *s)
{
	for (int n = 0; n < 3; n++) {
		s->stdio[n] = fcntl(s->stdio[n], F_DUPFD_CLOEXEC, 3);
		if (s->stdio[n] < 0)
			return -1;
	}
	for (int n = 0; n < 3; n++)
		if (dup3(s->stdio[n], n, 0) < 0)
			return -1;
	return 0;
}

static void close_others(void)
{
	if (close_range(3, ~0U, 0) < 0) /* filtered hosts; what lies higher is close-on-exec */
		for (int fd = 3; fd < HIGHEST_FD; fd++)
			(void)close(fd);
}

/* I am a child program before its exec: in the runtime's namespaces, with the runtime's memory, as it is suspended, and
 * descriptors of my own. I die with the runtime, also when it is gone already. */
static int enter_program(void *argument)
{
	struct start *s = argument;

	set_default_signals();
	if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) == 0 && getppid() != s->parent)
		return 127;
	(void)setsid(); /* cannot fail: a new process leads no group */
	if (place_stdio(s) == 0) {
		close_others();
		if (s->spawn->directory && chdir(s->spawn->directory) < 0)
			errno = 0; /* then the caller's */
		(void)execve(s->spawn->path, s->spawn->args, s->spawn->env);
	}
	s->error = errno;
	return 127;
}

/* Signals wait meanwhile: a handler of ours must not run in the child. Its exec failing is no error here, but in s->error. */
static int clone_child(struct child *c, struct start *s, char *stack, struct err *e)
{
	struct clone_args args = { .flags = CLONE_VM | CLONE_VFORK | CLONE_PIDFD, .pidfd = (uint64_t)(uintptr_t)&c->pidfd,
				   .exit_signal = SIGCHLD, .stack = (uint64_t)(uintptr_t)stack, .stack_size = STACK_SIZE };
	sigset_t all, before;

	(void)sigfillset(&all); /* cannot fail, nor can the next */
	(void)sigprocmask(SIG_BLOCK, &all, &before);
	c->began = now_ms();
	long pid = clone_call(&args, enter_program, s);
	(void)sigprocmask(SIG_SETMASK, &before, NULL);
	if (pid < 0)
		return err_number(e, (int)-pid, "start %s: clone", s->spawn->path);
	c->pid = (pid_t)pid;
	return 0;
}

static int start_child(struct child *c, struct start *s, struct err *e)
{
	char *stack = mmap(NULL, STACK_SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0);

	if (stack == MAP_FAILED)
		return err_sys(e, "start %s: a stack", s->spawn->path);
	int result = clone_child(c, s, stack, e);
	(void)munmap(stack, STACK_SIZE); /* what was mapped above */
	return result;
}

static int run_child(struct child *c, const struct spawn *s, struct spawn_end *out, struct err *e)
{
	own_fd in_fd = make_input(s, e);
	own_fd out_fd = -1;
	own_fd err_fd = -1;

	if (in_fd < 0 || make_pipe(&c->out_fd, &out_fd, e) < 0 || make_pipe(&c->err_fd, &err_fd, e) < 0)
		return -1;
	struct start start = { .spawn = s,
			       .stdio = { in_fd, s->out_fd ? s->out_fd : out_fd, s->err_fd ? s->err_fd : err_fd },
			       .parent = getpid() };
	if (start_child(c, &start, e) < 0)
		return -1;
	drop_fd(&out_fd);
	drop_fd(&err_fd);
	if (end_child(c, s, out, e) < 0)
		return -1;
	out->error = start.error ? start.error : out->error;
	return 0;
}

int spawn_open_output(const char *path, struct err *e)
{
	int fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY | O_NONBLOCK, 0644);

	return fd < 0 ? err_sys(e, "open %s for the output of hooks", path) : fd;
}

int spawn_run(const struct spawn *s, struct spawn_end *out, struct err *e)
{
	struct child c = { .pidfd = -1, .out_fd = -1, .err_fd = -1 };
	const struct sigaction by_default = { .sa_handler = SIG_DFL };
	struct sigaction before;

	*out = (struct spawn_end){ 0 };
	c.output = s->output;
	/* whoever ignores SIGCHLD never learns how a child ended, and its pid may be another's by then */
	if (sigaction(SIGCHLD, &by_default, &before) < 0)
		return err_sys(e, "set SIGCHLD");
	int result = run_child(&c, s, out, e);
	(void)sigaction(SIGCHLD, &before, NULL); /* as it was: cannot fail */
	drop_fd(&c.pidfd);
	drop_fd(&c.out_fd);
	drop_fd(&c.err_fd);
	return result;
}
