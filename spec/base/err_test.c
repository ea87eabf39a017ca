#include "spec/base/err.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

enum { LINE = ERR_TEXT + ERR_POINTER + ERR_PLACE + ERR_HINT + 16 };

static void gains_context_as_it_rises(void **state)
{
	struct err e = ERR_NONE;
	char line[LINE];

	(void)state;
	errno = ENOENT;
	assert_int_equal(err_sys(&e, "mount %s", "/srv/data"), -1);
	assert_int_equal(err_add(&e, "create %s", "web"), -1);
	assert_int_equal(e.number, ENOENT);
	assert_string_equal(err_line(&e, line, sizeof line), "create web: mount /srv/data: no such file or directory");
}

static void says_place_and_way_out(void **state)
{
	struct err e = ERR_NONE;
	char line[LINE];

	(void)state;
	(void)err_number(&e, EACCES, "open %s", "/x");
	(void)err_at(&e, "/mounts/7/source", "config.json:3:4");
	(void)err_at(&e, "/other", "elsewhere:1:1");
	(void)err_hint(&e, "the bundle is %s", "/b");
	(void)err_hint(&e, "a second hint");
	assert_string_equal(err_line(&e, line, sizeof line),
			    "open /x: permission denied (/mounts/7/source, config.json:3:4); the bundle is /b");
}

static void knows_a_fact_without_errno(void **state)
{
	struct err e = ERR_NONE;

	(void)state;
	errno = EPERM;
	assert_int_equal(err_set(&e, "%d is too many", 7), -1);
	assert_string_equal(e.text, "7 is too many");
	assert_int_equal(e.number, 0);
}

static void forges_no_second_line(void **state)
{
	struct err e = ERR_NONE;
	char line[LINE];

	(void)state;
	(void)err_set(&e, "id %s", "a\nboxcar: all is well\x1b[0m");
	assert_string_equal(err_line(&e, line, sizeof line), "id a\\x0aboxcar: all is well\\x1b[0m");
}

static void keeps_within_its_memory(void **state)
{
	static char many[3 * ERR_TEXT];
	struct err e = ERR_NONE;
	char line[16];

	(void)state;
	memset(many, 'x', sizeof many - 1);
	(void)err_set(&e, "%s", many);
	assert_int_equal(strlen(e.text), ERR_TEXT - 1);
	(void)err_add(&e, "open");
	assert_memory_equal(e.text, "open: xxx", 9);
	assert_int_equal(strlen(e.text), ERR_TEXT - 1);
	(void)err_add(&e, "%s", many);
	assert_true(strlen(e.text) < ERR_TEXT);
	assert_true(strlen(err_line(&e, line, sizeof line)) < sizeof line);
}

static void has_the_words_that_engines_match(void **state)
{
	(void)state;
	assert_string_equal(err_words(ENOENT), "no such file or directory");
	assert_string_equal(err_words(ESRCH), "no such process");
	assert_string_equal(err_words(99999), "unknown error");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(gains_context_as_it_rises),
		cmocka_unit_test(says_place_and_way_out),
		cmocka_unit_test(knows_a_fact_without_errno),
		cmocka_unit_test(forges_no_second_line),
		cmocka_unit_test(keeps_within_its_memory),
		cmocka_unit_test(has_the_words_that_engines_match),
	};

	return cmocka_run_group_tests_name("err", tests, NULL, NULL);
}
