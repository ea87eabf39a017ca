#include "spec/base/command.h"
#include "spec/base/option_rows.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

struct play_options {
	const char *tune;
	bool is_loud, has_help;
};

struct player {
	const char *tune, *instrument, *first_note;
	bool is_loud;
};

static int cmd_play(void *program, const void *options, const struct command_line *line, int *exit_code, struct err *e)
{
	const struct play_options *o = options;
	struct player *p = program;

	*p = (struct player){ o->tune, line->at[0], line->count > 1 ? line->at[1] : NULL, o->is_loud };
	*exit_code = 7;
	return line->count > 2 ? err_set(e, "too many notes") : 0;
}

static const struct option play_rows[] = {
	TEXT(play_options, "tune", 't', tune, "NAME", "what to play"),
	FLAG(play_options, "loud", 0, is_loud, "wake the neighbours"),
	HELP(play_options),
	END,
};
static const struct command commands[] = {
	{ "play", "INSTRUMENT [NOTE ...]", "make music", ROWS(play, play_options), 1, -1, 1, 0, cmd_play },
	{ "instruments", "", "list them", ROWS(play, play_options), 0, 0, -1, 0, cmd_play },
	{ NULL, NULL, NULL, NULL, 0, 0, 0, 0, 0, NULL },
};
static const struct program band = { "band", commands, play_rows };

static int start(const char *name, const char *const *words, struct player *p, int *exit_code, struct err *e)
{
	struct arena a;
	int count = 0;

	while (words[count])
		count++;
	arena_init(&a, ARENA_SIZE);
	int result = command_start(&band, command_find(&band, name), count, (char **)(uintptr_t)words, p, exit_code, &a, e);
	arena_finish(&a);
	return result;
}

static void test_names_are_whole(void **state)
{
	(void)state;
	assert_ptr_equal(command_find(&band, "play"), commands);
	assert_null(command_find(&band, "pla"));
	assert_null(command_find(&band, "plays"));
	assert_null(command_find(&band, ""));
}

static void test_options_and_operands_arrive(void **state)
{
	const char *words[] = { "play", "-t", "waltz", "flute", "--loud", NULL };
	struct player p = { 0 };
	struct err e = ERR_NONE;
	int exit_code = 0;

	(void)state;
	assert_int_equal(start("play", words, &p, &exit_code, &e), 0);
	assert_int_equal(exit_code, 7);
	assert_string_equal(p.tune, "waltz");
	assert_string_equal(p.instrument, "flute");
	assert_string_equal(p.first_note, "--loud"); /* behind the first operand options belong to somebody else */
	assert_false(p.is_loud);
}

static void test_operands_are_counted(void **state)
{
	const char *none[] = { "play", NULL }, *one[] = { "instruments", "flute", NULL };
	struct err e = ERR_NONE;
	int exit_code = 0;

	(void)state;
	assert_int_equal(start("play", none, NULL, &exit_code, &e), -1);
	assert_string_equal(e.text, "band play needs INSTRUMENT [NOTE ...]");
	assert_string_equal(e.hint, "0 operands were given");
	e = ERR_NONE;
	assert_int_equal(start("instruments", one, NULL, &exit_code, &e), -1);
	assert_string_equal(e.text, "band instruments needs no operands");
}

static void test_unknown_option_names_help(void **state)
{
	const char *words[] = { "play", "--lod", NULL };
	struct err e = ERR_NONE;
	int exit_code = 0;

	(void)state;
	assert_int_equal(start("play", words, NULL, &exit_code, &e), -1);
	assert_string_equal(e.text, "unknown option --lod");
	assert_string_equal(e.hint, "`band play --help` shows the options");
}

/* Help comes before the operands are counted, and nothing is run. */
static void test_help(void **state)
{
	char *text = NULL;
	size_t size = 0;
	FILE *stream = open_memstream(&text, &size);

	(void)state;
	assert_non_null(stream);
	program_print_help(&band, stream);
	command_print_help(&band, commands, stream);
	assert_int_equal(fclose(stream), 0);
	assert_non_null(strstr(text, "  play         make music\n  instruments  list them\n"));
	assert_non_null(strstr(text, "usage: band play [OPTION ...] INSTRUMENT [NOTE ...]\n\nmake music\n\n  -t, --tune NAME  what to play\n"));
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names_are_whole),	       cmocka_unit_test(test_options_and_operands_arrive),
		cmocka_unit_test(test_operands_are_counted),   cmocka_unit_test(test_unknown_option_names_help),
		cmocka_unit_test(test_help),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
