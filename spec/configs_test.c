/* Files that real engines wrote (conformance/configs) are read without a word, and written back lose nothing. */
#include "spec/check.h"
#include "spec/json/test_tree.h"
#include "spec/json/write.h"

#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define DIRECTORY "conformance/configs"

struct one {
	struct arena arena;
	struct problems problems;
	const struct record *record;
	const char *name;
	char *text;
	size_t length;
};

static const struct record *choose_record(const char *name)
{
	if (strstr(name, "features"))
		return NULL;
	return strstr(name, "exec-process")       ? &record_process
	       : strstr(name, "update-resources") ? &record_resources
						  : &record_spec;
}

static void *read_quietly(struct one *one, const char *text, size_t length)
{
	problems_init(&one->problems, &one->arena);
	void *model = json_read(one->record, text, length, &one->problems);
	problems_place(&one->problems, text, length);
	problems_print(&one->problems, one->name, stderr);
	assert_int_equal(one->problems.count, 0);
	assert_non_null(model);
	return model;
}

static void reads_and_writes_back(struct one *one)
{
	char error[256], where[1024] = "";
	struct text first, second;

	text_init(&first, &one->arena);
	json_write(one->record, read_quietly(one, one->text, one->length), JSON_TABS, &first);
	yajl_val wanted = yajl_tree_parse(one->text, error, sizeof error);
	yajl_val written = yajl_tree_parse(first.at, error, sizeof error);
	assert_non_null(wanted);
	assert_non_null(written);
	if (!tree_is_equal(wanted, written, where, sizeof where))
		fail_msg("%s: %s is lost or changed", one->name, where);
	yajl_tree_free(wanted);
	yajl_tree_free(written);
	/* and the second round changes nothing at all */
	text_init(&second, &one->arena);
	json_write(one->record, read_quietly(one, first.at, first.length), JSON_TABS, &second);
	assert_string_equal(first.at, second.at);
}

/* The engines' files break no rule of ours; what is not carried out yet is not asked here. */
static void passes_the_check(struct one *one)
{
	const void *model = read_quietly(one, one->text, one->length);

	if (one->record == &record_spec)
		check_spec(model, true, &one->problems);
	else if (one->record == &record_process)
		check_process(model, "", NULL, &one->problems);
	else
		check_resources(model, "", &one->problems);
	problems_place(&one->problems, one->text, one->length);
	problems_print(&one->problems, one->name, stderr);
	assert_int_equal(one->problems.count, 0);
}

/* A copy cut anywhere is refused, with one line, and never read past its end. */
static void refuses_every_cut(struct one *one)
{
	size_t end = one->length;

	while (end > 0 && one->text[end - 1] != '}')
		end--;
	for (size_t length = 0; length < end; length += length < 600 ? 1 : 997) {
		char *cut = malloc(length ? length : 1);
		assert_non_null(cut);
		memcpy(cut, one->text, length);
		size_t used = one->arena.used;
		problems_init(&one->problems, &one->arena);
		assert_null(json_read(one->record, cut, length, &one->problems));
		assert_true(one->problems.mistakes > 0);
		memset(one->arena.base + used, 0, one->arena.used - used);
		one->arena.used = used;
		free(cut);
	}
}

static int for_each(void (*test)(struct one *one))
{
	DIR *directory = opendir(DIRECTORY);
	int count = 0;

	assert_non_null(directory);
	for (struct dirent *entry = readdir(directory); entry; entry = readdir(directory)) {
		struct one one = { .name = entry->d_name, .record = choose_record(entry->d_name) };
		char path[512];
		if (!strstr(entry->d_name, ".json") || !one.record)
			continue;
		(void)snprintf(path, sizeof path, "%s/%s", DIRECTORY, entry->d_name);
		one.text = tree_load(path, &one.length);
		assert_non_null(one.text);
		arena_init(&one.arena, ARENA_SIZE);
		test(&one);
		arena_finish(&one.arena);
		free(one.text);
		count++;
	}
	(void)closedir(directory);
	return count;
}

static void loses_nothing(void **state)
{
	(void)state;
	int count = for_each(reads_and_writes_back);
	print_message("# %d files of engines read and written back\n", count);
	assert_true(count >= 79);
}

static void finds_no_mistake(void **state)
{
	(void)state;
	assert_true(for_each(passes_the_check) >= 79);
}

static void refuses_what_is_cut_off(void **state)
{
	(void)state;
	assert_true(for_each(refuses_every_cut) >= 79);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(loses_nothing),
		cmocka_unit_test(finds_no_mistake),
		cmocka_unit_test(refuses_what_is_cut_off),
	};

	return cmocka_run_group_tests_name("configs", tests, NULL, NULL);
}
