#include "bundle-tools/watch/rates.h"

#include "spec/field_rows.h"

#define SHARE(key, member, text) ROW(key, FIELD_PERCENT, member, struct opt_uint, 0, text, )
#define SPEED(key, member, text) ROW(key, FIELD_UINT, member, struct opt_uint, 0, text, ANY_UINT)

#define OWNER struct rates
static const struct field rates_rows[] = {
	SHARE("cpu_percent", cpu, "Processor time by time."),
	SHARE("user_percent", user, "Of it in user mode."),
	SHARE("system_percent", system, "Of it in the kernel."),
	SHARE("throttled_percent", throttled, "Time held back by the limit, of all tasks together, by time."),
	SPEED("read_bytes_per_second", read, "From block devices."),
	SPEED("written_bytes_per_second", written, "To block devices."),
	SPEED("received_bytes_per_second", received, "From networks."),
	SPEED("sent_bytes_per_second", sent, "To networks."),
};
RECORD(rates);
#undef OWNER

enum { SHARE_SCALE = 10000, SPEED_SCALE = 1000000 };

/* What it has grown by in `elapsed` us, times `scale`. */
static struct opt_uint grow(struct opt_uint before, struct opt_uint now, uint64_t elapsed, uint64_t scale)
{
	if (!before.is_set || !now.is_set || !elapsed || now.value < before.value)
		return (struct opt_uint){ 0 };
	return (struct opt_uint){ true, (uint64_t)((double)(now.value - before.value) * (double)scale / (double)elapsed) };
}

static uint64_t elapsed_us(const struct stats *before, const struct stats *now)
{
	return before && now->monotonic.value > before->monotonic.value ? now->monotonic.value - before->monotonic.value : 0;
}

static void add(struct opt_uint *sum, struct opt_uint one)
{
	sum->is_set = sum->is_set || one.is_set;
	sum->value += one.value;
}

static const struct stats_io_device *find_device(const struct stats *s, const struct stats_io_device *like)
{
	for (size_t i = 0; s->io && i < s->io->devices.count; i++) {
		const struct stats_io_device *d = &s->io->devices.at[i];
		if (d->major.value == like->major.value && d->minor.value == like->minor.value)
			return d;
	}
	return NULL;
}

void rates_read_device(const struct stats *before, const struct stats *now, size_t index, struct rates *out)
{
	const struct stats_io_device *d = &now->io->devices.at[index], *old = before ? find_device(before, d) : NULL;
	static const struct stats_io_device unused = { .read_bytes = { true, 0 }, .write_bytes = { true, 0 } };
	uint64_t elapsed = elapsed_us(before, now);

	*out = (struct rates){ 0 };
	old = old ? old : &unused; /* a device is listed from its first use on */
	out->read = grow(old->read_bytes, d->read_bytes, elapsed, SPEED_SCALE);
	out->written = grow(old->write_bytes, d->write_bytes, elapsed, SPEED_SCALE);
}

void rates_read_interface(const struct stats *before, const struct stats *now, size_t index, struct rates *out)
{
	const struct stats_interface *n = &now->network.at[index];
	uint64_t elapsed = elapsed_us(before, now);

	*out = (struct rates){ 0 };
	for (size_t i = 0; before && i < before->network.count; i++) {
		const struct stats_interface *old = &before->network.at[i];
		if (!text_is_equal(old->name, n->name))
			continue;
		out->received = grow(old->received_bytes, n->received_bytes, elapsed, SPEED_SCALE);
		out->sent = grow(old->sent_bytes, n->sent_bytes, elapsed, SPEED_SCALE);
	}
}

void rates_read(const struct stats *before, const struct stats *now, struct rates *out)
{
	uint64_t elapsed = elapsed_us(before, now);
	struct rates one;

	*out = (struct rates){ 0 };
	if (before && before->cpu && now->cpu) {
		const struct stats_cpu *a = before->cpu, *b = now->cpu;
		out->cpu = grow(a->usage, b->usage, elapsed, SHARE_SCALE);
		out->user = grow(a->user, b->user, elapsed, SHARE_SCALE);
		out->system = grow(a->system, b->system, elapsed, SHARE_SCALE);
		out->throttled = grow(a->throttled, b->throttled, elapsed, SHARE_SCALE);
	}
	for (size_t i = 0; now->io && i < now->io->devices.count; i++) {
		rates_read_device(before, now, i, &one);
		add(&out->read, one.read);
		add(&out->written, one.written);
	}
	for (size_t i = 0; i < now->network.count; i++) {
		rates_read_interface(before, now, i, &one);
		add(&out->received, one.received);
		add(&out->sent, one.sent);
	}
}
