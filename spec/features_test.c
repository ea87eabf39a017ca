#include "spec/features.h"
#include "spec/fields.h"
#include "spec/json/test_tree.h"

#include <regex.h>
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static const char *const options[] = { "ro", "rw", NULL };
static const char *const capabilities[] = { "CAP_CHOWN", NULL };
static const char *const unsafe[] = { "run.oci.", NULL };
static const char *const archs[] = { "SCMP_ARCH_X86_64", NULL };

static yajl_val print_tree(struct arena *a)
{
	struct spec_pair pair = { "org.boxcar.version", "0.1.0" };
	const struct features_input input = { .mount_options = options,
					      .capabilities = capabilities,
					      .seccomp_archs = archs,
					      .has_cgroup_v1 = true,
					      .has_cgroup_v2 = true,
					      .unsafe_annotations = unsafe,
					      .annotations = { &pair, 1 } };
	char error[256];
	struct text t;

	text_init(&t, a);
	features_print(&input, &t);
	yajl_val tree = yajl_tree_parse(t.at, error, sizeof error);
	assert_non_null(tree);
	return tree;
}

static bool is_true(yajl_val object, const char *a, const char *b)
{
	yajl_val v = tree_get(object, a);

	if (b)
		v = tree_get(v, b);
	return v && YAJL_IS_TRUE(v);
}

static void says_what_it_knows(void **state)
{
	struct arena a;

	(void)state;
	arena_init(&a, ARENA_SIZE);
	yajl_val t = print_tree(&a), linux_part = tree_get(t, "linux");
	assert_string_equal(tree_text(tree_get(t, "ociVersionMin")), "1.0.0");
	assert_string_equal(tree_text(tree_get(t, "ociVersionMax")), "1.3.0");
	assert_int_equal(tree_get(t, "mountOptions")->u.array.len, 2);
	assert_string_equal(tree_text(tree_get(linux_part, "capabilities")->u.array.values[0]), "CAP_CHOWN");
	assert_int_equal(tree_get(tree_get(linux_part, "seccomp"), "archs")->u.array.len, 1);
	assert_int_equal(tree_get(tree_get(linux_part, "seccomp"), "operators")->u.array.len, 7);
	assert_true(is_true(linux_part, "seccomp", "enabled"));
	assert_true(is_true(linux_part, "cgroup", "v1"));
	assert_false(is_true(linux_part, "cgroup", "systemd"));
	assert_string_equal(tree_text(tree_get(tree_get(t, "annotations"), "org.boxcar.version")), "0.1.0");
	yajl_tree_free(t);
	arena_finish(&a);
}

static bool is_later(const char *section, const char *name)
{
	const struct field *f = record_find_field(&record_spec, section, strlen(section));

	return record_find_field(f->record, name, strlen(name))->flags & FIELD_LATER;
}

/* What is not carried out yet is not claimed, and what is carried out is. */
static void claims_what_the_rows_say(void **state)
{
	static const char *const hooks[] = { "prestart",       "createRuntime", "createContainer",
					     "startContainer", "poststart",     "poststop" };
	struct arena a;
	size_t done = 0;

	(void)state;
	arena_init(&a, ARENA_SIZE);
	yajl_val t = print_tree(&a), linux_part = tree_get(t, "linux");
	for (size_t i = 0; i < 6; i++)
		done += !is_later("hooks", hooks[i]);
	assert_int_equal(tree_get(t, "hooks")->u.array.len, done);
	assert_int_equal(is_true(linux_part, "apparmor", "enabled"), !is_later("process", "apparmorProfile"));
	assert_int_equal(is_true(linux_part, "selinux", "enabled"), !is_later("process", "selinuxLabel"));
	assert_int_equal(is_true(linux_part, "intelRdt", "enabled"), !is_later("linux", "intelRdt"));
	assert_int_equal(is_true(linux_part, "netDevices", "enabled"), !is_later("linux", "netDevices"));
	assert_int_equal(is_true(tree_get(linux_part, "mountExtensions"), "idmap", "enabled"),
			 !is_later("mounts", "uidMappings"));
	assert_int_equal(tree_get(linux_part, "namespaces")->u.array.len, is_later("linux", "timeOffsets") ? 7 : 8);
	assert_int_equal(tree_get(linux_part, "memoryPolicy") != NULL, !is_later("linux", "memoryPolicy"));
	yajl_tree_free(t);
	arena_finish(&a);
}

/* Every object that runc prints is printed, so that engines find what they look for. */
static void assert_has_members(yajl_val wanted, yajl_val printed)
{
	for (size_t i = 0; i < wanted->u.object.len; i++) {
		const char *key = wanted->u.object.keys[i];
		if (strcmp(key, "annotations") == 0 || strcmp(key, "potentiallyUnsafeConfigAnnotations") == 0)
			continue;
		yajl_val ours = tree_get(printed, key);
		if (!ours)
			fail_msg("%s is missing", key);
		if (TREE_OBJECT(wanted->u.object.values[i]))
			assert_has_members(wanted->u.object.values[i], ours);
	}
}

static void has_the_shape_of_runc(void **state)
{
	char error[256];
	struct arena a;
	size_t length = 0;

	(void)state;
	arena_init(&a, ARENA_SIZE);
	char *text = tree_load("conformance/configs/runc1.3.6-features.json", &length);
	assert_non_null(text);
	yajl_val runc = yajl_tree_parse(text, error, sizeof error), ours = print_tree(&a);
	assert_has_members(runc, ours);
	yajl_tree_free(runc);
	yajl_tree_free(ours);
	free(text);
	arena_finish(&a);
}

/* --- the specification's own schema ------------------------------------------------------------------------------------- */

enum { FILES = 4 };

struct schemas {
	struct {
		char name[64];
		yajl_val tree;
	} files[FILES];
	size_t count;
};

/* What features-linux.md has and the schema forgot. */
static const char *const beyond_the_schema[] = { "schemata", "monitoring", "memoryPolicy" };

static bool is_beyond(const char *name)
{
	for (size_t i = 0; i < sizeof beyond_the_schema / sizeof *beyond_the_schema; i++)
		if (strcmp(beyond_the_schema[i], name) == 0)
			return true;
	return false;
}

static yajl_val load_schema(struct schemas *s, const char *name)
{
	char path[128], error[256];
	size_t length = 0;

	for (size_t i = 0; i < s->count; i++)
		if (strcmp(s->files[i].name, name) == 0)
			return s->files[i].tree;
	assert_true(s->count < FILES);
	(void)snprintf(path, sizeof path, "conformance/schema/%s", name);
	char *text = tree_load(path, &length);
	assert_non_null(text);
	(void)snprintf(s->files[s->count].name, sizeof s->files[0].name, "%s", name);
	yajl_val tree = s->files[s->count++].tree = yajl_tree_parse(text, error, sizeof error);
	assert_non_null(tree);
	free(text);
	return tree;
}

/* Follow "$ref": "FILE#/PART/PART", or "#/PART" within the file. */
static yajl_val resolve(struct schemas *s, const char **file, yajl_val schema)
{
	yajl_val ref;

	while ((ref = tree_get(schema, "$ref"))) {
		char copy[256], *rest = NULL;
		(void)snprintf(copy, sizeof copy, "%s", tree_text(ref));
		char *hash = strchr(copy, '#');
		assert_non_null(hash);
		*hash = '\0';
		schema = load_schema(s, copy[0] ? copy : *file);
		for (size_t i = 0; copy[0] && i < s->count; i++)
			if (strcmp(s->files[i].name, copy) == 0)
				*file = s->files[i].name;
		for (char *part = strtok_r(hash + 1, "/", &rest); part; part = strtok_r(NULL, "/", &rest))
			schema = tree_get(schema, part);
		assert_non_null(schema);
	}
	return schema;
}

static bool has_type(const char *type, yajl_val value)
{
	return strcmp(type, "object") == 0  ? YAJL_IS_OBJECT(value) :
	       strcmp(type, "array") == 0   ? YAJL_IS_ARRAY(value) :
	       strcmp(type, "boolean") == 0 ? YAJL_IS_TRUE(value) || YAJL_IS_FALSE(value) :
					      strcmp(type, "string") == 0 && YAJL_IS_STRING(value);
}

/* Both ways: nothing that the schema does not have, and everything that it has. */
static void assert_valid(struct schemas *s, const char *file, yajl_val schema, yajl_val value, const char *path)
{
	char below[128];
	regex_t pattern;

	schema = resolve(s, &file, schema);
	yajl_val type = tree_get(schema, "type"), properties = tree_get(schema, "properties"), words = tree_get(schema, "enum");
	if (type && !has_type(tree_text(type), value))
		fail_msg("%s is no %s", path, tree_text(type));
	bool is_word = !words;
	for (size_t i = 0; words && i < words->u.array.len; i++)
		is_word |= strcmp(tree_text(words->u.array.values[i]), tree_text(value)) == 0;
	if (!is_word)
		fail_msg("%s: %s is no word of the schema", path, tree_text(value));
	if (tree_get(schema, "pattern")) {
		assert_int_equal(regcomp(&pattern, tree_text(tree_get(schema, "pattern")), REG_EXTENDED | REG_NOSUB), 0);
		if (regexec(&pattern, tree_text(value), 0, NULL, 0) != 0)
			fail_msg("%s: %s is not written so in the schema", path, tree_text(value));
		regfree(&pattern);
	}
	(void)snprintf(below, sizeof below, "%s[]", path);
	for (size_t i = 0; tree_get(schema, "items") && i < value->u.array.len; i++)
		assert_valid(s, file, tree_get(schema, "items"), value->u.array.values[i], below);
	for (size_t i = 0; properties && i < value->u.object.len; i++)
		if (!tree_get(properties, value->u.object.keys[i]) && !is_beyond(value->u.object.keys[i]))
			fail_msg("%s/%s is not in the schema", path, value->u.object.keys[i]);
	for (size_t i = 0; properties && i < properties->u.object.len; i++) {
		(void)snprintf(below, sizeof below, "%s/%s", path, properties->u.object.keys[i]);
		yajl_val member = tree_get(value, properties->u.object.keys[i]);
		if (!member)
			fail_msg("%s is missing", below);
		assert_valid(s, file, properties->u.object.values[i], member, below);
	}
}

static void keeps_to_the_schema_and_is_complete(void **state)
{
	struct schemas s = { .count = 0 };
	struct arena a;

	(void)state;
	arena_init(&a, ARENA_SIZE);
	yajl_val ours = print_tree(&a), schema = load_schema(&s, "features-schema.json");
	assert_valid(&s, s.files[0].name, schema, ours, "");
	for (size_t i = 0; i < sizeof beyond_the_schema / sizeof *beyond_the_schema; i++) {
		yajl_val linux_part = tree_get(ours, "linux"), rdt = tree_get(linux_part, "intelRdt");
		assert_true(tree_get(linux_part, beyond_the_schema[i]) || tree_get(rdt, beyond_the_schema[i]));
	}
	yajl_tree_free(ours);
	for (size_t i = 0; i < s.count; i++)
		yajl_tree_free(s.files[i].tree);
	arena_finish(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(says_what_it_knows),
		cmocka_unit_test(claims_what_the_rows_say),
		cmocka_unit_test(has_the_shape_of_runc),
		cmocka_unit_test(keeps_to_the_schema_and_is_complete),
	};

	return cmocka_run_group_tests_name("features", tests, NULL, NULL);
}
