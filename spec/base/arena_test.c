#include "spec/base/arena.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static void gives_zeroed_aligned_memory(void **state)
{
	struct arena a;

	(void)state;
	arena_init(&a, 1 << 20);
	char *first = arena_alloc(&a, 3), *second = arena_alloc(&a, 100), *none = arena_alloc(&a, 0);
	assert_int_equal((uintptr_t)first % 16, 0);
	assert_int_equal((uintptr_t)second % 16, 0);
	assert_non_null(none);
	assert_true(second >= first + 3);
	for (int i = 0; i < 100; i++)
		assert_int_equal(second[i], 0);
	arena_finish(&a);
	assert_null(a.base);
}

static void grows_the_newest_in_place(void **state)
{
	struct arena a;

	(void)state;
	arena_init(&a, 1 << 20);
	char *text = arena_text(&a, "0123456789abcde"); /* 16 bytes */
	assert_ptr_equal(arena_grow(&a, text, 16, 64), text);
	(void)arena_alloc(&a, 1);
	char *moved = arena_grow(&a, text, 64, 128);
	assert_ptr_not_equal(moved, text);
	assert_string_equal(moved, "0123456789abcde");
	assert_non_null(arena_grow(&a, NULL, 0, 8));
	arena_finish(&a);
}

static void copies_and_formats(void **state)
{
	static char many[5000];
	struct arena a;

	(void)state;
	memset(many, 'y', sizeof many - 1);
	arena_init(&a, 1 << 20);
	assert_string_equal(arena_copy(&a, "abcdef", 3), "abc");
	assert_string_equal(arena_copy(&a, NULL, 0), "");
	assert_string_equal(arena_format(&a, "%s-%d", "a", 7), "a-7");
	assert_int_equal(strlen(arena_format(&a, "%s%s", many, many)), 2 * (sizeof many - 1));
	arena_finish(&a);
}

static void names_addresses_by_offset(void **state)
{
	struct arena a;
	int outside = 0;

	(void)state;
	arena_init(&a, 1 << 20);
	char *text = arena_text(&a, "x");
	uint32_t offset = arena_offset(&a, text);
	assert_true(offset > 0);
	assert_ptr_equal(arena_address(&a, offset), text);
	assert_int_equal(arena_offset(&a, &outside), 0);
	assert_null(arena_address(&a, 0));
	assert_null(arena_address(&a, (uint32_t)a.used));
	arena_finish(&a);
}

/* Runs in a process of its own, because it ends it. */
static int status_after(size_t size)
{
	int status = 0;
	pid_t child = fork();

	if (child == 0) {
		struct arena a;
		(void)freopen("/dev/null", "w", stderr);
		arena_init(&a, 4096);
		(void)arena_alloc(&a, size);
		_exit(0);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	return WEXITSTATUS(status);
}

static void gives_back_from_a_mark(void **state)
{
	struct arena a;

	(void)state;
	arena_init(&a, 4096);
	char *kept = arena_text(&a, "kept");
	size_t mark = arena_mark(&a);
	char *gone = arena_text(&a, "gone");
	arena_rewind(&a, mark);
	assert_string_equal(kept, "kept");
	assert_ptr_equal(arena_alloc(&a, 5), gone);
	assert_string_equal(gone, "");
	arena_finish(&a);
}

static void ends_the_process_when_it_is_full(void **state)
{
	(void)state;
	assert_int_equal(status_after(4000), 0);
	assert_int_equal(status_after(4096), 1);
	assert_int_equal(status_after(SIZE_MAX - 100), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(gives_zeroed_aligned_memory),
		cmocka_unit_test(grows_the_newest_in_place),
		cmocka_unit_test(copies_and_formats),
		cmocka_unit_test(names_addresses_by_offset),
		cmocka_unit_test(gives_back_from_a_mark),
		cmocka_unit_test(ends_the_process_when_it_is_full),
	};

	return cmocka_run_group_tests_name("arena", tests, NULL, NULL);
}
