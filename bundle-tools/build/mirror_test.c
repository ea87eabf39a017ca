#include "bundle-tools/build/mirror.h"

#include "bundle-tools/store/remove.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

struct fixture {
	struct conductor c;
	char directory[64];
};

static int make(void **state)
{
	static struct fixture f; /* one test at a time */

	f = (struct fixture){ .directory = "/tmp/mirror_test.XXXXXX" };
	arena_init(&f.c.arena, ARENA_SIZE);
	*state = &f;
	return mkdtemp(f.directory) ? 0 : -1;
}

static int finish(void **state)
{
	struct fixture *f = *state;
	struct err e = ERR_NONE;
	int result = remove_tree(AT_FDCWD, f->directory, &e);

	arena_finish(&f->c.arena);
	return result;
}

static void put(struct fixture *f, const char *name, const char *text)
{
	(void)mkdir(arena_format(&f->c.arena, "%s/sources.list.d", f->directory), 0755); /* the second time it is there */
	FILE *file = fopen(arena_format(&f->c.arena, "%s/%s", f->directory, name), "w");

	assert_non_null(file);
	assert_true(fputs(text, file) >= 0);
	assert_int_equal(fclose(file), 0);
}

static void check(struct fixture *f, const char *distribution, const char *suite, const char *expected)
{
	const char *found = mirror_find(&f->c, f->directory, distribution, suite);

	if (!expected)
		assert_null(found);
	else
		assert_string_equal(found, expected);
}

static void lines_are_read(void **state)
{
	struct fixture *f = *state;

	put(f, "sources.list", "# deb http://no/debian bookworm main\n"
			       "deb-src http://source/debian bookworm main\n"
			       "deb http://one/debian-security bookworm-security main\n"
			       "deb [arch=amd64 signed-by=/a/b.gpg] http://one/debian trixie main contrib\n"
			       "deb [arch=amd64] http://two/debian/ bookworm main\n");
	check(f, "debian", "bookworm", "http://two/debian/");
	check(f, "debian", "trixie", "http://one/debian");
	check(f, "debian", "bullseye", "http://one/debian");
	check(f, "ubuntu", "jammy", NULL);
}

static void paragraphs_are_read(void **state)
{
	struct fixture *f = *state;

	put(f, "sources.list.d/a.sources", "Types: deb\n# a comment\nURIs: http://x/other http://x/debian\nSuites: bookworm bookworm-updates\n"
					   "Components: main\n\nTypes: deb\nURIs: https://y/ubuntu/\nSuites: jammy\nComponents: main\n");
	put(f, "sources.list.d/b.backup", "deb http://z/debian sid main\n");
	check(f, "debian", "bookworm", "http://x/debian");
	check(f, "debian", "sid", "http://x/debian");
	check(f, "ubuntu", "jammy", "https://y/ubuntu/");
}

static void nothing_is_found_where_nothing_is(void **state)
{
	struct fixture *f = *state;

	check(f, "debian", "bookworm", NULL);
	put(f, "sources.list", "deb\ndeb [\ndeb []\ndeb http://x/debian\n\n[ ]\n");
	check(f, "debian", "bookworm", NULL);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, make, finish)
	const struct CMUnitTest tests[] = {
		TEST(lines_are_read),
		TEST(paragraphs_are_read),
		TEST(nothing_is_found_where_nothing_is),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
