/* Who is in a cgroup and in those below it. */
#include "runtime/host/cgroup/group.h"

#include "spec/base/own.h"
#include "spec/base/text.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>

static int compare_pids(const void *a, const void *b)
{
	pid_t left = *(const pid_t *)a, right = *(const pid_t *)b;

	return (left > right) - (left < right);
}

int members_read_sorted(const struct group *g, struct group_members *m, struct err *e)
{
	m->count = 0;
	if (group_read_members(g, m, e) < 0)
		return -1;
	if (m->count)
		qsort(m->at, m->count, sizeof *m->at, compare_pids);
	return 0;
}

bool members_have(const struct group_members *m, pid_t pid)
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
			if (g.at->version == version && members_read_sorted(&g, &m, e) < 0)
				return -1;
		}
	*pids = m.at;
	*count = m.count;
	return 0;
}

/* --- for messages ------------------------------------------------------------------------------------------------- */

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
	if (members_read_sorted(g, &m, &ignored) < 0)
		return t.at;
	for (size_t i = 0; i < m.count && i < NAMED; i++) {
		read_comm(m.at[i], comm);
		text_add(&t, "%s%d (%s)", i ? ", " : m.count == 1 ? "process " : "processes ", m.at[i], comm);
	}
	if (m.count > NAMED)
		text_add(&t, " and %zu more", m.count - NAMED);
	return t.at;
}
