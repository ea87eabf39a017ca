/* runc's names for the figures. What is not counted is left out, as runc leaves out what is zero. */
#include "runtime/life/events.h"

#include "spec/json/write.h"

#include <string.h>

static const uint64_t nanoseconds = 1000; /* in a microsecond */

/* A comma before every member but the first. */
static void add_key(struct text *out, const char *key)
{
	text_add(out, "%s\"%s\":", out->at[out->length - 1] == '{' ? "" : ",", key);
}

static void add_number(struct text *out, const char *key, uint64_t number)
{
	add_key(out, key);
	text_add(out, "%llu", (unsigned long long)number);
}

static void add_count(struct text *out, const char *key, const struct opt_uint *n)
{
	if (n->is_set)
		add_number(out, key, n->value);
}

static void open_object(struct text *out, const char *key)
{
	add_key(out, key);
	text_add(out, "{");
}

static void close_object(struct text *out)
{
	text_add(out, "}");
}

static void add_average(struct text *out, const char *key, const struct opt_uint *n)
{
	if (!n->is_set)
		return;
	add_key(out, key);
	text_add(out, "%llu.%02llu", (unsigned long long)n->value / 100, (unsigned long long)n->value % 100);
}

static void add_pressure_line(struct text *out, const char *key, const struct stats_pressure_line *line)
{
	if (!line)
		return;
	open_object(out, key);
	add_average(out, "avg10", &line->avg10);
	add_average(out, "avg60", &line->avg60);
	add_average(out, "avg300", &line->avg300);
	add_count(out, "total", &line->total);
	close_object(out);
}

static void add_pressure(struct text *out, const struct stats_pressure *p)
{
	if (!p)
		return;
	open_object(out, "psi");
	add_pressure_line(out, "some", p->some);
	add_pressure_line(out, "full", p->full);
	close_object(out);
}

/* Numbers separated by spaces, as a list. */
static void add_numbers(struct text *out, const char *key, const char *numbers)
{
	bool is_first = true;

	if (!numbers)
		return;
	add_key(out, key);
	text_add(out, "[");
	for (numbers += strspn(numbers, " "); *numbers >= '0' && *numbers <= '9'; numbers += strspn(numbers, " ")) {
		size_t length = strspn(numbers, "0123456789");
		text_add(out, "%s%.*s", is_first ? "" : ",", (int)length, numbers);
		numbers += length;
		is_first = false;
	}
	text_add(out, "]");
}

static void add_cpu(const struct container *c, const struct stats_cpu *cpu, struct text *out)
{
	open_object(out, "cpu");
	open_object(out, "usage");
	add_number(out, "total", cpu->usage.value * nanoseconds);
	add_numbers(out, "percpu", cgroup_read_limit(&c->cgroup, "cpuacct", "cpuacct.usage_percpu"));
	add_numbers(out, "percpu_kernel", cgroup_read_limit(&c->cgroup, "cpuacct", "cpuacct.usage_percpu_sys"));
	add_numbers(out, "percpu_user", cgroup_read_limit(&c->cgroup, "cpuacct", "cpuacct.usage_percpu_user"));
	add_number(out, "kernel", cpu->system.value * nanoseconds);
	add_number(out, "user", cpu->user.value * nanoseconds);
	close_object(out);
	open_object(out, "throttling");
	add_count(out, "periods", &cpu->periods);
	add_count(out, "throttledPeriods", &cpu->throttled_periods);
	if (cpu->throttled.is_set)
		add_number(out, "throttledTime", cpu->throttled.value * nanoseconds);
	close_object(out);
	add_pressure(out, cpu->pressure);
	close_object(out);
}

/* "0-3,7" as a list of numbers. */
static void add_list(struct text *out, const char *key, const char *ranges)
{
	bool is_first = true;

	if (!ranges)
		return;
	add_key(out, key);
	text_add(out, "[");
	while (*ranges >= '0' && *ranges <= '9') {
		unsigned first = 0, last;
		for (; *ranges >= '0' && *ranges <= '9'; ranges++)
			first = first * 10 + (unsigned)(*ranges - '0');
		last = first;
		if (*ranges == '-')
			for (last = 0, ranges++; *ranges >= '0' && *ranges <= '9'; ranges++)
				last = last * 10 + (unsigned)(*ranges - '0');
		for (; first <= last && first <= UINT16_MAX; first++, is_first = false)
			text_add(out, "%s%u", is_first ? "" : ",", first);
		ranges += *ranges == ',';
	}
	text_add(out, "]");
}

static void add_cpuset(const struct container *c, struct text *out)
{
	static const char *const flags[] = { "cpu_exclusive",      "mem_hardwall",       "mem_exclusive",
					     "memory_migrate",     "memory_spread_page", "memory_spread_slab",
					     "memory_pressure",    "sched_load_balance", "sched_relax_domain_level" };

	open_object(out, "cpuset");
	add_list(out, "cpus", cgroup_read_limit(&c->cgroup, "cpuset", "cpuset.cpus"));
	add_list(out, "mems", cgroup_read_limit(&c->cgroup, "cpuset", "cpuset.mems"));
	for (size_t i = 0; i < sizeof flags / sizeof *flags; i++) {
		char file[64] = "cpuset.";
		int64_t number;
		const char *value = cgroup_read_limit(&c->cgroup, "cpuset", strncat(file, flags[i], sizeof file - sizeof "cpuset."));
		if (value && text_read_int(value, INT32_MIN, INT32_MAX, &number)) {
			add_key(out, flags[i]);
			text_add(out, "%d", (int)number);
		}
	}
	close_object(out);
}

static void add_entry(struct text *out, const char *key, const struct opt_uint *limit, const struct opt_uint *usage,
		      const struct opt_uint *max, const struct opt_uint *hits)
{
	open_object(out, key);
	add_number(out, "limit", limit->is_set ? limit->value : UINT64_MAX);
	add_count(out, "usage", usage);
	add_count(out, "max", max);
	add_number(out, "failcnt", hits->value);
	close_object(out);
}

/* All of memory.stat under its own names. */
static void add_raw(const struct container *c, struct text *out)
{
	const char *line = cgroup_read_limit(&c->cgroup, "memory", "memory.stat");

	if (!line)
		return;
	open_object(out, "raw");
	for (; *line; line += strcspn(line, "\n"), line += *line == '\n') {
		size_t key = strcspn(line, " \n");
		if (line[key] != ' ' || line[key + 1] < '0' || line[key + 1] > '9')
			continue;
		text_add(out, "%s\"%.*s\":%.*s", out->at[out->length - 1] == '{' ? "" : ",", (int)key, line,
			 (int)strspn(line + key + 1, "0123456789"), line + key + 1);
	}
	close_object(out);
}

/* Memory and swap together, as v1 counts them. */
static struct opt_uint sum(const struct opt_uint *memory, const struct opt_uint *swap)
{
	return (struct opt_uint){ memory->is_set && swap->is_set, memory->value + swap->value };
}

/* What only v1 counts. */
static struct opt_uint read_v1(const struct container *c, const char *file)
{
	const char *value = cgroup_read_limit(&c->cgroup, "memory", file);
	struct opt_uint n = { 0 };

	n.is_set = value && text_read_uint(value, UINT64_MAX, &n.value);
	return n;
}

/* As "memory.kmem": its limit is none of the kernel's any more, but for TCP's. */
static void add_v1(const struct container *c, const char *key, const char *name, const struct opt_uint *usage, struct text *out)
{
	struct arena *a = c->cgroup.arena;
	struct opt_uint max = read_v1(c, arena_format(a, "%s.max_usage_in_bytes", name));
	struct opt_uint limit = read_v1(c, arena_format(a, "%s.limit_in_bytes", name));
	struct opt_uint hits = read_v1(c, arena_format(a, "%s.failcnt", name));
	struct opt_uint counted = usage ? *usage : read_v1(c, arena_format(a, "%s.usage_in_bytes", name));

	limit.is_set &= limit.value < INT64_MAX - 65536; /* no limit reads as the largest number of pages, in bytes */
	add_entry(out, key, &limit, &counted, &max, &hits);
}

static void add_memory(const struct container *c, const struct stats_memory *m, struct text *out)
{
	struct opt_uint usage = sum(&m->usage, &m->swap), limit = sum(&m->limit, &m->swap_limit);
	struct opt_uint max = read_v1(c, "memory.memsw.max_usage_in_bytes"), hits = read_v1(c, "memory.memsw.failcnt");

	open_object(out, "memory");
	add_count(out, "cache", &m->file);
	add_entry(out, "usage", &m->limit, &m->usage, &m->peak, &m->limit_hits);
	add_entry(out, "swap", &limit, &usage, &max, &hits);
	add_v1(c, "kernel", "memory.kmem", &m->kernel, out);
	add_v1(c, "kernelTCP", "memory.kmem.tcp", NULL, out);
	add_raw(c, out);
	add_pressure(out, m->pressure);
	close_object(out);
}

static void add_operation(struct text *out, const struct stats_io_device *d, const char *name, const struct opt_uint *n)
{
	if (!n->is_set)
		return;
	text_add(out, "%s{\"major\":%llu,\"minor\":%llu,\"op\":\"%s\",\"value\":%llu}", out->at[out->length - 1] == '[' ? "" : ",",
		 (unsigned long long)d->major.value, (unsigned long long)d->minor.value, name, (unsigned long long)n->value);
}

static void add_io(const struct stats_io *io, struct text *out)
{
	open_object(out, "blkio");
	for (int is_count = 0; is_count <= 1 && io && io->devices.count; is_count++) {
		add_key(out, is_count ? "ioServicedRecursive" : "ioServiceBytesRecursive");
		text_add(out, "[");
		for (size_t i = 0; i < io->devices.count; i++) {
			const struct stats_io_device *d = &io->devices.at[i];
			add_operation(out, d, "Read", is_count ? &d->reads : &d->read_bytes);
			add_operation(out, d, "Write", is_count ? &d->writes : &d->write_bytes);
			add_operation(out, d, "Discard", is_count ? &d->discards : &d->discard_bytes);
		}
		text_add(out, "]");
	}
	if (io)
		add_pressure(out, io->pressure);
	close_object(out);
}

static void add_hugetlb(const struct stats *s, struct text *out)
{
	open_object(out, "hugetlb");
	for (size_t i = 0; i < s->hugetlb.count; i++) {
		const struct stats_hugetlb *h = &s->hugetlb.at[i];
		open_object(out, h->page_size);
		add_count(out, "usage", &h->usage);
		add_count(out, "max", &h->peak);
		add_number(out, "failcnt", h->limit_hits.value);
		close_object(out);
	}
	close_object(out);
}

/* runc has no names of its own for these: they are its program's. */
static void add_network(const struct stats *s, struct text *out)
{
	add_key(out, "network_interfaces");
	text_add(out, s->network.count ? "[" : "null");
	for (size_t i = 0; i < s->network.count; i++) {
		const struct stats_interface *n = &s->network.at[i];
		text_add(out, "%s{\"Name\":", i ? "," : "");
		json_write_text(n->name, out);
		add_count(out, "RxBytes", &n->received_bytes);
		add_count(out, "RxPackets", &n->received_packets);
		add_count(out, "RxErrors", &n->received_errors);
		add_count(out, "RxDropped", &n->received_drops);
		add_count(out, "TxBytes", &n->sent_bytes);
		add_count(out, "TxPackets", &n->sent_packets);
		add_count(out, "TxErrors", &n->sent_errors);
		add_count(out, "TxDropped", &n->sent_drops);
		text_add(out, "}%s", i + 1 == s->network.count ? "]" : "");
	}
}

void events_print_stats(const struct container *c, const struct stats *s, struct text *out)
{
	static const struct stats_cpu no_cpu;
	static const struct stats_memory no_memory;
	static const struct stats_pids no_pids;
	const struct stats_pids *pids = s->pids ? s->pids : &no_pids;

	text_add(out, "{\"type\":\"stats\",\"id\":\"%s\",\"data\":{", c->id); /* ids have no characters to escape */
	add_cpu(c, s->cpu ? s->cpu : &no_cpu, out);
	add_cpuset(c, out);
	add_memory(c, s->memory ? s->memory : &no_memory, out);
	open_object(out, "pids");
	add_count(out, "current", &pids->count);
	add_count(out, "limit", &pids->limit);
	close_object(out);
	add_io(s->io, out);
	add_hugetlb(s, out);
	open_object(out, "intel_rdt");
	close_object(out);
	add_network(s, out);
	text_add(out, "}}\n");
}
