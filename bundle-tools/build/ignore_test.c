/* Patterns of .dockerignore, by its documentation. */
#include "bundle-tools/build/ignore.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void check(const char *first, const char *second, const char *path, bool is_ignored)
{
	struct arena a;
	const char *patterns[] = { first, second };
	struct ignore i = { .patterns = { patterns, second ? 2 : 1 } };

	arena_init(&a, 1 << 20);
	if (ignore_has(&i, &a, path) != is_ignored)
		fail_msg("%s %s: %s", first, second ? second : "", path);
	arena_finish(&a);
}

static void patterns_match_paths(void **state)
{
	static const struct {
		const char *pattern, *path;
		bool is_ignored;
	} cases[] = {
		{ "a", "a", true },          { "a", "b/a", false },     { "a", "a/b/c", true },     { "a", "ab", false },
		{ "*", "a", true },          { "*", "a/b", true },      { "*/b", "a/b", true },     { "*/b", "a/c/b", false },
		{ "*/b*", "a/bc/d", true },  { "a?", "ab", true },      { "a?", "a", false },       { "a?c", "a/c", false },
		{ "**", "a/b", true },       { "**/b", "b", true },     { "**/b", "a/x/b", true },  { "**/b", "ab", false },
		{ "**/*.go", "a/b.go", true }, { "a/**", "a/b/c", true }, { "a/**", "b", false },   { "a/**/z", "a/z", true },
		{ "a/**/z", "a/b/c/z", true }, { "a**z", "abz", true }, { "[a-c]x", "bx", true },   { "[^a-c]x", "bx", false },
		{ "[^a-c]x", "dx", true },   { "[a-c]x", "dx", false }, { "\\*", "*", true },       { "\\*", "a", false },
		{ "[", "[", true },          { ".git", ".git/x", true }, { "*.c", ".c", true },     { "", "a", false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		check(cases[i].pattern, NULL, cases[i].path, cases[i].is_ignored);
}

static void the_last_line_that_matches_holds(void **state)
{
	(void)state;
	check("*.md", "!README.md", "README.md", false);
	check("*.md", "!README.md", "x.md", true);
	check("!README.md", "*.md", "README.md", true);
	check("out", "!out/x", "out/x", false);
	check("out", "!out/x", "out/y", true);
	check("!x", "y", "x", false);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(patterns_match_paths),
		cmocka_unit_test(the_last_line_that_matches_holds),
	};

	return cmocka_run_group_tests_name("ignore", tests, NULL, NULL);
}
