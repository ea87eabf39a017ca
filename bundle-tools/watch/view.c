#include "bundle-tools/watch/view.h"

#include "bundle-tools/watch/figure.h"
#include "bundle-tools/watch/rates.h"

#include <stdio.h>
#include <string.h>
#include <sys/sysinfo.h>
#include <unistd.h>

enum { WIDE = 118, WITH_BARS = 142, SMALL_BAR = 10, NAME = 20, BUSY = 60, FULL = 90 };

static struct opt_uint none(void)
{
	return (struct opt_uint){ 0 };
}

/* Names of cgroups are anybody's: what would speak to a terminal is not shown. */
static void add_name(struct view *v, const char *name, int width)
{
	char shown[256];
	size_t length = 0;

	for (; length < sizeof shown - 1 && name[length]; length++)
		shown[length] = (unsigned char)name[length] < 0x20 || name[length] == 0x7f ? '?' : name[length];
	shown[length] = '\0';
	const char *end = shown;
	if (width && length > (size_t)width) /* of a path the end tells more */
		end = name[0] == '/' ? shown + length - (size_t)width : shown;
	text_add(&v->out, "%-*.*s", width, width ? width : 255, end);
}

void view_bar(struct view *v, double part, double whole, unsigned cells)
{
	double share = whole > 0 ? part / whole : 0;

	if (!v->width)
		return;
	share = share < 0 ? 0 : share > 1 ? 1 : share;
	unsigned full = (unsigned)(share * cells + 0.5);
	const char *colour = share * 100 >= FULL ? "\033[31m" : share * 100 >= BUSY ? "\033[33m" : "\033[32m";

	text_add(&v->out, "[%s", v->has_colours ? colour : "");
	for (unsigned i = 0; i < cells; i++)
		text_add(&v->out, "%s%c", i == full && v->has_colours ? "\033[0m" : "", i < full ? '|' : ' ');
	text_add(&v->out, "%s] ", full == cells && v->has_colours ? "\033[0m" : "");
}

/* Hundredths of a percent that it may use: its limit, else all processors. */
static double processor_limit(const struct stats *s)
{
	long processors = sysconf(_SC_NPROCESSORS_ONLN);

	if (s->cpu && s->cpu->quota.is_set && s->cpu->period.value)
		return (double)s->cpu->quota.value * 10000 / (double)s->cpu->period.value;
	return (processors > 0 ? (double)processors : 1) * 10000;
}

static double memory_limit(const struct stats *s)
{
	struct sysinfo host;

	if (s->memory && s->memory->limit.is_set)
		return (double)s->memory->limit.value;
	return sysinfo(&host) == 0 ? (double)host.totalram * host.mem_unit : 0;
}

static struct opt_uint waiting(const struct stats_pressure *p)
{
	return p && p->some ? p->some->avg10 : none();
}

/* --- the table ---------------------------------------------------------------------------------------------------------- */

static bool is_at_least(const struct view *v, size_t width)
{
	return !v->width || v->width >= width;
}

void view_header(struct view *v)
{
	bool has_bars = v->width >= WITH_BARS;

	text_add(&v->out, "%s%-*s %6s%*s %5s %5s%*s %5s %5s %5s %5s %5s", v->has_colours ? "\033[1m" : "", NAME, "NAME", "CPU%",
		 has_bars ? SMALL_BAR + 3 : 0, "", "MEM", "LIMIT", has_bars ? SMALL_BAR + 3 : 0, "", "PIDS", "RD/s", "WR/s", "RX/s", "TX/s");
	if (is_at_least(v, WIDE))
		text_add(&v->out, " %6s %5s %5s %5s %5s %-8s", "THROT%", "PEAK", "P.CPU", "P.MEM", "P.IO", "STATUS");
	text_add(&v->out, "%s\n", v->has_colours ? "\033[0m" : "");
}

void view_row(struct view *v, const struct sample *s)
{
	static const struct stats_cpu no_cpu;
	static const struct stats_memory no_memory;
	const struct stats_cpu *cpu = s->now->cpu ? s->now->cpu : &no_cpu;
	const struct stats_memory *memory = s->now->memory ? s->now->memory : &no_memory;
	bool has_bars = v->width >= WITH_BARS;
	char t[12][FIGURE];
	struct rates r;

	rates_read(s->before, s->now, &r);
	add_name(v, s->name, NAME);
	text_add(&v->out, " %6s ", figure_percent(r.cpu, t[0]));
	if (has_bars)
		view_bar(v, (double)r.cpu.value, processor_limit(s->now), SMALL_BAR);
	text_add(&v->out, "%5s %5s ", figure_bytes(memory->working, t[0]), figure_bytes(memory->limit, t[1]));
	if (has_bars)
		view_bar(v, (double)memory->working.value, memory_limit(s->now), SMALL_BAR);
	text_add(&v->out, "%5s %5s %5s %5s %5s", figure_count(s->now->pids ? s->now->pids->count : none(), t[0]),
		 figure_bytes(r.read, t[1]), figure_bytes(r.written, t[2]), figure_bytes(r.received, t[3]), figure_bytes(r.sent, t[4]));
	if (is_at_least(v, WIDE))
		text_add(&v->out, " %6s %5s %5s %5s %5s %-8s", figure_percent(r.throttled, t[5]), figure_bytes(memory->peak, t[6]),
			 figure_percent(waiting(cpu->pressure), t[7]), figure_percent(waiting(memory->pressure), t[8]),
			 figure_percent(waiting(s->now->io ? s->now->io->pressure : NULL), t[9]), s->now->status ? s->now->status : "-");
	text_add(&v->out, "\n");
}

/* --- a single one ------------------------------------------------------------------------------------------------------- */

static unsigned bar_cells(const struct view *v)
{
	return v->width > 110 ? 40 : v->width > 70 ? 24 : 10;
}

static void add_label(struct view *v, const char *label)
{
	text_add(&v->out, "%s%-10s%s", v->has_colours ? "\033[1m" : "", label, v->has_colours ? "\033[0m" : "");
}

static void add_processors(struct view *v, const struct stats *s, const struct rates *r)
{
	const struct stats_cpu *c = s->cpu;
	char t[4][FIGURE];

	if (!c)
		return;
	add_label(v, "cpu");
	view_bar(v, (double)r->cpu.value, processor_limit(s), bar_cells(v));
	text_add(&v->out, "%s%% of %.0f%%   user %s  system %s  used %s\n", figure_percent(r->cpu, t[0]), processor_limit(s) / 100,
		 figure_percent(r->user, t[1]), figure_percent(r->system, t[2]), figure_time(c->usage, t[3]));
	if (!c->periods.is_set || !c->quota.is_set)
		return;
	add_label(v, "throttled");
	text_add(&v->out, "%s%% of the time, %s of %s periods, %s in all\n", figure_percent(r->throttled, t[0]),
		 figure_count(c->throttled_periods, t[1]), figure_count(c->periods, t[2]), figure_time(c->throttled, t[3]));
}

static void add_memory(struct view *v, const struct stats *s)
{
	const struct stats_memory *m = s->memory;
	char t[8][FIGURE];

	if (!m)
		return;
	add_label(v, "memory");
	view_bar(v, (double)m->working.value, memory_limit(s), bar_cells(v));
	text_add(&v->out, "%s of %s   peak %s  swap %s\n", figure_bytes(m->working, t[0]),
		 m->limit.is_set ? figure_bytes(m->limit, t[1]) : "all", figure_bytes(m->peak, t[2]), figure_bytes(m->swap, t[3]));
	add_label(v, "");
	text_add(&v->out, "anonymous %s  files %s  kernel %s  limit hit %s times  killed for it %s\n", figure_bytes(m->anonymous, t[0]),
		 figure_bytes(m->file, t[1]), figure_bytes(m->kernel, t[2]), figure_count(m->limit_hits, t[3]),
		 figure_count(m->oom_kills, t[4]));
}

static void add_tasks(struct view *v, const struct stats *s)
{
	char t[3][FIGURE];

	if (!s->pids)
		return;
	add_label(v, "tasks");
	if (s->pids->limit.is_set)
		view_bar(v, (double)s->pids->count.value, (double)s->pids->limit.value, bar_cells(v));
	text_add(&v->out, "%s of %s   peak %s\n", figure_count(s->pids->count, t[0]),
		 s->pids->limit.is_set ? figure_count(s->pids->limit, t[1]) : "any", figure_count(s->pids->peak, t[2]));
}

/* "sda" of 8:0; a device without a name here is its number. */
static const char *device_name(const struct stats_io_device *d, char out[64])
{
	char path[64], place[256];

	(void)snprintf(path, sizeof path, "/sys/dev/block/%llu:%llu", (unsigned long long)d->major.value,
		       (unsigned long long)d->minor.value);
	ssize_t length = readlink(path, place, sizeof place - 1);
	place[length < 0 ? 0 : length] = '\0';
	const char *slash = strrchr(place, '/');
	(void)snprintf(out, 64, "%.60s", slash ? slash + 1 : path + strlen("/sys/dev/block/"));
	return out;
}

static void add_devices(struct view *v, const struct sample *s)
{
	char t[4][FIGURE], name[64];
	struct rates r;

	for (size_t i = 0; s->now->io && i < s->now->io->devices.count; i++) {
		const struct stats_io_device *d = &s->now->io->devices.at[i];
		rates_read_device(s->before, s->now, i, &r);
		add_label(v, i ? "" : "io");
		text_add(&v->out, "%-10s read %5s/s  written %5s/s   in all %s and %s\n", device_name(d, name), figure_bytes(r.read, t[0]),
			 figure_bytes(r.written, t[1]), figure_bytes(d->read_bytes, t[2]), figure_bytes(d->write_bytes, t[3]));
	}
}

static void add_interfaces(struct view *v, const struct sample *s)
{
	char t[4][FIGURE];
	struct rates r;

	for (size_t i = 0; i < s->now->network.count; i++) {
		const struct stats_interface *n = &s->now->network.at[i];
		rates_read_interface(s->before, s->now, i, &r);
		add_label(v, i ? "" : "network");
		add_name(v, n->name, 16);
		text_add(&v->out, " received %5s/s  sent %5s/s   in all %s and %s\n", figure_bytes(r.received, t[0]),
			 figure_bytes(r.sent, t[1]), figure_bytes(n->received_bytes, t[2]), figure_bytes(n->sent_bytes, t[3]));
	}
}

static void add_pressure(struct view *v, const char *what, const struct stats_pressure *p, bool *has_label)
{
	static const struct stats_pressure_line nothing;
	char t[6][FIGURE];

	if (!p || (!p->some && !p->full))
		return;
	const struct stats_pressure_line *some = p->some ? p->some : &nothing, *full = p->full ? p->full : &nothing;
	add_label(v, *has_label ? "" : "pressure");
	*has_label = true;
	text_add(&v->out, "%-7s some %5s %5s %5s   full %5s %5s %5s %%\n", what, figure_percent(some->avg10, t[0]),
		 figure_percent(some->avg60, t[1]), figure_percent(some->avg300, t[2]), figure_percent(full->avg10, t[3]),
		 figure_percent(full->avg60, t[4]), figure_percent(full->avg300, t[5]));
}

void view_details(struct view *v, const struct sample *s)
{
	bool has_label = false;
	struct rates r;

	rates_read(s->before, s->now, &r);
	add_name(v, s->name, 0);
	if (s->now->status)
		text_add(&v->out, "  %s, pid %lld", s->now->status, (long long)s->now->pid.value);
	text_add(&v->out, "  cgroup ");
	add_name(v, s->now->cgroup ? s->now->cgroup : "-", 0);
	text_add(&v->out, "\n\n");
	add_processors(v, s->now, &r);
	add_memory(v, s->now);
	add_tasks(v, s->now);
	add_devices(v, s);
	add_interfaces(v, s);
	add_pressure(v, "cpu", s->now->cpu ? s->now->cpu->pressure : NULL, &has_label);
	add_pressure(v, "memory", s->now->memory ? s->now->memory->pressure : NULL, &has_label);
	add_pressure(v, "io", s->now->io ? s->now->io->pressure : NULL, &has_label);
}
