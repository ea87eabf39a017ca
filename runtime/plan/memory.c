/* Memory limits: v1 counts memory and swap together, as the specification does; v2 counts swap alone. */
#include "runtime/plan/limits.h"

/* -1 is unlimited, which v2 spells "max". */
static const char *bytes(struct planner *p, int version, int64_t value)
{
	return value < 0 ? (version == 2 ? "max" : "-1") : limit_number(p, value);
}

static void memory_v1(struct planner *p, const struct spec_memory *m)
{
	if (limit_is_given(&m->limit))
		limit_add(p, "memory", "memory.limit_in_bytes", &m->limit, 0, bytes(p, 1, m->limit.value));
	if (limit_is_given(&m->swap))
		limit_add(p, "memory", "memory.memsw.limit_in_bytes", &m->swap, m->swap.value < 0 ? OP_MAY_BE_MISSING : 0,
		      bytes(p, 1, m->swap.value));
	if (limit_is_given(&m->reservation))
		limit_add(p, "memory", "memory.soft_limit_in_bytes", &m->reservation, 0, bytes(p, 1, m->reservation.value));
	if (limit_is_given(&m->kernel_tcp))
		limit_add(p, "memory", "memory.kmem.tcp.limit_in_bytes", &m->kernel_tcp, OP_MAY_BE_MISSING,
		      bytes(p, 1, m->kernel_tcp.value));
	if (m->swappiness.is_set)
		limit_add(p, "memory", "memory.swappiness", &m->swappiness, 0, limit_number(p, (int64_t)m->swappiness.value));
	if (m->disable_oom_killer.is_set && m->disable_oom_killer.value)
		limit_add(p, "memory", "memory.oom_control", &m->disable_oom_killer, 0, "1");
	if (m->use_hierarchy.is_set && m->use_hierarchy.value)
		limit_add(p, "memory", "memory.use_hierarchy", &m->use_hierarchy, OP_MAY_BE_MISSING, "1");
}

/* config.md counts memory and swap together, v2 counts swap alone. */
static void swap_v2(struct planner *p, const struct spec_memory *m)
{
	if (m->swap.value < 0)
		limit_add(p, "memory", "memory.swap.max", &m->swap, OP_MAY_BE_MISSING, "max");
	else if (!limit_is_given(&m->limit) || m->limit.value < 0)
		planner_refuse(p, &m->swap, "a swap limit counts memory and swap together, so it needs a memory limit",
			       "set \"limit\" too");
	else
		limit_add(p, "memory", "memory.swap.max", &m->swap, m->swap.value == m->limit.value ? OP_MAY_BE_MISSING : 0,
		      limit_number(p, m->swap.value - m->limit.value));
}

static void memory_v2(struct planner *p, const struct spec_memory *m)
{
	static const char no_file[] = "cgroup v2 has no such setting; it is left out";

	if (limit_is_given(&m->limit))
		limit_add(p, "memory", "memory.max", &m->limit,
			  m->check_before_update.is_set && m->check_before_update.value ? OP_ABOVE_USAGE : 0,
			  bytes(p, 2, m->limit.value));
	if (limit_is_given(&m->swap))
		swap_v2(p, m);
	if (limit_is_given(&m->reservation))
		limit_add(p, "memory", "memory.low", &m->reservation, 0, bytes(p, 2, m->reservation.value));
	if (m->swappiness.is_set)
		planner_warn(p, &m->swappiness, no_file, NULL);
	if (m->disable_oom_killer.is_set && m->disable_oom_killer.value)
		planner_warn(p, &m->disable_oom_killer, no_file, NULL);
	if (limit_is_given(&m->kernel_tcp))
		planner_warn(p, &m->kernel_tcp, no_file, NULL);
}

void plan_memory(struct planner *p, const struct spec_memory *m)
{
	bool is_more = m->swappiness.is_set || (m->disable_oom_killer.is_set && m->disable_oom_killer.value) ||
		       (m->use_hierarchy.is_set && m->use_hierarchy.value);
	bool has_any = is_more || limit_is_given(&m->limit) || limit_is_given(&m->swap) || limit_is_given(&m->reservation) ||
		       limit_is_given(&m->kernel_tcp);
	bool is_bound = is_more || limit_is_bound(&m->limit) || limit_is_bound(&m->swap) || limit_is_bound(&m->reservation) ||
			limit_is_bound(&m->kernel_tcp);
	const struct facts_hierarchy *h = has_any ? limit_find_bound(p, "memory", m, is_bound) : NULL;

	if (limit_is_given(&m->kernel))
		planner_warn(p, &m->kernel, "the kernel has no separate limit for kernel memory since 5.16; it is left out", NULL);
	if (h && h->version == 1)
		memory_v1(p, m);
	else if (h)
		memory_v2(p, m);
}
