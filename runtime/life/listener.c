#include "runtime/life/listener.h"

#include "runtime/host/handover.h"
#include "runtime/plan/messages.h"
#include "spec/base/own.h"

#include <errno.h>
#include <poll.h>
#include <stddef.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

enum { LOAD_MS = 10000 };

static int place(const struct listener *l, struct err *e)
{
	return config_text_place(l->config, "/linux/seccomp/listenerPath", l->request->arena, e);
}

int listener_connect(struct listener *l, struct err *e)
{
	l->socket_fd = -1;
	l->path = plan_listener_path(l->request);
	if (!l->path)
		return 0;
	l->socket_fd = handover_connect(l->path, e);
	if (l->socket_fd >= 0)
		return 0;
	(void)err_hint(e, "the program that answers SCMP_ACT_NOTIFY has to listen before the container starts");
	return place(l, e);
}

void listener_close(struct listener *l)
{
	drop_fd(&l->socket_fd);
}

/* 1 when init has loaded the filter, 0 when not yet. The page is looked at as a file: whatever it is, that harms nobody. */
static int read_page(int page_fd, struct message_page *out, struct err *e)
{
	struct stat s;

	if (fstat(page_fd, &s) < 0 || !S_ISREG(s.st_mode) || pread(page_fd, out, sizeof *out, 0) != (ssize_t)sizeof *out)
		return err_set(e, "what init sent with its seccomp listener cannot be read");
	return out->listener >= 0;
}

/* 0 with the number in init, 1 when init has something else to say first: the load failed, or it is gone. */
static int await_load(int page_fd, int channel, int *number, struct err *e)
{
	const struct timespec nap = { .tv_nsec = 20000 };
	struct pollfd told = { .fd = channel, .events = POLLIN };
	struct timespec began = { 0 }, now = { 0 };
	struct message_page page;

	(void)clock_gettime(CLOCK_MONOTONIC, &began); /* cannot fail for this clock */
	while ((now.tv_sec - began.tv_sec) * 1000 < LOAD_MS) {
		int loaded = read_page(page_fd, &page, e);
		if (loaded < 0)
			return -1;
		*number = page.listener;
		if (loaded)
			return 0;
		if (ppoll(&told, 1, &nap, NULL) > 0)
			return 1;
		(void)clock_gettime(CLOCK_MONOTONIC, &now); /* cannot fail for this clock */
	}
	return err_number(e, ETIMEDOUT, "wait for init to load the seccomp filter");
}

int listener_hand_over(struct listener *l, int page_fd, int channel, int pidfd, int64_t pid, struct err *e)
{
	const uint32_t is_taken = 1;
	int number = -1;

	if (!l->path)
		return err_set(e, "init has a seccomp listener that nobody asked for");
	int outcome = await_load(page_fd, channel, &number, e);
	if (outcome)
		return outcome < 0 ? -1 : 0;
	own_fd fd = (int)syscall(SYS_pidfd_getfd, pidfd, number, 0);
	if (fd < 0) {
		(void)err_sys(e, "take the seccomp listener of process %lld (pidfd_getfd)", (long long)pid);
		return e->number == EPERM ? err_hint(e, "it needs CAP_SYS_PTRACE in the container's user namespace") : -1;
	}
	const char *state = plan_listener_state(l->request, l->status, l->init, pid);
	if (handover_send(l->socket_fd, state, strlen(state), fd, e) < 0) {
		(void)err_add(e, "hand the seccomp listener to %s", l->path);
		return place(l, e);
	}
	drop_fd(&l->socket_fd); /* its end tells that this was all, and the exec may be a call that waits for the answer */
	if (pwrite(page_fd, &is_taken, sizeof is_taken, offsetof(struct message_page, is_taken)) != (ssize_t)sizeof is_taken)
		return err_sys(e, "let init go on after the seccomp listener was taken");
	return 0;
}
