/* How the kernel treats the process: on which CPUs, with which priorities, with memory of which nodes, as which machine. */
#include "runtime/plan/planner.h"

#include "spec/number_list.h"

#include <linux/ioprio.h>
#include <linux/mempolicy.h>
#include <sys/personality.h>

#define MPOL_WEIGHTED_INTERLEAVE_6_9 6 /* younger than the headers of Debian 12 */

static const uint64_t memory_modes[] = {
	[MEMORY_DEFAULT] = MPOL_DEFAULT,
	[MEMORY_BIND] = MPOL_BIND,
	[MEMORY_INTERLEAVE] = MPOL_INTERLEAVE,
	[MEMORY_WEIGHTED_INTERLEAVE] = MPOL_WEIGHTED_INTERLEAVE_6_9,
	[MEMORY_PREFERRED] = MPOL_PREFERRED,
	[MEMORY_PREFERRED_MANY] = MPOL_PREFERRED_MANY,
	[MEMORY_LOCAL] = MPOL_LOCAL,
};
static const uint64_t memory_flags[] = {
	[MEMORY_FLAG_NUMA_BALANCING] = MPOL_F_NUMA_BALANCING,
	[MEMORY_FLAG_RELATIVE_NODES] = MPOL_F_RELATIVE_NODES,
	[MEMORY_FLAG_STATIC_NODES] = MPOL_F_STATIC_NODES,
};

const char *plan_memory_word(uint64_t mode)
{
	for (int i = 0; i < (int)(sizeof memory_modes / sizeof *memory_modes); i++)
		if (memory_modes[i] == mode)
			return words_find_text(&words_memory_policy_mode, i);
	return "?";
}

/* The row's rule has seen the list: what is none is empty. */
static struct plan_numbers add_mask(struct planner *p, const char *list)
{
	struct number_set set = { .count = 0 };

	if (list && list[0] && !number_list_read(list, &set))
		set.count = 0;
	return plan_add_numbers(&p->w, set.words, set.count);
}

static bool is_set(const char *list)
{
	return list && list[0];
}

/* runtime-spec: execCPUAffinity is "not applicable to the container's init process". */
void plan_first_cpus(struct planner *p, const struct spec_process *process)
{
	const struct spec_exec_cpu_affinity *a = process->exec_cpu_affinity;

	if (p->is_exec && a && is_set(a->initial))
		PLAN_ADD(&p->w, FIRST_CPUS, first_cpus, 0, &a->initial, .list = plan_add_text(&p->w, a->initial),
			 .mask = add_mask(p, a->initial));
}

static void plan_scheduler(struct planner *p, const struct spec_scheduler *s)
{
	uint64_t flags = 0;

	for (size_t i = 0; i < s->flags.count; i++)
		flags |= 1ull << s->flags.at[i];
	PLAN_ADD(&p->w, SCHEDULER, scheduler, 0, s, .policy = (uint64_t)s->policy.value, .flags = flags, .nice = s->nice.value,
		 .priority = (uint64_t)s->priority.value, .runtime = s->runtime.value, .deadline = s->deadline.value,
		 .period = s->period.value);
}

void plan_schedule(struct planner *p, const struct spec_process *process)
{
	const struct spec_exec_cpu_affinity *a = process->exec_cpu_affinity;
	const struct spec_io_priority *io = process->io_priority;

	if (p->is_exec && a && is_set(a->final))
		PLAN_ADD(&p->w, CPUS, cpus, 0, &a->final, .list = plan_add_text(&p->w, a->final), .mask = add_mask(p, a->final));
	if (process->scheduler)
		plan_scheduler(p, process->scheduler);
	if (io)
		PLAN_ADD(&p->w, IO_PRIORITY, io_priority, 0, io, .class = (uint64_t)io->class.value + IOPRIO_CLASS_RT,
			 .priority = (uint64_t)io->priority.value);
}

static void plan_memory_policy(struct planner *p, const struct spec_memory_policy *m)
{
	uint64_t flags = 0;

	for (size_t i = 0; i < m->flags.count; i++)
		flags |= memory_flags[m->flags.at[i]];
	PLAN_ADD(&p->w, MEMORY_POLICY, memory_policy, 0, m, .mode = memory_modes[m->mode.value], .flags = flags,
		 .nodes = plan_add_text(&p->w, is_set(m->nodes) ? m->nodes : NULL), .mask = add_mask(p, m->nodes));
}

/* Only the process itself can set these; the payload has them from init. The nodes are those that the cgroup allows. */
void plan_inherited(struct planner *p)
{
	if (p->linux->memory_policy)
		plan_memory_policy(p, p->linux->memory_policy);
	if (p->linux->personality)
		PLAN_ADD(&p->w, PERSONALITY, personality, 0, p->linux->personality,
			 .domain = p->linux->personality->domain.value == PERSONALITY_LINUX32 ? PER_LINUX32 : PER_LINUX);
}
