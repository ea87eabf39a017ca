#include "spec/base/options.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

struct wanted {
	bool has_tty, is_detached;
	const char *bundle;
	struct option_texts env;
	uint64_t preserve;
	int format;
};

static const char *const formats[] = { "text", "json", NULL };

static const struct option rows[] = {
	{ "tty", 't', OPTION_FLAG, offsetof(struct wanted, has_tty), NULL, "give it a terminal", 0, NULL, false },
	{ "detach", 'd', OPTION_FLAG, offsetof(struct wanted, is_detached), NULL, "do not wait", 0, NULL, false },
	{ "bundle", 'b', OPTION_TEXT, offsetof(struct wanted, bundle), "DIR", "the bundle", 0, NULL, false },
	{ "env", 'e', OPTION_TEXTS, offsetof(struct wanted, env), "NAME=VALUE", "add a variable", 0, NULL, false },
	{ "preserve-fds", 0, OPTION_NUMBER, offsetof(struct wanted, preserve), "N", "keep descriptors", 100, NULL, false },
	{ "format", 0, OPTION_WORD, offsetof(struct wanted, format), NULL, "how to print", 0, formats, false },
	{ "secret", 0, OPTION_FLAG, offsetof(struct wanted, has_tty), NULL, "hidden", 0, NULL, true },
	{ 0 },
};

struct fixture {
	struct arena arena;
	struct err e;
	struct wanted got;
	struct command_line operands;
};

static int make(void **state)
{
	static struct fixture f; /* one test at a time */

	f = (struct fixture){ 0 };
	arena_init(&f.arena, ARENA_SIZE);
	*state = &f;
	return 0;
}

static int finish(void **state)
{
	struct fixture *f = *state;

	arena_finish(&f->arena);
	return 0;
}

/* Reads the words after the command's name; they end with NULL. */
static int read_words(struct fixture *f, int stops_after, const char *const *words)
{
	int count = 0;

	while (words[count])
		count++;
	return options_read(rows, count, (char **)(uintptr_t)words, 0, stops_after, &f->got, &f->operands, &f->arena, &f->e);
}

#define READ(stops_after, ...) read_words(f, stops_after, (const char *const[]){ __VA_ARGS__, NULL })

static void reads_every_form(void **state)
{
	struct fixture *f = *state;
	static const char *const forms[][3] = {
		{ "--bundle", "/b" }, { "--bundle=/b" }, { "-b", "/b" }, { "-b/b" }, { "-b=/b" }, { "-bundle", "/b" },
		{ "-bundle=/b" },
	};

	for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
		f->got.bundle = NULL;
		assert_int_equal(read_words(f, -1, forms[i]), 0);
		assert_string_equal(f->got.bundle, "/b");
		assert_int_equal(f->operands.count, 0);
	}
}

static void reads_flags(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(READ(-1, "-td"), 0);
	assert_true(f->got.has_tty && f->got.is_detached);
	assert_int_equal(READ(-1, "--tty=false", "-d=false"), 0);
	assert_false(f->got.has_tty || f->got.is_detached);
	assert_int_equal(READ(-1, "-detach", "--tty=true"), 0);
	assert_true(f->got.has_tty && f->got.is_detached);
}

static void mixes_options_and_operands(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(READ(-1, "web", "--tty", "KILL", "-", "--", "-b", "--"), 0);
	assert_int_equal(f->operands.count, 5);
	assert_string_equal(f->operands.at[0], "web");
	assert_string_equal(f->operands.at[1], "KILL");
	assert_string_equal(f->operands.at[2], "-");
	assert_string_equal(f->operands.at[3], "-b");
	assert_string_equal(f->operands.at[4], "--");
	assert_null(f->operands.at[5]);
	assert_true(f->got.has_tty);
}

static void leaves_a_command_its_own_options(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(READ(1, "-t", "web", "ls", "-d", "--", "x"), 0);
	assert_int_equal(f->operands.count, 5);
	assert_string_equal(f->operands.at[2], "-d");
	assert_string_equal(f->operands.at[3], "--");
	assert_false(f->got.is_detached);
	assert_int_equal(READ(1, "web", "--", "-d"), 0);
	assert_int_equal(f->operands.count, 2);
	assert_string_equal(f->operands.at[1], "-d");
	assert_int_equal(READ(1, "web", "-d"), 0);
	assert_string_equal(f->operands.at[1], "-d");
	assert_false(f->got.is_detached);
}

static void collects_texts_in_order(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(READ(-1, "-e", "A=1", "--env=B=2", "-eC=3", "-e", "-t", "--env="), 0);
	assert_int_equal(f->got.env.count, 5);
	assert_string_equal(f->got.env.at[0], "A=1");
	assert_string_equal(f->got.env.at[1], "B=2");
	assert_string_equal(f->got.env.at[2], "C=3");
	assert_string_equal(f->got.env.at[3], "-t");
	assert_string_equal(f->got.env.at[4], "");
	assert_false(f->got.has_tty);
}

static void takes_the_last_text_and_a_dash_as_value(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(READ(-1, "--bundle", "/a", "-b", "-"), 0);
	assert_string_equal(f->got.bundle, "-");
}

static void reads_numbers_and_words(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(READ(-1, "--preserve-fds=100", "--format", "json"), 0);
	assert_int_equal(f->got.preserve, 100);
	assert_int_equal(f->got.format, 1);
}

static void starts_at_the_first_argument_asked_for(void **state)
{
	struct fixture *f = *state;
	const char *words[] = { "boxcar", "run", "-t", "web" };

	assert_int_equal(options_read(rows, 4, (char **)(uintptr_t)words, 2, -1, &f->got, &f->operands, &f->arena, &f->e), 0);
	assert_int_equal(f->operands.count, 1);
	assert_string_equal(f->operands.at[0], "web");
}

static void says_what_is_wrong(void **state)
{
	struct fixture *f = *state;
	static const struct {
		const char *words[4];
		const char *message;
	} wrong[] = {
		{ { "--nothing=1" }, "unknown option --nothing" },
		{ { "-x" }, "unknown option -x" },
		{ { "-tx" }, "unknown option -tx" },
		{ { "-tb" }, "unknown option -tb" },
		{ { "--bund", "/b" }, "unknown option --bund" },
		{ { "web", "--bundle" }, "option --bundle needs a value" },
		{ { "-b" }, "option --bundle needs a value" },
		{ { "--tty=maybe" }, "option --tty is true or false, not \"maybe\"" },
		{ { "--preserve-fds", "101" }, "option --preserve-fds takes a number from 0 to 100, not \"101\"" },
		{ { "--preserve-fds=-1" }, "option --preserve-fds takes a number from 0 to 100, not \"-1\"" },
		{ { "--preserve-fds=" }, "option --preserve-fds takes a number from 0 to 100, not \"\"" },
		{ { "--preserve-fds=18446744073709551617" },
		  "option --preserve-fds takes a number from 0 to 100, not \"18446744073709551617\"" },
		{ { "--format=xml" }, "option --format takes text|json, not \"xml\"" },
	};

	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
		f->operands.count = 77;
		assert_int_equal(read_words(f, -1, wrong[i].words), -1);
		assert_string_equal(f->e.text, wrong[i].message);
		assert_int_equal(f->operands.count, 77);
	}
}

static void prints_an_aligned_table(void **state)
{
	char printed[1024] = { 0 };
	FILE *stream = fmemopen(printed, sizeof printed, "w");

	(void)state;
	assert_non_null(stream);
	options_print(rows, stream);
	(void)fclose(stream);
	assert_string_equal(printed, "  -t, --tty               give it a terminal\n"
				     "  -d, --detach            do not wait\n"
				     "  -b, --bundle DIR        the bundle\n"
				     "  -e, --env NAME=VALUE    add a variable\n"
				     "      --preserve-fds N    keep descriptors\n"
				     "      --format text|json  how to print\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(reads_every_form, make, finish),
		cmocka_unit_test_setup_teardown(reads_flags, make, finish),
		cmocka_unit_test_setup_teardown(mixes_options_and_operands, make, finish),
		cmocka_unit_test_setup_teardown(leaves_a_command_its_own_options, make, finish),
		cmocka_unit_test_setup_teardown(collects_texts_in_order, make, finish),
		cmocka_unit_test_setup_teardown(takes_the_last_text_and_a_dash_as_value, make, finish),
		cmocka_unit_test_setup_teardown(reads_numbers_and_words, make, finish),
		cmocka_unit_test_setup_teardown(starts_at_the_first_argument_asked_for, make, finish),
		cmocka_unit_test_setup_teardown(says_what_is_wrong, make, finish),
		cmocka_unit_test_setup_teardown(prints_an_aligned_table, make, finish),
	};

	return cmocka_run_group_tests_name("options", tests, NULL, NULL);
}
