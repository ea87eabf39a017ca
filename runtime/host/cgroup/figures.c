#include "runtime/host/cgroup/figures.h"

#include "spec/base/text.h"

#include <string.h>

#define AT(member) offsetof(struct figures, member)
#define END { NULL, 0, 0 }

/* v2. The first three are counted in every cgroup, the others where the cpu controller is. */
static const struct figure_key cpu_stat[] = {
	{ "usage_usec", AT(cpu.usage), 1 },
	{ "user_usec", AT(cpu.user), 1 },
	{ "system_usec", AT(cpu.system), 1 },
	{ "nr_periods", AT(cpu.periods), 1 },
	{ "nr_throttled", AT(cpu.throttled_periods), 1 },
	{ "throttled_usec", AT(cpu.throttled), 1 },
	{ "nr_bursts", AT(cpu.bursts), 1 },
	{ "burst_usec", AT(cpu.burst), 1 },
	END,
};
static const struct figure_key memory_stat[] = {
	{ "anon", AT(memory.anonymous), 1 },
	{ "file", AT(memory.file), 1 },
	{ "kernel", AT(memory.kernel), 1 },
	{ "inactive_file", AT(memory.inactive_file), 1 },
	{ "pgfault", AT(memory.faults), 1 },
	{ "pgmajfault", AT(memory.major_faults), 1 },
	END,
};
static const struct figure_key memory_events[] = {
	{ "max", AT(memory.limit_hits), 1 },
	{ "oom", AT(memory.ooms), 1 },
	{ "oom_kill", AT(memory.oom_kills), 1 },
	END,
};
static const struct figure_key pids_events[] = { { "max", AT(pids.limit_hits), 1 }, END };

static const struct figure_key v1_cpu_stat[] = {
	{ "nr_periods", AT(cpu.periods), 1 },
	{ "nr_throttled", AT(cpu.throttled_periods), 1 },
	{ "throttled_time", AT(cpu.throttled), 1000 },
	{ "nr_bursts", AT(cpu.bursts), 1 },
	{ "burst_time", AT(cpu.burst), 1000 },
	END,
};
static const struct figure_key v1_memory_stat[] = {
	{ "total_rss", AT(memory.anonymous), 1 },
	{ "total_cache", AT(memory.file), 1 },
	{ "total_inactive_file", AT(memory.inactive_file), 1 },
	{ "total_swap", AT(memory.swap), 1 },
	{ "total_pgfault", AT(memory.faults), 1 },
	{ "total_pgmajfault", AT(memory.major_faults), 1 },
	END,
};
static const struct figure_key v1_oom_control[] = { { "oom_kill", AT(memory.oom_kills), 1 }, END };

/* On a hybrid host v1 comes first: what it has counted is not counted again. */
const struct figure_file figure_files[] = {
	{ OFTEN, 1, "cpuacct", "cpuacct.usage", FORM_NUMBER, AT(cpu.usage), 1000, NULL },
	{ OFTEN, 1, "cpuacct", "cpuacct.usage_user", FORM_NUMBER, AT(cpu.user), 1000, NULL },
	{ OFTEN, 1, "cpuacct", "cpuacct.usage_sys", FORM_NUMBER, AT(cpu.system), 1000, NULL },
	{ SELDOM, 1, "cpu", "cpu.shares", FORM_NUMBER, AT(cpu.weight), 1, NULL },
	{ SELDOM, 1, "cpu", "cpu.cfs_quota_us", FORM_NUMBER, AT(cpu.quota), 1, NULL },
	{ SELDOM, 1, "cpu", "cpu.cfs_period_us", FORM_NUMBER, AT(cpu.period), 1, NULL },
	{ THROTTLED, 1, "cpu", "cpu.stat", FORM_KEYS, 0, 0, v1_cpu_stat },
	{ OFTEN, 1, "memory", "memory.usage_in_bytes", FORM_NUMBER, AT(memory.usage), 1, NULL },
	{ SELDOM, 1, "memory", "memory.limit_in_bytes", FORM_NUMBER, AT(memory.limit), 1, NULL },
	{ SELDOM, 1, "memory", "memory.memsw.limit_in_bytes", FORM_NUMBER, AT(swap_and_memory_limit), 1, NULL },
	{ SELDOM, 1, "memory", "memory.max_usage_in_bytes", FORM_NUMBER, AT(memory.peak), 1, NULL },
	{ SELDOM, 1, "memory", "memory.soft_limit_in_bytes", FORM_NUMBER, AT(memory.low), 1, NULL },
	{ SELDOM, 1, "memory", "memory.kmem.usage_in_bytes", FORM_NUMBER, AT(memory.kernel), 1, NULL },
	{ SELDOM, 1, "memory", "memory.failcnt", FORM_NUMBER, AT(memory.limit_hits), 1, NULL },
	{ SELDOM, 1, "memory", "memory.memsw.failcnt", FORM_NUMBER, AT(swap_and_memory_hits), 1, NULL },
	{ SELDOM, 1, "memory", "memory.stat", FORM_KEYS, 0, 0, v1_memory_stat },
	{ SELDOM, 1, "memory", "memory.oom_control", FORM_KEYS, 0, 0, v1_oom_control },
	{ OFTEN, 1, "pids", "pids.current", FORM_NUMBER, AT(pids.count), 1, NULL },
	{ SELDOM, 1, "pids", "pids.max", FORM_NUMBER, AT(pids.limit), 1, NULL },
	{ SELDOM, 1, "pids", "pids.peak", FORM_NUMBER, AT(pids.peak), 1, NULL },
	{ SELDOM, 1, "pids", "pids.events", FORM_KEYS, 0, 0, pids_events },
	{ OFTEN, 1, "blkio", "blkio.throttle.io_service_bytes_recursive", FORM_IO_BYTES, 0, 0, NULL },
	{ OFTEN, 1, "blkio", "blkio.throttle.io_serviced_recursive", FORM_IO_COUNT, 0, 0, NULL },
	{ OFTEN, 2, "", "cpu.stat", FORM_KEYS, 0, 0, cpu_stat },
	{ SELDOM, 2, "cpu", "cpu.weight", FORM_NUMBER, AT(cpu.weight), 1, NULL },
	{ SELDOM, 2, "cpu", "cpu.max", FORM_QUOTA, 0, 0, NULL },
	{ SELDOM, 2, "", "cpu.pressure", FORM_PRESSURE, AT(cpu_pressure), 0, NULL },
	{ OFTEN, 2, "memory", "memory.current", FORM_NUMBER, AT(memory.usage), 1, NULL },
	{ SELDOM, 2, "memory", "memory.max", FORM_NUMBER, AT(memory.limit), 1, NULL },
	{ SELDOM, 2, "memory", "memory.peak", FORM_NUMBER, AT(memory.peak), 1, NULL },
	{ SELDOM, 2, "memory", "memory.low", FORM_NUMBER, AT(memory.low), 1, NULL },
	{ SELDOM, 2, "memory", "memory.stat", FORM_KEYS, 0, 0, memory_stat },
	{ SELDOM, 2, "memory", "memory.events", FORM_KEYS, 0, 0, memory_events },
	{ OFTEN, 2, "memory", "memory.swap.current", FORM_NUMBER, AT(memory.swap), 1, NULL },
	{ SELDOM, 2, "memory", "memory.swap.max", FORM_NUMBER, AT(memory.swap_limit), 1, NULL },
	{ SELDOM, 2, "memory", "memory.swap.peak", FORM_NUMBER, AT(memory.swap_peak), 1, NULL },
	{ SELDOM, 2, "", "memory.pressure", FORM_PRESSURE, AT(memory_pressure), 0, NULL },
	{ OFTEN, 2, "pids", "pids.current", FORM_NUMBER, AT(pids.count), 1, NULL },
	{ SELDOM, 2, "pids", "pids.max", FORM_NUMBER, AT(pids.limit), 1, NULL },
	{ SELDOM, 2, "pids", "pids.peak", FORM_NUMBER, AT(pids.peak), 1, NULL },
	{ SELDOM, 2, "pids", "pids.events", FORM_KEYS, 0, 0, pids_events },
	{ OFTEN, 2, "io", "io.stat", FORM_IO, 0, 0, NULL },
	{ SELDOM, 2, "", "io.pressure", FORM_PRESSURE, AT(io_pressure), 0, NULL },
};

const size_t figure_file_count = sizeof figure_files / sizeof *figure_files;

/* --- reading ------------------------------------------------------------------------------------------------------ */

bool figures_read_number(const char *text, uint64_t *out)
{
	uint64_t number = 0;
	const char *c = text;

	for (; *c >= '0' && *c <= '9'; c++)
		number = number * 10 + (uint64_t)(*c - '0');
	*out = number;
	return c != text;
}

/* v1 says "no limit" as the largest number of whole pages. */
static bool is_unlimited(uint64_t number)
{
	return number >= INT64_MAX - 65536;
}

static void put(struct figures *f, size_t offset, uint64_t number, unsigned divisor)
{
	struct opt_uint *to = (void *)((char *)f + offset);

	if (!to->is_set)
		*to = (struct opt_uint){ true, number / (divisor ? divisor : 1) };
}

/* What follows the key and a blank at the beginning of a line, or NULL. */
static const char *skip_key(const char *line, const char *key)
{
	while (*key && *line == *key) {
		line++;
		key++;
	}
	return !*key && *line == ' ' ? line + 1 : NULL;
}

/* memory.stat has 70 lines and most are none of ours: each is looked at once, and left at the first letter that differs. */
static void take_keys(const struct figure_key *keys, const char *text, struct figures *out)
{
	uint64_t number;

	for (const char *line = text, *end; line; line = end ? end + 1 : NULL) {
		end = strchr(line, '\n');
		for (const struct figure_key *k = keys; k->key; k++) {
			const char *value = *line == *k->key ? skip_key(line, k->key) : NULL;
			if (value && figures_read_number(value, &number))
				put(out, k->offset, number, k->divisor);
		}
	}
}

static void take_quota(const char *text, struct figures *out)
{
	const char *space = strchr(text, ' ');
	uint64_t quota, period;

	if (!space || !figures_read_number(text, &quota) || !figures_read_number(space + 1, &period))
		return;
	put(out, AT(cpu.quota), quota, 1);
	put(out, AT(cpu.period), period, 1);
}

/* "avg10=0.00" and the like, separated by spaces */
static void read_pressure_line(char *words, struct stats_pressure_line *line)
{
	char *word;

	while ((word = strsep(&words, " "))) {
		const char *value = strchr(word, '=');
		if (!value++)
			continue;
		if (text_has_prefix(word, "total="))
			line->total.is_set = figures_read_number(value, &line->total.value);
		struct opt_uint *average = text_has_prefix(word, "avg10=") ? &line->avg10 :
					   text_has_prefix(word, "avg60=") ? &line->avg60 :
					   text_has_prefix(word, "avg300=") ? &line->avg300 : NULL;
		if (average)
			average->is_set = text_read_percent(value, &average->value);
	}
}

static void take_pressure(char *text, struct figure_pressure *out)
{
	char *line;

	while ((line = strsep(&text, "\n"))) {
		if (text_has_prefix(line, "some "))
			read_pressure_line(line, &out->some);
		else if (text_has_prefix(line, "full "))
			read_pressure_line(line, &out->full);
	}
}

static struct stats_io_device *find_device(struct stats_io *io, struct arena *a, uint64_t major, uint64_t minor)
{
	for (size_t i = 0; i < io->devices.count; i++)
		if (io->devices.at[i].major.value == major && io->devices.at[i].minor.value == minor)
			return &io->devices.at[i];
	size_t size = sizeof *io->devices.at;
	io->devices.at = arena_grow(a, io->devices.at, io->devices.count * size, (io->devices.count + 1) * size);
	struct stats_io_device *device = &io->devices.at[io->devices.count++];
	*device = (struct stats_io_device){ .major = { true, major }, .minor = { true, minor } };
	return device;
}

/* Of a line "8:0 ...": the device; *rest is what follows. NULL for v1's "Total". */
static struct stats_io_device *take_device(char *line, char **rest, struct stats_io *io, struct arena *a)
{
	uint64_t major, minor;
	char *colon = strchr(line, ':'), *space = strchr(line, ' ');

	if (!colon || !space || space < colon || !figures_read_number(line, &major) || !figures_read_number(colon + 1, &minor))
		return NULL;
	*rest = space + 1;
	return find_device(io, a, major, minor);
}

static void take_io(char *text, struct arena *a, struct stats_io *io)
{
	static const struct {
		const char *key;
		size_t offset;
	} keys[] = {
		{ "rbytes=", offsetof(struct stats_io_device, read_bytes) },
		{ "wbytes=", offsetof(struct stats_io_device, write_bytes) },
		{ "dbytes=", offsetof(struct stats_io_device, discard_bytes) },
		{ "rios=", offsetof(struct stats_io_device, reads) },
		{ "wios=", offsetof(struct stats_io_device, writes) },
		{ "dios=", offsetof(struct stats_io_device, discards) },
	};
	char *line, *word;

	while ((line = strsep(&text, "\n"))) {
		struct stats_io_device *device = take_device(line, &line, io, a);
		while (device && (word = strsep(&line, " ")))
			for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
				struct opt_uint *to = (void *)((char *)device + keys[i].offset);
				if (text_has_prefix(word, keys[i].key))
					to->is_set = figures_read_number(word + strlen(keys[i].key), &to->value);
			}
	}
}

static void take_v1_io(char *text, bool is_count, struct arena *a, struct stats_io *io)
{
	char *line, *word;

	while ((line = strsep(&text, "\n"))) {
		struct stats_io_device *d = take_device(line, &line, io, a);
		word = d ? strsep(&line, " ") : NULL;
		struct opt_uint *to = !word || !line ? NULL :
				      strcmp(word, "Read") == 0 ? (is_count ? &d->reads : &d->read_bytes) :
				      strcmp(word, "Write") == 0 ? (is_count ? &d->writes : &d->write_bytes) :
				      strcmp(word, "Discard") == 0 ? (is_count ? &d->discards : &d->discard_bytes) : NULL;
		if (to)
			to->is_set = figures_read_number(line, &to->value);
	}
}

void figures_take(const struct figure_file *file, char *text, struct arena *a, struct figures *out)
{
	uint64_t number;

	switch (file->form) {
	case FORM_NUMBER:
		if (figures_read_number(text, &number) && !is_unlimited(number))
			put(out, file->offset, number, file->divisor);
		break;
	case FORM_KEYS:
		take_keys(file->keys, text, out);
		break;
	case FORM_QUOTA:
		take_quota(text, out);
		break;
	case FORM_PRESSURE:
		take_pressure(text, (void *)((char *)out + file->offset));
		break;
	case FORM_IO:
		take_io(text, a, &out->io);
		break;
	case FORM_IO_BYTES:
	case FORM_IO_COUNT:
		take_v1_io(text, file->form == FORM_IO_COUNT, a, &out->io);
		break;
	}
}
