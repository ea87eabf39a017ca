#include "runtime/host/spawn.h"

#include "spec/base/own.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdbool.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { KILL_WAIT_MS = 10000, REST_READS = 64 };

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

/* An errno: as the pid, so the reason of a failed exec comes from the C library's own vfork. */
static int start_child(struct child *c, const struct spawn *s, int in_fd, int out_fd, int err_fd)
{
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;
	sigset_t all, none;
	int error = 0;

	(void)sigfillset(&all), (void)sigemptyset(&none); /* here and in the next lines: nothing that can fail but memory, of which */
	(void)posix_spawnattr_init(&attributes);          /* the next call would tell */
	(void)posix_spawnattr_setsigdefault(&attributes, &all);
	(void)posix_spawnattr_setsigmask(&attributes, &none);
	(void)posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK);
	error = posix_spawn_file_actions_init(&actions);
	error = error ? error : posix_spawn_file_actions_adddup2(&actions, in_fd, 0);
	error = error ? error : posix_spawn_file_actions_adddup2(&actions, out_fd, 1);
	error = error ? error : posix_spawn_file_actions_adddup2(&actions, err_fd, 2);
	error = error ? error : posix_spawn_file_actions_addclosefrom_np(&actions, 3);
	if (!error && s->directory && access(s->directory, X_OK) == 0)
		error = posix_spawn_file_actions_addchdir_np(&actions, s->directory);
	c->began = now_ms();
	error = error ? error : posix_spawn(&c->pid, s->path, &actions, &attributes, s->args, s->env);
	(void)posix_spawn_file_actions_destroy(&actions), (void)posix_spawnattr_destroy(&attributes); /* always 0 */
	return error;
}

static int run_child(struct child *c, const struct spawn *s, struct spawn_end *out, struct err *e)
{
	own_fd in_fd = make_input(s, e);
	own_fd out_fd = -1;
	own_fd err_fd = -1;

	if (in_fd < 0 || make_pipe(&c->out_fd, &out_fd, e) < 0 || make_pipe(&c->err_fd, &err_fd, e) < 0)
		return -1;
	out->error = start_child(c, s, in_fd, s->out_fd ? s->out_fd : out_fd, s->err_fd ? s->err_fd : err_fd);
	if (out->error)
		return 0;
	drop_fd(&out_fd);
	drop_fd(&err_fd);
	c->pidfd = (int)syscall(SYS_pidfd_open, c->pid, 0);
	if (c->pidfd < 0) {
		(void)err_sys(e, "pidfd_open for %s", s->path);
		(void)kill(-c->pid, SIGKILL); /* ours, and not reaped: nobody else's */
		(void)waitpid(c->pid, NULL, 0);
		return -1;
	}
	return end_child(c, s, out, e);
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
