#include "runtime/host/schedule.h"

#include "spec/words.h"

#include <errno.h>
#include <linux/ioprio.h>
#include <linux/sched/types.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { CPU_MASK_SIZE = 1024 }; /* bytes: 8192 CPUs, the most a kernel is built for */

static int set_affinity(const struct plan *plan, const char *list, struct plan_numbers mask, pid_t pid, struct err *e)
{
	if (syscall(SYS_sched_setaffinity, pid, (size_t)mask.count * 8, plan->base + mask.at) == 0)
		return 0;
	(void)err_sys(e, "choose the CPUs %s: sched_setaffinity", list);
	return e->number == EINVAL ? err_hint(e, "at least one of them must be online and in the cpuset of the cgroup") : -1;
}

int schedule_take_cpus(const struct plan *plan, const struct op_first_cpus *cpus, struct schedule_cpus *before, struct err *e)
{
	void *mask = malloc(CPU_MASK_SIZE);

	if (!mask)
		return err_sys(e, "remember the CPUs");
	long size = syscall(SYS_sched_getaffinity, 0, CPU_MASK_SIZE, mask);
	if (size < 0)
		(void)err_sys(e, "sched_getaffinity");
	if (size < 0 || set_affinity(plan, plan_get_text(plan, cpus->list), cpus->mask, 0, e) < 0) {
		free(mask);
		return -1;
	}
	*before = (struct schedule_cpus){ mask, (size_t)size };
	return 0;
}

void schedule_give_back_cpus(struct schedule_cpus *before)
{
	if (before->mask)
		(void)syscall(SYS_sched_setaffinity, 0, before->size, before->mask); /* we only wait from now on, wherever that is */
	free(before->mask);
	before->mask = NULL;
}

int schedule_set_cpus(const struct plan *plan, const struct op_cpus *cpus, pid_t pid, struct err *e)
{
	return set_affinity(plan, plan_get_text(plan, cpus->list), cpus->mask, pid, e);
}

/* --- policies ----------------------------------------------------------------------------------------------------- */

static int explain_policy(const struct op_scheduler *s, struct err *e)
{
	(void)err_sys(e, "set the scheduling policy %s: sched_setattr", words_find_text(&words_scheduler_policy, (int)s->policy));
	if (e->number == EPERM && s->policy == SCHEDULER_DEADLINE)
		return err_hint(e, "this needs CAP_SYS_NICE, and a cpuset that spans all CPUs of its root domain");
	if (e->number == EPERM)
		return err_hint(e, "this needs CAP_SYS_NICE or a higher RLIMIT_RTPRIO or RLIMIT_NICE, and on cgroup v1 a cpu cgroup with "
				   "time for it (/linux/resources/cpu/realtimeRuntime)");
	if (e->number == EBUSY)
		return err_hint(e, "the CPUs have no room for that much work with a deadline");
	return e->number == EOPNOTSUPP ? err_hint(e, "this kernel has no utilization clamping") : -1;
}

int schedule_set(const struct op_scheduler *s, pid_t pid, struct err *e)
{
	struct sched_attr attr = { .size = sizeof attr,
				   .sched_policy = (uint32_t)s->policy,
				   .sched_flags = s->flags,
				   .sched_nice = (int32_t)s->nice,
				   .sched_priority = (uint32_t)s->priority,
				   .sched_runtime = s->runtime,
				   .sched_deadline = s->deadline,
				   .sched_period = s->period };

	return syscall(SYS_sched_setattr, pid, &attr, 0) < 0 ? explain_policy(s, e) : 0;
}

int schedule_set_io(const struct op_io_priority *io, pid_t pid, struct err *e)
{
	if (syscall(SYS_ioprio_set, IOPRIO_WHO_PROCESS, pid, IOPRIO_PRIO_VALUE((int)io->class, (int)io->priority)) == 0)
		return 0;
	(void)err_sys(e, "set the I/O priority to %s %d: ioprio_set", words_find_text(&words_io_class, (int)io->class - 1),
		      (int)io->priority);
	return e->number == EPERM ? err_hint(e, "IOPRIO_CLASS_RT needs CAP_SYS_NICE") : -1;
}
