/* Killing all that is in a cgroup, and removing it. */
#include "runtime/host/cgroup/group.h"

#include "runtime/host/cgroup/patience.h"
#include "spec/base/own.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/pidfd.h>
#include <unistd.h>

/* --- kill --------------------------------------------------------------------------------------------------------- */

enum { CHUNK = 64, ROUNDS = 100 };

/* A pid can pass to a stranger between reading it and opening it. Hence read again with the pidfds open: whoever is still a
 * member is the one that the pidfd means. */
static int signal_chunk(const struct group *g, const pid_t *pids, size_t count, int signal, struct group_members *again,
			struct err *e)
{
	int fds[CHUNK], failed = 0;

	for (size_t i = 0; i < count; i++) {
		fds[i] = pidfd_open(pids[i], 0);
		if (fds[i] < 0 && errno != ESRCH)
			failed = err_sys(e, "open process %d", pids[i]);
	}
	if (members_read_sorted(g, again, e) < 0)
		failed = -1;
	for (size_t i = 0; i < count; i++) {
		if (!failed && fds[i] >= 0 && members_have(again, pids[i]) && pidfd_send_signal(fds[i], signal, NULL, 0) < 0 &&
		    errno != ESRCH)
			failed = err_sys(e, "send signal %d to process %d", signal, pids[i]);
		own_close(&fds[i]);
	}
	return failed;
}

static int signal_members(const struct group *g, const struct group_members *m, int signal, struct group_members *again,
			  struct err *e)
{
	for (size_t i = 0; i < m->count; i += CHUNK) {
		size_t count = m->count - i < CHUNK ? m->count - i : CHUNK;
		if (signal_chunk(g, m->at + i, count, signal, again, e) < 0)
			return -1;
	}
	return 0;
}

/* Until no process is there that has not been killed yet: those that fork while they are killed, where nothing freezes them. */
static int kill_members(const struct group *g, struct arena *a, struct err *e)
{
	struct group_members now = { .arena = a }, before = { .arena = a }, again = { .arena = a };

	for (int round = 0; round < ROUNDS; round++) {
		if (members_read_sorted(g, &now, e) < 0)
			return -1;
		bool is_new = false;
		for (size_t i = 0; i < now.count && !is_new; i++)
			is_new = !members_have(&before, now.at[i]);
		if (!is_new)
			return 0;
		if (signal_members(g, &now, SIGKILL, &again, e) < 0)
			return -1;
		struct group_members swap = before;
		before = now;
		now = swap;
	}
	return err_set(e, "the processes of cgroup %s fork faster than they can be killed", g->path);
}

static int signal_all(const struct cgroup *c, int signal, struct err *e)
{
	struct group_members m = { .arena = c->arena }, again = { .arena = c->arena };

	for (int version = 2; version >= 1; version--)
		for (size_t i = 0; i < c->facts->hierarchy_count; i++) {
			struct group g = group_in(c, &c->facts->hierarchies[i]);
			if (g.at->version != version)
				continue;
			if (members_read_sorted(&g, &m, e) < 0)
				return -1;
			if (m.count) /* one hierarchy is enough: a second one would signal the same processes twice */
				return signal_members(&g, &m, signal, &again, e);
		}
	return 0;
}

static int thaw_v1(int fd, void *data)
{
	own_fd file = openat(fd, cgroup_v1.frost_file, O_WRONLY | O_NOFOLLOW | O_CLOEXEC);

	(void)data;
	if (file >= 0)
		(void)!write(file, cgroup_v1.thawed, strlen(cgroup_v1.thawed)); /* what stays frozen is told by the removal that follows */
	return 0;
}

/* Freezing is tried so that nothing forks meanwhile; it need not succeed. Killed processes of v1 die when they are thawed, and
 * the payload may have frozen cgroups of its own below (a paused container in a container). */
static int kill_all(const struct cgroup *c, struct err *e)
{
	const struct facts_hierarchy *unified = facts_find_controller(c->facts, ""), *freezer = freeze_find(c->facts);
	struct group v2 = group_in(c, unified), frost = group_in(c, freezer);
	bool is_killed = unified && cgroup_v2.kill(&v2);
	int failed = 0;

	if (freezer && !is_killed)
		(void)freeze_and_wait(&frost, true, 100);
	/* in every hierarchy: a crash in the midst of entering leaves a process in some of them only */
	for (size_t i = 0; i < c->facts->hierarchy_count; i++) {
		struct group g = group_in(c, &c->facts->hierarchies[i]);
		if (!(is_killed && g.at == unified) && kill_members(&g, c->arena, e) < 0)
			failed = -1;
	}
	if (unified)
		(void)freeze_write(&v2, false); /* gone already, or told by the removal that follows */
	if (freezer && freezer != unified)
		(void)group_walk(&frost, c->arena, thaw_v1, NULL); /* likewise */
	return failed;
}

int cgroup_kill(const struct cgroup *c, int signal, struct err *e)
{
	if (cgroup_check_path(c, e) < 0)
		return -1;
	return signal == SIGKILL ? kill_all(c, e) : signal_all(c, signal, e);
}

/* --- remove ------------------------------------------------------------------------------------------------------- */

static int report_busy(const struct group *g, struct arena *a, struct err *e)
{
	const char *members = group_print_members(g, a);

	(void)err_number(e, EBUSY, "remove cgroup %s%s", g->at->mount_point, g->path);
	if (members[0])
		return err_hint(e, "%s did not end", members);
	return -1;
}

int cgroup_remove(const struct cgroup *c, unsigned milliseconds, struct err *e)
{
	if (cgroup_check_path(c, e) < 0)
		return -1;
	struct patience patience = patience_begin(milliseconds);
	for (size_t i = 0; i < c->facts->hierarchy_count; i++) {
		struct group g = group_in(c, &c->facts->hierarchies[i]);
		enum group_left left = group_remove(&g);
		while (left == GROUP_BUSY && patience_wait(&patience))
			left = group_remove(&g);
		if (left == GROUP_BUSY)
			return report_busy(&g, c->arena, e);
		if (left == GROUP_FAILED)
			return err_sys(e, "remove cgroup %s%s", g.at->mount_point, c->path);
	}
	return 0;
}

void cgroup_await_removal(const struct cgroup *c, unsigned milliseconds)
{
	const struct facts_hierarchy *unified = facts_find_controller(c->facts, "");
	struct group g = group_in(c, unified ? unified : facts_find_controller(c->facts, "name=systemd"));
	struct patience patience = patience_begin(milliseconds);
	char path[PATH_MAX];

	while (g.at && group_locate(&g, "", path) && access(path, F_OK) == 0 && patience_wait(&patience))
		;
}
