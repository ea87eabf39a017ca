#include "bundle-tools/build/conductorfile.h"

#include "bundle-tools/build/words.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

struct fixture {
	struct arena arena;
	struct err e;
	struct conductorfile file;
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
	arena_finish(&((struct fixture *)*state)->arena);
	return 0;
}

static struct instruction *parse(struct fixture *f, const char *text, size_t count)
{
	if (conductorfile_parse("C", text, strlen(text), &f->arena, &f->file, &f->e))
		fail_msg("%s", f->e.text);
	assert_int_equal(f->file.instructions.count, count);
	return f->file.instructions.at;
}

static void refuse(struct fixture *f, const char *text, const char *message)
{
	f->e = ERR_NONE;
	if (conductorfile_parse("C", text, strlen(text), &f->arena, &f->file, &f->e) == 0)
		fail_msg("accepted: %s", text);
	assert_string_equal(f->e.text, message);
}

static void kinds_and_lines_are_read(void **state)
{
	struct instruction *i = parse(*state,
				      "# a comment\n\n  FROM debian:bookworm\nCOPY ./a ./b /\n"
				      "run apt-get install \\\n# in between\n\n  make \\  \n gcc\nCMD [\"a b\", \"c\"]\nWORKDIR /with blanks",
				      5);

	assert_int_equal(i[0].kind, INSTRUCTION_FROM);
	assert_int_equal(i[0].line, 3);
	assert_string_equal(i[0].words.at[0], "debian:bookworm");
	assert_int_equal(i[1].words.count, 3);
	assert_int_equal(i[2].kind, INSTRUCTION_RUN);
	assert_int_equal(i[2].line, 5);
	assert_string_equal(i[2].rest, "apt-get install   make  gcc");
	assert_int_equal(i[3].line, 10);
	assert_true(i[3].is_list);
	assert_string_equal(i[3].words.at[0], "a b");
	assert_string_equal(i[4].words.at[0], "/with blanks");
}

static void carriage_returns_are_no_part_of_a_line(void **state)
{
	struct instruction *i = parse(*state, "FROM scratch\r\nRUN a \\\r\n b\r\nCOPY <<E /x\r\nbody\r\nE\r\n", 3);

	assert_string_equal(i[0].words.at[0], "scratch");
	assert_string_equal(i[1].rest, "a  b");
	assert_string_equal(i[2].heredocs.at[0].body, "body\r\n");
}

static void stages_and_flags_are_read(void **state)
{
	struct fixture *f = *state;
	struct instruction *i = parse(f, "#syntax = docker/dockerfile:1\nARG A=1\nFROM x AS one\nCOPY --from=one --chown=a:b --chmod=0755 s d\n", 3);

	assert_true(f->file.is_docker);
	assert_string_equal(i[1].stage, "one");
	assert_string_equal(i[2].from, "one");
	assert_string_equal(i[2].owner, "a:b");
	assert_string_equal(i[2].mode, "0755");
	assert_string_equal(i[2].words.at[1], "d");
}

static void the_course_dialect_is_the_default(void **state)
{
	struct fixture *f = *state;

	(void)parse(f, "# key = value\nFROM x", 1);
	assert_false(f->file.is_docker);
}

static void heredocs_of_run(void **state)
{
	struct instruction *i = parse(*state,
				      "FROM x\nRUN <<EOF\n  one\n# kept\ntwo\nEOF\nRUN cat <<-\"A\" 3<<B >f\n\tone\n\tA\ntwo\nB\n"
				      "RUN echo $((1 <<2)) '<<no' a<<b <<<c\nRUN <<E\n#!/bin/x -y\nz\nE\nRUN cat <<E\n#!/bin/x\nE\n",
				      6);

	assert_string_equal(i[1].rest, "  one\n# kept\ntwo\n");
	assert_string_equal(i[2].rest, "cat <<-\"A\" 3<<B >f\none\nA\ntwo\nB\n");
	assert_int_equal(i[3].heredocs.count, 0);
	assert_string_equal(i[4].script, "#!/bin/x -y\nz\n");
	assert_null(i[1].script);
	assert_null(i[5].script);
}

static void heredocs_of_copy(void **state)
{
	struct instruction *i = parse(*state, "FROM x\nCOPY <<a.txt <<'b' /d/\n$A\na.txt\n$B\nb\nRUN x", 3);

	assert_int_equal(i[1].heredocs.count, 2);
	assert_string_equal(i[1].heredocs.at[0].name, "a.txt");
	assert_string_equal(i[1].heredocs.at[0].body, "$A\n");
	assert_false(i[1].heredocs.at[0].is_literal);
	assert_true(i[1].heredocs.at[1].is_literal);
	assert_int_equal(i[2].line, 7);
}

static void pairs_are_read(void **state)
{
	struct instruction *i = parse(*state, "FROM x\nENV A=1 B=\"two words\" C=x\\ y\nENV NAME a value  with blanks\n", 3);

	assert_int_equal(i[1].words.count, 3);
	assert_string_equal(i[1].words.at[1], "B=\"two words\"");
	assert_string_equal(i[1].words.at[2], "C=x\\ y");
	assert_int_equal(i[2].words.count, 1);
	assert_string_equal(i[2].words.at[0], "NAME=a value  with blanks");
}

static void mistakes_say_where(void **state)
{
	struct fixture *f = *state;

	refuse(f, "", "C:1: there is no FROM instruction");
	refuse(f, "# only\n\n", "C:2: there is no FROM instruction");
	refuse(f, "RUN x\nFROM y", "C:1: the first instruction must be FROM (only ARG may stand before it)");
	refuse(f, "FROM x\n\nFETCH y", "C:3: FETCH is not an instruction");
	refuse(f, "FROM x\nADD y z", "C:2: not supported yet: ADD");
	refuse(f, "FROM x\nHEALTHCHECK NONE", "C:2: not supported yet: HEALTHCHECK");
	refuse(f, "FROM x\nCOPY y", "C:2: COPY needs a source and a destination");
	refuse(f, "FROM x\nCOPY", "C:2: COPY needs a source and a destination");
	refuse(f, "FROM x\nCOPY \"a b", "C:2: a quote is opened and never closed");
	refuse(f, "FROM x\nCOPY --link a b", "C:2: not supported yet: COPY --link");
	refuse(f, "FROM x\nRUN --mount=type=cache x", "C:2: not supported yet: RUN --mount=type=cache");
	refuse(f, "FROM --platform=x y", "C:1: not supported yet: FROM --platform=x");
	refuse(f, "FROM x y", "C:1: FROM takes IMAGE or IMAGE AS STAGE");
	refuse(f, "FROM x\nRUN \\\n", "C:2: RUN needs a command");
	refuse(f, "FROM x\nENV =1", "C:2: =1 is not NAME=VALUE");
	refuse(f, "FROM x\nENV A", "C:2: A has no value");
	refuse(f, "FROM x\nSHELL /bin/sh", "C:2: SHELL needs a JSON array: [\"/bin/sh\", \"-c\"]");
	refuse(f, "FROM x\nUSER a b", "C:2: USER takes one word, not 2");
	refuse(f, "FROM x\nRUN <<EOF\nfoo\n", "C:2: the heredoc EOF never ends: no line is just EOF");
	refuse(f, "# syntax=other\nFROM x", "C:1: syntax=other is not known");
	refuse(f, "# escape=`\nFROM x", "C:1: not supported yet: the directive escape=`");
}

static void nul_bytes_are_refused(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(conductorfile_parse("C", "FROM x\nRUN a\0b", 14, &f->arena, &f->file, &f->e), -1);
	assert_string_equal(f->e.text, "C:2: the file has a NUL byte: it is not a text");
}

static const char *find(const void *context, const char *name)
{
	(void)context;
	return strcmp(name, "A") == 0 ? "alpha" : strcmp(name, "EMPTY") == 0 ? "" : NULL;
}

static void check_word(struct fixture *f, const char *word, const char *expected)
{
	struct variables v = { find, NULL };
	const char *got = words_expand(word, &v, &f->arena, &f->e);

	if (!got)
		fail_msg("%s: %s", word, f->e.text);
	assert_string_equal(got, expected);
}

static void words_are_expanded(void **state)
{
	struct fixture *f = *state;

	check_word(f, "$A/${A}x", "alpha/alphax");
	check_word(f, "'$A' \"$A\"", "$A alpha");
	check_word(f, "\\$A \"\\$A\\n\"", "$A $A\\n");
	check_word(f, "${NO:-d$A} ${A:-no} ${EMPTY:-e}", "dalpha alpha e");
	check_word(f, "${A:+yes} ${NO:+no} ${EMPTY:+no}", "yes  ");
	check_word(f, "${NO:-${A}}", "alpha");
	check_word(f, "a$ $- $NO.", "a$ $- .");
	check_word(f, "a\\ b\\\\", "a b\\");
}

static void bad_braces_are_refused(void **state)
{
	struct fixture *f = *state;
	struct variables v = { find, NULL };

	assert_null(words_expand("${A", &v, &f->arena, &f->e));
	assert_null(words_expand("${}", &v, &f->arena, &f->e));
	assert_null(words_expand("${A/x/y}", &v, &f->arena, &f->e));
}

static void bodies_keep_their_quotes(void **state)
{
	struct fixture *f = *state;
	struct variables v = { find, NULL };

	assert_string_equal(words_expand_body("'$A' \"x\" \\$A \\n", &v, &f->arena, &f->e), "'alpha' \"x\" $A \\n");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, make, finish)
	const struct CMUnitTest tests[] = {
		TEST(kinds_and_lines_are_read),
		TEST(carriage_returns_are_no_part_of_a_line),
		TEST(stages_and_flags_are_read),
		TEST(the_course_dialect_is_the_default),
		TEST(heredocs_of_run),
		TEST(heredocs_of_copy),
		TEST(pairs_are_read),
		TEST(mistakes_say_where),
		TEST(nul_bytes_are_refused),
		TEST(words_are_expanded),
		TEST(bad_braces_are_refused),
		TEST(bodies_keep_their_quotes),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
