#include "runtime/plan/plan.h"
#include "spec/json/write.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static const char v1[] = "kernel = 6.1\nhierarchy v1 cpu,cpuacct /c /\nhierarchy v1 memory /m /\nhierarchy v1 pids /p /\n"
			 "hierarchy v1 blkio /b /\nhierarchy v1 devices /d /\n";
static const char v2[] = "kernel = 6.12\nhierarchy v2 cpu,memory,pids,io,hugetlb /sys/fs/cgroup /\n";

/* What holds, what is asked for, and what is written for it; then what is kept. */
struct update {
	const char *host, *kept, *changes, *written, *merged;
};

static const struct update updates[] = {
	{ v2, "{}", "{\"pids\":{\"limit\":7}}", "pids.max=7\n", "{\"pids\":{\"limit\":7}}" },
	{ v2, "{\"pids\":{\"limit\":9}}", "{\"pids\":{\"limit\":0},\"cpu\":{\"shares\":0,\"cpus\":\"\"},\"memory\":{\"limit\":0},\"blockIO\":{\"weight\":0}}",
	  "", "{\"memory\":{},\"cpu\":{},\"pids\":{\"limit\":9},\"blockIO\":{}}" },
	/* quota and period are one file on v2 */
	{ v2, "{\"cpu\":{\"quota\":50000,\"period\":100000,\"shares\":512}}", "{\"cpu\":{\"quota\":20000}}", "cpu.max=20000 100000\n",
	  "{\"cpu\":{\"shares\":512,\"quota\":20000,\"period\":100000}}" },
	{ v2, "{\"cpu\":{\"quota\":50000}}", "{\"cpu\":{\"period\":50000}}", "cpu.max=50000 50000\n",
	  "{\"cpu\":{\"quota\":50000,\"period\":50000}}" },
	{ v1, "{\"cpu\":{\"quota\":50000,\"period\":100000}}", "{\"cpu\":{\"quota\":-1}}", "cpu.cfs_period_us=100000\ncpu.cfs_quota_us=-1\n",
	  "{\"cpu\":{\"quota\":-1,\"period\":100000}}" },
	{ v2, "{\"cpu\":{\"idle\":1}}", "{\"cpu\":{\"idle\":0}}", "cpu.idle=0\n", "{\"cpu\":{\"idle\":0}}" },
	/* swap is told as memory and swap together */
	{ v2, "{\"memory\":{\"limit\":100,\"swap\":300}}", "{\"memory\":{\"limit\":200}}", "memory.max=200\nmemory.swap.max=100\n",
	  "{\"memory\":{\"limit\":200,\"swap\":300}}" },
	{ v2, "{\"memory\":{\"limit\":100}}", "{\"memory\":{\"swap\":150}}", "memory.max=100\nmemory.swap.max=50\n",
	  "{\"memory\":{\"limit\":100,\"swap\":150}}" },
	{ v1, "{\"memory\":{\"limit\":100,\"swap\":300}}", "{\"memory\":{\"limit\":-1}}",
	  "memory.limit_in_bytes=-1\nmemory.memsw.limit_in_bytes=-1\n", "{\"memory\":{\"limit\":-1,\"swap\":-1}}" },
	{ v2, "{\"memory\":{\"limit\":100}}", "{\"memory\":{\"reservation\":50}}", "memory.low=50\n",
	  "{\"memory\":{\"limit\":100,\"reservation\":50}}" },
	/* lists: one entry a device, the last one wins */
	{ v2, "{\"blockIO\":{\"throttleReadBpsDevice\":[{\"major\":8,\"minor\":0,\"rate\":1},{\"major\":8,\"minor\":16,\"rate\":2}]}}",
	  "{\"blockIO\":{\"throttleReadBpsDevice\":[{\"major\":8,\"minor\":0,\"rate\":0}]}}", "io.max=8:0 rbps=max\n",
	  "{\"blockIO\":{\"throttleReadBpsDevice\":[{\"major\":8,\"minor\":16,\"rate\":2},{\"major\":8,\"minor\":0,\"rate\":0}]}}" },
	{ v2, "{\"unified\":{\"memory.high\":\"1\",\"memory.oom.group\":\"1\"}}", "{\"unified\":{\"memory.high\":\"max\"}}", "memory.high=max\n",
	  "{\"unified\":{\"memory.oom.group\":\"1\",\"memory.high\":\"max\"}}" },
	{ v2, "{\"hugepageLimits\":[{\"pageSize\":\"2MB\",\"limit\":0}]}", "{\"hugepageLimits\":[{\"pageSize\":\"2MB\",\"limit\":4}]}",
	  "hugetlb.2MB.max=4\nhugetlb.2MB.rsvd.max=4\n", "{\"hugepageLimits\":[{\"pageSize\":\"2MB\",\"limit\":4}]}" },
	/* the denial of all that engines begin with is nothing */
	{ v1, "{\"devices\":[{\"allow\":true,\"type\":\"c\",\"major\":1,\"minor\":2}]}", "{\"devices\":[{\"allow\":false,\"access\":\"rwm\"}]}", "",
	  "{\"devices\":[{\"allow\":true,\"type\":\"c\",\"major\":1,\"minor\":2}]}" },
};

static const void *read_resources(struct arena *a, const char *text)
{
	struct problems problems;

	problems_init(&problems, a);
	const void *r = json_read(&record_resources, text, strlen(text), &problems);
	assert_int_equal(problems.count, 0);
	return r;
}

static void make(struct arena *a, const char *host, const char *kept, const char *changes, struct plan_update *out)
{
	struct spec *spec = arena_alloc(a, sizeof *spec);
	struct facts *facts = arena_alloc(a, sizeof *facts);
	struct problems problems;
	struct err e = ERR_NONE;

	assert_int_equal(facts_read(host, a, facts, &e), 0);
	spec->linux = arena_alloc(a, sizeof *spec->linux);
	spec->linux->resources = (void *)(uintptr_t)read_resources(a, kept);
	spec->linux->cgroups_path = "/web";
	problems_init(&problems, a);
	struct plan_request request = { .spec = spec, .facts = facts, .arena = a, .id = "web", .bundle = "/b" };
	assert_true(plan_update(&request, read_resources(a, changes), &problems, out));
	assert_true(plan_is_sound(&out->plan));
}

static void writes_what_changes_and_what_belongs_to_it(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof updates / sizeof *updates; i++) {
		const struct update *u = &updates[i];
		struct plan_update update;
		struct text written, merged;
		struct arena a;

		arena_init(&a, 16 << 20);
		text_init(&written, &a);
		text_init(&merged, &a);
		make(&a, u->host, u->kept, u->changes, &update);
		for (size_t k = 0; k < plan_count(&update.plan); k++) {
			const struct op *op = plan_find_op(&update.plan, k);
			const struct op_limit *limit = plan_payload(&update.plan, op);
			if (op->kind == OP_LIMIT)
				text_add(&written, "%s=%s\n", plan_get_text(&update.plan, limit->file),
					 plan_get_text(&update.plan, limit->value));
		}
		json_write(&record_resources, update.merged, JSON_LINE, &merged);
		assert_string_equal(written.at, u->written);
		assert_string_equal(merged.at, u->merged);
		arena_finish(&a);
	}
}

/* v1 is told the new rules only, and the default ones after them. */
static void device_rules_in_force_are_counted(void **state)
{
	struct plan_update update;
	struct arena a;

	(void)state;
	arena_init(&a, 16 << 20);
	make(&a, v1, "{\"devices\":[{\"allow\":false},{\"allow\":true,\"type\":\"c\",\"major\":1,\"minor\":2}]}",
	     "{\"devices\":[{\"allow\":false},{\"allow\":true,\"type\":\"c\",\"major\":10,\"minor\":200}]}", &update);
	assert_int_equal(update.devices_in_force, 3);
	const struct op_device_rule *rule = plan_payload(&update.plan, plan_find_op(&update.plan, 3));
	assert_string_equal(plan_get_text(&update.plan, rule->major), "10");
	arena_finish(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(writes_what_changes_and_what_belongs_to_it),
		cmocka_unit_test(device_rules_in_force_are_counted),
	};

	return cmocka_run_group_tests_name("update", tests, NULL, NULL);
}
