/* An existing container, found again by its id; its status is derived, never stored. */
#include "runtime/life/container.h"

#include "runtime/host/facts.h"
#include "spec/base/own.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

const char *status_word(enum status status)
{
	static const char *const words[] = { "creating", "created", "running", "paused", "stopped" };

	return words[status];
}

static bool is_other_boot(const struct state *state)
{
	char id[64] = "";

	if (!state->boot_id || !state->boot_id[0])
		return false;
	own_fd fd = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);
	ssize_t length = fd < 0 ? -1 : read(fd, id, sizeof id - 1);
	if (length <= 0)
		return false;
	id[strcspn(id, "\n")] = '\0';
	return strcmp(id, state->boot_id) != 0;
}

/* A create in work holds the lock; one that died left its intent only, and that is an end too. */
static bool is_locked_elsewhere(const struct store_entry *entry)
{
	if (entry->is_locked)
		return false;
	if (flock(entry->fd, LOCK_SH | LOCK_NB) < 0)
		return errno == EWOULDBLOCK;
	(void)flock(entry->fd, LOCK_UN);
	return false;
}

static bool is_paused(const struct container *c)
{
	return c->cgroup.path[0] && cgroup_is_frozen(&c->cgroup);
}

static bool has_processes(const struct container *c)
{
	struct err ignored = ERR_NONE;
	size_t count = 0;
	pid_t *pids;

	return cgroup_read_members(&c->cgroup, &pids, &count, &ignored) == 0 && count;
}

/* `failed` says why the process could not be looked at: it may be running all the same. */
static enum status derive_status(struct container *c, struct err *failed)
{
	if (!c->state)
		return is_locked_elsewhere(&c->entry) ? STATUS_CREATING : STATUS_STOPPED;
	if (c->state->pid.value <= 0)
		return STATUS_STOPPED;
	c->pidfd = process_open((pid_t)c->state->pid.value, c->state->start_time.value, failed);
	if (c->pidfd >= 0 && is_other_boot(c->state))
		drop_fd(&c->pidfd);
	if (c->pidfd < 0)
		return STATUS_STOPPED;
	if (is_paused(c))
		return STATUS_PAUSED;
	return store_is_created(&c->entry) ? STATUS_CREATED : STATUS_RUNNING;
}

enum status container_look(struct container *c, bool is_frozen)
{
	struct pollfd ended = { .fd = c->pidfd, .events = POLLIN };

	if (c->pidfd < 0)
		return c->status;
	if (poll(&ended, 1, 0) > 0)
		return c->status = STATUS_STOPPED;
	if (is_frozen)
		return c->status = STATUS_PAUSED;
	return c->status = c->status != STATUS_RUNNING && store_is_created(&c->entry) ? STATUS_CREATED : STATUS_RUNNING;
}

/* Root's containers are in one directory, and those of a user, or of whoever says --rootless, in another. */
static int hint_other_root(const struct boxcar *b, const char *id, struct err *e)
{
	char users[64], at[STORE_ID_MAX + sizeof users];
	const char *const roots[] = { "/run/boxcar", users };

	(void)snprintf(users, sizeof users, "/run/user/%u/boxcar", (unsigned)geteuid()); /* fits */
	for (size_t i = 0; i < sizeof roots / sizeof *roots; i++) {
		(void)snprintf(at, sizeof at, "%s/%s", roots[i], id); /* fits */
		if (strcmp(roots[i], b->root) != 0 && access(at, F_OK) == 0)
			return err_hint(e, "there is one of this id in %s: `boxcar --root %s ...` finds it", roots[i], roots[i]);
	}
	return -1;
}

int container_find(struct boxcar *b, const char *id, int wait_ms, bool accepts_damage, struct container *out, struct err *e)
{
	*out = (struct container){ .b = b, .id = id, .store.root_fd = -1, .entry.fd = -1, .pidfd = -1, .notify.fd = -1 };
	if (store_check_id(id, e) < 0 || store_open(&out->store, b->root, false, e) < 0)
		return -1;
	if (store_find(&out->store, id, wait_ms, &out->entry, e) < 0) {
		store_close(&out->store);
		return strcmp(e->text, STORE_MISSING) == 0 ? hint_other_root(b, id, e) : -1;
	}
	if (facts_probe(FACTS_CGROUPS, &b->arena, &b->facts, e) < 0) {
		container_close(out);
		return -1;
	}
	const char *path = store_read_cgroup(&out->entry, &b->arena);
	if (!path) {
		(void)err_sys(e, "read the link %s/%s/cgroup", b->root, id);
		container_close(out);
		return -1;
	}
	out->cgroup = (struct cgroup){ &b->facts, path, &b->arena };
	if (store_read_state(&out->entry, &b->arena, &out->state, e) < 0) {
		if (!accepts_damage) {
			container_close(out);
			return err_hint(e, "`boxcar delete -f %s` removes the container all the same", id);
		}
		*e = ERR_NONE;
		out->state = NULL;
	}
	struct err failed = ERR_NONE;
	out->status = derive_status(out, &failed);
	if (out->pidfd >= 0 || !failed.number || failed.number == ESRCH)
		return 0;
	if (accepts_damage && path[0]) { /* its cgroup says whether something is alive, and kills it */
		out->status = has_processes(out) ? STATUS_RUNNING : STATUS_STOPPED;
		return 0;
	}
	container_close(out);
	*e = failed;
	return -1;
}

void container_close(struct container *c)
{
	drop_fd(&c->pidfd);
	notify_close(&c->notify);
	store_entry_close(&c->entry);
	store_close(&c->store);
}
