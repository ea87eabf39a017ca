#include "spec/json/keys.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static void notices_a_second_key(void **state)
{
	struct arena a;
	struct key_set set = { .arena = &a };

	(void)state;
	arena_init(&a, 1 << 20);
	assert_true(keys_add(&set, 0, "ab", 2));
	assert_true(keys_add(&set, 0, "ab", 1));
	assert_true(keys_add(&set, 0, "", 0));
	assert_true(keys_add(&set, 1, "ab", 2));
	assert_false(keys_add(&set, 0, "abc", 2));
	assert_false(keys_add(&set, 0, "x", 0));
	assert_false(keys_add(&set, 1, "ab", 2));
	arena_finish(&a);
}

/* Words with one FNV-1a hash of 32 bits, by twos. */
static void tells_keys_with_one_hash_apart(void **state)
{
	static const char *const words[] = { "declinate", "macallums", "costarring", "liquid" };
	struct arena a;
	struct key_set set = { .arena = &a };

	(void)state;
	arena_init(&a, 1 << 20);
	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		assert_true(keys_add(&set, 0, words[i], strlen(words[i])));
	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		assert_false(keys_add(&set, 0, words[i], strlen(words[i])));
	arena_finish(&a);
}

static void remembers_keys_when_it_grows(void **state)
{
	enum { MANY = 5000 };
	static char keys[MANY][16];
	struct arena a;
	struct key_set set = { .arena = &a };

	(void)state;
	arena_init(&a, ARENA_SIZE);
	for (int i = 0; i < MANY; i++) {
		(void)snprintf(keys[i], sizeof keys[i], "k%d", i);
		assert_true(keys_add(&set, 0, keys[i], strlen(keys[i])));
	}
	for (int i = 0; i < MANY; i++)
		assert_false(keys_add(&set, 0, keys[i], strlen(keys[i])));
	arena_finish(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(notices_a_second_key),
		cmocka_unit_test(tells_keys_with_one_hash_apart),
		cmocka_unit_test(remembers_keys_when_it_grows),
	};

	return cmocka_run_group_tests_name("json/keys", tests, NULL, NULL);
}
