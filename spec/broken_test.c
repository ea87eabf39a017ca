/* Every conformance/broken/NAME.json must give exactly the lines of NAME.expected: what `boxcar check` prints of it,
 * without what only a host can say. */
#include "spec/check.h"
#include "spec/json/test_tree.h"

#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define DIRECTORY "conformance/broken"

static char *check_file(const char *text, size_t length)
{
	struct problems problems;
	struct arena arena;
	char *printed = NULL;
	size_t size = 0;
	FILE *stream = open_memstream(&printed, &size);

	assert_non_null(stream);
	arena_init(&arena, ARENA_SIZE);
	problems_init(&problems, &arena);
	const struct spec *spec = json_read(&record_spec, text, length, &problems);
	if (spec) {
		check_spec(spec, true, &problems);
		check_later(&record_spec, spec, "", &problems);
	}
	problems_place(&problems, text, length);
	problems_print(&problems, "config.json", stream);
	(void)fclose(stream);
	arena_finish(&arena);
	return printed;
}

static void check_one(const char *name)
{
	char path[600];
	size_t length = 0, expected_length = 0;

	(void)snprintf(path, sizeof path, "%s/%s", DIRECTORY, name);
	char *text = tree_load(path, &length);
	assert_non_null(text);
	(void)snprintf(path + strlen(path) - strlen("json"), 16, "expected");
	char *expected = tree_load(path, &expected_length);
	if (!expected)
		fail_msg("%s has no .expected", name);
	char *printed = check_file(text, length);
	if (strcmp(printed, expected) != 0)
		print_message("# %s\n", name);
	assert_string_equal(printed, expected);
	assert_true(expected_length > 0);
	free(printed);
	free(expected);
	free(text);
}

static void says_exactly_what_is_wrong(void **state)
{
	DIR *directory = opendir(DIRECTORY);
	int count = 0;

	(void)state;
	assert_non_null(directory);
	for (struct dirent *entry = readdir(directory); entry; entry = readdir(directory)) {
		const char *dot = strrchr(entry->d_name, '.');
		if (!dot || strcmp(dot, ".json") != 0)
			continue;
		check_one(entry->d_name);
		count++;
	}
	(void)closedir(directory);
	print_message("# %d broken files\n", count);
	assert_true(count >= 60);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(says_exactly_what_is_wrong) };

	return cmocka_run_group_tests_name("broken", tests, NULL, NULL);
}
