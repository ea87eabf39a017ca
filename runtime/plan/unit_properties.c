/* Limits as properties of the unit: systemd writes them whenever it sets the cgroup up anew, and so they outlive `systemctl
 * daemon-reload`. Each is derived from the very row that is written into cgroupfs; so what systemd does not know is optional. */
#include "runtime/plan/unit.h"

#include "spec/number_list.h"

#include <string.h>

enum form {
	FORM_NUMBER, /* and no limit */
	FORM_IDLE,
	FORM_QUOTA,    /* "50000 100000", "max 100000" */
	FORM_QUOTA_V1, /* the period is another row */
	FORM_SET,      /* "0-3,7" as bits, lowest first */
	FORM_WEIGHT,   /* "default 100", or by device "8:0 100" */
	FORM_RATES,    /* "8:0 rbps=1 wiops=max" */
};

static const struct row {
	const char *file, *property;
	enum form form;
} rows[] = {
	{ "memory.max", "MemoryMax", FORM_NUMBER },
	{ "memory.high", "MemoryHigh", FORM_NUMBER },
	{ "memory.low", "MemoryLow", FORM_NUMBER },
	{ "memory.min", "MemoryMin", FORM_NUMBER },
	{ "memory.swap.max", "MemorySwapMax", FORM_NUMBER },
	{ "memory.zswap.max", "MemoryZSwapMax", FORM_NUMBER },
	{ "memory.limit_in_bytes", "MemoryLimit", FORM_NUMBER },
	{ "pids.max", "TasksMax", FORM_NUMBER },
	{ "cpu.weight", "CPUWeight", FORM_NUMBER },
	{ "cpu.idle", "CPUWeight", FORM_IDLE },
	{ "cpu.shares", "CPUShares", FORM_NUMBER },
	{ "cpu.max", NULL, FORM_QUOTA },
	{ "cpu.cfs_quota_us", NULL, FORM_QUOTA_V1 },
	{ "cpuset.cpus", "AllowedCPUs", FORM_SET },
	{ "cpuset.mems", "AllowedMemoryNodes", FORM_SET },
	{ "io.weight", "IOWeight", FORM_WEIGHT },
	{ "blkio.weight", "BlockIOWeight", FORM_NUMBER },
	{ "io.max", NULL, FORM_RATES },
};

struct limit {
	const void *origin;
	unsigned flags;
	const char *file, *value;
};

static const char unlimited[] = "18446744073709551615";

void plan_unit_property(struct planner *p, const void *origin, unsigned flags, const char *name, const char *signature,
			const char *const *values, size_t count)
{
	PLAN_ADD(&p->w, UNIT_PROPERTY, unit_property, flags, origin, .name = plan_add_text(&p->w, name),
		 .signature = plan_add_text(&p->w, signature), .values = plan_add_texts(&p->w, values, count));
}

static void add_number(struct planner *p, const struct limit *l, const char *name, const char *value)
{
	plan_unit_property(p, l->origin, OP_MAY_BE_MISSING | l->flags, name, "t", &value, 1);
}

static const char *print_number(struct planner *p, uint64_t n)
{
	return planner_text(p, "%llu", (unsigned long long)n);
}

static const char *number_or_none(const char *value)
{
	return strcmp(value, "max") == 0 || value[0] == '-' ? unlimited : value;
}

/* --- processors --------------------------------------------------------------------------------------------------- */

/* systemd keeps whole percents: rounded up, so that it never takes away what cgroupfs gives. */
static void add_quota(struct planner *p, const struct limit *l, const char *quota_text, const char *period_text)
{
	const uint64_t second = 1000000, percent = second / 100;
	uint64_t quota, period;

	if (!text_read_uint(period_text, UINT32_MAX, &period) || period == 0)
		return;
	add_number(p, l, "CPUQuotaPeriodUSec", period_text);
	if (!text_read_uint(quota_text, UINT64_MAX / second, &quota))
		add_number(p, l, "CPUQuotaPerSecUSec", unlimited);
	else
		add_number(p, l, "CPUQuotaPerSecUSec", print_number(p, (quota * second / period + percent - 1) / percent * percent));
}

static const char *find_value(const struct plan *limits, const char *file, const char *missing)
{
	for (size_t i = 0; i < plan_count(limits); i++) {
		const struct op *op = plan_find_op(limits, i);
		const struct op_limit *limit = plan_payload(limits, op);
		if (op->kind == OP_LIMIT && strcmp(plan_get_text(limits, limit->file), file) == 0)
			return plan_get_text(limits, limit->value);
	}
	return missing;
}

static void add_set(struct planner *p, const struct limit *l, const char *name)
{
	const char *values[NUMBER_SET_SIZE / 8];
	struct number_set set;
	size_t count = 0;

	if (!number_list_read(l->value, &set)) /* the kernel refuses it, and that is told */
		return;
	for (size_t i = 0; i < set.count * 8; i++)
		values[i] = print_number(p, set.words[i / 8] >> i % 8 * 8 & 0xff);
	for (size_t i = 0; i < set.count * 8; i++)
		if (strcmp(values[i], "0") != 0)
			count = i + 1;
	plan_unit_property(p, l->origin, OP_MAY_BE_MISSING, name, "ay", values, count);
}

/* --- block devices ------------------------------------------------------------------------------------------------ */

static void add_by_device(struct planner *p, const struct limit *l, const char *name, const char *device, const char *value)
{
	const char *values[] = { planner_text(p, "/dev/block/%s", device), number_or_none(value) };

	plan_unit_property(p, l->origin, OP_MAY_BE_MISSING, name, "a(st)", values, 2);
}

static void add_weight(struct planner *p, const struct limit *l, const char *name)
{
	size_t length = strcspn(l->value, " ");
	const char *first = arena_copy(p->arena, l->value, length);

	if (!l->value[length])
		add_number(p, l, name, first);
	else if (strcmp(first, "default") == 0)
		add_number(p, l, name, l->value + length + 1);
	else
		add_by_device(p, l, "IODeviceWeight", first, l->value + length + 1);
}

static void add_rates(struct planner *p, const struct limit *l)
{
	static const struct {
		const char *key, *property;
	} rates[] = { { "rbps=", "IOReadBandwidthMax" }, { "wbps=", "IOWriteBandwidthMax" },
		      { "riops=", "IOReadIOPSMax" },     { "wiops=", "IOWriteIOPSMax" } };
	char *rest = arena_text(p->arena, l->value), *device = strsep(&rest, " "), *word;

	while ((word = strsep(&rest, " ")))
		for (size_t i = 0; i < sizeof rates / sizeof *rates; i++)
			if (text_has_prefix(word, rates[i].key))
				add_by_device(p, l, rates[i].property, device, word + strlen(rates[i].key));
}

/* --- devices ------------------------------------------------------------------------------------------------------ */

struct device_texts {
	const char **at; /* node and access, by turns */
	size_t count;
	bool is_open;    /* all is allowed, or systemd cannot be told what: it only knows what is allowed */
};

/* "/dev/char/1:3", "char-1" for all of a major number, "char-*" */
static const char *print_node(struct planner *p, char type, const char *major, const char *minor)
{
	const char *word = type == 'b' ? "block" : "char";

	if (strcmp(major, "*") == 0)
		return strcmp(minor, "*") == 0 ? planner_text(p, "%s-*", word) : NULL;
	return strcmp(minor, "*") == 0 ? planner_text(p, "%s-%s", word, major) : planner_text(p, "/dev/%s/%s:%s", word, major, minor);
}

/* Two devices are not the same: of another type, or both named by number. */
static bool are_apart(const char *node, const char *other)
{
	bool is_number = text_has_prefix(node, "/dev/"), is_number_too = text_has_prefix(other, "/dev/");

	if (!strstr(node, "char") != !strstr(other, "char"))
		return true;
	return is_number && is_number_too && strcmp(node, other) != 0;
}

/* What is denied after it was allowed cannot be said, but for the very same rule. */
static void deny(struct device_texts *t, const char *node, const char *access)
{
	for (size_t i = 0; i < t->count; i += 2) {
		if (strcmp(t->at[i], node) == 0 && strcmp(t->at[i + 1], access) == 0)
			t->at[i] = t->at[i + 1] = "";
		else if (t->at[i][0] && !are_apart(t->at[i], node))
			t->is_open = true;
	}
}

static void take_rule(struct device_texts *t, bool is_allowed, const char *node, const char *access)
{
	if (!node) {
		t->is_open = true;
	} else if (is_allowed) {
		t->at[t->count++] = node;
		t->at[t->count++] = access;
	} else {
		deny(t, node, access);
	}
}

static void read_rule(struct planner *p, const struct plan *limits, const struct op_device_rule *r, struct device_texts *t)
{
	char type = plan_get_text(limits, r->type)[0];
	const char *major = plan_get_text(limits, r->major), *minor = plan_get_text(limits, r->minor);
	const char *access = plan_get_text(limits, r->access);

	if (type == 'a' && strcmp(major, "*") == 0 && strcmp(minor, "*") == 0 && strlen(access) == 3) {
		*t = (struct device_texts){ t->at, 0, r->is_allowed };
		return;
	}
	if (type != 'b')
		take_rule(t, r->is_allowed, print_node(p, 'c', major, minor), access);
	if (type != 'c')
		take_rule(t, r->is_allowed, print_node(p, 'b', major, minor), access);
}

/* By number, as a node may have no name on the host. An empty list first forgets what a former one said. */
static void add_devices(struct planner *p, const struct plan *limits)
{
	struct device_texts t = { .at = arena_alloc(p->arena, (plan_count(limits) * 4 + 1) * sizeof *t.at) };
	const char *policy;
	bool has_rules = false;
	size_t count = 0;

	for (size_t i = 0; i < plan_count(limits); i++) {
		const struct op *op = plan_find_op(limits, i);
		if (op->kind != OP_DEVICE_RULE)
			continue;
		has_rules = true;
		read_rule(p, limits, plan_payload(limits, op), &t);
	}
	if (!has_rules || p->facts->is_users_systemd) /* which has no power over devices */
		return;
	for (size_t i = 0; i < t.count; i++)
		if (t.at[i][0])
			t.at[count++] = t.at[i];
	policy = t.is_open ? "auto" : "strict";
	plan_unit_property(p, NULL, 0, "DevicePolicy", "s", &policy, 1);
	plan_unit_property(p, NULL, 0, "DeviceAllow", "a(ss)", NULL, 0);
	if (!t.is_open)
		plan_unit_property(p, NULL, 0, "DeviceAllow", "a(ss)", t.at, count);
}

/* --- all of them -------------------------------------------------------------------------------------------------- */

static void add_limit(struct planner *p, const struct plan *limits, const struct limit *l, const struct row *row)
{
	const char *space = strchr(l->value, ' ');

	switch (row->form) {
	case FORM_NUMBER:
		add_number(p, l, row->property, number_or_none(l->value));
		break;
	case FORM_IDLE:
		if (strcmp(l->value, "1") == 0)
			add_number(p, l, row->property, "0");
		break;
	case FORM_QUOTA:
		add_quota(p, l, arena_copy(p->arena, l->value, strcspn(l->value, " ")), space ? space + 1 : "100000");
		break;
	case FORM_QUOTA_V1:
		add_quota(p, l, l->value, find_value(limits, "cpu.cfs_period_us", "100000"));
		break;
	case FORM_SET:
		if (facts_is_unified(p->facts)) /* systemd leaves v1's processor sets alone */
			add_set(p, l, row->property);
		break;
	case FORM_WEIGHT:
		add_weight(p, l, row->property);
		break;
	case FORM_RATES:
		add_rates(p, l);
		break;
	}
}

void plan_unit_properties(struct planner *p, const struct plan *limits)
{
	for (size_t i = 0; i < plan_count(limits); i++) {
		const struct op *op = plan_find_op(limits, i);
		const struct op_limit *payload = plan_payload(limits, op);
		if (op->kind != OP_LIMIT)
			continue;
		struct limit l = { arena_address(p->arena, op->origin), op->flags & OP_LATE, plan_get_text(limits, payload->file),
				   plan_get_text(limits, payload->value) };
		for (size_t k = 0; k < sizeof rows / sizeof *rows; k++)
			if (strcmp(l.file, rows[k].file) == 0)
				add_limit(p, limits, &l, &rows[k]);
	}
	add_devices(p, limits);
}
