#include "spec/check_rules.h"

#include <string.h>

/* Limits of the kernel's bandwidth control (kernel/sched/core.c), in microseconds. */
enum { PERIOD_MIN = 1000, PERIOD_MAX = 1000000, QUOTA_MIN = 1000 };

static void check_cpu(const struct spec_cpu *cpu, const char *pointer, struct problems *p)
{
	int64_t quota = cpu->quota.value;

	if (quota > 0 && cpu->burst.value > (uint64_t)quota)
		check_refuse(p, AT(p, "%s/cpu/burst", pointer), "is more than the quota",
			     AT(p, "at most %lld", (long long)quota));
	if (quota > 0 && quota < QUOTA_MIN)
		check_refuse(p, AT(p, "%s/cpu/quota", pointer), "is less than the kernel takes",
			     "at least 1000 microseconds, or -1 for no limit");
	if (cpu->period.value && (cpu->period.value < PERIOD_MIN || cpu->period.value > PERIOD_MAX))
		check_refuse(p, AT(p, "%s/cpu/period", pointer), "is not what the kernel takes",
			     "from 1000 to 1000000 microseconds");
}

/* `swap` is memory and swap together. */
static void check_memory(const struct spec_memory *m, const char *pointer, struct problems *p)
{
	if (m->swap.value <= 0)
		return;
	if (m->limit.value <= 0)
		check_refuse(p, AT(p, "%s/memory/swap", pointer), "there is no memory limit that it would add to",
			     "set memory.limit too, or leave swap out");
	else if (m->swap.value < m->limit.value)
		check_refuse(p, AT(p, "%s/memory/swap", pointer), "is less than the memory limit, which it includes",
			     AT(p, "at least %lld", (long long)m->limit.value));
}

static void check_unified(const struct spec_map *unified, const char *pointer, struct problems *p)
{
	for (size_t i = 0; i < unified->count; i++) {
		const char *file = unified->at[i].key;
		const char *dot = strchr(file, '.');
		if (strchr(file, '/') || !dot || dot == file || !dot[1])
			check_refuse(p, check_key_pointer(p, AT(p, "%s/unified", pointer), file),
				     AT(p, "%s is no file of a cgroup", json_quote(p->arena, file, strlen(file))),
				     "keys are CONTROLLER.PARAMETER, such as memory.high");
	}
}

void check_resources(const struct spec_resources *resources, const char *pointer, struct problems *p)
{
	if (resources->cpu)
		check_cpu(resources->cpu, pointer, p);
	if (resources->memory)
		check_memory(resources->memory, pointer, p);
	check_unified(&resources->unified, pointer, p);
}
