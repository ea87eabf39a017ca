/* Processor time, processors and memory nodes. */
#include "runtime/plan/limits.h"

#include <math.h>

/* Both scales are logarithmic in their middle: 2 -> 1, 1024 -> 100, 262144 -> 10000. */
int64_t plan_weight_of_shares(uint64_t shares)
{
	if (shares <= 2)
		return 1;
	if (shares >= 262144)
		return 10000;
	double l = log2((double)shares);
	return (int64_t)ceil(pow(10, (l * l + 125 * l) / 612.0 - 7.0 / 34.0));
}

static void uint_limit(struct planner *p, const char *file, const struct opt_uint *n)
{
	if (limit_is_set(n))
		limit_add(p, "cpu", file, n, 0, planner_text(p, "%llu", (unsigned long long)n->value));
}

static void cpu_v1(struct planner *p, const struct spec_cpu *c)
{
	uint_limit(p, "cpu.shares", &c->shares);
	uint_limit(p, "cpu.cfs_period_us", &c->period);
	if (limit_is_given(&c->quota))
		limit_add(p, "cpu", "cpu.cfs_quota_us", &c->quota, 0, limit_number(p, c->quota.value));
	uint_limit(p, "cpu.cfs_burst_us", &c->burst);
	uint_limit(p, "cpu.rt_period_us", &c->realtime_period);
	if (limit_is_given(&c->realtime_runtime))
		limit_add(p, "cpu", "cpu.rt_runtime_us", &c->realtime_runtime, 0, limit_number(p, c->realtime_runtime.value));
}

static void cpu_v2(struct planner *p, const struct spec_cpu *c)
{
	if (limit_is_set(&c->shares))
		limit_add(p, "cpu", "cpu.weight", &c->shares, 0, limit_number(p, plan_weight_of_shares(c->shares.value)));
	if (limit_is_given(&c->quota) || limit_is_set(&c->period)) {
		const char *quota = limit_is_given(&c->quota) && c->quota.value > 0 ? limit_number(p, c->quota.value) : "max";
		unsigned long long period = limit_is_set(&c->period) ? c->period.value : 100000;
		limit_add(p, "cpu", "cpu.max", limit_is_given(&c->quota) ? (const void *)&c->quota : &c->period, 0,
		      planner_text(p, "%s %llu", quota, period));
	}
	uint_limit(p, "cpu.max.burst", &c->burst);
	if (limit_is_given(&c->realtime_runtime) || limit_is_set(&c->realtime_period))
		planner_refuse(p, c, "cgroup v2 has no limits for realtime processes", "leave realtimeRuntime and realtimePeriod out");
}

void plan_cpu(struct planner *p, const struct spec_cpu *c)
{
	bool has_idle = p->is_update ? c->idle.is_set : limit_is_given(&c->idle);
	bool is_bound = limit_is_set(&c->shares) || limit_is_bound(&c->quota) || limit_is_set(&c->period) || limit_is_set(&c->burst) ||
			limit_is_given(&c->realtime_runtime) || limit_is_set(&c->realtime_period) || has_idle;
	const struct facts_hierarchy *h = is_bound || limit_is_given(&c->quota) ? limit_find_bound(p, "cpu", c, is_bound) : NULL;

	if (h && has_idle)
		limit_add(p, "cpu", "cpu.idle", &c->idle, 0, limit_number(p, c->idle.value));
	if (h && h->version == 1)
		cpu_v1(p, c);
	else if (h)
		cpu_v2(p, c);
	bool has_cpus = c->cpus && c->cpus[0], has_mems = c->mems && c->mems[0];
	if ((has_cpus || has_mems) && limit_find(p, "cpuset", c)) {
		if (has_cpus)
			limit_add(p, "cpuset", "cpuset.cpus", &c->cpus, 0, c->cpus);
		if (has_mems)
			limit_add(p, "cpuset", "cpuset.mems", &c->mems, 0, c->mems);
	}
}
