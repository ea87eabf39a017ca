#include "spec/number_list.h"

#include <stdarg.h>
#include <setjmp.h>
#include <cmocka.h>

static void reads_numbers_and_ranges(void **state)
{
	static const struct {
		const char *text;
		uint64_t first;
		size_t count;
	} rows[] = {
		{ "0", 1, 1 },          { "0-3,7", 0x8f, 1 },  { "5-5", 0x20, 1 },          { "1,1,0-1", 3, 1 },
		{ " 1 , 2-3 ", 14, 1 }, { ",4,,", 16, 1 },     { "63", 1ull << 63, 1 },     { "64", 0, 2 },
		{ "0,8191", 1, 128 },   { "000", 1, 1 },       { "0-63", UINT64_MAX, 1 },
	};
	struct number_set set;

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		assert_true(number_list_read(rows[i].text, &set));
		assert_int_equal(set.words[0], rows[i].first);
		assert_int_equal(set.count, rows[i].count);
	}
	assert_true(number_list_read("62-65", &set));
	assert_int_equal(set.words[0], 3ull << 62);
	assert_int_equal(set.words[1], 3);
}

static void refuses_everything_else(void **state)
{
	static const char *const rows[] = { "",    " ",    ",",     "a",    "1-",    "-1",   "3-1",  "1--2",  "1 2",
					    "1-2-3", "0x1", "8192", "0-8192", "99999999999999999999", "1;2", "1 - 2", "1\n" };
	struct number_set set;

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		if (number_list_read(rows[i], &set))
			fail_msg("accepted: \"%s\"", rows[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_numbers_and_ranges),
		cmocka_unit_test(refuses_everything_else),
	};

	return cmocka_run_group_tests_name("number_list", tests, NULL, NULL);
}
