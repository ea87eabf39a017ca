#include "spec/check_rules.h"

#include <string.h>

/* Limits of the kernel's bandwidth control (kernel/sched/core.c), in microseconds. */
enum { PERIOD_MIN = 1000, PERIOD_MAX = 1000000, QUOTA_MIN = 1000 };
enum { WEIGHT_MIN = 10, WEIGHT_MAX = 1000, INTERFACE_MAX = 15 };

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

/* The range that engines and the kernel's documentation give; 0 is "not set". */
static void check_weight(const struct opt_uint *weight, const char *pointer, struct problems *p)
{
	if (weight->value && (weight->value < WEIGHT_MIN || weight->value > WEIGHT_MAX))
		check_refuse(p, pointer, "is no weight", "from 10 to 1000, or 0 for the kernel's own");
}

static void check_block_io(const struct spec_block_io *b, const char *pointer, struct problems *p)
{
	check_weight(&b->weight, AT(p, "%s/blockIO/weight", pointer), p);
	check_weight(&b->leaf_weight, AT(p, "%s/blockIO/leafWeight", pointer), p);
	for (size_t i = 0; i < b->weight_device.count; i++) {
		const struct spec_weight_device *d = &b->weight_device.at[i];
		const char *at = AT(p, "%s/blockIO/weightDevice/%zu", pointer, i);
		if (!d->weight.is_set && !d->leaf_weight.is_set)
			check_refuse(p, at, "has no weight", "add weight");
		check_weight(&d->weight, AT(p, "%s/weight", at), p);
		check_weight(&d->leaf_weight, AT(p, "%s/leafWeight", at), p);
	}
}

static void check_hugepages(const struct spec_resources *r, const char *pointer, struct problems *p)
{
	for (size_t i = 0; i < r->hugepage_limits.count; i++)
		for (size_t k = 0; k < i; k++)
			if (text_is_equal(r->hugepage_limits.at[i].page_size, r->hugepage_limits.at[k].page_size))
				check_refuse(p, AT(p, "%s/hugepageLimits/%zu/pageSize", pointer, i), "is there twice",
					     "one limit for each size");
}

/* What becomes a word of a line that the kernel reads. */
static bool is_one_word(const char *text)
{
	return text && text[0] && !strpbrk(text, " \t\r\n/");
}

static void check_rdma(const struct spec_resources *r, const char *pointer, struct problems *p)
{
	for (size_t i = 0; i < r->rdma.count; i++) {
		const struct spec_rdma *d = &r->rdma.at[i];
		const char *at = check_key_pointer(p, AT(p, "%s/rdma", pointer), d->key);
		if (!is_one_word(d->key))
			check_refuse(p, at, "is no name of a device", "a name such as mlx5_1");
		if (!d->hca_handles.is_set && !d->hca_objects.is_set)
			check_refuse(p, at, "limits nothing", "add hcaHandles, hcaObjects or both");
	}
}

static void check_network(const struct spec_network *network, const char *pointer, struct problems *p)
{
	for (size_t i = 0; i < network->priorities.count; i++) {
		const char *name = network->priorities.at[i].name;
		if (name && (!is_one_word(name) || strlen(name) > INTERFACE_MAX))
			check_refuse(p, AT(p, "%s/network/priorities/%zu/name", pointer, i), "is no name of an interface",
				     "at most 15 bytes without space and slash");
	}
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
	if (resources->block_io)
		check_block_io(resources->block_io, pointer, p);
	check_hugepages(resources, pointer, p);
	check_rdma(resources, pointer, p);
	if (resources->network)
		check_network(resources->network, pointer, p);
	check_unified(&resources->unified, pointer, p);
}
