#include "spec/base/text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static void grows(void **state)
{
	struct arena a;
	struct text t;

	(void)state;
	arena_init(&a, 1 << 20);
	text_init(&t, &a);
	assert_string_equal(t.at, "");
	for (int i = 0; i < 1000; i++)
		text_add(&t, "%d,", i);
	text_add_bytes(&t, "a\0b", 3);
	text_add_bytes(&t, NULL, 0);
	assert_int_equal(t.length, 10 * 2 + 90 * 3 + 900 * 4 + 3);
	assert_memory_equal(t.at, "0,1,2,", 6);
	assert_memory_equal(t.at + t.length - 7, "999,a\0b", 8);
	assert_true(t.room > t.length);
	arena_finish(&a);
}

/* Another allocation in between must not be overwritten. */
static void grows_beside_others(void **state)
{
	struct arena a;
	struct text t;

	(void)state;
	arena_init(&a, 1 << 20);
	text_init(&t, &a);
	char *other = arena_text(&a, "other");
	text_add(&t, "%0600d", 7);
	assert_string_equal(other, "other");
	assert_int_equal(t.length, 600);
	arena_finish(&a);
}

static void reads_natural_numbers(void **state)
{
	static const char *const bad[] = {
		"", "-1", "+1", " 1", "1 ", "0x1", "1x", "1.0", "1e3", "18446744073709551616", "99999999999999999999999"
	};
	uint64_t n = 77;

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		assert_false(text_read_uint(bad[i], UINT64_MAX, &n));
	assert_false(text_read_uint(NULL, UINT64_MAX, &n));
	assert_false(text_read_uint("11", 10, &n));
	assert_int_equal(n, 77);
	assert_true(text_read_uint("18446744073709551615", UINT64_MAX, &n));
	assert_true(n == UINT64_MAX);
	assert_true(text_read_uint("010", 10, &n));
	assert_int_equal(n, 10);
}

static void reads_integers(void **state)
{
	static const char *const bad[] = { "", "-", "--1", "9223372036854775808", "-9223372036854775809", "- 1" };
	int64_t n = 77;

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		assert_false(text_read_int(bad[i], INT64_MIN, INT64_MAX, &n));
	assert_false(text_read_int("-2", -1, 5, &n));
	assert_false(text_read_int("6", -1, 5, &n));
	assert_int_equal(n, 77);
	assert_true(text_read_int("-9223372036854775808", INT64_MIN, INT64_MAX, &n));
	assert_true(n == INT64_MIN);
	assert_true(text_read_int("-0", -1, 5, &n));
	assert_int_equal(n, 0);
}

static void reads_octal_numbers(void **state)
{
	uint64_t n = 0;

	(void)state;
	assert_true(text_read_octal("1777", 07777, &n));
	assert_int_equal(n, 01777);
	assert_false(text_read_octal("8", 07777, &n));
	assert_false(text_read_octal("10000", 07777, &n));
}

static void compares(void **state)
{
	(void)state;
	assert_true(text_is_equal(NULL, NULL));
	assert_false(text_is_equal("a", NULL));
	assert_true(text_is_equal("a", "a"));
	assert_true(text_has_prefix("net.ipv4", "net."));
	assert_false(text_has_prefix("ne", "net."));
	assert_false(text_has_prefix(NULL, "net."));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(grows),
		cmocka_unit_test(grows_beside_others),
		cmocka_unit_test(reads_natural_numbers),
		cmocka_unit_test(reads_integers),
		cmocka_unit_test(reads_octal_numbers),
		cmocka_unit_test(compares),
	};

	return cmocka_run_group_tests_name("text", tests, NULL, NULL);
}
