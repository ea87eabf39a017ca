#include "runtime/plan/facts.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static const char hybrid[] = "# a comment\n"
			     "\n"
			     "kernel = 6.1\n"
			     "uid = 1000\n"
			     "gid = 4294967294\n"
			     "is_in_user_namespace = true\n"
			     "capabilities = 1fffeffffff\n"
			     "last_capability = 41\n"
			     "hard_limit nofile = 20000\n"
			     "hard_limit rttime = 7\n"
			     "hard_limit core = unlimited\n"
			     "has_seccomp = true\n"
			     "hierarchy v1 name=systemd /sys/fs/cgroup/systemd /user.slice\n"
			     "hierarchy v1 cpu,cpuacct /sys/fs/cgroup/cpu,cpuacct /\n"
			     "hierarchy v2 cpu,memory,pids /sys/fs/cgroup/unified /own\n";

static void reads_all(void **state)
{
	struct arena a;
	struct facts f;
	struct err e = ERR_NONE;

	(void)state;
	arena_init(&a, 1 << 20);
	assert_int_equal(facts_read(hybrid, &a, &f, &e), 0);
	assert_int_equal(f.kernel, KERNEL(6, 1));
	assert_true(f.kernel < KERNEL(6, 10));
	assert_int_equal(f.uid, 1000);
	assert_int_equal(f.gid, 4294967294);
	assert_true(f.is_in_user_namespace && f.has_seccomp);
	assert_int_equal(f.capabilities, 0x1fffeffffff);
	assert_int_equal(f.last_capability, 41);
	assert_int_equal(f.hard_limits[7], 20000);
	assert_int_equal(f.hard_limits[15], 7);
	assert_true(f.hard_limits[4] == UINT64_MAX && f.hard_limits[0] == UINT64_MAX);
	assert_int_equal(f.hierarchy_count, 3);
	assert_string_equal(f.hierarchies[2].controllers, "cpu memory pids");
	assert_string_equal(f.hierarchies[2].mount_point, "/sys/fs/cgroup/unified");
	assert_string_equal(f.hierarchies[2].own_path, "/own");
	arena_finish(&a);
}

static const char *find(const struct facts *f, const char *controller)
{
	const struct facts_hierarchy *h = facts_find_controller(f, controller);

	return h ? h->mount_point : NULL;
}

static void finds_controllers(void **state)
{
	struct arena a;
	struct facts f;
	struct err e = ERR_NONE;

	(void)state;
	arena_init(&a, 1 << 20);
	assert_int_equal(facts_read(hybrid, &a, &f, &e), 0);
	assert_string_equal(find(&f, "cpu"), "/sys/fs/cgroup/cpu,cpuacct"); /* v2 has it too: v1 wins */
	assert_string_equal(find(&f, "cpuacct"), "/sys/fs/cgroup/cpu,cpuacct");
	assert_string_equal(find(&f, "name=systemd"), "/sys/fs/cgroup/systemd");
	assert_string_equal(find(&f, "memory"), "/sys/fs/cgroup/unified");
	assert_string_equal(find(&f, ""), "/sys/fs/cgroup/unified");
	assert_null(find(&f, "mem"));
	assert_null(find(&f, "memory pids"));
	assert_null(find(&f, "cpu,cpuacct"));
	assert_null(find(&f, "acct"));
	assert_false(facts_is_unified(&f));
	assert_int_equal(facts_read("hierarchy v2 - /sys/fs/cgroup /\n", &a, &f, &e), 0);
	assert_true(facts_is_unified(&f));
	assert_string_equal(find(&f, ""), "/sys/fs/cgroup");
	assert_null(find(&f, "-"));
	assert_int_equal(facts_read("", &a, &f, &e), 0);
	assert_true(facts_is_unified(&f));
	assert_null(find(&f, ""));
	assert_int_equal(f.last_capability, 40);
	arena_finish(&a);
}

static void refuses_what_is_no_fact(void **state)
{
	static const char *const bad[] = { "nonsense = 1",
					   "kernel = 6",
					   "kernel = 6.x",
					   "kernel = 70000.1",
					   "uid = -1",
					   "uid = 4294967296",
					   "uid=1",
					   "has_seccomp = yes",
					   "capabilities = ",
					   "capabilities = 0x1",
					   "capabilities = 11111111111111111",
					   "hard_limit nothing = 1",
					   "hard_limit nofile = many",
					   "hierarchy v3 cpu /sys/fs/cgroup /",
					   "hierarchy v1 cpu /sys/fs/cgroup",
					   "hierarchy v1 cpu sys /",
					   "hierarchy v1 cpu /sys/fs/cgroup / more" };
	struct arena a;
	struct facts f = { .uid = 7 };

	(void)state;
	arena_init(&a, 1 << 20);
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		struct err e = ERR_NONE;
		assert_int_equal(facts_read(arena_format(&a, "uid = 1\n%s\n", bad[i]), &a, &f, &e), -1);
		assert_string_equal(e.text, arena_format(&a, "facts: line 2 is not a fact: %s", bad[i]));
		assert_int_equal(f.uid, 7);
	}
	arena_finish(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_all),
		cmocka_unit_test(finds_controllers),
		cmocka_unit_test(refuses_what_is_no_fact),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
