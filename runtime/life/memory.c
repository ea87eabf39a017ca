#include "runtime/life/memory.h"

#include <stdio.h>

enum { TEXT_MAX = 512 };

/* Before 5.19 cgroup v2 tells no peak. */
int memory_explain(const char *what, const struct cgroup_memory *m, struct err *e)
{
	if (m->limit == UINT64_MAX)
		return err_set(e, "%s: the host has run out, or a cgroup above has", what);
	if (m->peak == UINT64_MAX)
		(void)err_set(e, "%s: the limit is %llu bytes", what, (unsigned long long)m->limit);
	else
		(void)err_set(e, "%s: the limit is %llu bytes, the peak was %llu", what, (unsigned long long)m->limit,
			      (unsigned long long)m->peak);
	return err_hint(e, "raise /linux/resources/memory/limit");
}

static bool has_kills(const struct cgroup *c, struct cgroup_memory *m)
{
	if (!c->path || !c->path[0] || !cgroup_read_kills(c))
		return false;
	cgroup_read_memory(c, m);
	return m->oom_kills && m->oom_kills != UINT64_MAX;
}

static struct opt_uint known(uint64_t value)
{
	return (struct opt_uint){ value != UINT64_MAX, value };
}

struct state_memory *memory_find_kills(const struct cgroup *c, struct arena *a)
{
	struct cgroup_memory m;

	if (!has_kills(c, &m))
		return NULL;
	struct state_memory *found = arena_alloc(a, sizeof *found);
	*found = (struct state_memory){ known(m.oom_kills), known(m.limit), known(m.peak) };
	return found;
}

void memory_warn(const struct cgroup *c, const char *id, struct log *log)
{
	struct cgroup_memory m;
	struct err told = ERR_NONE;
	char what[TEXT_MAX], line[2 * TEXT_MAX];

	if (!has_kills(c, &m))
		return;
	if (m.oom_kills == 1)
		(void)snprintf(what, sizeof what, "a process of %s was killed for memory", id);
	else
		(void)snprintf(what, sizeof what, "%llu processes of %s were killed for memory", (unsigned long long)m.oom_kills, id);
	(void)memory_explain(what, &m, &told);
	log_warn(log, "%s", err_line(&told, line, sizeof line));
}
