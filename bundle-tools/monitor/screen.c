#include "bundle-tools/monitor/screen.h"

#include "bundle-tools/cli/show.h"

#include <string.h>

enum { BAR = 10, CELL = 18 };

/* --- figures -------------------------------------------------------------------------------------------------------- */

static const struct stats *find_before(const struct sample *before, const struct stats *s)
{
	for (size_t i = 0; i < before->count; i++)
		if (strcmp(before->at[i]->cgroup, s->cgroup) == 0)
			return before->at[i];
	return NULL;
}

/* So much a second; negative when it is not known. */
static double rate(const struct opt_uint *now, const struct opt_uint *then, double seconds)
{
	if (!now->is_set || !then->is_set || seconds <= 0 || now->value < then->value)
		return -1;
	return (double)(now->value - then->value) / seconds;
}

struct rates {
	double cpu, throttled; /* of one processor, in percent; of all periods, in percent */
	double read, written, received, sent; /* bytes a second */
	double seconds;
};

static double sum_io(const struct stats *s, bool is_read)
{
	double sum = 0;

	for (size_t i = 0; s->io && i < s->io->devices.count; i++)
		sum += (double)(is_read ? s->io->devices.at[i].read_bytes.value : s->io->devices.at[i].write_bytes.value);
	return sum;
}

/* Loopback is no traffic. */
static double sum_network(const struct stats *s, bool is_received)
{
	double sum = 0;

	for (size_t i = 0; i < s->network.count; i++)
		if (strcmp(s->network.at[i].name, "lo") != 0)
			sum += (double)(is_received ? s->network.at[i].received_bytes.value : s->network.at[i].sent_bytes.value);
	return sum;
}

static double grown(double now, double then, double seconds)
{
	return seconds > 0 && now >= then ? (now - then) / seconds : -1;
}

static void find_throttling(const struct stats *s, const struct stats *then, struct rates *r)
{
	double periods = rate(&s->cpu->periods, &then->cpu->periods, r->seconds);
	double hit = rate(&s->cpu->throttled_periods, &then->cpu->throttled_periods, r->seconds);

	r->throttled = periods > 0 && hit >= 0 ? 100 * hit / periods : periods == 0 ? 0 : -1;
}

static struct rates find_rates(const struct stats *s, const struct stats *then)
{
	struct rates r = { -1, -1, -1, -1, -1, -1, 0 };

	if (!then)
		return r;
	r.seconds = (double)(s->monotonic.value - then->monotonic.value) / 1e6;
	if (s->cpu && then->cpu) {
		double used = rate(&s->cpu->usage, &then->cpu->usage, r.seconds);
		r.cpu = used < 0 ? -1 : used / 1e4;
		find_throttling(s, then, &r);
	}
	if (s->io && then->io) {
		r.read = grown(sum_io(s, true), sum_io(then, true), r.seconds);
		r.written = grown(sum_io(s, false), sum_io(then, false), r.seconds);
	}
	if (s->network.count && then->network.count) {
		r.received = grown(sum_network(s, true), sum_network(then, true), r.seconds);
		r.sent = grown(sum_network(s, false), sum_network(then, false), r.seconds);
	}
	return r;
}

/* --- cells ---------------------------------------------------------------------------------------------------------- */

static const char *percent(struct arena *a, double value)
{
	return value < 0 ? "-" : arena_format(a, "%.1f%%", value);
}

static const char *size(struct arena *a, double value)
{
	return value < 0 ? "-" : show_size(a, (uint64_t)value);
}

static const char *known(struct arena *a, const struct opt_uint *value)
{
	return value->is_set ? show_size(a, value->value) : "-";
}

/* "[|||||.....]" of a share from 0 to 1; nothing when there is no limit. */
static const char *bar(struct arena *a, double share, bool is_wide)
{
	char *text = arena_alloc(a, BAR + 3);
	size_t full = share >= 1 ? BAR : share <= 0 ? 0 : (size_t)(share * BAR + 0.5);

	if (!is_wide || share < 0)
		return "";
	memset(text, '.', BAR + 2);
	memset(text + 1, '|', full);
	text[0] = '[';
	text[BAR + 1] = ']';
	return text;
}

/* What it may use of processors, in percent of one; 0 without a limit. */
static double cpu_limit(const struct stats *s)
{
	if (!s->cpu || !s->cpu->quota.is_set || !s->cpu->period.value)
		return 0;
	return 100.0 * (double)s->cpu->quota.value / (double)s->cpu->period.value;
}

static double memory_share(const struct stats *s)
{
	if (!s->memory || !s->memory->limit.is_set || !s->memory->limit.value)
		return -1;
	return (double)s->memory->usage.value / (double)s->memory->limit.value;
}

static const char *pressure(struct arena *a, const struct stats_pressure *p)
{
	return p && p->some && p->some->avg10.is_set ? arena_format(a, "%.1f%%", (double)p->some->avg10.value / 100) : "-";
}

static const char *title(const struct stats *s)
{
	return s->id ? s->id : s->cgroup;
}

/* --- all of them ---------------------------------------------------------------------------------------------------- */

static void write_row(const struct stats *s, const struct rates *r, bool is_wide, struct text *out)
{
	struct arena *a = out->arena;
	double limit = cpu_limit(s);
	const char *memory = s->memory ? arena_format(a, "%s/%s", known(a, &s->memory->working), known(a, &s->memory->limit)) : "-";
	const char *pids = s->pids && s->pids->count.is_set ? arena_format(a, "%llu", (unsigned long long)s->pids->count.value) : "-";

	text_add(out, "%-20.20s %7s %*s%9s %*s %*s%6s", title(s), percent(a, r->cpu), is_wide ? BAR + 2 : 0,
		 bar(a, r->cpu < 0 ? -1 : r->cpu / (limit > 0 ? limit : 100), is_wide), percent(a, r->throttled), CELL, memory,
		 is_wide ? BAR + 2 : 0, bar(a, memory_share(s), is_wide), pids);
	text_add(out, " %18s", arena_format(a, "%s/%s", size(a, r->read), size(a, r->written)));
	text_add(out, " %18s", arena_format(a, "%s/%s", size(a, r->received), size(a, r->sent)));
	text_add(out, " %s/%s/%s\n", pressure(a, s->cpu ? s->cpu->pressure : NULL), pressure(a, s->memory ? s->memory->pressure : NULL),
		 pressure(a, s->io ? s->io->pressure : NULL));
}

static void write_table(const struct sample *now, const struct sample *before, bool is_wide, struct text *out)
{
	text_add(out, "%-20s %7s %*s%9s %*s %*s%6s %18s %18s %s\n", "NAME", "CPU", is_wide ? BAR + 2 : 0, "", "THROTTLED", CELL,
		 "MEMORY/LIMIT", is_wide ? BAR + 2 : 0, "", "PIDS", "READ/WRITTEN /s", "RECEIVED/SENT /s", "WAITS cpu/memory/io");
	for (size_t i = 0; i < now->count; i++) {
		struct rates r = find_rates(now->at[i], find_before(before, now->at[i]));
		write_row(now->at[i], &r, is_wide, out);
	}
}

/* --- one of them ---------------------------------------------------------------------------------------------------- */

static void write_cpu(const struct stats *s, const struct rates *r, bool is_wide, struct text *out)
{
	struct arena *a = out->arena;
	double limit = cpu_limit(s);

	if (!s->cpu)
		return;
	text_add(out, "cpu        %s %s of %s; %.2f s used, %.2f user, %.2f system\n", percent(a, r->cpu),
		 bar(a, r->cpu < 0 ? -1 : r->cpu / (limit > 0 ? limit : 100), is_wide), limit > 0 ? percent(a, limit) : "no limit",
		 (double)s->cpu->usage.value / 1e6, (double)s->cpu->user.value / 1e6, (double)s->cpu->system.value / 1e6);
	if (s->cpu->periods.is_set)
		text_add(out, "throttled  %s of the periods; %llu of %llu in all, %.2f s\n", percent(a, r->throttled),
			 (unsigned long long)s->cpu->throttled_periods.value, (unsigned long long)s->cpu->periods.value,
			 (double)s->cpu->throttled.value / 1e6);
}

static void write_memory(const struct stats *s, bool is_wide, struct text *out)
{
	struct arena *a = out->arena;
	const struct stats_memory *m = s->memory;

	if (!m)
		return;
	text_add(out, "memory     %s %s of %s; working %s, peak %s, anonymous %s, file %s, swap %s\n", known(a, &m->usage),
		 bar(a, memory_share(s), is_wide), m->limit.is_set ? show_size(a, m->limit.value) : "no limit", known(a, &m->working),
		 known(a, &m->peak), known(a, &m->anonymous), known(a, &m->file), known(a, &m->swap));
	text_add(out, "limit hit  %llu times; %llu killed for memory\n", (unsigned long long)m->limit_hits.value,
		 (unsigned long long)m->oom_kills.value);
}

static void write_devices(const struct stats *s, const struct stats *then, double seconds, struct text *out)
{
	struct arena *a = out->arena;

	for (size_t i = 0; s->io && i < s->io->devices.count; i++) {
		const struct stats_io_device *d = &s->io->devices.at[i], *old = NULL;
		for (size_t k = 0; then && then->io && k < then->io->devices.count; k++)
			if (then->io->devices.at[k].major.value == d->major.value && then->io->devices.at[k].minor.value == d->minor.value)
				old = &then->io->devices.at[k];
		text_add(out, "io %3llu:%-4llu read %s (%s/s), written %s (%s/s)\n", (unsigned long long)d->major.value,
			 (unsigned long long)d->minor.value, known(a, &d->read_bytes),
			 size(a, old ? rate(&d->read_bytes, &old->read_bytes, seconds) : -1), known(a, &d->write_bytes),
			 size(a, old ? rate(&d->write_bytes, &old->write_bytes, seconds) : -1));
	}
}

static void write_network(const struct stats *s, const struct stats *then, double seconds, struct text *out)
{
	struct arena *a = out->arena;

	for (size_t i = 0; i < s->network.count; i++) {
		const struct stats_interface *n = &s->network.at[i], *old = NULL;
		for (size_t k = 0; then && k < then->network.count; k++)
			if (strcmp(then->network.at[k].name, n->name) == 0)
				old = &then->network.at[k];
		text_add(out, "%-10s received %s (%s/s), sent %s (%s/s)\n", n->name, known(a, &n->received_bytes),
			 size(a, old ? rate(&n->received_bytes, &old->received_bytes, seconds) : -1), known(a, &n->sent_bytes),
			 size(a, old ? rate(&n->sent_bytes, &old->sent_bytes, seconds) : -1));
	}
}

static void write_one(const struct stats *s, const struct stats *then, bool is_wide, struct text *out)
{
	struct arena *a = out->arena;
	struct rates r = find_rates(s, then);

	text_add(out, "%s  %s%scgroup %s\n", title(s), s->status ? s->status : "", s->status ? "  " : "", s->cgroup);
	write_cpu(s, &r, is_wide, out);
	write_memory(s, is_wide, out);
	if (s->pids)
		text_add(out, "processes  %llu of %s\n", (unsigned long long)s->pids->count.value,
			 s->pids->limit.is_set ? arena_format(a, "%llu", (unsigned long long)s->pids->limit.value) : "no limit");
	write_devices(s, then, r.seconds, out);
	write_network(s, then, r.seconds, out);
	text_add(out, "waits      cpu %s, memory %s, io %s of the last 10 s\n", pressure(a, s->cpu ? s->cpu->pressure : NULL),
		 pressure(a, s->memory ? s->memory->pressure : NULL), pressure(a, s->io ? s->io->pressure : NULL));
}

void screen_write(const struct sample *now, const struct sample *before, bool is_wide, struct text *out)
{
	if (now->count == 1)
		write_one(now->at[0], find_before(before, now->at[0]), is_wide, out);
	else
		write_table(now, before, is_wide, out);
}
