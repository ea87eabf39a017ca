/* update: options are put into the JSON form of /linux/resources, which is what a file has, too. */
#include "runtime/cli/commands.h"
#include "runtime/life/container.h"
#include "spec/base/text.h"
#include "spec/json/read.h"
#include "spec/json/write.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

enum { LOCK_WAIT_MS = 10000 };

/* An option and its place in the JSON. Those of one object stand together. */
enum form { NUMBER, BYTES, TEXT };
static const struct {
	const char *option;
	size_t offset; /* of a text in struct update_options */
	const char *object, *key;
	enum form form;
} rows[] = {
#define AT(member) offsetof(struct update_options, member)
	{ "blkio-weight", AT(blkio_weight), "blockIO", "weight", NUMBER },
	{ "cpu-burst", AT(cpu_burst), "cpu", "burst", NUMBER },
	{ "cpu-idle", AT(cpu_idle), "cpu", "idle", NUMBER },
	{ "cpu-period", AT(cpu_period), "cpu", "period", NUMBER },
	{ "cpu-quota", AT(cpu_quota), "cpu", "quota", NUMBER },
	{ "cpu-rt-period", AT(cpu_rt_period), "cpu", "realtimePeriod", NUMBER },
	{ "cpu-rt-runtime", AT(cpu_rt_runtime), "cpu", "realtimeRuntime", NUMBER },
	{ "cpu-share", AT(cpu_share), "cpu", "shares", NUMBER },
	{ "cpuset-cpus", AT(cpuset_cpus), "cpu", "cpus", TEXT },
	{ "cpuset-mems", AT(cpuset_mems), "cpu", "mems", TEXT },
	{ "kernel-memory", AT(kernel_memory), "memory", "kernel", BYTES },
	{ "kernel-memory-tcp", AT(kernel_memory_tcp), "memory", "kernelTCP", BYTES },
	{ "memory", AT(memory), "memory", "limit", BYTES },
	{ "memory-reservation", AT(memory_reservation), "memory", "reservation", BYTES },
	{ "memory-swap", AT(memory_swap), "memory", "swap", BYTES },
	{ "pids-limit", AT(pids_limit), "pids", "limit", NUMBER },
#undef AT
};

static const char *value_of(const struct update_options *o, size_t row)
{
	const char *text;

	memcpy(&text, (const char *)o + rows[row].offset, sizeof text);
	return text && text[0] ? text : NULL; /* engines give empty ones, which mean nothing */
}

/* "512m", "1GiB", "-1": digits and a unit of 1024. */
static bool read_bytes(const char *text, int64_t *out)
{
	static const char units[] = "bkmgtp";
	char digits[24];
	size_t length = strspn(text, "0123456789");
	const char *unit = text[length] ? strchr(units, text[length] | 0x20) : NULL;
	uint64_t number;

	if (strcmp(text, "-1") == 0) {
		*out = -1;
		return true;
	}
	if (!length || length >= sizeof digits || (text[length] && !unit))
		return false;
	const char *rest = text[length] ? text + length + 1 : "";
	if (*rest && (*unit == 'b' || (strcasecmp(rest, "b") != 0 && strcasecmp(rest, "ib") != 0)))
		return false;
	memcpy(digits, text, length);
	digits[length] = '\0';
	unsigned shift = unit ? 10 * (unsigned)(unit - units) : 0;
	if (!text_read_uint(digits, INT64_MAX, &number) || number > (uint64_t)INT64_MAX >> shift)
		return false;
	*out = (int64_t)(number << shift);
	return true;
}

static int add_value(size_t row, const char *text, struct text *out, struct err *e)
{
	int64_t number;
	uint64_t large;

	if (rows[row].form == TEXT) {
		json_write_text(text, out);
		return 0;
	}
	if (rows[row].form == BYTES ? read_bytes(text, &number) : text_read_int(text, INT64_MIN, INT64_MAX, &number)) {
		text_add(out, "%lld", (long long)number);
		return 0;
	}
	if (rows[row].form == NUMBER && text_read_uint(text, UINT64_MAX, &large)) {
		text_add(out, "%s", text);
		return 0;
	}
	(void)err_set(e, "--%s %s is not a number", rows[row].option, text);
	return rows[row].form == BYTES ? err_hint(e, "give bytes, or a number with k, m, g or t, such as 512m") : -1;
}

static int print_options(const struct update_options *o, struct text *out, struct err *e)
{
	const char *object = "";

	text_add(out, "{");
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		const char *value = value_of(o, i);
		if (!value)
			continue;
		if (strcmp(object, rows[i].object) != 0)
			text_add(out, "%s\"%s\":{", object[0] ? "}," : "", rows[i].object);
		else
			text_add(out, ",");
		object = rows[i].object;
		text_add(out, "\"%s\":", rows[i].key);
		if (add_value(i, value, out, e) < 0)
			return -1;
	}
	text_add(out, object[0] ? "}}" : "}");
	return 0;
}

/* By which name the caller knows what the text says. */
static const struct update_option *list_options(const struct update_options *o, struct arena *a)
{
	struct update_option *list = arena_alloc(a, (sizeof rows / sizeof *rows + 1) * sizeof *list);
	size_t count = 0;

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		if (value_of(o, i))
			list[count++] = (struct update_option){ arena_format(a, "/%s/%s", rows[i].object, rows[i].key),
								arena_format(a, "--%s", rows[i].option) };
	return list;
}

/* A pipe, which json_load would not read. */
static int read_stdin(struct text *out, struct err *e)
{
	char bytes[16384];
	ssize_t got;

	while ((got = read(STDIN_FILENO, bytes, sizeof bytes)) != 0) {
		if (got < 0 && errno != EINTR)
			return err_sys(e, "read the resources from stdin");
		if (got > 0)
			text_add_bytes(out, bytes, (size_t)got);
		if (out->length > JSON_MAX_BYTES)
			return err_set(e, "the resources on stdin are too large: at most %d bytes are read", JSON_MAX_BYTES);
	}
	return 0;
}

/* Which of both would win is not said anywhere: nobody is left to guess. */
static int refuse_options(const struct update_options *o, struct err *e)
{
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		if (!value_of(o, i))
			continue;
		(void)err_set(e, "both --%s and --resources were given", rows[i].option);
		return err_hint(e, "the file has /%s/%s for it", rows[i].object, rows[i].key);
	}
	return 0;
}

static int find_resources(struct boxcar *b, const struct update_options *o, struct text *out, struct err *e)
{
	const char *text;
	size_t length;

	if (!o->resources)
		return print_options(o, out, e);
	if (refuse_options(o, e) < 0)
		return -1;
	if (strcmp(o->resources, "-") == 0)
		return read_stdin(out, e);
	if (json_load(AT_FDCWD, o->resources, &b->arena, &text, &length, e) < 0)
		return -1;
	text_add_bytes(out, text, length);
	return 0;
}

static int update(struct boxcar *b, const char *id, const struct update_options *o, struct err *e)
{
	const char *file = !o->resources ? "options" : strcmp(o->resources, "-") == 0 ? "stdin" : o->resources;
	struct container c;
	struct text resources;

	text_init(&resources, &b->arena);
	if (find_resources(b, o, &resources, e) < 0 || container_find(b, id, LOCK_WAIT_MS, false, &c, e) < 0)
		return -1;
	struct update_request r = { file, resources.at, resources.length, o->resources ? NULL : list_options(o, &b->arena),
				    o->l3_cache_schema, o->mem_bw_schema };
	int result = life_update(&c, &r, e);
	container_close(&c);
	return result;
}

COMMAND(update)
{
	(void)exit_code;
	return update(b, line->at[0], options, e) < 0 ? err_add(e, "update %s", line->at[0]) : 0;
}
