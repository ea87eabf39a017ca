#include "spec/json/place.h"
#include "spec/json/read.h"
#include "spec/model.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const char text[] = "{\n"
			   "  \"a\": [1, \"x,]\\\"\", {\"b\": true}, []],\n"
			   "  \"c/d~e\": { \"f\" : -1.5 },\n"
			   "  \"\": \"empty\", \"e\\u0041\": {\"z\": 1}\n"
			   "}";

static void finds_values(void **state)
{
	static const struct {
		const char *pointer;
		unsigned line, column;
	} cases[] = {
		{ "", 1, 1 },
		{ "/a", 2, 8 },
		{ "/a/0", 2, 9 },
		{ "/a/1", 2, 12 },
		{ "/a/2", 2, 21 },
		{ "/a/2/b", 2, 27 },
		{ "/a/3", 2, 34 },
		{ "/c~1d~0e", 3, 12 },
		{ "/c~1d~0e/f", 3, 20 },
		{ "/", 4, 7 },
		/* the nearest ancestor of what is not there */
		{ "/x", 1, 1 },
		{ "/x/y/z", 1, 1 },
		{ "/a/4", 2, 8 },
		{ "/a/3/0", 2, 34 },
		{ "/a/b", 2, 8 },
		{ "/a/2/bb", 2, 21 },
		{ "/a/2/b/c", 2, 27 },
		{ "/c/d~e", 1, 1 },
		{ "/a/99999999999999999999", 2, 8 },
		/* a key with escapes is not looked into */
		{ "/eA/z", 1, 1 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		unsigned line = 0, column = 0;
		json_find_place(text, sizeof text - 1, cases[i].pointer, &line, &column);
		assert_int_equal(line, cases[i].line);
		assert_int_equal(column, cases[i].column);
	}
}

/* Every cut of the text, in memory that ends where the cut is, so that a sanitizer sees a read past it. */
static void survives_broken_texts(void **state)
{
	static const char *const pointers[] = { "/a/2/b", "/c~1d~0e/f", "/", "/a/3/0", "/e/z", "/~" };

	(void)state;
	for (size_t length = 0; length < sizeof text; length++) {
		char *cut = malloc(length ? length : 1);
		assert_non_null(cut);
		memcpy(cut, text, length);
		for (size_t i = 0; i < sizeof pointers / sizeof *pointers; i++)
			assert_true(json_find_offset(cut, length, pointers[i]) <= length);
		free(cut);
	}
}

/* Problems that were found after reading stand between those of the reader, in the file's order. */
static void sorts_problems_by_place(void **state)
{
	struct problems p;
	struct arena a;

	(void)state;
	arena_init(&a, 1 << 20);
	problems_init(&p, &a);
	problems_add_at(&p, false, 40, "", "third", NULL);
	problems_add_at(&p, false, 2, "", "first", NULL);
	problems_add(&p, false, "/a/1", "second", NULL);
	problems_add(&p, true, "/a/1", "and then", NULL);
	problems_add(&p, false, "/nothing", "before all", NULL);
	problems_place(&p, text, sizeof text - 1);
	assert_string_equal(p.at[0].message, "before all");
	assert_string_equal(p.at[1].message, "first");
	assert_string_equal(p.at[2].message, "second");
	assert_string_equal(p.at[3].message, "and then");
	assert_string_equal(p.at[4].message, "third");
	assert_int_equal(p.at[2].line, 2);
	assert_int_equal(p.at[2].column, 12);
	assert_int_equal(p.at[4].line, 3);
	assert_int_equal(p.at[4].column, 1);
	arena_finish(&a);
}

static struct spec *read_spec(struct arena *a, const char *json)
{
	struct problems p;

	problems_init(&p, a);
	struct spec *spec = json_read(&record_spec, json, strlen(json), &p);
	assert_int_equal(p.mistakes, 0);
	return spec;
}

static void names_members_by_address(void **state)
{
	struct arena a;

	(void)state;
	arena_init(&a, ARENA_SIZE);
	struct spec *s =
		read_spec(&a, "{\"ociVersion\":\"1\",\"process\":{\"cwd\":\"/\",\"args\":[\"a\",\"b\"],\"user\":"
			      "{\"additionalGids\":[5,6]}},\"mounts\":[{\"destination\":\"/a\"},{\"destination\":"
			      "\"/b\",\"source\":\"x\",\"options\":[\"ro\",\"bind\"]}],\"annotations\":{\"a/b\":\"\"},"
			      "\"linux\":{\"netDevices\":{\"e~0\":{\"name\":\"x\"}},\"seccomp\":{\"defaultAction\":"
			      "\"SCMP_ACT_LOG\",\"architectures\":[\"SCMP_ARCH_X86\",\"SCMP_ARCH_X32\"]}}}");
	const struct {
		const void *address;
		const char *pointer;
	} cases[] = {
		{ s, "" },
		{ &s->hostname, "/hostname" },
		{ &s->process, "/process" },
		{ s->process, "/process" },
		{ &s->process->cwd, "/process/cwd" },
		{ &s->process->args, "/process/args" },
		{ &s->process->args.at[1], "/process/args/1" },
		{ &s->process->user->additional_gids.at[1], "/process/user/additionalGids/1" },
		{ &s->process->user->umask.value, "/process/user/umask" },
		{ &s->mounts, "/mounts" },
		{ &s->mounts.at[1], "/mounts/1" },
		{ &s->mounts.at[1].source, "/mounts/1/source" },
		{ &s->mounts.at[1].options.at[1], "/mounts/1/options/1" },
		{ &s->annotations.at[0].value, "/annotations/a~1b" },
		{ &s->linux->net_devices.at[0], "/linux/netDevices/e~00" },
		{ &s->linux->net_devices.at[0].name, "/linux/netDevices/e~00/name" },
		{ &s->linux->seccomp->architectures.at[1], "/linux/seccomp/architectures/1" },
		{ &s->linux->seccomp->default_errno_ret, "/linux/seccomp/defaultErrnoRet" },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		const char *pointer = json_find_pointer(&record_spec, s, cases[i].address, &a);
		assert_non_null(pointer);
		assert_string_equal(pointer, cases[i].pointer);
	}
	assert_null(json_find_pointer(&record_spec, s, &a, &a));
	assert_null(json_find_pointer(&record_spec, s, s + 1, &a));
	arena_finish(&a);
}

static void names_what_lies_around_an_offset(void **state)
{
	static const char around[] = " {\"a\": [1, {\"b/c\" : \"x\"}, [true, \"y\"]], \"d\":{}, \"e\": \"z";
	static const struct {
		const char *before;
		const char *pointer;
	} cases[] = {
		{ "", "" },
		{ " {\"", "" },
		{ " {\"a\":", "" },
		{ " {\"a\": ", "/a" },
		{ " {\"a\": [", "/a/0" },
		{ " {\"a\": [1,", "/a" },
		{ " {\"a\": [1, {\"b", "/a/1" },
		{ " {\"a\": [1, {\"b/c\" : \"", "/a/1/b~1c" },
		{ " {\"a\": [1, {\"b/c\" : \"x\"}, [true, \"", "/a/2/1" },
		{ " {\"a\": [1, {\"b/c\" : \"x\"}, [true, \"y\"]], \"d\":{", "/d" },
		{ " {\"a\": [1, {\"b/c\" : \"x\"}, [true, \"y\"]], \"d\":{}, \"e\": \"", "/e" },
	};
	struct arena a;

	(void)state;
	arena_init(&a, ARENA_SIZE);
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct text pointer;
		text_init(&pointer, &a);
		assert_memory_equal(around, cases[i].before, strlen(cases[i].before));
		json_find_pointer_at(around, sizeof around - 1, strlen(cases[i].before), &pointer);
		assert_string_equal(pointer.at, cases[i].pointer);
	}
	for (size_t length = 0; length < sizeof around; length++) /* whatever is cut off, nothing is read beyond it */
		for (size_t at = 0; at < length; at++) {
			char *copy = malloc(length);
			struct text pointer;
			assert_non_null(copy);
			memcpy(copy, around, length);
			text_init(&pointer, &a);
			json_find_pointer_at(copy, length, at, &pointer);
			free(copy);
		}
	arena_finish(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(finds_values),
		cmocka_unit_test(survives_broken_texts),
		cmocka_unit_test(sorts_problems_by_place),
		cmocka_unit_test(names_members_by_address),
		cmocka_unit_test(names_what_lies_around_an_offset),
	};

	return cmocka_run_group_tests_name("json/place", tests, NULL, NULL);
}
