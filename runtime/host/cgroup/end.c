#include "runtime/host/cgroup/cgroup.h"

#include "runtime/host/cgroup/group.h"
#include "spec/base/own.h"
#include "spec/base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <time.h>

static int compare_pids(const void *a, const void *b)
{
	pid_t left = *(const pid_t *)a, right = *(const pid_t *)b;

	return (left > right) - (left < right);
}

/* Sorted; the list's memory is used again from one reading to the next. */
static int read_sorted(const struct group *g, struct group_members *m, struct err *e)
{
	m->count = 0;
	if (group_read_members(g, m, e) < 0)
		return -1;
	if (m->count)
		qsort(m->at, m->count, sizeof *m->at, compare_pids);
	return 0;
}

static bool is_member(const struct group_members *m, pid_t pid)
{
	return m->count && bsearch(&pid, m->at, m->count, sizeof *m->at, compare_pids);
}

int cgroup_read_members(const struct cgroup *c, pid_t **pids, size_t *count, struct err *e)
{
	struct group_members m = { .arena = c->arena };

	if (cgroup_check_path(c, e) < 0)
		return -1;
	/* v2 is the one that a process cannot have left behind; a crash amid the burst leaves it in some of v1 only */
	for (int version = 2; version >= 1; version--)
		for (size_t i = 0; i < c->facts->hierarchy_count && !m.count; i++) {
			struct group g = group_in(c, &c->facts->hierarchies[i]);
			if (g.at->version == version && read_sorted(&g, &m, e) < 0)
				return -1;
		}
	*pids = m.at;
	*count = m.count;
	return 0;
}

/* --- time --------------------------------------------------------------------------------------------------------- */

static uint64_t read_clock(void)
{
	struct timespec now = { 0 };

	(void)clock_gettime(CLOCK_MONOTONIC, &now); /* cannot fail with this clock */
	return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

/* Waiting that doubles, from 100 microseconds to 10 milliseconds, until the deadline. v1 has no event to wait for. */
struct patience {
	uint64_t deadline, step;
};

static struct patience begin_waiting(unsigned milliseconds)
{
	return (struct patience){ read_clock() + (uint64_t)milliseconds * 1000, 100 };
}

static bool wait_more(struct patience *p)
{
	struct timespec pause = { .tv_nsec = (long)(p->step * 1000) };

	if (read_clock() >= p->deadline)
		return false;
	(void)nanosleep(&pause, NULL); /* a signal ends the pause early, no more */
	p->step = p->step < 10000 / 2 ? 2 * p->step : 10000;
	return true;
}

/* --- freeze ------------------------------------------------------------------------------------------------------- */

/* The v1 freezer where there is one, else v2's own. */
static const struct facts_hierarchy *find_freezer(const struct facts *f)
{
	const struct facts_hierarchy *at = facts_find_controller(f, "freezer");

	return at ? at : facts_find_controller(f, "");
}

bool cgroup_is_frozen(const struct cgroup *c)
{
	struct err ignored = ERR_NONE;

	if (cgroup_check_path(c, &ignored) < 0)
		return false;
	for (size_t i = 0; i < c->facts->hierarchy_count; i++) {
		struct group g = group_in(c, &c->facts->hierarchies[i]);
		if (group_dialect(&g)->read_frost(&g) != GROUP_THAWED)
			return true;
	}
	return false;
}

static int write_frost(const struct group *g, bool is_frozen)
{
	const struct dialect *d = group_dialect(g);

	return group_write(g, d->frost_file, is_frozen ? d->frozen : d->thawed);
}

/* A v1 freezer can stay at FREEZING for ever after one lost wake-up; writing the state again wakes all once more. */
static bool write_and_wait(const struct group *g, bool is_frozen, unsigned milliseconds)
{
	struct patience patience = begin_waiting(milliseconds);
	enum group_frost wanted = is_frozen ? GROUP_FROZEN : GROUP_THAWED;

	do {
		if (write_frost(g, is_frozen) < 0)
			return false;
		errno = EAGAIN;
		if (group_dialect(g)->read_frost(g) == wanted)
			return true;
	} while (wait_more(&patience));
	errno = EAGAIN;
	return false;
}

int cgroup_freeze(const struct cgroup *c, bool frozen, struct err *e)
{
	const struct facts_hierarchy *at = find_freezer(c->facts);

	if (cgroup_check_path(c, e) < 0)
		return -1;
	if (!at)
		return err_set(e, "this host has no cgroup that could be frozen");
	struct group g = group_in(c, at);
	if (write_and_wait(&g, frozen, 5000))
		return 0;
	int number = errno;
	if (frozen)
		(void)write_frost(&g, false); /* undone as far as it can be; the error is the first one */
	(void)err_number(e, number, "%s cgroup %s", frozen ? "freeze" : "thaw", c->path);
	return number == EAGAIN ? err_hint(e, frozen ? "a process in it does not stop" : "is its parent frozen?") : -1;
}

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
	if (read_sorted(g, again, e) < 0)
		failed = -1;
	for (size_t i = 0; i < count; i++) {
		if (!failed && fds[i] >= 0 && is_member(again, pids[i]) && pidfd_send_signal(fds[i], signal, NULL, 0) < 0 &&
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
		if (read_sorted(g, &now, e) < 0)
			return -1;
		bool is_new = false;
		for (size_t i = 0; i < now.count && !is_new; i++)
			is_new = !is_member(&before, now.at[i]);
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
			if (read_sorted(&g, &m, e) < 0)
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
	const struct facts_hierarchy *unified = facts_find_controller(c->facts, ""), *freezer = find_freezer(c->facts);
	struct group v2 = group_in(c, unified), frost = group_in(c, freezer);
	bool is_killed = unified && cgroup_v2.kill(&v2);
	int failed = 0;

	if (freezer && !is_killed)
		(void)write_and_wait(&frost, true, 100);
	/* in every hierarchy: a crash in the midst of entering leaves a process in some of them only */
	for (size_t i = 0; i < c->facts->hierarchy_count; i++) {
		struct group g = group_in(c, &c->facts->hierarchies[i]);
		if (!(is_killed && g.at == unified) && kill_members(&g, c->arena, e) < 0)
			failed = -1;
	}
	if (unified)
		(void)write_frost(&v2, false); /* gone already, or told by the removal that follows */
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

/* The command's name, which the payload chose; printing makes control characters visible. */
static void read_comm(pid_t pid, char out[24])
{
	char path[32];
	ssize_t got = -1;

	(void)snprintf(path, sizeof path, "/proc/%d/comm", pid);
	own_fd fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd >= 0)
		got = read(fd, out, 23);
	out[got > 0 ? got - (out[got - 1] == '\n') : 0] = '\0';
}

const char *group_print_members(const struct group *g, struct arena *a)
{
	enum { NAMED = 5 };
	struct group_members m = { .arena = a };
	struct err ignored = ERR_NONE;
	struct text t;
	char comm[24];

	text_init(&t, a);
	if (read_sorted(g, &m, &ignored) < 0)
		return t.at;
	for (size_t i = 0; i < m.count && i < NAMED; i++) {
		read_comm(m.at[i], comm);
		text_add(&t, "%s%d (%s)", i ? ", " : m.count == 1 ? "process " : "processes ", m.at[i], comm);
	}
	if (m.count > NAMED)
		text_add(&t, " and %zu more", m.count - NAMED);
	return t.at;
}

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
	struct patience patience = begin_waiting(milliseconds);
	for (size_t i = 0; i < c->facts->hierarchy_count; i++) {
		struct group g = group_in(c, &c->facts->hierarchies[i]);
		enum group_left left = group_remove(&g);
		while (left == GROUP_BUSY && wait_more(&patience))
			left = group_remove(&g);
		if (left == GROUP_BUSY)
			return report_busy(&g, c->arena, e);
		if (left == GROUP_FAILED)
			return err_sys(e, "remove cgroup %s%s", g.at->mount_point, c->path);
	}
	return 0;
}
