/* Block devices: weights, and bytes or operations in a second, by device. */
#include "runtime/plan/limits.h"

/* BFQ's scale is that of the specification, 10 to 1000 (as far as the check lets it through); io.weight goes from 1 to 10000. */
static uint64_t io_weight(uint64_t weight)
{
	return 1 + (weight - 10) * 9999 / 990;
}

/* Which file there is depends on the kernel and, on v2, on the scheduler: BFQ's comes first. */
static void add_weight(struct planner *p, int version, const void *member, const char *v1_file, const char *device, uint64_t weight)
{
	const char *value = planner_text(p, "%s%llu", device, (unsigned long long)weight);

	if (version == 1) {
		limit_add(p, "blkio", planner_text(p, "blkio.%s", v1_file), member, OP_OR_NEXT, value);
		limit_add(p, "blkio", planner_text(p, "blkio.bfq.%s", v1_file), member, 0, value);
		return;
	}
	limit_add(p, "io", "io.bfq.weight", member, OP_OR_NEXT, value);
	limit_add(p, "io", "io.weight", member, 0,
		  planner_text(p, "%s%llu", device[0] ? device : "default ", (unsigned long long)io_weight(weight)));
}

static const char *print_device(struct planner *p, const struct opt_int *major, const struct opt_int *minor)
{
	return planner_text(p, "%lld:%lld ", (long long)major->value, (long long)minor->value);
}

static void plan_weights(struct planner *p, const struct spec_block_io *b, int version)
{
	if (limit_is_set(&b->weight))
		add_weight(p, version, &b->weight, "weight", "", b->weight.value);
	for (size_t i = 0; i < b->weight_device.count; i++) {
		const struct spec_weight_device *d = &b->weight_device.at[i];
		if (limit_is_set(&d->weight))
			add_weight(p, version, d, "weight_device", print_device(p, &d->major, &d->minor), d->weight.value);
	}
}

/* A rate of 0 is no limit. */
static void plan_throttles(struct planner *p, const spec_throttle_list *list, int version, const char *v1_file, const char *v2_key)
{
	for (size_t i = 0; i < list->count; i++) {
		const struct spec_throttle_device *d = &list->at[i];
		const char *device = print_device(p, &d->major, &d->minor);
		unsigned long long rate = d->rate.value;
		if (version == 1)
			limit_add(p, "blkio", v1_file, d, 0, planner_text(p, "%s%llu", device, rate));
		else
			limit_add(p, "io", "io.max", d, 0,
				  rate ? planner_text(p, "%s%s=%llu", device, v2_key, rate) : planner_text(p, "%s%s=max", device, v2_key));
	}
}

static void refuse_leaf_weights(struct planner *p, const struct spec_block_io *b)
{
	static const char message[] = "no kernel from 5.0 on has weights against child cgroups", advice[] = "leave leafWeight out";

	if (limit_is_set(&b->leaf_weight))
		planner_refuse(p, &b->leaf_weight, message, advice);
	for (size_t i = 0; i < b->weight_device.count; i++)
		if (limit_is_set(&b->weight_device.at[i].leaf_weight))
			planner_refuse(p, &b->weight_device.at[i].leaf_weight, message, advice);
}

void plan_block_io(struct planner *p, const struct spec_block_io *b)
{
	const struct {
		const spec_throttle_list *list;
		const char *v1_file, *v2_key;
	} throttles[] = {
		{ &b->throttle_read_bps_device, "blkio.throttle.read_bps_device", "rbps" },
		{ &b->throttle_write_bps_device, "blkio.throttle.write_bps_device", "wbps" },
		{ &b->throttle_read_iops_device, "blkio.throttle.read_iops_device", "riops" },
		{ &b->throttle_write_iops_device, "blkio.throttle.write_iops_device", "wiops" },
	};
	bool has_any = limit_is_set(&b->weight) || b->weight_device.count;

	for (size_t i = 0; i < sizeof throttles / sizeof *throttles; i++)
		has_any |= throttles[i].list->count > 0;
	refuse_leaf_weights(p, b);
	if (!has_any)
		return;
	/* v1 calls the controller blkio, v2 io */
	const struct facts_hierarchy *h = facts_find_controller(p->facts, "blkio");
	if (!h)
		h = limit_find(p, "io", b);
	else if (!limit_find(p, "blkio", b))
		return;
	if (!h)
		return;
	plan_weights(p, b, h->version);
	for (size_t i = 0; i < sizeof throttles / sizeof *throttles; i++)
		plan_throttles(p, throttles[i].list, h->version, throttles[i].v1_file, throttles[i].v2_key);
}
