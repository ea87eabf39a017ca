/* stats: figures of many containers, as a table that renews itself or as JSON lines. events: runc's form of one container's. */
#include "runtime/cli/commands.h"
#include "spec/base/durations.h"
#include "runtime/life/events.h"
#include "runtime/life/stats.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { INTERVAL_MS = 1000, EVENTS_MS = 5000 };

struct display {
	struct arena arena;      /* of the rows that are remembered */
	struct text out;
	bool is_live;            /* a terminal: each round takes the place of the one before */
	bool has_header;
	uint64_t rounds;         /* shown so far */
	struct shown {
		struct shown *next;
		const char *name;
		bool is_new;
		uint64_t time, cpu, throttled, read, written;
	} *first;
};

static int print(struct display *d, struct err *e)
{
	if (fwrite(d->out.at, 1, d->out.length, stdout) != d->out.length || fflush(stdout) != 0)
		return err_sys(e, "write to stdout");
	d->out.length = 0;
	return 0;
}

static int show_json(void *context, const struct stats *at, size_t count, struct err *e)
{
	struct display *d = context;

	for (size_t i = 0; i < count; i++) {
		json_write(&record_stats, &at[i], JSON_LINE, &d->out);
		text_add(&d->out, "\n");
	}
	return print(d, e);
}

/* --- the table ---------------------------------------------------------------------------------------------------- */

static struct shown *find_shown(struct display *d, const char *name)
{
	struct shown **end = &d->first;

	for (; *end; end = &(*end)->next)
		if (strcmp((*end)->name, name) == 0)
			return *end;
	*end = arena_alloc(&d->arena, sizeof **end);
	**end = (struct shown){ .name = arena_text(&d->arena, name), .is_new = true };
	return *end;
}

/* "12.3M"; `missing` when it is not known. Five characters at most. */
static const char *bytes(uint64_t number, char out[16])
{
	static const char units[] = "BKMGTPE";
	double value = (double)number;
	size_t unit = 0;

	for (; value >= 1000 && unit + 1 < sizeof units - 1; unit++)
		value /= 1024;
	(void)snprintf(out, 16, unit && value < 9.95 ? "%.1f%c" : "%.0f%c", value, units[unit]);
	return out;
}

static const char *optional_bytes(const struct opt_uint *n, char out[16])
{
	return n && n->is_set ? bytes(n->value, out) : "-";
}

/* Of an amount and a time in the same unit. */
static const char *share(uint64_t amount, uint64_t time, bool is_known, char out[16])
{
	if (!is_known || !time)
		return "-";
	(void)snprintf(out, 16, "%.1f", 100.0 * (double)amount / (double)time);
	return out;
}

static const char *rate(uint64_t amount, uint64_t time, bool is_known, char out[16])
{
	if (!is_known || !time)
		return "-";
	return bytes((uint64_t)((double)amount * 1e6 / (double)time), out);
}

static const char *pressure(const struct stats_pressure *p, char out[16])
{
	if (!p || !p->some || !p->some->avg10.is_set)
		return "-";
	(void)snprintf(out, 16, "%.1f", (double)p->some->avg10.value / 100);
	return out;
}

static const char *count_of(const struct opt_uint *n, char out[16])
{
	if (!n || !n->is_set)
		return "-";
	(void)snprintf(out, 16, "%llu", (unsigned long long)n->value);
	return out;
}

static void add_row(struct display *d, const struct stats *s)
{
	struct shown *old = find_shown(d, s->id ? s->id : s->cgroup);
	struct shown now = { old->next, old->name, false, s->monotonic.value, 0, 0, 0, 0 };
	uint64_t elapsed = now.time - old->time;
	bool has_cpu = s->cpu && s->cpu->usage.is_set && !old->is_new, has_io = s->io && !old->is_new;
	char t[12][16];

	now.cpu = s->cpu ? s->cpu->usage.value : 0;
	now.throttled = s->cpu ? s->cpu->throttled.value : 0;
	for (size_t i = 0; s->io && i < s->io->devices.count; i++) {
		now.read += s->io->devices.at[i].read_bytes.value;
		now.written += s->io->devices.at[i].write_bytes.value;
	}
	text_add(&d->out, "%-24.24s %-8s %6s %6s %6s %6s %6s %5s %6s %6s %6s %6s %6s\n", now.name, s->status ? s->status : "-",
		 share(now.cpu - old->cpu, elapsed, has_cpu, t[0]),
		 share(now.throttled - old->throttled, elapsed, has_cpu && s->cpu->throttled.is_set, t[1]),
		 optional_bytes(s->memory ? &s->memory->working : NULL, t[2]), optional_bytes(s->memory ? &s->memory->limit : NULL, t[3]),
		 optional_bytes(s->memory ? &s->memory->peak : NULL, t[4]), count_of(s->pids ? &s->pids->count : NULL, t[5]),
		 rate(now.read - old->read, elapsed, has_io, t[6]), rate(now.written - old->written, elapsed, has_io, t[7]),
		 pressure(s->cpu ? s->cpu->pressure : NULL, t[8]), pressure(s->memory ? s->memory->pressure : NULL, t[9]),
		 pressure(s->io ? s->io->pressure : NULL, t[10]));
	*old = now;
}

/* Shares need two looks: the first round is only remembered. */
static int show_table(void *context, const struct stats *at, size_t count, struct err *e)
{
	struct display *d = context;

	if (d->is_live && d->rounds)
		text_add(&d->out, "\033[H\033[J");
	if (d->is_live || !d->has_header)
		text_add(&d->out, "%-24s %-8s %6s %6s %6s %6s %6s %5s %6s %6s %6s %6s %6s\n", "NAME", "STATUS", "CPU%", "THROT%", "MEM",
			 "LIMIT", "PEAK", "PIDS", "READ/s", "WRIT/s", "P.CPU", "P.MEM", "P.IO");
	size_t header = d->out.length;
	for (size_t i = 0; i < count; i++)
		add_row(d, &at[i]);
	if (d->rounds++ == 0)
		d->out.length = d->is_live || count == 0 ? header : 0;
	if (!d->out.length)
		return 0;
	d->has_header = true;
	return print(d, e);
}

COMMAND(stats)
{
	const struct stats_options *o = options;
	struct display d = { .is_live = !o->has_json && isatty(STDOUT_FILENO) };
	struct stats_request r = { .ids = line->at, .id_count = (size_t)line->count, .cgroups = o->cgroups.at,
				   .cgroup_count = o->cgroups.count, .rounds = o->count,
				   .show = o->has_json ? show_json : show_table, .context = &d };

	(void)exit_code;
	if (duration_read("interval", o->interval, INTERVAL_MS, &r.interval, e) < 0)
		return err_add(e, "stats");
	if (!o->count && !o->interval && !d.is_live)
		r.rounds = 1;
	if (r.rounds && !o->has_json)
		r.rounds++;
	arena_init(&d.arena, 64 << 20);
	text_init(&d.out, &d.arena);
	if (d.is_live)
		text_add(&d.out, "\033[2J\033[H");
	int result = life_stats(b, &r, e);
	arena_finish(&d.arena);
	return result < 0 ? err_add(e, "stats") : 0;
}

/* --- events ------------------------------------------------------------------------------------------------------- */

static int show_event(const struct text *line, struct err *e)
{
	if (fwrite(line->at, 1, line->length, stdout) != line->length || fflush(stdout) != 0)
		return err_sys(e, "write to stdout");
	return 0;
}

COMMAND(events)
{
	const struct events_options *o = options;
	struct events_request r = { .is_once = o->is_once, .show = show_event };
	struct container c;

	(void)exit_code;
	if (duration_read("interval", o->interval, EVENTS_MS, &r.interval, e) < 0 ||
	    container_find(b, line->at[0], -1, false, &c, e) < 0)
		return err_add(e, "events %s", line->at[0]);
	int result = life_events(&c, &r, e);
	container_close(&c);
	return result < 0 ? err_add(e, "events %s", line->at[0]) : 0;
}
