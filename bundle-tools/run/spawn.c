#include "bundle-tools/run/spawn.h"

#include "bundle-tools/store/interrupt.h"
#include "spec/base/own.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum { END_MS = 10000, OUTPUT_MOST = 4 << 20 };

/* The child, between fork and exec: all namespaces are ours. What fails is told by errno through `report`. */
static _Noreturn void become(const struct spawn *s, const sigset_t *mask, int report)
{
	const int from[3] = { s->in, s->out, s->error };
	bool is_ready = true;

	for (int fd = 0; fd < 3; fd++)
		is_ready = is_ready && (from[fd] < 0 || (from[fd] == fd ? fcntl(fd, F_SETFD, 0) == 0 : dup2(from[fd], fd) == fd));
	if (is_ready && prctl(PR_SET_PDEATHSIG, SIGKILL) == 0 && sigprocmask(SIG_SETMASK, mask, NULL) == 0) {
		if (s->env)
			(void)execvpe(s->argv[0], (char *const *)s->argv, (char *const *)s->env);
		else
			(void)execvp(s->argv[0], (char *const *)s->argv);
	}
	int number = errno; /* exec returns only when it failed */
	(void)!write(report, &number, sizeof number);
	_exit(127);
}

/* The child's mask: nothing that we block for ourselves. */
static void child_mask(sigset_t *mask)
{
	sigset_t ours;

	(void)sigprocmask(SIG_BLOCK, NULL, mask); /* these cannot fail */
	interrupt_signals(&ours);
	for (int signal = 1; signal < NSIG; signal++)
		if (sigismember(&ours, signal) == 1 || signal == SIGCHLD)
			(void)sigdelset(mask, signal);
}

int spawn_begin(const struct spawn *s, pid_t *pid, struct err *e)
{
	sigset_t mask;
	int pipes[2], number = 0;

	if (pipe2(pipes, O_CLOEXEC))
		return err_sys(e, "make a pipe");
	own_fd reader = pipes[0], writer = pipes[1];
	child_mask(&mask);
	*pid = s->ends_descendants ? (pid_t)syscall(SYS_clone, CLONE_NEWPID | SIGCHLD, NULL, NULL, NULL, NULL) : fork();
	if (*pid < 0)
		return err_sys(e, "fork");
	if (*pid == 0)
		become(s, &mask, writer);
	drop_fd(&writer);
	ssize_t got = read(reader, &number, sizeof number);
	if (got != (ssize_t)sizeof number)
		return 0;
	(void)waitpid(*pid, NULL, 0); /* it has ended by itself */
	return err_number(e, number, "run %s", s->argv[0]);
}

/* What the end of the wait needs to know. */
struct waiting {
	const struct spawn *s;
	pid_t pid;
	int pidfd, signal_fd;
	int interrupted; /* the signal that came, or 0 */
};

static int receive_signal(struct waiting *w, struct err *e)
{
	struct signalfd_siginfo info;

	if (read(w->signal_fd, &info, sizeof info) != (ssize_t)sizeof info)
		return errno == EAGAIN ? 0 : err_sys(e, "read a signal");
	if (!w->s->passes_signals)
		w->interrupted = (int)info.ssi_signo;
	if (kill(w->pid, (int)info.ssi_signo) && errno != ESRCH)
		return err_sys(e, "signal %s", w->s->argv[0]);
	return 0;
}

/* 1: ended. 0: a signal came. */
static int wait_once(struct waiting *w, int timeout, struct err *e)
{
	struct pollfd fds[2] = { { .fd = w->pidfd, .events = POLLIN }, { .fd = w->signal_fd, .events = POLLIN } };
	int ready = poll(fds, 2, w->interrupted ? END_MS : timeout);

	if (ready < 0 && errno != EINTR)
		return err_sys(e, "wait for %s", w->s->argv[0]);
	if (ready == 0) {
		if (!w->interrupted)
			(void)err_set(e, "%s did not end within %d s", w->s->argv[0], w->s->timeout);
		(void)kill(w->pid, SIGKILL); /* it is our child and not waited for: the pid is its own */
		return 1;
	}
	if (ready > 0 && fds[0].revents)
		return 1;
	return ready > 0 && fds[1].revents ? receive_signal(w, e) : 0;
}

static int read_status(const struct waiting *w, int *exit_code, struct err *e)
{
	int status;

	while (waitpid(w->pid, &status, 0) < 0)
		if (errno != EINTR)
			return err_sys(e, "wait for %s", w->s->argv[0]);
	if (w->interrupted)
		return interrupt_err(w->interrupted, e);
	if (e->text[0]) /* the time was over */
		return -1;
	*exit_code = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
	return 0;
}

int spawn_wait(const struct spawn *s, int *exit_code, struct err *e)
{
	struct waiting w = { .s = s };
	sigset_t signals, before;
	int ended = 0;

	interrupt_signals(&signals);
	(void)sigprocmask(SIG_BLOCK, &signals, &before); /* cannot fail */
	own_fd signal_fd = signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK);
	int result = signal_fd < 0 ? err_sys(e, "wait for signals") : spawn_begin(s, &w.pid, e);
	if (result == 0) {
		own_fd pidfd = (int)syscall(SYS_pidfd_open, w.pid, 0);
		w.pidfd = pidfd;
		w.signal_fd = signal_fd;
		while (pidfd >= 0 && ended == 0)
			ended = wait_once(&w, s->timeout ? s->timeout * 1000 : -1, e);
		result = pidfd < 0 || ended < 0 ? -1 : 0;
		if (result)
			(void)kill(w.pid, SIGKILL);
		if (read_status(&w, exit_code, e))
			result = -1;
	}
	(void)sigprocmask(SIG_SETMASK, &before, NULL); /* cannot fail */
	return result;
}

int spawn_end(pid_t pid, int patience, int *exit_code, struct err *e)
{
	own_fd pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
	struct pollfd ended = { .fd = pidfd, .events = POLLIN };
	int status;

	if (pidfd < 0 || poll(&ended, 1, patience) <= 0)
		(void)kill(pid, SIGKILL); /* it is our child and not waited for: the pid is its own */
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return err_sys(e, "wait for process %d", (int)pid);
	*exit_code = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
	return 0;
}

int spawn_read(struct conductor *c, const char *const *argv, const char **out, struct err *e)
{
	own_fd into = memfd_create("output", MFD_CLOEXEC);
	int exit_code = 0;
	struct stat st;

	if (into < 0)
		return err_sys(e, "make a memory file");
	own_fd nothing = open("/dev/null", O_RDWR | O_CLOEXEC);
	struct spawn s = { .argv = argv, .in = nothing, .out = into, .error = nothing, .timeout = 60 };
	if (nothing < 0)
		return err_sys(e, "open /dev/null");
	if (spawn_wait(&s, &exit_code, e))
		return -1;
	if (exit_code)
		return err_set(e, "%s ended with %d", argv[0], exit_code);
	if (fstat(into, &st) || st.st_size > OUTPUT_MOST)
		return err_set(e, "%s says too much", argv[0]);
	char *text = arena_alloc(&c->arena, (size_t)st.st_size + 1);
	if (pread(into, text, (size_t)st.st_size, 0) != st.st_size)
		return err_sys(e, "read what %s said", argv[0]);
	*out = text;
	return 0;
}

bool spawn_finds(struct conductor *c, const char *program)
{
	const char *path = getenv("PATH");

	if (strchr(program, '/'))
		return access(program, X_OK) == 0;
	char *rest, *all = arena_text(&c->arena, path ? path : "/usr/sbin:/usr/bin:/sbin:/bin");
	for (char *part = strtok_r(all, ":", &rest); part; part = strtok_r(NULL, ":", &rest))
		if (access(arena_format(&c->arena, "%s/%s", part, program), X_OK) == 0)
			return true;
	return false;
}
