#include "spec/json/read.h"
#include "spec/json/write.h"
#include "spec/model.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

/* Read, write, and compare the text. */
static void assert_written(const struct record *record, const char *json, enum json_style style, const char *wanted)
{
	struct problems p;
	struct arena a;
	struct text t;

	arena_init(&a, ARENA_SIZE);
	problems_init(&p, &a);
	const void *model = json_read(record, json, strlen(json), &p);
	assert_int_equal(p.mistakes, 0);
	text_init(&t, &a);
	json_write(record, model, style, &t);
	assert_string_equal(t.at, wanted);
	arena_finish(&a);
}

static void writes_what_is_present_in_the_rows_order(void **state)
{
	(void)state;
	assert_written(&record_spec,
		       "{ \"hostname\" : \"\", \"linux\":{}, \"mounts\":[], \"annotations\":{\"z\":\"1\",\"a\":\"\"}, "
		       "\"domainname\":"
		       "null, \"ociVersion\":\"1\" }",
		       JSON_LINE,
		       "{\"ociVersion\":\"1\",\"hostname\":\"\",\"mounts\":[],\"linux\":{},\"annotations\":{\"z\":"
		       "\"1\",\"a\":\"\"}}");
}

static void writes_every_kind(void **state)
{
	static const char process[] =
		"{\"terminal\":false,\"user\":{\"uid\":0,\"additionalGids\":[1,2]},\"args\":[\"a\",\"\"],\"cwd\":\"/\","
		"\"rlimits\":[{\"type\":\"RLIMIT_CPU\",\"hard\":18446744073709551615,\"soft\":0}],\"oomScoreAdj\":-5,"
		"\"ioPriority\":{\"class\":\"IOPRIO_CLASS_IDLE\"},\"scheduler\":{\"policy\":\"SCHED_FIFO\",\"flags\":["
		"\"SCHED_FLAG_RECLAIM\"]}}";

	(void)state;
	assert_written(&record_process, process, JSON_LINE, process);
	assert_written(&record_resources, "{\"rdma\":{\"b\":{},\"a\":{\"hcaHandles\":1}}}", JSON_LINE,
		       "{\"rdma\":{\"b\":{},\"a\":{\"hcaHandles\":1}}}");
}

static void indents(void **state)
{
	static const char json[] = "{\"cwd\":\"/\",\"args\":[\"a\",\"b\"],\"env\":[],\"user\":{}}";

	(void)state;
	assert_written(&record_process, json, JSON_TABS,
		       "{\n\t\"user\": {},\n\t\"args\": [\n\t\t\"a\",\n\t\t\"b\"\n\t],\n\t\"env\": [],\n\t\"cwd\": "
		       "\"/\"\n}\n");
	assert_written(&record_process, json, JSON_SPACES,
		       "{\n  \"user\": {},\n  \"args\": [\n    \"a\",\n    \"b\"\n  ],\n  \"env\": [],\n  \"cwd\": "
		       "\"/\"\n}\n");
}

static void escapes_texts(void **state)
{
	struct arena a;
	struct text t;

	(void)state;
	arena_init(&a, 1 << 20);
	text_init(&t, &a);
	json_write_text("a\"b\\c/\n\t\r\x01\x1f\x7f\xc3\xa9", &t);
	assert_string_equal(t.at, "\"a\\\"b\\\\c/\\n\\t\\u000d\\u0001\\u001f\x7f\xc3\xa9\"");
	text_init(&t, &a);
	json_write_text("", &t);
	assert_string_equal(t.at, "\"\"");
	arena_finish(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(writes_what_is_present_in_the_rows_order),
		cmocka_unit_test(writes_every_kind),
		cmocka_unit_test(indents),
		cmocka_unit_test(escapes_texts),
	};

	return cmocka_run_group_tests_name("json/write", tests, NULL, NULL);
}
