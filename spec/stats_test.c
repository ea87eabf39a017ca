#include "spec/stats.h"

#include "spec/json/read.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

/* The form is a promise to those who read it: conductor, and everyone's scripts. */
static const char line[] =
	"{\"time\":\"2026-11-24T00:36:00.000000000Z\",\"monotonic_us\":8123456789,\"id\":\"web\",\"cgroup\":\"/web\","
	"\"status\":\"running\",\"pid\":4422,"
	"\"cpu\":{\"usage_us\":120034,\"user_us\":90012,\"system_us\":30022,\"weight\":100,\"quota_us\":50000,\"period_us\":100000,"
	"\"periods\":40,\"throttled_periods\":3,\"throttled_us\":1200,\"bursts\":0,\"burst_us\":0,"
	"\"pressure\":{\"some\":{\"avg10_percent\":0.21,\"avg60_percent\":100.00,\"avg300_percent\":2.04,\"total_us\":47718}}},"
	"\"memory\":{\"usage_bytes\":1048576,\"working_bytes\":917504,\"limit_bytes\":67108864,\"peak_bytes\":2097152,\"low_bytes\":0,"
	"\"anonymous_bytes\":524288,\"file_bytes\":393216,\"inactive_file_bytes\":131072,\"kernel_bytes\":98304,"
	"\"swap_bytes\":0,\"swap_limit_bytes\":0,\"swap_peak_bytes\":0,\"faults\":800,\"major_faults\":2,"
	"\"limit_hits\":0,\"ooms\":0,\"oom_kills\":0},"
	"\"pids\":{\"count\":2,\"limit\":20,\"peak\":3,\"limit_hits\":0},"
	"\"io\":{\"devices\":[{\"major\":8,\"minor\":0,\"read_bytes\":4096,\"write_bytes\":0,\"discard_bytes\":0,"
	"\"reads\":1,\"writes\":0,\"discards\":0}]},"
	"\"hugetlb\":[{\"page_size\":\"2MB\",\"usage_bytes\":0,\"limit_bytes\":0,\"peak_bytes\":0,\"limit_hits\":0}],"
	"\"network\":[{\"name\":\"eth0\",\"received_bytes\":1,\"received_packets\":2,\"received_errors\":3,\"received_drops\":4,"
	"\"sent_bytes\":5,\"sent_packets\":6,\"sent_errors\":7,\"sent_drops\":8}]}";

static const struct stats *read_line(struct arena *a, struct problems *p, const char *text)
{
	problems_init(p, a);
	return json_read(&record_stats, text, strlen(text), p);
}

static void what_is_written_is_read(void **state)
{
	struct arena a;
	struct problems p;
	struct text out;

	(void)state;
	arena_init(&a, 1 << 20);
	const struct stats *s = read_line(&a, &p, line);
	assert_int_equal(p.count, 0);
	assert_int_equal(s->cpu->pressure->some->avg10.value, 21);
	assert_int_equal(s->cpu->pressure->some->avg60.value, 10000);
	assert_null(s->cpu->pressure->full);
	assert_int_equal(s->memory->limit.value, 67108864);
	assert_int_equal(s->io->devices.at[0].read_bytes.value, 4096);
	assert_string_equal(s->network.at[0].name, "eth0");
	text_init(&out, &a);
	json_write(&record_stats, s, JSON_LINE, &out);
	assert_string_equal(out.at, line);
	arena_finish(&a);
}

static void absent_is_not_zero(void **state)
{
	struct arena a;
	struct problems p;
	struct text out;
	struct stats_memory memory = { .usage = { true, 0 } };
	struct stats s = { .cgroup = "/x", .memory = &memory };

	(void)state;
	arena_init(&a, 1 << 20);
	text_init(&out, &a);
	json_write(&record_stats, &s, JSON_LINE, &out);
	assert_string_equal(out.at, "{\"cgroup\":\"/x\",\"memory\":{\"usage_bytes\":0}}");
	const struct stats *back = read_line(&a, &p, out.at);
	assert_int_equal(p.count, 0);
	assert_true(back->memory->usage.is_set);
	assert_false(back->memory->limit.is_set);
	assert_null(back->cpu);
	arena_finish(&a);
}

static void a_percentage_has_two_decimals(void **state)
{
	static const char *const bad[] = { "1", "1.2", "1.234", "-1.00", "1e2", ".50", "184467440737095516.16" };
	struct arena a;
	struct problems p;

	(void)state;
	arena_init(&a, 1 << 20);
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		(void)read_line(&a, &p, arena_format(&a, "{\"cpu\":{\"pressure\":{\"full\":{\"avg10_percent\":%s}}}}", bad[i]));
		assert_int_equal(p.mistakes, 1);
	}
	arena_finish(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_written_is_read),
		cmocka_unit_test(absent_is_not_zero),
		cmocka_unit_test(a_percentage_has_two_decimals),
	};

	return cmocka_run_group_tests_name("stats", tests, NULL, NULL);
}
