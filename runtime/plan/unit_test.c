#include "runtime/plan/unit.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static int make_arena(void **state)
{
	static struct arena a;

	arena_init(&a, 1 << 26);
	*state = &a;
	return 0;
}

static int free_arena(void **state)
{
	arena_finish(*state);
	return 0;
}

/* --- names -------------------------------------------------------------------------------------------------------- */

static void test_slices(void **state)
{
	static const struct {
		const char *slice, *path; /* NULL: none */
	} rows[] = {
		{ "-.slice", "" },
		{ "a.slice", "/a.slice" },
		{ "a-b.slice", "/a.slice/a-b.slice" },
		{ "a-b-c.slice", "/a.slice/a-b.slice/a-b-c.slice" },
		{ "system-a\\x2db.slice", "/system.slice/system-a\\x2db.slice" },
		{ "io.slice", "/_io.slice" },
		{ "", NULL },
		{ ".slice", NULL },
		{ "a", NULL },
		{ "slice", NULL },
		{ "a.scope", NULL },
		{ "-a.slice", NULL },
		{ "a-.slice", NULL },
		{ "a--b.slice", NULL },
		{ "--.slice", NULL },
		{ "a/b.slice", NULL },
		{ "/../a.slice", NULL },
		{ "../a.slice", NULL },
		{ "a b.slice", NULL },
		{ "a.slice/", NULL },
		{ "cpu.a.slice", NULL },
	};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		const char *path = scope_expand_slice(rows[i].slice, *state);
		if (!rows[i].path)
			assert_null(path);
		else
			assert_string_equal(path, rows[i].path);
	}
}

static void test_escapes(void **state)
{
	static const char *const rows[][2] = {
		{ "a.scope", "a.scope" },       { "cpu.scope", "_cpu.scope" },       { "cpu-a.scope", "cpu-a.scope" },
		{ "_a.scope", "__a.scope" },    { ".a.scope", "_.a.scope" },         { "memory.scope", "_memory.scope" },
		{ "cgroup.x.scope", "_cgroup.x.scope" }, { "cpus.scope", "cpus.scope" },
	};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		assert_string_equal(scope_escape(rows[i][0], *state), rows[i][1]);
}

/* An id may have a sign that a unit's name may not. */
static void test_id(void **state)
{
	struct facts facts = { .systemd = "/" };
	struct spec spec = { .oci_version = "1.0.2" };
	struct problems problems;
	struct scope scope;

	problems_init(&problems, *state);
	struct plan_request request = { .spec = &spec, .facts = &facts, .arena = *state, .id = "a+b", .cgroups = PLAN_SYSTEMD };
	assert_true(scope_read(&request, &problems, &scope));
	assert_string_equal(scope.unit, "boxcar-a\\x2bb.scope");
	assert_string_equal(scope.path, "/system.slice/boxcar-a\\x2bb.scope");
	assert_string_equal(scope.group, scope.path);
}

/* --- values ------------------------------------------------------------------------------------------------------- */

static const char *print_value(struct arena *a, const char *text, bool (*read)(const char *, struct arena *, struct unit_value *))
{
	struct unit_value value;
	struct text t;

	if (!read(text, a, &value))
		return "none";
	text_init(&t, a);
	text_add(&t, "%s", value.signature);
	for (size_t i = 0; i < value.count; i++)
		text_add(&t, "|%s", value.values[i]);
	return t.at;
}

static void test_values(void **state)
{
	static const char *const rows[][2] = {
		{ "true", "b|1" },
		{ " false ", "b|0" },
		{ "5", "i|5" },
		{ "-2147483648", "i|-2147483648" },
		{ "2147483647", "i|2147483647" },
		{ "uint64 18446744073709551615", "t|18446744073709551615" },
		{ "@t 5", "t|5" },
		{ "byte 255", "y|255" },
		{ "int64 -9223372036854775808", "x|-9223372036854775808" },
		{ "1.5", "d|1.5" },
		{ "double 1", "d|1" },
		{ "'text'", "s|text" },
		{ "\"it's\"", "s|it's" },
		{ "'a\\'b\\\\c\\n'", "s|a'b\\c\n" },
		{ "''", "s|" },
		{ "string 'a'", "s|a" },
		{ "['a', 'b']", "as|a|b" },
		{ "[1,2]", "ai|1|2" },
		{ "[uint32 1, 2]", "au|1|2" },
		{ "@au [1]", "au|1" },
		{ "@as []", "as" },
		{ "['a',]", "as|a" },
		{ "", "none" },
		{ "yes", "none" },
		{ "trueish", "none" },
		{ "2147483648", "none" },
		{ "-2147483649", "none" },
		{ "uint32 -1", "none" },
		{ "uint32 4294967296", "none" },
		{ "byte 256", "none" },
		{ "uint64 18446744073709551616", "none" },
		{ "5x", "none" },
		{ "5 6", "none" },
		{ "--5", "none" },
		{ "1.5.2", "none" },
		{ "'open", "none" },
		{ "'bad \\q'", "none" },
		{ "'end\\", "none" },
		{ "[", "none" },
		{ "[1", "none" },
		{ "[]", "none" },
		{ "[1, 'a']", "none" },
		{ "['a' 'b']", "none" },
		{ "@as 'a'", "none" },
		{ "@a", "none" },
		{ "@z 1", "none" },
		{ "@", "none" },
		{ "('a', 1)", "none" },
		{ "uint64", "none" },
		{ "string 5", "none" },
		{ "uint64 'a'", "none" },
	};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		assert_string_equal(print_value(*state, rows[i][0], unit_value_read), rows[i][1]);
}

static void test_seconds(void **state)
{
	static const char *const rows[][2] = {
		{ "5", "t|5000000" },
		{ "uint64 5", "t|5000000" },
		{ "0", "t|0" },
		{ "1.5", "t|1500000" },
		{ "-5", "none" },
		{ "-0.5", "none" },
		{ "'5'", "none" },
		{ "[5]", "none" },
		{ "true", "none" },
		{ "1e300", "none" },
		{ "uint64 18446744073709551615", "none" },
	};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		assert_string_equal(print_value(*state, rows[i][0], unit_value_read_seconds), rows[i][1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_slices),
		cmocka_unit_test(test_escapes),
		cmocka_unit_test(test_id),
		cmocka_unit_test(test_values),
		cmocka_unit_test(test_seconds),
	};

	return cmocka_run_group_tests(tests, make_arena, free_arena);
}
