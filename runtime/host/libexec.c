#include "runtime/host/libexec.h"

#include "spec/base/own.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum { END_MS = 30000 };

const char *libexec_find(const char *name, struct arena *a, struct err *e)
{
	static const char *const places[] = { "%s/%s", "%s/../libexec/boxcar/%s" };
	char own[PATH_MAX];
	ssize_t length = readlink("/proc/self/exe", own, sizeof own - 1);

	if (length < 0) {
		(void)err_sys(e, "find %s: read the link /proc/self/exe", name);
		return NULL;
	}
	own[length] = '\0';
	*strrchr(own, '/') = '\0'; /* what the kernel says here is absolute */
	for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
		const char *path = arena_format(a, places[i], own, name);
		if (access(path, X_OK) == 0)
			return path;
	}
	(void)err_sys(e, "find %s in %s or %s/../libexec/boxcar", name, own, own);
	(void)err_hint(e, "`make install` puts it there");
	return NULL;
}

void libexec_init(struct libexec *x)
{
	*x = (struct libexec){ .channel = -1 };
}

/* --- start -------------------------------------------------------------------------------------------------------- */

static int add_actions(posix_spawn_file_actions_t *actions, int channel)
{
	int result = posix_spawn_file_actions_adddup2(actions, channel, STDIN_FILENO);

	if (result == 0)
		result = posix_spawn_file_actions_addopen(actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
	if (result == 0)
		result = posix_spawn_file_actions_addopen(actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
	return result ? result : posix_spawn_file_actions_addclosefrom_np(actions, STDERR_FILENO + 1);
}

static int spawn(const char *path, char *const argv[], char *const env[], int channel, pid_t *pid)
{
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;
	int result = posix_spawn_file_actions_init(&actions);

	if (result)
		return result;
	result = posix_spawnattr_init(&attributes);
	if (result == 0) {
		result = add_actions(&actions, channel);
		if (result == 0)
			result = posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSID);
		if (result == 0)
			result = posix_spawn(pid, path, &actions, &attributes, argv, env);
		(void)posix_spawnattr_destroy(&attributes); /* here and below: frees memory */
	}
	(void)posix_spawn_file_actions_destroy(&actions);
	return result;
}

int libexec_start(struct libexec *x, const char *name, const char *argument, char *const env[], struct arena *a, struct err *e)
{
	const char *path = libexec_find(name, a, e);
	char *argv[] = { arena_text(a, name), argument ? arena_text(a, argument) : NULL, NULL };
	own_fd theirs = -1;
	int ends[2];

	if (!path)
		return -1;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) < 0)
		return err_sys(e, "make the channel to %s", name);
	*x = (struct libexec){ .name = argv[0], .channel = ends[0] };
	theirs = ends[1];
	int result = spawn(path, argv, env, theirs, &x->pid);
	if (result == 0)
		return 0;
	x->pid = 0;
	drop_fd(&x->channel);
	return err_number(e, result, "start %s", path);
}

/* --- between, and the end ----------------------------------------------------------------------------------------- */

ssize_t libexec_hear(const struct libexec *x, void *record, size_t size, int milliseconds, struct err *e)
{
	struct pollfd ready = { .fd = x->channel, .events = POLLIN };
	int result;

	do
		result = poll(&ready, 1, milliseconds);
	while (result < 0 && errno == EINTR);
	if (result < 0)
		return err_sys(e, "wait for %s", x->name);
	if (result == 0)
		return err_number(e, ETIMEDOUT, "wait for %s: no answer within %d s", x->name, milliseconds / 1000);
	ssize_t length = recv(x->channel, record, size, 0);
	return length < 0 && errno == ECONNRESET ? 0 : length < 0 ? err_sys(e, "read from %s", x->name) : length;
}

static void await_end(const struct libexec *x)
{
	own_fd pidfd = (int)syscall(SYS_pidfd_open, x->pid, 0); /* our child, not reaped: the pid is its */
	struct pollfd ready = { .fd = pidfd, .events = POLLIN };
	int result = 0;

	if (pidfd >= 0)
		do
			result = poll(&ready, 1, END_MS);
		while (result < 0 && errno == EINTR);
	if (result <= 0)
		(void)kill(x->pid, SIGKILL); /* not reaped, as above */
	while (waitpid(x->pid, NULL, 0) < 0 && errno == EINTR)
		continue;
}

void libexec_end(struct libexec *x)
{
	if (x->pid <= 0)
		return;
	drop_fd(&x->channel);
	await_end(x);
	x->pid = 0;
}
