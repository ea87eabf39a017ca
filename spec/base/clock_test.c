#include "spec/base/clock.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
#include <string.h>
#include <time.h>

static void agrees_with_the_library(void **state)
{
	char ours[CLOCK_TEXT], theirs[64];
	struct tm parts;

	(void)state;
	/* steps of a day and a bit, over four centuries: every month's end and every kind of leap year */
	for (long long seconds = 0; seconds < 400ll * 366 * 86400; seconds += 86399) {
		time_t t = (time_t)seconds;
		clock_write(ours, seconds, 7);
		assert_non_null(gmtime_r(&t, &parts));
		assert_true(strftime(theirs, sizeof theirs, "%Y-%m-%dT%H:%M:%S.000000007Z", &parts) > 0);
		assert_string_equal(ours, theirs);
	}
}

static void is_now(void **state)
{
	char text[CLOCK_TEXT];

	(void)state;
	clock_write_now(text);
	assert_int_equal(strlen(text), strlen("2026-11-22T01:47:58.123456789Z"));
	assert_true(strcmp(text, "2026-01-01T00:00:00.000000000Z") > 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(agrees_with_the_library), cmocka_unit_test(is_now) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
