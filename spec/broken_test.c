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

/* --- every row ------------------------------------------------------------------------------------------------------- */

enum { DEEP = 12 };

/* The text of a configuration that has nothing but one value, and how the value's pointer ends. */
struct way {
	const char *open[DEEP], *name[DEEP];
	size_t depth;
};

static void print_config(const struct way *w, const char *value, FILE *stream)
{
	for (size_t i = 0; i < w->depth; i++) {
		(void)fputs(w->open[i], stream);
		if (w->open[i][0] == '{')
			(void)fprintf(stream, "\"%s\":\n", w->name[i]);
	}
	(void)fputs(value, stream);
	for (size_t i = w->depth; i > 0; i--)
		(void)fputc(w->open[i - 1][0] == '{' ? '}' : ']', stream);
}

/* The line is that of the value: one for each name before it. */
static void assert_refused(const struct way *w, const char *value)
{
	char *config = NULL, line_wanted[32], pointer[256] = ": ";
	size_t length = 0;
	unsigned line = 1;
	FILE *stream = open_memstream(&config, &length);

	assert_non_null(stream);
	print_config(w, value, stream);
	(void)fclose(stream);
	for (size_t i = 0; i < w->depth; i++) {
		line += w->open[i][0] == '{';
		size_t used = strlen(pointer);
		assert_true(snprintf(pointer + used, sizeof pointer - used, "/%s%s", w->name[i], i + 1 == w->depth ? ": " : "") > 0);
	}
	(void)snprintf(line_wanted, sizeof line_wanted, "config.json:%u:", line);
	char *printed = check_file(config, length);
	const char *found = strstr(printed, pointer);
	while (found && found > printed && found[-1] != '\n')
		found--;
	if (!found || strncmp(found, line_wanted, strlen(line_wanted)) != 0)
		fail_msg("%s: expected %s%s, was told %s", config, line_wanted, pointer, printed);
	free(printed);
	free(config);
}

static void assert_refused_all(const struct way *w, const char *const *values)
{
	for (; *values; values++)
		assert_refused(w, *values);
}

static struct way below(const struct way *w, const char *open, const char *name)
{
	struct way way = *w;

	assert_true(way.depth < DEEP);
	way.open[way.depth] = open;
	way.name[way.depth++] = name;
	return way;
}

static void refuse_record(const struct way *w, const struct record *record)
{
	static const char *const no_text[] = { "5", "true", "{}", "[]", "\"a\\u0000b\"", "\"\\ud800\"", NULL };
	static const char *const no_number[] = { "\"5\"", "true", "{}", "[]", "1.5", "1e3", "99999999999999999999",
						 "-99999999999999999999", NULL };
	static const char *const no_bool[] = { "\"true\"", "1", "{}", "[]", NULL };
	static const char *const no_list[] = { "\"x\"", "5", "true", "{}", NULL };
	static const char *const none[] = { NULL };
	static const char *const no_object[] = { "\"x\"", "5", "true", "[]", NULL };
	static const struct {
		const char *const *value, *const *element;
	} kinds[] = {
		[FIELD_TEXT] = { no_text, NULL },	 [FIELD_BOOL] = { no_bool, NULL },	  [FIELD_INT] = { no_number, NULL },
		[FIELD_UINT] = { no_number, NULL },	 [FIELD_WORD] = { no_text, NULL },	  [FIELD_TEXTS] = { no_list, no_text },
		[FIELD_IDS] = { no_list, no_number },	 [FIELD_WORDS] = { no_list, no_text },	  [FIELD_MAP] = { no_object, NULL },
		[FIELD_OBJECT] = { no_object, NULL },	 [FIELD_OBJECTS] = { no_list, no_object }, [FIELD_NAMED] = { no_object, NULL },
		[FIELD_SKIPPED] = { none, NULL },
	};

	for (const struct field *f = record->fields; f < record->fields + record->count; f++) {
		struct way here = below(w, "{", f->name);
		assert_refused_all(&here, kinds[f->kind].value);
		struct way inner = f->kind == FIELD_NAMED || f->kind == FIELD_MAP ? below(&here, "{", "some") : below(&here, "[", "0");
		if (kinds[f->kind].element)
			assert_refused_all(&inner, kinds[f->kind].element);
		else if (f->kind == FIELD_MAP || f->kind == FIELD_NAMED)
			assert_refused_all(&inner, f->kind == FIELD_MAP ? no_text : no_object);
		if (f->record)
			refuse_record(f->kind == FIELD_OBJECT ? &here : &inner, f->record);
	}
}

static void every_row_refuses_other_kinds_with_its_place(void **state)
{
	(void)state;
	refuse_record(&(struct way){ .depth = 0 }, &record_spec);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(says_exactly_what_is_wrong),
		cmocka_unit_test(every_row_refuses_other_kinds_with_its_place),
	};

	return cmocka_run_group_tests_name("broken", tests, NULL, NULL);
}
