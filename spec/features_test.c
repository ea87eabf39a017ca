#include "spec/features.h"
#include "spec/fields.h"
#include "spec/json/test_tree.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static const char *const options[] = { "ro", "rw", NULL };
static const char *const capabilities[] = { "CAP_CHOWN", NULL };
static const char *const archs[] = { "SCMP_ARCH_X86_64", NULL };

static yajl_val print_tree(struct arena *a)
{
	struct spec_pair pair = { "org.boxcar.version", "0.1.0" };
	const struct features_input input = { .mount_options = options,
					      .capabilities = capabilities,
					      .seccomp_archs = archs,
					      .has_cgroup_v1 = true,
					      .has_cgroup_v2 = true,
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

/* Every member is one of the schema's, or one of features-linux.md that the schema forgot. */
static void assert_known(yajl_val schema, yajl_val linux_schema, yajl_val printed)
{
	yajl_val properties = tree_get(schema, "properties");

	for (size_t i = 0; i < printed->u.object.len; i++) {
		const char *key = printed->u.object.keys[i];
		yajl_val member = tree_get(properties, key), value = printed->u.object.values[i];
		if (strcmp(key, "annotations") == 0 || strcmp(key, "schemata") == 0 || strcmp(key, "monitoring") == 0 ||
		    strcmp(key, "memoryPolicy") == 0)
			continue;
		if (!member)
			fail_msg("%s is not in the schema", key);
		if (strcmp(key, "linux") == 0)
			member = tree_get(linux_schema, "linux");
		if (TREE_OBJECT(value))
			assert_known(member, linux_schema, value);
	}
}

static void keeps_to_the_schema(void **state)
{
	char error[256];
	struct arena a;
	size_t length = 0;

	(void)state;
	arena_init(&a, ARENA_SIZE);
	char *text = tree_load("conformance/schema/features-schema.json", &length);
	char *linux_text = tree_load("conformance/schema/features-linux.json", &length);
	assert_non_null(text);
	assert_non_null(linux_text);
	yajl_val schema = yajl_tree_parse(text, error, sizeof error);
	yajl_val linux_schema = yajl_tree_parse(linux_text, error, sizeof error), ours = print_tree(&a);
	assert_known(schema, linux_schema, ours);
	yajl_tree_free(schema);
	yajl_tree_free(linux_schema);
	yajl_tree_free(ours);
	free(text);
	free(linux_text);
	arena_finish(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(says_what_it_knows),
		cmocka_unit_test(claims_what_the_rows_say),
		cmocka_unit_test(has_the_shape_of_runc),
		cmocka_unit_test(keeps_to_the_schema),
	};

	return cmocka_run_group_tests_name("features", tests, NULL, NULL);
}
