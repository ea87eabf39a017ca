/* The plan as text and as JSON: derived from the op rows, read back from the very bytes that are executed. */
#include "runtime/plan/planner.h"
#include "spec/json/write.h"

#include <linux/mempolicy.h>
#include <linux/mount.h>
#include <string.h>
#include <sys/capability.h>
#include <sys/mount.h>

struct bit {
	uint64_t bit;
	const char *name;
};

static const struct bit clone_bits[] = {
	{ CLONE_NEWNS, "mount" }, { CLONE_NEWPID, "pid" },   { CLONE_NEWNET, "network" },   { CLONE_NEWUTS, "uts" },
	{ CLONE_NEWIPC, "ipc" },  { CLONE_NEWUSER, "user" }, { CLONE_NEWCGROUP, "cgroup" }, { 0x80, "time" },
	{ 0, NULL },
};
static const struct bit tree_bits[] = { { TREE_RECURSIVE, "recursive" }, { TREE_NO_FOLLOW, "no-follow" },
					{ TREE_MAP_BELOW, "map-below" },
					{ TREE_COPY_LINK, "copy-link" }, { TREE_TARGET_AS_IS, "target-as-is" }, { 0, NULL } };
static const struct bit new_bits[] = { { NEW_COPY_UP, "copy-up" },
				       { NEW_NO_DEVICES, "no-devices" },
				       { NEW_TARGET_AS_IS, "target-as-is" },
				       { 0, NULL } };
static const struct bit process_bits[] = { { PROCESS_SHARES_MEMORY, "shared-memory" },
					   { PROCESS_AMBIENT, "ambient" },
					   { 0, NULL } };
static const struct bit console_bits[] = { { CONSOLE_IN_ROOT, "in-root" }, { CONSOLE_BIND, "bind" }, { 0, NULL } };
static const struct bit rdt_bits[] = { { RDT_OWN, "own" }, { RDT_MUST_EXIST, "must-exist" }, { 0, NULL } };
static const struct bit filter_bits[] = { { 1, "tsync" }, { 2, "log" }, { 4, "spec-allow" }, { 8, "listener" },
					  { 16, "tsync-esrch" }, { 32, "wait-killable" }, { 0, NULL } };
static const struct bit mount_bits[] = {
	{ MS_RDONLY, "ro" },       { MS_SYNCHRONOUS, "sync" },     { MS_DIRSYNC, "dirsync" }, { MS_LAZYTIME, "lazytime" },
	{ MS_MANDLOCK, "mand" },   { MS_I_VERSION, "iversion" },   { MS_SILENT, "silent" },   { MS_PRIVATE, "private" },
	{ MS_SHARED, "shared" },   { MS_SLAVE, "slave" },          { MS_UNBINDABLE, "unbindable" }, { MS_REC, "recursive" },
	{ 0, NULL },
};
static const struct bit attribute_bits[] = {
	{ MOUNT_ATTR_RDONLY, "ro" },        { MOUNT_ATTR_NOSUID, "nosuid" },         { MOUNT_ATTR_NODEV, "nodev" },
	{ MOUNT_ATTR_NOEXEC, "noexec" },    { MOUNT_ATTR_NOATIME, "noatime" },       { MOUNT_ATTR_STRICTATIME, "strictatime" },
	{ MOUNT_ATTR_NODIRATIME, "nodiratime" }, { 0x00200000, "nosymfollow" },      { 0, NULL },
};
static const struct bit scheduler_bits[] = {
	{ 1, "reset-on-fork" },    { 2, "reclaim" },      { 4, "dl-overrun" },      { 8, "keep-policy" },
	{ 16, "keep-params" },     { 32, "util-clamp-min" }, { 64, "util-clamp-max" }, { 0, NULL },
};
static const struct bit memory_bits[] = { { MPOL_F_NUMA_BALANCING, "numa-balancing" },
					  { MPOL_F_RELATIVE_NODES, "relative-nodes" },
					  { MPOL_F_STATIC_NODES, "static-nodes" },
					  { 0, NULL } };
static const char *const mapper_words[] = { "write", "helper", NULL };
static const char *const setgroups_words[] = { "allow", "deny", "keep", NULL };
static const char *const allow_words[] = { "deny", "allow", NULL };
static const char *const newer_words[] = { "default", "enosys", NULL };
static const char *const await_words[] = { "id-maps", "cgroup", "hooks", "net-devices", NULL };
static const char *const pivot_words[] = { "pivot_root", "move", "chroot", NULL };

static const struct bit *bits_of(enum plan_words words)
{
	static const struct bit *const tables[] = {
		[PLAN_WORDS_CLONE] = clone_bits,   [PLAN_WORDS_TREE] = tree_bits,       [PLAN_WORDS_PROCESS] = process_bits,
		[PLAN_WORDS_FILTER] = filter_bits, [PLAN_WORDS_MOUNT] = mount_bits,     [PLAN_WORDS_ATTRIBUTE] = attribute_bits,
		[PLAN_WORDS_CONSOLE] = console_bits, [PLAN_WORDS_RDT] = rdt_bits,
		[PLAN_WORDS_NEW] = new_bits,     [PLAN_WORDS_SCHEDULER] = scheduler_bits,
		[PLAN_WORDS_MEMORY] = memory_bits,
	};

	return (size_t)words < sizeof tables / sizeof *tables ? tables[words] : NULL;
}

static const char *own_word_of(enum plan_words words, uint64_t value)
{
	const char *const *table = words == PLAN_WORDS_SETGROUPS ? setgroups_words :
				   words == PLAN_WORDS_ALLOW     ? allow_words :
				   words == PLAN_WORDS_NEWER     ? newer_words :
				   words == PLAN_WORDS_AWAIT     ? await_words :
				   words == PLAN_WORDS_PIVOT     ? pivot_words :
				   words == PLAN_WORDS_MAPPER    ? mapper_words :
								   NULL;

	return table && value < 4 ? table[value] : "?";
}

static const char *word_of(enum plan_words words, uint64_t value)
{
	switch (words) {
	case PLAN_WORDS_ACTION:
		return words_find_text(&words_seccomp_action, (int)value);
	case PLAN_WORDS_HOOK:
		return plan_hook_word((unsigned)value);
	case PLAN_WORDS_POLICY:
		return words_find_text(&words_scheduler_policy, (int)value);
	case PLAN_WORDS_IO_CLASS:
		return words_find_text(&words_io_class, (int)value - 1);
	case PLAN_WORDS_MEMORY:
		return plan_memory_word(value);
	case PLAN_WORDS_DOMAIN:
		return words_find_text(&words_personality_domain, value ? PERSONALITY_LINUX32 : PERSONALITY_LINUX);
	default:
		return own_word_of(words, value);
	}
}

/* All capabilities are "all", more than half of them are told by those that are missing. */
static void add_capabilities(struct text *out, uint64_t set)
{
	const uint64_t all = (1ull << 41) - 1;
	bool is_inverted = __builtin_popcountll(set & all) > 20;
	uint64_t shown = is_inverted ? all & ~set : set;

	text_add(out, "%s", is_inverted ? "all" : set ? "" : "none");
	for (unsigned n = 0; n < 64; n++) {
		char *name = shown >> n & 1 ? cap_to_name((cap_value_t)n) : NULL;
		if (name)
			text_add(out, "%s%s", is_inverted ? "-" : out->at[out->length - 1] == '=' ? "" : ",", name + sizeof "cap_" - 1);
		(void)cap_free(name);
	}
}

static void add_bits(struct text *out, enum plan_words words, uint64_t value)
{
	const struct bit *table = bits_of(words);
	const char *separator = "";

	if (words == PLAN_WORDS_CAP) {
		add_capabilities(out, value);
		return;
	}
	for (const struct bit *b = table; b && b->name; b++) {
		if (!(value & b->bit))
			continue;
		text_add(out, "%s%s", separator, b->name);
		separator = ",";
		value &= ~b->bit;
	}
	if (value)
		text_add(out, "%s0x%llx", separator, (unsigned long long)value);
	else if (!*separator)
		text_add(out, "none");
}

const char *plan_name_attributes(struct arena *a, uint64_t attributes)
{
	struct text t;

	text_init(&t, a);
	add_bits(&t, PLAN_WORDS_ATTRIBUTE, attributes);
	return t.at;
}

static void add_texts(const struct plan *plan, struct text *out, struct plan_texts list)
{
	text_add(out, "[");
	for (uint32_t i = 0; i < list.count; i++) {
		text_add(out, "%s", i ? ", " : "");
		json_write_text(plan_get_item(plan, list, i), out);
	}
	text_add(out, "]");
}

static void add_numbers(const struct plan *plan, struct text *out, struct plan_numbers list)
{
	text_add(out, "[");
	for (uint32_t i = 0; i < list.count; i++)
		text_add(out, "%s%llu", i ? ", " : "", (unsigned long long)plan_get_number(plan, list, i));
	text_add(out, "]");
}

/* Left out of the text: what is absent, empty or zero, where that means nothing. */
static bool is_empty(const struct plan_member *m, const void *value)
{
	switch (m->kind) {
	case PLAN_TEXT:
	case PLAN_SLOT:
		return *(const uint32_t *)value == 0;
	case PLAN_TEXTS:
		return ((const struct plan_texts *)value)->count == 0;
	case PLAN_NUMBERS:
		return ((const struct plan_numbers *)value)->count == 0;
	case PLAN_FLAGS:
		return *(const uint64_t *)value == 0 && m->words != PLAN_WORDS_CAP;
	default:
		return false;
	}
}

static void add_value(const struct plan *plan, const struct plan_member *m, const void *value, struct text *out)
{
	switch (m->kind) {
	case PLAN_TEXT:
		json_write_text(plan_get_text(plan, *(const plan_text *)value), out);
		break;
	case PLAN_TEXTS:
		add_texts(plan, out, *(const struct plan_texts *)value);
		break;
	case PLAN_NUMBERS:
		add_numbers(plan, out, *(const struct plan_numbers *)value);
		break;
	case PLAN_BLOB:
		text_add(out, "<%u bytes>", ((const struct plan_blob *)value)->size);
		break;
	case PLAN_NUMBER:
		text_add(out, "%llu", (unsigned long long)*(const uint64_t *)value);
		break;
	case PLAN_INTEGER:
		text_add(out, "%lld", (long long)*(const int64_t *)value);
		break;
	case PLAN_OCTAL:
		text_add(out, "%llo", (unsigned long long)*(const uint64_t *)value);
		break;
	case PLAN_SLOT:
		text_add(out, "#%u", *(const uint32_t *)value);
		break;
	case PLAN_FLAGS:
		add_bits(out, m->words, *(const uint64_t *)value);
		break;
	case PLAN_WORD:
		text_add(out, "%s", word_of(m->words, *(const uint64_t *)value));
		break;
	}
}

static void add_flags(const struct op *op, struct text *out)
{
	static const struct bit names[] = { { OP_MAY_BE_MISSING, "may-be-missing" }, { OP_MAY_BE_DENIED, "may-be-denied" },
					    { OP_MAY_EXIST, "may-exist" },     { OP_OR_NEXT, "or-next" },
					    { OP_ABOVE_USAGE, "above-usage" }, { OP_LATE, "late" } };

	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (op->flags & names[i].bit)
			text_add(out, " %s", names[i].name);
}

const char *plan_find_origin(const struct plan_request *request, const struct op *op)
{
	const void *member = arena_address(request->arena, op->origin);
	const char *pointer = member ? json_find_pointer(&record_spec, request->spec, member, request->arena) : NULL;

	return pointer ? pointer : "";
}

const char *plan_find_exec_origin(const struct plan_exec_request *request, const struct op *op)
{
	struct arena *a = request->container.arena;
	const void *member = arena_address(a, op->origin);
	const char *pointer = member ? json_find_pointer(request->process_root, request->process_model, member, a) : NULL;

	return pointer ? pointer : "";
}

static void print_op(const struct plan *plan, const struct plan_request *request, const struct op *op, struct text *out)
{
	const char *payload = plan_payload(plan, op), *origin = plan_find_origin(request, op);

	text_add(out, "%-8s %s", plan_kind_side(op->kind) == PLAN_INSIDE ? "inside" : "outside", plan_kind_word(op->kind));
	for (const struct plan_member *m = plan_kind_members(op->kind); m->name; m++) {
		if (is_empty(m, payload + m->offset))
			continue;
		text_add(out, " %s=", m->name);
		add_value(plan, m, payload + m->offset, out);
	}
	add_flags(op, out);
	text_add(out, "%s%s\n", origin[0] ? "  # " : "", origin);
}

void plan_print(const struct plan *plan, const struct plan_request *request, struct text *out)
{
	for (size_t i = 0; i < plan_count(plan); i++)
		print_op(plan, request, plan_find_op(plan, i), out);
}

static void print_member_json(const struct plan *plan, const struct plan_member *m, const void *value, struct text *out)
{
	bool is_plain = m->kind == PLAN_TEXT || m->kind == PLAN_TEXTS || m->kind == PLAN_NUMBERS || m->kind == PLAN_NUMBER ||
			m->kind == PLAN_INTEGER;
	struct text shown;

	text_add(out, ",\"%s\":", m->name);
	if (is_plain) {
		add_value(plan, m, value, out);
		return;
	}
	text_init(&shown, out->arena);
	add_value(plan, m, value, &shown);
	json_write_text(shown.at, out);
}

void plan_print_json(const struct plan *plan, const struct plan_request *request, struct text *out)
{
	text_add(out, "[\n");
	for (size_t i = 0; i < plan_count(plan); i++) {
		const struct op *op = plan_find_op(plan, i);
		const char *payload = plan_payload(plan, op);
		text_add(out, " {\"side\":\"%s\",\"op\":\"%s\",\"meaning\":\"%s\"",
			 plan_kind_side(op->kind) == PLAN_INSIDE ? "inside" : "outside", plan_kind_word(op->kind),
			 plan_kind_meaning(op->kind));
		for (const struct plan_member *m = plan_kind_members(op->kind); m->name; m++)
			if (!is_empty(m, payload + m->offset))
				print_member_json(plan, m, payload + m->offset, out);
		text_add(out, ",\"pointer\":");
		json_write_text(plan_find_origin(request, op), out);
		text_add(out, "}%s\n", i + 1 < plan_count(plan) ? "," : "");
	}
	text_add(out, "]\n");
}
