/* The rows against the specification's own JSON schemas (conformance/schema), in both directions: which properties
 * there are, of which type, with which words, within which range, and which are required. */
#include "spec/fields.h"
#include "spec/json/test_tree.h"
#include "spec/model.h"

#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define DIRECTORY "conformance/schema"

enum { FILES = 8, PROPERTIES = 512, PATH = 160 };

/* Sections of other systems are known by name only. */
static const char *const other_systems[] = { "/solaris", "/windows", "/vm", "/zos", "/freebsd" };

/* config.md and config-linux.md say REQUIRED where the schemas do not. */
static const char *const required_by_the_text[] = {
	"/linux/memoryPolicy/mode",
	"/linux/personality/domain",
	"/linux/resources/blockIO/throttleReadBpsDevice[]/rate",
	"/linux/resources/blockIO/throttleWriteBpsDevice[]/rate",
	"/linux/resources/blockIO/throttleReadIOPSDevice[]/rate",
	"/linux/resources/blockIO/throttleWriteIOPSDevice[]/rate",
};

/* Engines write st_mode as it is, beyond the schema's 0777. */
static const char *const wider_than_the_schema[] = { "/linux/devices[]/fileMode" };

struct property {
	char path[PATH]; /* "/mounts[]/source", "/linux/rdma{}/hcaHandles" */
	yajl_val schema;
	const char *file;
	bool is_required;
	const struct field *row; /* found by the second walk */
	bool is_planned; /* a golden plan's configuration has it */
};

struct drift {
	struct {
		char name[64];
		yajl_val tree;
	} files[FILES];
	size_t file_count;
	struct property properties[PROPERTIES];
	size_t count;
	size_t rows;
};

static yajl_val load_schema(struct drift *d, const char *name)
{
	char path[256], error[256];
	size_t length = 0;

	for (size_t i = 0; i < d->file_count; i++)
		if (strcmp(d->files[i].name, name) == 0)
			return d->files[i].tree;
	(void)snprintf(path, sizeof path, "%s/%s", DIRECTORY, name);
	char *text = tree_load(path, &length);
	assert_non_null(text);
	yajl_val tree = yajl_tree_parse(text, error, sizeof error);
	assert_non_null(tree);
	free(text);
	assert_true(d->file_count < FILES);
	(void)snprintf(d->files[d->file_count].name, sizeof d->files[0].name, "%s", name);
	d->files[d->file_count++].tree = tree;
	return tree;
}

static const char *known_name(const struct drift *d, const char *name)
{
	for (size_t i = 0; i < d->file_count; i++)
		if (strcmp(d->files[i].name, name) == 0)
			return d->files[i].name;
	return NULL;
}

/* Follow "$ref": "FILE#/PART/PART"; the file changes with it. */
static yajl_val resolve(struct drift *d, const char **file, yajl_val schema)
{
	yajl_val ref = tree_get(schema, "$ref");

	while (ref) {
		char copy[256], *rest = NULL;
		(void)snprintf(copy, sizeof copy, "%s", tree_text(ref));
		char *hash = strchr(copy, '#');
		assert_non_null(hash);
		*hash = '\0';
		schema = load_schema(d, copy[0] ? copy : *file);
		*file = known_name(d, copy[0] ? copy : *file);
		for (char *part = strtok_r(hash + 1, "/", &rest); part; part = strtok_r(NULL, "/", &rest))
			schema = tree_get(schema, part);
		assert_non_null(schema);
		ref = tree_get(schema, "$ref");
	}
	return schema;
}

static bool is_listed(const char *const *list, size_t count, const char *path)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(list[i], path) == 0)
			return true;
	return false;
}

#define IS_LISTED(list, path) is_listed(list, sizeof(list) / sizeof *(list), path)

static struct property *find_property(struct drift *d, const char *path)
{
	for (size_t i = 0; i < d->count; i++)
		if (strcmp(d->properties[i].path, path) == 0)
			return &d->properties[i];
	return NULL;
}

static bool has_text(yajl_val list, const char *text)
{
	for (size_t i = 0; list && YAJL_IS_ARRAY(list) && i < list->u.array.len; i++)
		if (strcmp(tree_text(list->u.array.values[i]), text) == 0)
			return true;
	return false;
}

static void walk_schema(struct drift *d, const char *file, yajl_val schema, const char *path);

static void walk_member(struct drift *d, const char *file, yajl_val schema, const char *path, bool is_required)
{
	assert_true(d->count < PROPERTIES);
	assert_null(find_property(d, path));
	struct property *p = &d->properties[d->count++];
	(void)snprintf(p->path, sizeof p->path, "%s", path);
	p->is_required = is_required;
	p->file = file;
	p->schema = schema;
	if (IS_LISTED(other_systems, path))
		return;
	p->schema = resolve(d, &p->file, schema);
	walk_schema(d, file, schema, path);
}

static void walk_schema(struct drift *d, const char *file, yajl_val schema, const char *path)
{
	static const char *const unions[] = { "allOf", "anyOf" };
	char below[PATH + 2];

	schema = resolve(d, &file, schema);
	for (size_t u = 0; u < 2; u++) {
		yajl_val parts = tree_get(schema, unions[u]);
		for (size_t i = 0; parts && i < parts->u.array.len; i++)
			walk_schema(d, file, parts->u.array.values[i], path);
	}
	(void)snprintf(below, sizeof below, "%s[]", path);
	if (tree_get(schema, "items"))
		walk_schema(d, file, tree_get(schema, "items"), below);
	(void)snprintf(below, sizeof below, "%s{}", path);
	if (tree_get(schema, "additionalProperties"))
		walk_schema(d, file, tree_get(schema, "additionalProperties"), below);
	yajl_val members = tree_get(schema, "properties");
	for (size_t i = 0; members && i < members->u.object.len; i++) {
		const char *name = members->u.object.keys[i];
		char member[PATH];
		assert_true(snprintf(member, sizeof member, "%s/%s", path, name) < PATH);
		walk_member(d, file, members->u.object.values[i], member, has_text(tree_get(schema, "required"), name));
	}
}

/* The words of the row and of the schema's enum, both ways. */
static void compare_words(const struct property *p, const struct words *words, yajl_val schema)
{
	yajl_val list = tree_get(schema, "enum");

	if (!list)
		fail_msg("%s: a row of words, but the schema has no enum", p->path);
	for (int i = 0; words->at[i]; i++)
		if (!has_text(list, words->at[i]))
			fail_msg("%s: %s is no word of the schema", p->path, words->at[i]);
	for (size_t i = 0; i < list->u.array.len; i++) {
		const char *word = tree_text(list->u.array.values[i]);
		if (words_find_index(words, word, strlen(word)) < 0)
			fail_msg("%s: the word %s is missing", p->path, word);
	}
}

static void compare_range(const struct property *p, yajl_val schema)
{
	yajl_val low = tree_get(schema, "minimum"), high = tree_get(schema, "maximum");

	if (IS_LISTED(wider_than_the_schema, p->path))
		return;
	if (low && p->row->min < strtoll(YAJL_GET_NUMBER(low), NULL, 10))
		fail_msg("%s: the row reaches below %s", p->path, YAJL_GET_NUMBER(low));
	if (high && p->row->max > strtoull(YAJL_GET_NUMBER(high), NULL, 10))
		fail_msg("%s: the row reaches above %s", p->path, YAJL_GET_NUMBER(high));
}

static void compare_type(struct drift *d, const struct property *p)
{
	static const struct {
		const char *type, *element;
	} wanted[] = {
		[FIELD_TEXT] = { "string", NULL },    [FIELD_BOOL] = { "boolean", NULL },
		[FIELD_INT] = { "integer", NULL },    [FIELD_UINT] = { "integer", NULL },
		[FIELD_WORD] = { "string", NULL },    [FIELD_TEXTS] = { "array", "string" },
		[FIELD_IDS] = { "array", "integer" }, [FIELD_WORDS] = { "array", "string" },
		[FIELD_MAP] = { "object", NULL },     [FIELD_OBJECT] = { "object", NULL },
		[FIELD_OBJECTS] = { "array", NULL },  [FIELD_NAMED] = { "object", NULL },
		[FIELD_SKIPPED] = { NULL, NULL },
	};
	const struct field *row = p->row;
	yajl_val type = tree_get(p->schema, "type"), items = tree_get(p->schema, "items");
	const char *file = p->file;

	if (row->kind == FIELD_SKIPPED)
		return;
	assert_non_null(type);
	if (strcmp(tree_text(type), wanted[row->kind].type) != 0)
		fail_msg("%s: the schema says %s", p->path, tree_text(type));
	if (items)
		items = resolve(d, &file, items);
	if (wanted[row->kind].element)
		assert_string_equal(tree_text(tree_get(items, "type")), wanted[row->kind].element);
	assert_int_equal(row->kind == FIELD_MAP, tree_get(p->schema, "patternProperties") != NULL);
	assert_int_equal(row->kind == FIELD_NAMED, tree_get(p->schema, "additionalProperties") != NULL);
	if (row->words)
		compare_words(p, row->words, row->kind == FIELD_WORDS ? items : p->schema);
	else if (tree_get(p->schema, "enum"))
		fail_msg("%s: the schema has a list of words", p->path);
	if (row->kind == FIELD_INT || row->kind == FIELD_UINT || row->kind == FIELD_IDS)
		compare_range(p, items ? items : p->schema);
}

static void walk_rows(struct drift *d, const struct record *record, const char *path)
{
	assert_in_range(record->count, 1, 64); /* the reader marks seen rows in 64 bits */
	for (const struct field *f = record->fields; f < record->fields + record->count; f++) {
		char member[PATH + 2];
		(void)snprintf(member, sizeof member, "%s/%s", path, f->name);
		struct property *p = find_property(d, member);
		if (!p)
			fail_msg("%s: a row, but no property of the schema", member);
		assert_ptr_equal(record_find_field(record, f->name, strlen(f->name)), f);
		p->row = f;
		d->rows++;
		bool is_required = f->flags & FIELD_REQUIRED;
		bool is_wanted = p->is_required || IS_LISTED(required_by_the_text, member);
		if (is_required != is_wanted)
			fail_msg("%s: required by the %s only", member, is_required ? "row" : "specification");
		compare_type(d, p);
		if (f->kind == FIELD_OBJECTS || f->kind == FIELD_NAMED)
			(void)strncat(member, f->kind == FIELD_OBJECTS ? "[]" : "{}",
				      sizeof member - strlen(member) - 1);
		if (f->record)
			walk_rows(d, f->record, member);
	}
}

static void agrees_with_the_schemas(void **state)
{
	static struct drift d;
	size_t later = 0;

	(void)state;
	yajl_val root = load_schema(&d, "config-schema.json");
	walk_schema(&d, d.files[0].name, root, "");
	walk_rows(&d, &record_spec, "");
	for (size_t i = 0; i < d.count; i++) {
		if (!d.properties[i].row)
			fail_msg("%s: a property of the schema without a row", d.properties[i].path);
		later += (d.properties[i].row->flags & FIELD_LATER) != 0;
	}
	print_message("# %zu properties of the schemas, %zu rows, %zu of them not carried out yet\n", d.count, d.rows,
		      later);
	assert_int_equal(later, 0);
	assert_int_equal(d.count, d.rows);
	assert_true(d.count > 190);
	for (size_t i = 0; i < d.file_count; i++)
		yajl_tree_free(d.files[i].tree);
}

/* --- golden plans ---------------------------------------------------------------------------------------------------------- */

#define PLANS "conformance/plans/cases"

static void mark_planned(struct drift *d, yajl_val value, const char *path)
{
	char below[PATH * 2];

	for (size_t i = 0; value && YAJL_IS_ARRAY(value) && i < value->u.array.len; i++) {
		(void)snprintf(below, sizeof below, "%s[]", path);
		mark_planned(d, value->u.array.values[i], below);
	}
	const struct property *here = find_property(d, path);
	bool is_named = here && here->row && here->row->kind == FIELD_NAMED;
	for (size_t i = 0; TREE_OBJECT(value) && i < value->u.object.len; i++) {
		if (is_named)
			(void)snprintf(below, sizeof below, "%s{}", path);
		else
			(void)snprintf(below, sizeof below, "%s/%s", path, value->u.object.keys[i]);
		struct property *p = find_property(d, below);
		if (p)
			p->is_planned = true;
		if (p || is_named)
			mark_planned(d, value->u.object.values[i], below);
	}
}

static int is_case(const struct dirent *entry)
{
	size_t length = strlen(entry->d_name);

	return length > 5 && strcmp(entry->d_name + length - 5, ".json") == 0;
}

static void load_cases(struct drift *d)
{
	struct dirent **entries;
	char path[512];
	int count = scandir(PLANS, &entries, is_case, alphasort);

	assert_true(count > 150);
	for (int i = 0; i < count; i++) {
		size_t length = 0;
		(void)snprintf(path, sizeof path, PLANS "/%s", entries[i]->d_name);
		char *text = tree_load(path, &length);
		assert_non_null(text);
		yajl_val tree = yajl_tree_parse(text, path, sizeof path);
		assert_non_null(tree);
		mark_planned(d, tree, "");
		yajl_tree_free(tree);
		free(text);
		free(entries[i]);
	}
	free(entries);
}

static void every_property_of_linux_has_a_golden_plan(void **state)
{
	static struct drift d;

	(void)state;
	yajl_val root = load_schema(&d, "config-schema.json");
	walk_schema(&d, d.files[0].name, root, "");
	walk_rows(&d, &record_spec, "");
	load_cases(&d);
	for (size_t i = 0; i < d.count; i++) {
		bool is_for_linux = !(d.properties[i].row->flags & FIELD_OTHER_SYSTEM);
		if (is_for_linux && !d.properties[i].is_planned)
			fail_msg("%s: no configuration in " PLANS " has it", d.properties[i].path);
	}
	for (size_t i = 0; i < d.file_count; i++)
		yajl_tree_free(d.files[i].tree);
}

static void check_row(const struct field *f, const char *record)
{
	size_t length = f->doc ? strlen(f->doc) : 0;

	if (length < 10 || f->doc[length - 1] != '.')
		fail_msg("%s/%s: its sentence must end with a full stop", record, f->name);
	if (!f->is_valid != !f->rule)
		fail_msg("%s/%s: a rule has a function and words", record, f->name);
	if (f->kind == FIELD_INT && f->min >= (int64_t)f->max)
		fail_msg("%s/%s: its range is empty", record, f->name);
	if ((f->kind == FIELD_UINT || f->kind == FIELD_IDS) && f->max == 0)
		fail_msg("%s/%s: its range is empty", record, f->name);
}

static void check_rows(const struct record *record)
{
	for (size_t i = 0; i < record->count; i++) {
		const struct field *f = &record->fields[i];
		check_row(f, record->name);
		for (size_t j = 0; j < i; j++)
			assert_string_not_equal(f->name, record->fields[j].name);
		if (f->record)
			check_rows(f->record);
	}
}

static void has_a_sentence_for_every_row(void **state)
{
	(void)state;
	check_rows(&record_spec);
}

/* --- what later kernels brought, and what is a choice of their configuration ----------------------------------------------- */

/* From mount_setattr(2), set_mempolicy(2), ioprio_set(2), sched_setattr(2), seccomp(2), time_namespaces(7) and the kernel's
 * Documentation/admin-guide/cgroup-v1 and cgroup-v2.rst. */
static const struct {
	const char *path, *needs[3];
} known_needs[] = {
	{ "/mounts[]/options", { "Linux 5.12", "idmap" } },
	{ "/mounts[]/uidMappings", { "Linux 5.12", "5.19", "6.3" } },
	{ "/mounts[]/gidMappings", { "uidMappings" } },
	{ "/process/apparmorProfile", { "AppArmor" } },
	{ "/process/selinuxLabel", { "SELinux" } },
	{ "/process/ioPriority", { "bfq", "mq-deadline from Linux 5.14" } },
	{ "/process/scheduler/flags", { "CONFIG_UCLAMP_TASK" } },
	{ "/linux/namespaces[]/type", { "CONFIG_TIME_NS", "CONFIG_USER_NS" } },
	{ "/linux/uidMappings", { "CONFIG_USER_NS" } },
	{ "/linux/gidMappings", { "CONFIG_USER_NS" } },
	{ "/linux/timeOffsets", { "CONFIG_TIME_NS" } },
	{ "/linux/intelRdt", { "CONFIG_X86_CPU_RESCTRL" } },
	{ "/linux/memoryPolicy", { "CONFIG_NUMA" } },
	{ "/linux/memoryPolicy/mode", { "5.15 for MPOL_PREFERRED_MANY", "6.9 for MPOL_WEIGHTED_INTERLEAVE" } },
	{ "/linux/memoryPolicy/flags", { "5.12 and CONFIG_NUMA_BALANCING for MPOL_F_NUMA_BALANCING" } },
	{ "/linux/seccomp", { "CONFIG_SECCOMP_FILTER" } },
	{ "/linux/seccomp/flags", { "5.19 for SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV" } },
	{ "/linux/mountLabel", { "SELinux" } },
	{ "/linux/resources/devices", { "CONFIG_CGROUP_DEVICE", "CONFIG_CGROUP_BPF" } },
	{ "/linux/resources/memory", { "CONFIG_MEMCG" } },
	{ "/linux/resources/memory/swap", { "CONFIG_SWAP" } },
	{ "/linux/resources/memory/kernelTCP", { "cgroup v1" } },
	{ "/linux/resources/memory/swappiness", { "cgroup v1" } },
	{ "/linux/resources/memory/disableOOMKiller", { "cgroup v1" } },
	{ "/linux/resources/cpu/quota", { "CONFIG_CFS_BANDWIDTH" } },
	{ "/linux/resources/cpu/period", { "CONFIG_CFS_BANDWIDTH" } },
	{ "/linux/resources/cpu/burst", { "Linux 5.14", "CONFIG_CFS_BANDWIDTH" } },
	{ "/linux/resources/cpu/realtimeRuntime", { "cgroup v1", "CONFIG_RT_GROUP_SCHED" } },
	{ "/linux/resources/cpu/realtimePeriod", { "cgroup v1", "CONFIG_RT_GROUP_SCHED" } },
	{ "/linux/resources/cpu/cpus", { "CONFIG_CPUSETS" } },
	{ "/linux/resources/cpu/mems", { "CONFIG_CPUSETS" } },
	{ "/linux/resources/cpu/idle", { "Linux 5.15" } },
	{ "/linux/resources/pids", { "CONFIG_CGROUP_PIDS" } },
	{ "/linux/resources/blockIO", { "CONFIG_BLK_CGROUP" } },
	{ "/linux/resources/blockIO/weight", { "CONFIG_BFQ_GROUP_IOSCHED", "CONFIG_BLK_CGROUP_IOCOST" } },
	{ "/linux/resources/blockIO/weightDevice", { "weight" } },
	{ "/linux/resources/blockIO/throttleReadBpsDevice", { "CONFIG_BLK_DEV_THROTTLING" } },
	{ "/linux/resources/blockIO/throttleWriteBpsDevice", { "CONFIG_BLK_DEV_THROTTLING" } },
	{ "/linux/resources/blockIO/throttleReadIOPSDevice", { "CONFIG_BLK_DEV_THROTTLING" } },
	{ "/linux/resources/blockIO/throttleWriteIOPSDevice", { "CONFIG_BLK_DEV_THROTTLING" } },
	{ "/linux/resources/hugepageLimits", { "CONFIG_CGROUP_HUGETLB" } },
	{ "/linux/resources/network", { "cgroup v1" } },
	{ "/linux/resources/network/classID", { "CONFIG_CGROUP_NET_CLASSID" } },
	{ "/linux/resources/network/priorities", { "CONFIG_CGROUP_NET_PRIO" } },
	{ "/linux/resources/rdma", { "CONFIG_CGROUP_RDMA" } },
	{ "/linux/resources/unified", { "cgroup v2" } },
};

static const struct field *find_row(const struct record *record, const char *path)
{
	const struct field *row = NULL;

	while (*path == '/') {
		size_t length = strcspn(++path, "/[");
		row = record ? record_find_field(record, path, length) : NULL;
		if (!row)
			fail_msg("no row %s", path);
		record = row->record;
		path += length + (path[length] == '[' ? 2 : 0);
	}
	return row;
}

static size_t count_needs(const struct record *record)
{
	size_t count = 0;

	for (const struct field *f = record->fields; f < record->fields + record->count; f++)
		count += (f->needs != NULL) + (f->record ? count_needs(f->record) : 0);
	return count;
}

static void tells_what_it_needs_of_the_kernel(void **state)
{
	size_t known = sizeof known_needs / sizeof *known_needs;

	(void)state;
	for (size_t i = 0; i < known; i++) {
		const struct field *f = find_row(&record_spec, known_needs[i].path);
		if (!f->needs)
			fail_msg("%s does not say what it needs", known_needs[i].path);
		for (size_t n = 0; n < 3 && known_needs[i].needs[n]; n++)
			if (!strstr(f->needs, known_needs[i].needs[n]))
				fail_msg("%s does not say that it needs %s", known_needs[i].path, known_needs[i].needs[n]);
	}
	assert_int_equal(count_needs(&record_spec), known);
}

static void finds_words_both_ways(void **state)
{
	(void)state;
	assert_string_equal(words_find_text(&words_namespace, NAMESPACE_TIME), "time");
	assert_null(words_find_text(&words_namespace, NAMESPACE_COUNT));
	assert_null(words_find_text(&words_namespace, -1));
	assert_int_equal(words_find_index(&words_namespace, "mountain", 5), NAMESPACE_MOUNT);
	assert_int_equal(words_find_index(&words_namespace, "mountain", 8), -1);
	assert_int_equal(words_find_index(&words_namespace, "", 0), -1);
	assert_int_equal(words_find_index(&words_propagation, "runbindable", 11), PROPAGATION_UNBINDABLE);
	assert_string_equal(words_find_text(&words_propagation, PROPAGATION_UNBINDABLE), "unbindable");
	assert_string_equal(words_find_text(&words_seccomp_action, ACTION_NOTIFY), "SCMP_ACT_NOTIFY");
	assert_string_equal(words_find_text(&words_seccomp_operator, COMPARE_MASKED_EQ), "SCMP_CMP_MASKED_EQ");
	assert_string_equal(words_find_text(&words_seccomp_flag, SECCOMP_FLAG_WAIT_KILLABLE_RECV), "SECCOMP_FILTER_"
												   "FLAG_WAIT_KILLABLE_"
												   "RECV");
	assert_string_equal(words_find_text(&words_io_class, IO_CLASS_IDLE), "IOPRIO_CLASS_IDLE");
	assert_string_equal(words_find_text(&words_personality_domain, PERSONALITY_LINUX32), "LINUX32");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(agrees_with_the_schemas),
		cmocka_unit_test(every_property_of_linux_has_a_golden_plan),
		cmocka_unit_test(has_a_sentence_for_every_row),
		cmocka_unit_test(tells_what_it_needs_of_the_kernel),
		cmocka_unit_test(finds_words_both_ways),
	};

	return cmocka_run_group_tests_name("fields", tests, NULL, NULL);
}
