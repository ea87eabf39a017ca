/* The end of a container. */
#include "bundle-tools/run/container.h"

#include "bundle-tools/net/network.h"
#include "bundle-tools/run/signal_name.h"
#include "bundle-tools/store/interrupt.h"
#include "bundle-tools/store/remove.h"
#include "spec/base/own.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { START_MS = 10000, POLL_MS = 20 };

/* Process 1 of a pid namespace gets no signal that it does not handle: waiting for it to end would be in vain. */
static bool handles(pid_t pid, int signal)
{
	char path[64], line[256];
	unsigned long long caught = 0;

	(void)snprintf(path, sizeof path, "/proc/%d/status", (int)pid);
	own_stream status = fopen(path, "re");
	while (status && fgets(line, sizeof line, status))
		if (sscanf(line, "SigCgt: %llx", &caught) == 1)
			break;
	return signal > 0 && caught >> (signal - 1) & 1;
}

static int ask_to_end(struct conductor *c, const struct container *container, const struct runtime_state *state, unsigned seconds,
		      struct err *e)
{
	const char *word = container->stop_signal[0] ? container->stop_signal : "TERM";
	int signal = signal_read(word);

	if (!seconds || !handles(state->pid, signal))
		return 0;
	own_fd pidfd = (int)syscall(SYS_pidfd_open, state->pid, 0);
	struct pollfd end = { .fd = pidfd, .events = POLLIN };
	if (pidfd < 0)
		return errno == ESRCH ? 0 : err_sys(e, "watch process %d", (int)state->pid);
	if (runtime_kill(c, container->name, container_directory(c, container->name), arena_format(&c->arena, "%d", signal), e))
		return -1;
	(void)poll(&end, 1, (int)seconds * 1000); /* ended or not: it is killed next */
	return 0;
}

static int remove_files(struct conductor *c, const char *name, struct err *e)
{
	const char *rootfs = arena_format(&c->arena, "%s/rootfs", container_directory(c, name));

	while (umount2(rootfs, MNT_DETACH | UMOUNT_NOFOLLOW) == 0)
		;
	if (errno != EINVAL && errno != ENOENT)
		return err_sys(e, "unmount %s", rootfs);
	return remove_tree(c->root_fd, arena_format(&c->arena, "containers/%s", name), e);
}

/* What a killed `run` left may have no record, and still has the name. */
static int read_or_begin(struct conductor *c, const char *name, struct container *out, struct err *e)
{
	struct container *read = NULL;
	struct err ignored = ERR_NONE; /* a record that cannot be read must not keep the container from being removed */

	if (!store_is_name(name) || faccessat(c->root_fd, arena_format(&c->arena, "containers/%s", name), F_OK, 0)) {
		(void)err_set(e, "there is no container %s", name);
		return err_hint(e, "`conductor ps` lists them");
	}
	if (container_read(c, name, &read, &ignored) == 0 && read)
		*out = *read;
	else
		*out = (struct container){ .name = name, .stop_signal = "" };
	return 0;
}

/* A `run` that is on its way will have started the container in a moment: that one is meant. */
static int read_settled(struct conductor *c, const char *name, const char *directory, struct runtime_state *state, struct err *e)
{
	for (int waited = 0;; waited += POLL_MS) {
		struct err gone = ERR_NONE; /* told by what follows */
		own_fd fd = -1;
		bool is_held = container_lock(directory, &fd, &gone) == 1;
		drop_fd(&fd);
		if (runtime_read_state(c, name, directory, state, e))
			return -1;
		if (!is_held || state->status != RUNTIME_NONE || waited >= START_MS)
			return 0;
		if (interrupt_check(POLL_MS, e))
			return -1;
	}
}

int container_stop(struct conductor *c, const char *name, unsigned seconds, struct err *e)
{
	const char *directory = container_directory(c, name);
	struct container container;
	struct runtime_state state;

	if (read_or_begin(c, name, &container, e) || read_settled(c, name, directory, &state, e))
		return -1;
	if (state.status == RUNTIME_RUNNING && ask_to_end(c, &container, &state, seconds, e))
		return -1;
	if (runtime_delete(c, name, directory, e) || network_remove(c, name, e))
		return -1;
	return remove_files(c, name, e);
}
