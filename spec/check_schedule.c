/* How the process is scheduled and where its memory comes from: which members go together, as sched_setattr(2) and
 * set_mempolicy(2) have it. What the host can do is for the kernel to say. */
#include "spec/check_rules.h"

#define SCHEDULER(member) AT(p, "%s/scheduler/" member, pointer)

static bool is_realtime(int policy)
{
	return policy == SCHEDULER_FIFO || policy == SCHEDULER_RR;
}

static void check_priority(const struct spec_scheduler *s, const char *pointer, struct problems *p)
{
	if (is_realtime(s->policy.value) && s->priority.value == 0)
		check_refuse(p, SCHEDULER("priority"), s->priority.is_set ? "is too low" : "is missing",
			     "SCHED_FIFO and SCHED_RR have the priorities 1 to 99");
	if (!is_realtime(s->policy.value) && s->priority.value != 0)
		check_refuse(p, SCHEDULER("priority"), "only SCHED_FIFO and SCHED_RR have priorities",
			     "leave it out; with SCHED_OTHER and SCHED_BATCH, nice says how important the process is");
	if (s->nice.value != 0 && s->policy.value != SCHEDULER_OTHER && s->policy.value != SCHEDULER_BATCH)
		check_warn(p, SCHEDULER("nice"), "has no effect with this policy", "only SCHED_OTHER and SCHED_BATCH are nice");
}

static void check_times(const struct spec_scheduler *s, const char *pointer, struct problems *p)
{
	const struct {
		const char *name;
		const struct opt_uint *time;
	} times[] = { { "runtime", &s->runtime }, { "deadline", &s->deadline }, { "period", &s->period } };

	for (size_t i = 0; i < sizeof times / sizeof *times; i++)
		if (times[i].time->value != 0)
			check_refuse(p, AT(p, "%s/scheduler/%s", pointer, times[i].name),
				     "only SCHED_DEADLINE has such a time", "leave it out");
}

/* __checkparam_dl() in the kernel */
static void check_deadline(const struct spec_scheduler *s, const char *pointer, struct problems *p)
{
	enum { RUNTIME_MIN = 1024 };
	const uint64_t beyond = 1ull << 63;

	if (s->runtime.value < RUNTIME_MIN)
		check_refuse(p, SCHEDULER("runtime"), s->runtime.is_set ? "is too short" : "is missing",
			     "SCHED_DEADLINE needs at least 1024 nanoseconds");
	if (s->deadline.value == 0)
		check_refuse(p, SCHEDULER("deadline"), s->deadline.is_set ? "is too short" : "is missing",
			     "SCHED_DEADLINE needs one, in nanoseconds");
	else if (s->deadline.value < s->runtime.value)
		check_refuse(p, SCHEDULER("deadline"), "is shorter than the runtime", "runtime <= deadline <= period");
	else if (s->period.value && s->period.value < s->deadline.value)
		check_refuse(p, SCHEDULER("period"), "is shorter than the deadline", "runtime <= deadline <= period");
	if (s->deadline.value >= beyond)
		check_refuse(p, SCHEDULER("deadline"), "is too long", "below 2^63 nanoseconds");
	else if (s->period.value >= beyond)
		check_refuse(p, SCHEDULER("period"), "is too long", "below 2^63 nanoseconds");
}

void check_scheduler(const struct spec_scheduler *s, const char *pointer, struct problems *p)
{
	if (!s->policy.is_set)
		return;
	if (s->policy.value == SCHEDULER_ISO) {
		check_refuse(p, SCHEDULER("policy"), "Linux has no SCHED_ISO", "it keeps the number only");
		return;
	}
	check_priority(s, pointer, p);
	if (s->policy.value == SCHEDULER_DEADLINE)
		check_deadline(s, pointer, p);
	else
		check_times(s, pointer, p);
}

/* sched(7): a thread with a deadline may not fork, unless its children go without. */
void check_scheduler_and_hooks(const struct spec_scheduler *s, const struct spec_hooks *hooks, struct problems *p)
{
	enum { RESET_ON_FORK }; /* the flag's bit */
	bool may_fork = s->policy.value != SCHEDULER_DEADLINE;

	for (size_t i = 0; i < s->flags.count; i++)
		may_fork |= s->flags.at[i] == RESET_ON_FORK;
	if (!may_fork && hooks->start_container.count)
		check_refuse(p, "/hooks/startContainer", "cannot be started by a process with SCHED_DEADLINE",
			     "add SCHED_FLAG_RESET_ON_FORK to /process/scheduler/flags, or leave these hooks out");
}

/* --- memory ------------------------------------------------------------------------------------------------------- */

static bool has_flag(const struct spec_memory_policy *m, int flag)
{
	for (size_t i = 0; i < m->flags.count; i++)
		if (m->flags.at[i] == flag)
			return true;
	return false;
}

static void check_nodes(const struct spec_memory_policy *m, struct problems *p)
{
	static const char pointer[] = "/linux/memoryPolicy/nodes";
	bool has_nodes = m->nodes && m->nodes[0];
	int mode = m->mode.value;

	if (mode == MEMORY_DEFAULT || mode == MEMORY_LOCAL) {
		if (has_nodes)
			check_refuse(p, pointer, "MPOL_DEFAULT and MPOL_LOCAL have no nodes", "leave them out");
	} else if (!has_nodes && mode != MEMORY_PREFERRED) {
		check_refuse(p, pointer, m->nodes ? "must not be empty" : "is missing",
			     "this mode needs memory nodes, such as 0-3,7");
	}
}

void check_memory_policy(const struct spec_memory_policy *m, struct problems *p)
{
	static const char pointer[] = "/linux/memoryPolicy/flags";
	int mode = m->mode.value;

	if (!m->mode.is_set)
		return;
	bool is_fixed = has_flag(m, MEMORY_FLAG_STATIC_NODES), is_relative = has_flag(m, MEMORY_FLAG_RELATIVE_NODES);
	bool has_nodes = m->nodes && m->nodes[0];
	check_nodes(m, p);
	if (is_fixed && is_relative)
		check_refuse(p, pointer, "MPOL_F_STATIC_NODES and MPOL_F_RELATIVE_NODES exclude each other",
			     "keep one of them");
	if (has_flag(m, MEMORY_FLAG_NUMA_BALANCING) && mode != MEMORY_BIND && mode != MEMORY_PREFERRED_MANY)
		check_refuse(p, pointer, "MPOL_F_NUMA_BALANCING is for MPOL_BIND and MPOL_PREFERRED_MANY only",
			     "leave it out");
	if ((is_fixed || is_relative) && (mode == MEMORY_LOCAL || (mode == MEMORY_PREFERRED && !has_nodes)))
		check_refuse(p, pointer, "without nodes there are none to be static or relative", "leave the flag out");
}
