#include "runtime/libexec/systemd/property.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

static const char block[] = "MemoryMax\0t\0optional\0" "1\0" "5\0"
			    "AllowedCPUs\0ay\0optional\0" "2\0" "255\0" "1\0"
			    "Slice\0s\0\0" "1\0" "a.slice\0"
			    "DeviceAllow\0a(ss)\0\0" "4\0" "char-*\0m\0/dev/char/1:3\0rwm";

static void test_reading(void **state)
{
	struct texts t = { block, block + sizeof block };
	struct property *properties = properties_read(&t, 4);

	(void)state;
	assert_non_null(properties);
	assert_ptr_equal(t.at, t.end);
	assert_string_equal(properties[1].name, "AllowedCPUs");
	assert_string_equal(properties[1].signature, "ay");
	assert_true(properties[1].is_optional);
	assert_false(properties[2].is_optional);
	assert_int_equal(properties[3].value_count, 4);
	free(properties);
}

/* The runtime wrote it; yet nothing is read beyond its end. */
static void test_damage(void **state)
{
	static const struct {
		const char *bytes;
		size_t size;
	} rows[] = {
		{ "", 0 },           { "Name", 4 },
		{ "Name", 5 },       { "Name\0t\0\0", 8 },
		{ "N\0t\0\0" "1", 6 }, { "N\0t\0\0" "1\0", 7 },
		{ "N\0t\0\0x\0", 7 }, { "N\0t\0\0" "99999999999\0", 17 },
		{ "N\0t\0\0" "2\0" "5\0", 9 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct texts t = { rows[i].bytes, rows[i].bytes + rows[i].size };
		assert_null(properties_read(&t, 1));
	}
	struct texts t = { block, block + sizeof block };
	assert_null(properties_read(&t, 5));
	t = (struct texts){ block, block + sizeof block };
	assert_null(properties_read(&t, UINT32_MAX));
}

static void test_dropping(void **state)
{
	struct texts t = { block, block + sizeof block };
	struct property *properties = properties_read(&t, 4);

	(void)state;
	assert_non_null(properties);
	assert_false(properties_drop(properties, 4, "Cannot set property Slice, or unknown property."));
	assert_false(properties_drop(properties, 4, "Cannot set property MemoryMaxima, or unknown property."));
	assert_false(properties_drop(properties, 4, "Cannot set property StartupAllowedCPUs, or unknown property."));
	assert_true(properties_drop(properties, 4, "Cannot set property AllowedCPUs, or unknown property."));
	assert_true(properties[1].is_dropped);
	assert_false(properties[0].is_dropped);
	assert_false(properties_drop(properties, 4, "Cannot set property AllowedCPUs, or unknown property."));
	assert_true(properties_drop(properties, 4, "MemoryMax"));
	free(properties);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_reading),
		cmocka_unit_test(test_damage),
		cmocka_unit_test(test_dropping),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
