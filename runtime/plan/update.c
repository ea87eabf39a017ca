/* update: new resources for a container that runs. Zero and absent mean "leave it"; what stands beside what changes and cannot be
 * told without it (quota and period, memory and swap) is taken from what holds already. */
#include "runtime/plan/limits.h"
#include "runtime/plan/unit.h"

#include <string.h>

/* --- what holds afterwards ---------------------------------------------------------------------------------------- */

#define TAKE(old, new, member)                                       \
	do {                                                         \
		if ((new)->member.is_set && (new)->member.value)     \
			(old)->member = (new)->member;               \
	} while (0)

static void merge_memory(struct spec_memory *old, const struct spec_memory *new)
{
	bool is_unlimited = new->limit.is_set && new->limit.value < 0;

	TAKE(old, new, limit);
	TAKE(old, new, reservation);
	TAKE(old, new, swap);
	TAKE(old, new, kernel);
	TAKE(old, new, kernel_tcp);
	TAKE(old, new, disable_oom_killer);
	TAKE(old, new, use_hierarchy);
	if (new->swappiness.is_set)
		old->swappiness = new->swappiness;
	if (new->check_before_update.is_set)
		old->check_before_update = new->check_before_update;
	if (is_unlimited && !limit_is_given(&new->swap)) /* as runc: no memory limit, no swap limit */
		old->swap = new->limit;
}

static void merge_cpu(struct spec_cpu *old, const struct spec_cpu *new)
{
	TAKE(old, new, shares);
	TAKE(old, new, quota);
	TAKE(old, new, burst);
	TAKE(old, new, period);
	TAKE(old, new, realtime_runtime);
	TAKE(old, new, realtime_period);
	if (new->idle.is_set)
		old->idle = new->idle;
	if (new->cpus && new->cpus[0])
		old->cpus = new->cpus;
	if (new->mems && new->mems[0])
		old->mems = new->mems;
}

/* What two entries of a list are told apart by. */
typedef bool is_same(const void *old, const void *new);

/* files, page sizes, interfaces and devices by name: all begin with it */
static bool has_same_name(const void *old, const void *new)
{
	return text_is_equal(*(const char *const *)old, *(const char *const *)new);
}

/* block devices: all begin with both numbers */
static bool has_same_number(const void *old, const void *new)
{
	const struct opt_int *a = old, *b = new;

	return a[0].value == b[0].value && a[1].value == b[1].value;
}

static bool is_same_rule(const void *old, const void *new)
{
	const struct spec_device_rule *a = old, *b = new;

	return a->allow.value == b->allow.value && text_is_equal(a->type, b->type) && a->major.is_set == b->major.is_set &&
	       a->major.value == b->major.value && a->minor.is_set == b->minor.is_set && a->minor.value == b->minor.value &&
	       text_is_equal(a->access, b->access);
}

struct list {
	const void *at;
	size_t count;
};

/* One list after the other: what comes later is written later, and wins. What it says anew is left out of the first. */
static struct list join(struct arena *a, struct list old, struct list new, size_t size, is_same *same)
{
	char *joined = arena_alloc(a, (old.count + new.count) * size);
	size_t count = 0;

	for (size_t i = 0; i < old.count; i++) {
		const char *one = (const char *)old.at + i * size;
		bool is_anew = false;
		for (size_t k = 0; k < new.count && !is_anew; k++)
			is_anew = same(one, (const char *)new.at + k * size);
		if (!is_anew)
			memcpy(joined + count++ * size, one, size);
	}
	if (new.count)
		memcpy(joined + count * size, new.at, new.count * size);
	return (struct list){ joined, count + new.count };
}

#define JOIN(a, old, new, list_member, same)                                                                           \
	do {                                                                                                           \
		struct list joined = join(a, (struct list){ (old)->list_member.at, (old)->list_member.count },         \
					  (struct list){ (new)->list_member.at, (new)->list_member.count },            \
					  sizeof *(old)->list_member.at, same);                                        \
		if ((new)->list_member.count) {                                                                        \
			(old)->list_member.at = (void *)(uintptr_t)joined.at;                                          \
			(old)->list_member.count = joined.count;                                                       \
		}                                                                                                      \
	} while (0)

#define PART(a, out, member)                                                                   \
	do {                                                                                   \
		const void *before = (out)->member;                                            \
		(out)->member = arena_alloc(a, sizeof *(out)->member);                         \
		if (before)                                                                    \
			memcpy((out)->member, before, sizeof *(out)->member);                  \
	} while (0)

static void merge_block_io(struct arena *a, struct spec_block_io *old, const struct spec_block_io *new)
{
	TAKE(old, new, weight);
	JOIN(a, old, new, weight_device, has_same_number);
	JOIN(a, old, new, throttle_read_bps_device, has_same_number);
	JOIN(a, old, new, throttle_write_bps_device, has_same_number);
	JOIN(a, old, new, throttle_read_iops_device, has_same_number);
	JOIN(a, old, new, throttle_write_iops_device, has_same_number);
}

static void merge_network(struct arena *a, struct spec_network *old, const struct spec_network *new)
{
	TAKE(old, new, class_id);
	JOIN(a, old, new, priorities, has_same_name);
}

/* Engines begin every list with it, meaning nothing by it: what the container may use already it keeps. */
static bool is_denial_of_all(const struct spec_device_rule *r)
{
	return !r->allow.value && (!r->type || !r->type[0] || r->type[0] == 'a') && (!r->major.is_set || r->major.value < 0) &&
	       (!r->minor.is_set || r->minor.value < 0);
}

static void skip_denial(const struct spec_resources *new, struct spec_resources *out)
{
	*out = *new;
	while (out->devices.count && is_denial_of_all(&out->devices.at[0])) {
		out->devices.at++;
		out->devices.count--;
	}
}

static const struct spec_resources *merge(struct arena *a, const struct spec_resources *kept, const struct spec_resources *changes)
{
	struct spec_resources *out = arena_alloc(a, sizeof *out), new;

	if (kept)
		*out = *kept;
	skip_denial(changes, &new);
	if (new.memory) {
		PART(a, out, memory);
		merge_memory(out->memory, new.memory);
	}
	if (new.cpu) {
		PART(a, out, cpu);
		merge_cpu(out->cpu, new.cpu);
	}
	if (new.pids && limit_is_given(&new.pids->limit))
		out->pids = new.pids;
	if (new.block_io) {
		PART(a, out, block_io);
		merge_block_io(a, out->block_io, new.block_io);
	}
	if (new.network) {
		PART(a, out, network);
		merge_network(a, out->network, new.network);
	}
	JOIN(a, out, &new, devices, is_same_rule);
	JOIN(a, out, &new, hugepage_limits, has_same_name);
	JOIN(a, out, &new, rdma, has_same_name);
	JOIN(a, out, &new, unified, has_same_name);
	return out;
}

/* --- what is written ---------------------------------------------------------------------------------------------- */

static void add_companions(struct arena *a, const struct spec_resources *merged, struct spec_resources *out)
{
	if (out->memory) {
		PART(a, out, memory);
		if (limit_is_given(&out->memory->limit) || limit_is_given(&out->memory->swap)) {
			out->memory->limit = merged->memory->limit;
			out->memory->swap = merged->memory->swap;
		}
	}
	if (out->cpu) {
		PART(a, out, cpu);
		if (limit_is_given(&out->cpu->quota) || limit_is_set(&out->cpu->period)) {
			out->cpu->quota = merged->cpu->quota;
			out->cpu->period = merged->cpu->period;
		}
	}
	if (out->pids && !limit_is_given(&out->pids->limit))
		out->pids = NULL;
}

static void plan_changes(struct planner *p, const struct spec_resources *written, bool has_devices)
{
	plan_limits(p, written);
	if (has_devices)
		plan_device_rules(p, written);
}

/* Read off a plan of the limits alone, which then are planned again, and tell what is wrong. */
static void plan_properties(struct planner *p, const struct spec_resources *written, bool has_devices)
{
	struct planner limits = *p;
	struct problems ignored;

	problems_init(&ignored, p->arena);
	limits.problems = &ignored;
	plan_begin(&limits.w, p->arena);
	plan_changes(&limits, written, has_devices);
	struct plan planned = plan_finish(&limits.w);
	plan_unit_properties(p, &planned);
}

bool plan_update(const struct plan_request *request, const struct spec_resources *changes, struct problems *problems,
		 struct plan_update *out)
{
	struct arena *a = request->arena;
	size_t before = problems->mistakes;
	struct spec *spec = arena_alloc(a, sizeof *spec);
	struct spec_resources *written = arena_alloc(a, sizeof *written);
	struct planner p;

	*spec = *request->spec;
	spec->linux = arena_alloc(a, sizeof *spec->linux);
	if (request->spec->linux)
		*spec->linux = *request->spec->linux;
	out->merged = merge(a, spec->linux->resources, changes);
	skip_denial(changes, written);
	size_t added = written->devices.count;
	written->devices = out->merged->devices;
	add_companions(a, out->merged, written);
	spec->linux->resources = written;
	out->request = *request;
	out->request.spec = spec;
	planner_init(&p, &out->request, problems);
	p.is_update = true;
	if (request->has_unit)
		plan_properties(&p, written, added);
	plan_changes(&p, written, added);
	out->devices_in_force = 1 + out->merged->devices.count - added; /* the first one denies all */
	out->plan = plan_finish(&p.w);
	return problems->mistakes == before;
}
