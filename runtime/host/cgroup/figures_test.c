#include "runtime/host/cgroup/figures.h"

#include "runtime/host/cgroup/stats.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

/* A tree of files as the kernel writes them, so that every dialect is read on every host. */
struct tree {
	struct arena arena;
	struct facts facts;
	char root[64];
};

static int make(void **state)
{
	static struct tree t; /* one test at a time */

	t = (struct tree){ .root = "/tmp/boxcar-figures-XXXXXX" };
	arena_init(&t.arena, 16 << 20);
	assert_non_null(mkdtemp(t.root));
	*state = &t;
	return 0;
}

static int finish(void **state)
{
	struct tree *t = *state;
	char command[128];

	(void)snprintf(command, sizeof command, "rm -r %s", t->root);
	assert_int_equal(system(command), 0);
	arena_finish(&t->arena);
	return 0;
}

static void hierarchy(struct tree *t, int version, const char *controllers, const char *name)
{
	const char *path = arena_format(&t->arena, "%s/%s", t->root, name);

	assert_int_equal(mkdir(path, 0755), 0);
	assert_int_equal(mkdir(arena_format(&t->arena, "%s/web", path), 0755), 0);
	t->facts.hierarchies[t->facts.hierarchy_count++] =
		(struct facts_hierarchy){ .mount_point = path, .controllers = controllers, .own_path = "/", .version = version };
}

static void file(struct tree *t, const char *name, const char *text)
{
	FILE *out = fopen(arena_format(&t->arena, "%s/%s", t->root, name), "w");

	assert_non_null(out);
	assert_true(fputs(text, out) >= 0);
	assert_int_equal(fclose(out), 0);
}

static const struct stats *sample(struct tree *t)
{
	struct cgroup c = { &t->facts, "/web", &t->arena };
	struct stats *out = arena_alloc(&t->arena, sizeof *out);
	struct sampler sampler;
	struct err e = ERR_NONE;

	assert_int_equal(sampler_open(&c, 0, &sampler, &e), 0);
	assert_true(sampler_read(&sampler, &t->arena, out));
	sampler_close(&sampler);
	return out;
}

static const char *print(struct tree *t, struct stats s)
{
	struct text out;

	s.time = NULL;
	s.monotonic.is_set = false;
	text_init(&out, &t->arena);
	json_write(&record_stats, &s, JSON_LINE, &out);
	return out.at;
}

static void v2_files_are_read(void **state)
{
	struct tree *t = *state;

	hierarchy(t, 2, "cpu io memory pids hugetlb", "u");
	file(t, "u/web/cpu.stat", "usage_usec 30\nuser_usec 20\nsystem_usec 10\nnice_usec 0\nnr_periods 4\nnr_throttled 3\n"
				  "throttled_usec 200\nnr_bursts 1\nburst_usec 5\n");
	file(t, "u/web/cpu.weight", "79\n");
	file(t, "u/web/cpu.max", "50000 100000\n");
	file(t, "u/web/cpu.pressure", "some avg10=1.50 avg60=0.02 avg300=100.00 total=77\nfull avg10=0.00 avg60=0.00 avg300=0.00 total=0\n");
	file(t, "u/web/memory.current", "1000\n");
	file(t, "u/web/memory.max", "max\n");
	file(t, "u/web/memory.peak", "1500\n");
	file(t, "u/web/memory.stat", "anon 500\nfile 400\nkernel 100\ninactive_anon 7\ninactive_file 300\npgfault 9\npgmajfault 1\n");
	file(t, "u/web/memory.events", "low 0\nhigh 0\nmax 6\noom 2\noom_kill 1\noom_group_kill 0\n");
	file(t, "u/web/memory.swap.current", "10\n");
	file(t, "u/web/memory.swap.max", "64\n");
	file(t, "u/web/pids.current", "3\n");
	file(t, "u/web/pids.max", "max\n");
	file(t, "u/web/pids.events", "max 8\n");
	file(t, "u/web/io.stat", "8:0 rbytes=1 wbytes=2 rios=3 wios=4 dbytes=5 dios=6\n253:1 \n259:2 rbytes=7 wbytes=0 rios=1 wios=0 dbytes=0 dios=0\n");
	file(t, "u/web/hugetlb.2MB.max", "4194304\n");
	file(t, "u/web/hugetlb.2MB.current", "2097152\n");
	file(t, "u/web/hugetlb.2MB.events", "max 1\n");
	assert_string_equal(print(t, *sample(t)),
			    "{\"cgroup\":\"/web\",\"cpu\":{\"usage_us\":30,\"user_us\":20,\"system_us\":10,\"weight\":79,\"quota_us\":50000,"
			    "\"period_us\":100000,\"periods\":4,\"throttled_periods\":3,\"throttled_us\":200,\"bursts\":1,\"burst_us\":5,"
			    "\"pressure\":{\"some\":{\"avg10_percent\":1.50,\"avg60_percent\":0.02,\"avg300_percent\":100.00,\"total_us\":77},"
			    "\"full\":{\"avg10_percent\":0.00,\"avg60_percent\":0.00,\"avg300_percent\":0.00,\"total_us\":0}}},"
			    "\"memory\":{\"usage_bytes\":1000,\"working_bytes\":700,\"peak_bytes\":1500,\"anonymous_bytes\":500,"
			    "\"file_bytes\":400,\"inactive_file_bytes\":300,\"kernel_bytes\":100,\"swap_bytes\":10,\"swap_limit_bytes\":64,"
			    "\"faults\":9,\"major_faults\":1,\"limit_hits\":6,\"ooms\":2,\"oom_kills\":1},"
			    "\"pids\":{\"count\":3,\"limit_hits\":8},"
			    "\"io\":{\"devices\":[{\"major\":8,\"minor\":0,\"read_bytes\":1,\"write_bytes\":2,\"discard_bytes\":5,\"reads\":3,"
			    "\"writes\":4,\"discards\":6},{\"major\":253,\"minor\":1},{\"major\":259,\"minor\":2,\"read_bytes\":7,"
			    "\"write_bytes\":0,\"discard_bytes\":0,\"reads\":1,\"writes\":0,\"discards\":0}]},"
			    "\"hugetlb\":[{\"page_size\":\"2MB\",\"usage_bytes\":2097152,\"limit_bytes\":4194304,\"limit_hits\":1}]}");
}

static void v1_files_are_read_on_the_same_scale(void **state)
{
	struct tree *t = *state;

	hierarchy(t, 1, "cpu,cpuacct", "cpu");
	hierarchy(t, 1, "memory", "memory");
	hierarchy(t, 1, "blkio", "blkio");
	hierarchy(t, 1, "hugetlb", "hugetlb");
	file(t, "cpu/web/cpuacct.usage", "30999\n");
	file(t, "cpu/web/cpu.stat", "nr_periods 4\nnr_throttled 3\nthrottled_time 200000\n");
	file(t, "cpu/web/cpu.shares", "1024\n");
	file(t, "cpu/web/cpu.cfs_quota_us", "-1\n");
	file(t, "cpu/web/cpu.cfs_period_us", "100000\n");
	file(t, "memory/web/memory.usage_in_bytes", "1000\n");
	file(t, "memory/web/memory.limit_in_bytes", "4096\n");
	file(t, "memory/web/memory.memsw.limit_in_bytes", "8192\n");
	file(t, "memory/web/memory.memsw.failcnt", "2\n");
	file(t, "memory/web/memory.failcnt", "1\n");
	file(t, "memory/web/memory.soft_limit_in_bytes", "9223372036854771712\n");
	file(t, "memory/web/memory.stat", "cache 1\ntotal_cache 600\ntotal_rss 300\ntotal_inactive_file 2000\n");
	file(t, "memory/web/memory.oom_control", "oom_kill_disable 0\nunder_oom 0\noom_kill 5\n");
	file(t, "blkio/web/blkio.throttle.io_service_bytes_recursive", "8:0 Read 11\n8:0 Write 12\n8:0 Sync 23\n8:0 Discard 13\n8:0 Total 36\nTotal 36\n");
	file(t, "blkio/web/blkio.throttle.io_serviced_recursive", "8:0 Read 1\n8:0 Write 2\n8:0 Total 3\nTotal 3\n");
	file(t, "hugetlb/web/hugetlb.1GB.limit_in_bytes", "9223372036854771712\n");
	file(t, "hugetlb/web/hugetlb.1GB.usage_in_bytes", "0\n");
	file(t, "hugetlb/web/hugetlb.1GB.failcnt", "0\n");
	file(t, "hugetlb/web/hugetlb.1GB.max_usage_in_bytes", "5\n");
	assert_string_equal(print(t, *sample(t)),
			    "{\"cgroup\":\"/web\",\"cpu\":{\"usage_us\":30,\"weight\":100,\"periods\":4,\"throttled_periods\":3,\"throttled_us\":200},"
			    "\"memory\":{\"usage_bytes\":1000,\"working_bytes\":0,\"limit_bytes\":4096,\"anonymous_bytes\":300,\"file_bytes\":600,"
			    "\"inactive_file_bytes\":2000,\"swap_limit_bytes\":4096,\"limit_hits\":3,\"oom_kills\":5},"
			    "\"io\":{\"devices\":[{\"major\":8,\"minor\":0,\"read_bytes\":11,\"write_bytes\":12,\"discard_bytes\":13,\"reads\":1,"
			    "\"writes\":2}]},\"hugetlb\":[{\"page_size\":\"1GB\",\"usage_bytes\":0,\"peak_bytes\":5,\"limit_hits\":0}]}");
}

/* A hybrid host: what v1 counts is not taken from v2 again. */
static void v1_comes_before_v2(void **state)
{
	struct tree *t = *state;

	hierarchy(t, 1, "cpuacct", "cpuacct");
	hierarchy(t, 2, "", "u");
	file(t, "cpuacct/web/cpuacct.usage", "5000\n");
	file(t, "u/web/cpu.stat", "usage_usec 99\nuser_usec 3\n");
	assert_string_equal(print(t, *sample(t)), "{\"cgroup\":\"/web\",\"cpu\":{\"usage_us\":5,\"user_us\":3}}");
}

/* Where the processes are in v2's cgroup as well, its one file takes the place of v1's three. */
static void processor_time_is_read_once(void **state)
{
	struct tree *t = *state;

	hierarchy(t, 1, "cpuacct", "cpuacct");
	hierarchy(t, 2, "", "u");
	file(t, "cpuacct/web/cpuacct.usage", "5000\n");
	file(t, "cpuacct/web/cpuacct.usage_user", "4000\n");
	file(t, "u/web/cgroup.events", "populated 1\nfrozen 0\n");
	assert_string_equal(print(t, *sample(t)), "{\"cgroup\":\"/web\",\"cpu\":{\"usage_us\":5,\"user_us\":4}}");
	file(t, "u/web/cpu.stat", "usage_usec 99\nuser_usec 3\n");
	assert_string_equal(print(t, *sample(t)), "{\"cgroup\":\"/web\",\"cpu\":{\"usage_us\":99,\"user_us\":3}}");
	file(t, "u/web/cgroup.events", "populated 0\nfrozen 0\n");
	assert_string_equal(print(t, *sample(t)), "{\"cgroup\":\"/web\",\"cpu\":{\"usage_us\":5,\"user_us\":4}}");
}

static const char *read_sample(struct tree *t, struct sampler *s)
{
	struct stats out;

	assert_true(sampler_read(s, &t->arena, &out));
	return print(t, out);
}

static void limits_and_high_marks_are_read_seldom(void **state)
{
	struct tree *t = *state;
	struct cgroup c = { &t->facts, "/web", &t->arena };
	struct sampler s;
	struct err e = ERR_NONE;

	hierarchy(t, 2, "memory", "u");
	file(t, "u/web/memory.current", "10\n");
	file(t, "u/web/memory.max", "100\n");
	file(t, "u/web/memory.peak", "15\n");
	file(t, "u/web/cgroup.events", "frozen 0\n");
	assert_int_equal(sampler_open(&c, 0, &s, &e), 0);
	(void)read_sample(t, &s);
	assert_false(s.is_frozen);
	file(t, "u/web/memory.current", "20\n"); /* truncated and written: the sampler's file is the same */
	file(t, "u/web/memory.max", "200\n");
	file(t, "u/web/cgroup.events", "frozen 1\n");
	/* a high mark is never below what is */
	assert_string_equal(read_sample(t, &s), "{\"cgroup\":\"/web\",\"memory\":{\"usage_bytes\":20,\"limit_bytes\":100,\"peak_bytes\":20}}");
	assert_false(s.is_frozen);
	s.kept_at = 1; /* long ago */
	assert_string_equal(read_sample(t, &s), "{\"cgroup\":\"/web\",\"memory\":{\"usage_bytes\":20,\"limit_bytes\":200,\"peak_bytes\":20}}");
	assert_true(s.is_frozen);
	sampler_close(&s);
}

static void throttling_is_read_often_with_a_quota(void **state)
{
	struct tree *t = *state;
	struct cgroup c = { &t->facts, "/web", &t->arena };
	struct sampler s;
	struct err e = ERR_NONE;

	hierarchy(t, 1, "cpu", "cpu");
	file(t, "cpu/web/cpu.cfs_quota_us", "-1\n");
	file(t, "cpu/web/cpu.stat", "nr_periods 1\n");
	assert_int_equal(sampler_open(&c, 0, &s, &e), 0);
	(void)read_sample(t, &s);
	file(t, "cpu/web/cpu.cfs_quota_us", "500\n");
	file(t, "cpu/web/cpu.stat", "nr_periods 2\nnr_throttled 2\n");
	s.kept->cpu.weight = (struct opt_uint){ true, 100 }; /* so that there is something to show */
	assert_non_null(strstr(read_sample(t, &s), "\"periods\":1"));
	s.kept_at = 1;
	(void)read_sample(t, &s);
	file(t, "cpu/web/cpu.stat", "nr_periods 3\nnr_throttled 3\n");
	s.kept->cpu.weight = (struct opt_uint){ true, 100 };
	assert_non_null(strstr(read_sample(t, &s), "\"periods\":3"));
	sampler_close(&s);
}

static void strange_text_is_left_out(void **state)
{
	struct tree *t = *state;

	hierarchy(t, 2, "memory io", "u");
	file(t, "u/web/memory.current", "lots\n");
	file(t, "u/web/cpu.stat", "usage_usec\nuser_usec x\n\nsystem_usec 4");
	file(t, "u/web/io.stat", "8:0\n:1 rbytes=1\nnothing\n");
	file(t, "u/web/cpu.pressure", "");
	assert_string_equal(print(t, *sample(t)), "{\"cgroup\":\"/web\",\"cpu\":{\"system_us\":4}}");
}

static void a_missing_cgroup_is_an_error(void **state)
{
	struct tree *t = *state;
	struct cgroup c = { &t->facts, "/other", &t->arena };
	struct sampler sampler;
	struct err e = ERR_NONE;

	hierarchy(t, 2, "memory", "u");
	assert_int_equal(sampler_open(&c, 0, &sampler, &e), -1);
	assert_string_equal(e.text, "cgroup /other does not exist");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(v2_files_are_read, make, finish),
		cmocka_unit_test_setup_teardown(v1_files_are_read_on_the_same_scale, make, finish),
		cmocka_unit_test_setup_teardown(v1_comes_before_v2, make, finish),
		cmocka_unit_test_setup_teardown(processor_time_is_read_once, make, finish),
		cmocka_unit_test_setup_teardown(limits_and_high_marks_are_read_seldom, make, finish),
		cmocka_unit_test_setup_teardown(throttling_is_read_often_with_a_quota, make, finish),
		cmocka_unit_test_setup_teardown(strange_text_is_left_out, make, finish),
		cmocka_unit_test_setup_teardown(a_missing_cgroup_is_an_error, make, finish),
	};

	return cmocka_run_group_tests_name("figures", tests, NULL, NULL);
}
