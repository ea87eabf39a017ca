#include "spec/json/read.h"
#include "spec/json/write.h"
#include "spec/model.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

struct fixture {
	struct arena arena;
	struct problems problems;
	char printed[1 << 16];
};

static int make(void **state)
{
	static struct fixture f; /* one test at a time */

	f = (struct fixture){ 0 };
	arena_init(&f.arena, ARENA_SIZE);
	*state = &f;
	return 0;
}

static int finish(void **state)
{
	struct fixture *f = *state;

	arena_finish(&f->arena);
	return 0;
}

/* Read by a record, and print what is wrong into f->printed. */
static void *read_bytes(struct fixture *f, const struct record *record, const char *text, size_t length)
{
	FILE *stream = fmemopen(f->printed, sizeof f->printed, "w");

	assert_non_null(stream);
	memset(f->printed, 0, sizeof f->printed);
	problems_init(&f->problems, &f->arena);
	void *model = json_read(record, text, length, &f->problems);
	problems_place(&f->problems, text, length);
	problems_print(&f->problems, "c.json", stream);
	(void)fclose(stream);
	return model;
}

static void *read_text(struct fixture *f, const struct record *record, const char *text)
{
	return read_bytes(f, record, text, strlen(text));
}

static void reads_what_is_there(void **state)
{
	struct fixture *f = *state;
	const struct spec *s = read_text(f, &record_spec,
					 "{\"ociVersion\":\"1.0.2\",\"hostname\":\"\",\"mounts\":[],\"annotations\":{},"
					 "\"process\":{\"cwd\":\"/\",\"args\":[\"sh\",\"-c\",\"\"],\"env\":null,"
					 "\"terminal\":false,\"user\":{\"uid\":7,\"additionalGids\":[1,4294967294]}}}");

	assert_string_equal(f->printed, "");
	assert_string_equal(s->oci_version, "1.0.2");
	assert_string_equal(s->hostname, "");
	assert_null(s->domainname);
	assert_non_null(s->mounts.at);
	assert_int_equal(s->mounts.count, 0);
	assert_non_null(s->annotations.at);
	assert_null(s->linux);
	assert_int_equal(s->process->args.count, 3);
	assert_string_equal(s->process->args.at[2], "");
	assert_null(s->process->env.at);
	assert_true(s->process->terminal.is_set);
	assert_false(s->process->terminal.value);
	assert_int_equal(s->process->user->uid.value, 7);
	assert_false(s->process->user->gid.is_set);
	assert_true(s->process->user->additional_gids.at[1] == 4294967294u);
}

static void reads_named_objects_maps_and_words(void **state)
{
	struct fixture *f = *state;
	const struct spec *s = read_text(f, &record_spec,
					 "{\"ociVersion\":\"1\",\"linux\":{\"netDevices\":{\"eth0\":{\"name\":\"a\"},"
					 "\"eth1\":{}},"
					 "\"sysctl\":{\"net.b\":\"1\",\"net.a\":\"\"},\"rootfsPropagation\":\"rslave\","
					 "\"namespaces\":[{\"type\":\"time\"},{\"type\":\"mount\",\"path\":\"/x\"}]}}");

	assert_string_equal(f->printed, "");
	assert_int_equal(s->linux->net_devices.count, 2);
	assert_string_equal(s->linux->net_devices.at[0].key, "eth0");
	assert_string_equal(s->linux->net_devices.at[0].name, "a");
	assert_string_equal(s->linux->net_devices.at[1].key, "eth1");
	assert_null(s->linux->net_devices.at[1].name);
	assert_string_equal(s->linux->sysctl.at[0].key, "net.b");
	assert_string_equal(s->linux->sysctl.at[1].value, "");
	assert_int_equal(s->linux->rootfs_propagation.value, PROPAGATION_SLAVE);
	assert_int_equal(s->linux->namespaces.at[0].type.value, NAMESPACE_TIME);
	assert_string_equal(s->linux->namespaces.at[1].path, "/x");
}

static void decodes_escapes(void **state)
{
	struct fixture *f = *state;
	const struct spec *s = read_text(f, &record_spec,
					 "{\"oci\\u0056ersion\":\"1\",\"hostname\":\"\\u00e9\\ud83d\\ude00\\\"\\\\\\/"
					 "\\n\","
					 "\"annotations\":{\"k\\n\":\"v\"}}");

	assert_string_equal(f->printed, "");
	assert_string_equal(s->oci_version, "1");
	assert_string_equal(s->hostname, "\xc3\xa9\xf0\x9f\x98\x80\"\\/\n");
	assert_string_equal(s->annotations.at[0].key, "k\n");
}

struct refused {
	const char *text, *printed;
};

/* Each is no JSON, or too much of it: nothing is returned, one line says where and why. */
static void refuses_what_is_no_json(void **state)
{
	static const struct refused cases[] = {
		{ "", "c.json:1:1: the text is empty\n" },
		{ " \n ", "c.json:2:2: the text is empty\n" },
		{ "\"x", "c.json:1:3: the text ends too early; a bracket or a quote is not closed\n" },
		{ "{", "c.json:1:2: the text ends too early; a bracket or a quote is not closed\n" },
		{ "{\"hostname\":\"x", "c.json:1:15: the text ends too early; a bracket or a quote is not closed\n" },
		{ "{\"hostname\":\"x\"", "c.json:1:16: the text ends too early; a bracket or a quote is not closed\n" },
		{ "{} {}", "c.json:1:1: /ociVersion: is missing; version of the specification the file was written "
			   "for\n"
			   "c.json:1:4: not JSON: trailing garbage\n" },
		{ "{\"hostname\":\"a\",}", "c.json:1:17: not JSON: invalid object key (must be a string)\n" },
		{ "{\"process\":{\"args\":[1,]}}", "c.json:1:21: /process/args/0: must be a text, not a number\n"
						   "c.json:1:23: /process/args: not JSON: unallowed token at this "
						   "point in "
						   "JSON text\n" },
		{ "{\"hostname\" \"a\"}", "c.json:1:13: not JSON: object key and value must be separated by a colon "
					  "(':')\n" },
		{ "{\"hostname\":\"a\" \"x\\\"y\":1}", "c.json:1:17: not JSON: after key and value, inside map, I "
						       "expect ',' or "
						       "'}'\n" },
		{ "{/**/}", "c.json:1:2: not JSON: probable comment found in input text, comments are not enabled\n" },
		{ "{// x\n}", "c.json:1:2: not JSON: probable comment found in input text, comments are not "
			      "enabled\n" },
		{ "{'hostname':1}", "c.json:1:2: not JSON: invalid char in json text\n" },
		{ "{\"hostname\":NaN}", "c.json:1:13: not JSON: invalid char in json text\n" },
		{ "{\"hostname\":tru}", "c.json:1:16: not JSON: invalid string in json text\n" },
		{ "{\"hostname\":\"a\tb\"}", "c.json:1:15: not JSON: invalid character inside string\n" },
		{ "{\"hostname\":\"\\x\"}", "c.json:1:15: not JSON: inside a string, '\\' occurs before a character "
					    "which it may "
					    "not\n" },
		{ "{\"hostname\":\"\\u00g0\"}", "c.json:1:18: not JSON: invalid (non-hex) character occurs after '\\u' "
						"inside "
						"string\n" },
		{ "[]", "c.json:1:1: must be an object, not a list\n" },
		{ " \"x\"", "c.json:1:2: must be an object, not a text\n" },
		{ "12", "c.json:1:1: must be an object, not a number\n" },
		{ "null", "c.json:1:1: must be an object, not null\n" },
		{ "true", "c.json:1:1: must be an object, not true\n" },
		{ "false", "c.json:1:1: must be an object, not false\n" },
	};
	struct fixture *f = *state;

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		void *model = read_text(f, &record_spec, cases[i].text);
		assert_string_equal(f->printed, cases[i].printed);
		assert_null(model);
	}
}

static void refuses_bytes_that_are_no_text(void **state)
{
	static const struct refused cases[] = {
		{ "\xef\xbb\xbf{}", "c.json:1:1: the text begins with a byte order mark; save the file as UTF-8 "
				    "without one\n" },
		{ "{\"hostname\":\"\xc0\xaf\"}", "c.json:1:14: /hostname: the byte is not valid UTF-8; save the file as UTF-8\n" },
		{ "{\"hostname\":\"\xe0\x80\xaf\"}", "c.json:1:14: /hostname: the byte is not valid UTF-8; save the file as "
						     "UTF-8\n" },
		{ "{\"hostname\":\"\xf0\x80\x80\xaf\"}", "c.json:1:14: /hostname: the byte is not valid UTF-8; save the file as "
							 "UTF-8\n" },
		{ "{\"hostname\":\"\xed\xa0\x80\"}", "c.json:1:14: /hostname: the byte is not valid UTF-8; save the file as "
						     "UTF-8\n" },
		{ "{\"hostname\":\"\xf4\x90\x80\x80\"}", "c.json:1:14: /hostname: the byte is not valid UTF-8; save the file as "
							 "UTF-8\n" },
		{ "{\"hostname\":\"\xf5\x80\x80\x80\"}", "c.json:1:14: /hostname: the byte is not valid UTF-8; save the file as "
							 "UTF-8\n" },
		{ "{\"hostname\":\"\\udc00\\udc00\"}", "c.json:1:14: /hostname: half a surrogate pair; write the character "
						       "itself, or both halves\n" },
		{ "{\"hostname\":\"\xff\"}", "c.json:1:14: /hostname: the byte is not valid UTF-8; save the file as UTF-8\n" },
		{ "{\"hostname\":\"a\x80\"}", "c.json:1:15: /hostname: the byte is not valid UTF-8; save the file as UTF-8\n" },
		{ "{\"hostname\":\"\xc3\"}", "c.json:1:14: /hostname: the byte is not valid UTF-8; save the file as UTF-8\n" },
		{ "{\"hostname\":\"\xc3", "c.json:1:14: /hostname: the byte is not valid UTF-8; save the file as UTF-8\n" },
		{ "{\xe9:1}", "c.json:1:2: the byte is not valid UTF-8; save the file as UTF-8\n" },
		{ "{\"hostname\":\"a\\u0000b\"}", "c.json:1:15: /hostname: the text has a NUL in it; leave out the \\u0000\n" },
		{ "{\"a\\u0000b\":1}", "c.json:1:4: the text has a NUL in it; leave out the \\u0000\n" },
		{ "{\"hostname\":\"\\ud800\"}", "c.json:1:14: /hostname: half a surrogate pair; write the character itself, or "
						"both halves\n" },
		{ "{\"hostname\":\"\\udc00\"}", "c.json:1:14: /hostname: half a surrogate pair; write the character itself, or "
						"both halves\n" },
		{ "{\"hostname\":\"\\ud800\\u0041\"}", "c.json:1:14: /hostname: half a surrogate pair; write the character "
						       "itself, or both "
						       "halves\n" },
		{ "{\"hostname\":\"\\ud800x", "c.json:1:14: /hostname: half a surrogate pair; write the character itself, or both "
					      "halves\n" },
		{ "{\"hostname\":\"\\ud83d\\ude0", "c.json:1:14: /hostname: half a surrogate pair; write the character itself, or "
						   "both "
						   "halves\n" },
	};
	struct fixture *f = *state;

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		assert_null(read_text(f, &record_spec, cases[i].text));
		assert_string_equal(f->printed, cases[i].printed);
	}
	assert_null(read_bytes(f, &record_spec, "{\"hostname\":\"a\0b\"}", 18));
	assert_string_equal(f->printed, "c.json:1:15: /hostname: the text has a NUL in it; a NUL byte cannot be part of a JSON "
					"text\n");
	assert_null(read_bytes(f, &record_spec, "{}\0", 3));
	assert_string_equal(f->printed, "c.json:1:3: the text has a NUL in it; a NUL byte cannot be part of a JSON "
					"text\n");
}

/* A good neighbour of each bad sequence above. */
static void takes_all_of_utf8(void **state)
{
	struct fixture *f = *state;
	const struct spec *s = read_text(f, &record_spec,
					 "{\"ociVersion\":\"1\",\"hostname\":"
					 "\"\xc2\x80\xe0\xa0\x80\xed\x9f\xbf\xee\x80\x80"
					 "\xf0\x90\x80\x80\xf4\x8f\xbf\xbf\"}");

	assert_string_equal(f->printed, "");
	assert_string_equal(s->hostname, "\xc2\x80\xe0\xa0\x80\xed\x9f\xbf\xee\x80\x80\xf0\x90\x80\x80\xf4\x8f\xbf"
					 "\xbf");
}

/* `count` times `repeated` between `before` and `after`. */
static const char *repeat(struct fixture *f, const char *before, const char *repeated, size_t count, const char *after)
{
	struct text t;

	text_init(&t, &f->arena);
	text_add(&t, "%s", before);
	for (size_t i = 0; i < count; i++)
		text_add_bytes(&t, repeated, strlen(repeated));
	text_add(&t, "%s", after);
	return t.at;
}

static void stops_at_the_depth_of_64(void **state)
{
	struct fixture *f = *state;
	const char *good = repeat(f, "{\"ociVersion\":\"1\",\"x\":", "[", 63, repeat(f, "", "]", 63, "}"));
	const char *bad = repeat(f, "{\"ociVersion\":\"1\",\"x\":", "[", 64, repeat(f, "", "]", 64, "}"));

	assert_non_null(read_text(f, &record_spec, good));
	assert_int_equal(f->problems.mistakes, 0);
	assert_null(read_text(f, &record_spec, bad));
	assert_string_equal(f->printed, "c.json:1:86: the text is nested too deeply; at most 64 levels are read\n");
	assert_null(read_text(f, &record_spec, repeat(f, "", "[", 1000000, "")));
}

static const char *with_keys(struct fixture *f, int count)
{
	struct text t;

	text_init(&t, &f->arena);
	text_add(&t, "{\"ociVersion\":\"1\",\"annotations\":{");
	for (int i = 0; i < count; i++)
		text_add(&t, "%s\"k%d\":\"\"", i ? "," : "", i);
	text_add(&t, "}}");
	return t.at;
}

static void bounds_keys_values_and_length(void **state)
{
	struct fixture *f = *state;

	assert_non_null(read_text(f, &record_spec, with_keys(f, JSON_MAX_KEYS)));
	assert_string_equal(f->printed, "");
	assert_null(read_text(f, &record_spec, with_keys(f, JSON_MAX_KEYS + 1)));
	assert_non_null(strstr(f->printed, "/annotations: the object has too many keys; at most 4096 are read\n"));
	/* the root, its version and the list are values too */
	const char *values = repeat(f, "{\"ociVersion\":\"1\",\"x\":[", "0,", JSON_MAX_VALUES - 4, "0]}");
	assert_non_null(read_text(f, &record_spec, values));
	assert_int_equal(f->problems.mistakes, 0);
	values = repeat(f, "{\"ociVersion\":\"1\",\"x\":[", "0,", JSON_MAX_VALUES - 3, "0]}");
	assert_null(read_text(f, &record_spec, values));
	assert_non_null(strstr(f->printed, ": the text has too many values; at most 200000 are read\n"));
	assert_null(read_text(f, &record_spec, repeat(f, "{}", " ", JSON_MAX_BYTES - 1, "")));
	assert_string_equal(f->printed, "c.json:1:1: the text is too long; at most 4 MiB are read\n");
	assert_non_null(read_text(f, &record_spec, repeat(f, "{\"ociVersion\":\"1\"}", " ", JSON_MAX_BYTES - 18, "")));
	assert_string_equal(f->printed, "");
}

static void refuses_a_second_key(void **state)
{
	struct fixture *f = *state;
	const struct spec *s = read_text(f, &record_spec,
					 "{\"ociVersion\":\"1\",\n\"hostname\":\"a\",\"host\\u006eame\":\"b\",\n"
					 "\"annotations\":{\"x\":\"1\",\"\\u0078\":\"2\"},\n"
					 "\"zz\":{\"q\":1,\"q\":2},\"linux\":{\"netDevices\":{\"e\":{},\"e\":{}}}}");

	assert_string_equal(f->printed, "c.json:2:16: /hostname: the object has this property twice; keep one of them\n"
					"c.json:3:24: /annotations/x: the object has this property twice; keep one of "
					"them\n"
					"c.json:4:1: warning: /zz: the specification has no such property; it is "
					"ignored\n"
					"c.json:4:13: /zz/q: the object has this property twice; keep one of them\n"
					"c.json:4:50: /linux/netDevices/e: the object has this property twice; keep "
					"one of them\n");
	assert_string_equal(s->hostname, "a");
	assert_int_equal(s->annotations.count, 1);
	assert_int_equal(s->linux->net_devices.count, 1);
	/* the same key in different objects is none */
	(void)read_text(f, &record_spec,
			"{\"ociVersion\":\"1\",\"mounts\":[{\"destination\":\"/a\"},{\"destination\":\"/b\"}],"
			"\"linux\":{\"netDevices\":{\"e\":{},\"f\":{}},\"sysctl\":{\"e\":\"\"}}}");
	assert_string_equal(f->printed, "");
}

static void keeps_numbers_exact(void **state)
{
	struct fixture *f = *state;
	const struct spec_resources *r = read_text(f, &record_resources,
						   "{\"memory\":{\"limit\":9223372036854775807,\"swap\":-1},"
						   "\"cpu\":{\"shares\":18446744073709551615,\"quota\":-"
						   "9223372036854775808}}");

	assert_string_equal(f->printed, "");
	assert_true(r->memory->limit.value == INT64_MAX);
	assert_true(r->memory->swap.value == -1);
	assert_true(r->cpu->shares.value == UINT64_MAX);
	assert_true(r->cpu->quota.value == INT64_MIN);
}

static void refuses_numbers_out_of_range(void **state)
{
	static const struct refused cases[] = {
		{ "{\"cpu\":{\"shares\":18446744073709551616}}", "c.json:1:18: /cpu/shares: 18446744073709551616 is "
								 "out of range; from 0 to 18446744073709551615\n" },
		{ "{\"cpu\":{\"shares\":-1}}", "c.json:1:18: /cpu/shares: -1 is out of range; from 0 to "
					       "18446744073709551615\n" },
		{ "{\"cpu\":{\"quota\":-9223372036854775809}}", "c.json:1:17: /cpu/quota: -9223372036854775809 is out "
								"of range; from -9223372036854775808 to "
								"9223372036854775807\n" },
		{ "{\"memory\":{\"limit\":-2}}", "c.json:1:20: /memory/limit: -2 is out of range; from -1 to "
						 "9223372036854775807\n" },
		{ "{\"cpu\":{\"shares\": 1.0 }}", "c.json:1:19: /cpu/shares: must be an integer without point and "
						  "exponent\n" },
		{ "{\"cpu\":{\"shares\":1e3}}", "c.json:1:18: /cpu/shares: must be an integer without point and "
						"exponent\n" },
		{ "{\"cpu\":{\"shares\":1E400}}", "c.json:1:18: /cpu/shares: must be an integer without point and "
						  "exponent\n" },
		{ "{\"cpu\":{\"shares\":\"1\"}}", "c.json:1:18: /cpu/shares: must be an integer, not a text\n" },
		{ "{\"cpu\":{\"shares\":true}}", "c.json:1:18: /cpu/shares: must be an integer, not true\n" },
		{ "{\"cpu\":{\"shares\":[1]}}", "c.json:1:18: /cpu/shares: must be an integer, not a list\n" },
		{ "{\"cpu\":{\"shares\":{}}}", "c.json:1:18: /cpu/shares: must be an integer, not an object\n" },
		{ "{\"cpu\":7}", "c.json:1:8: /cpu: must be an object, not a number\n" },
		{ "{\"devices\":{}}", "c.json:1:12: /devices: must be a list, not an object\n" },
		{ "{\"devices\":[[]]}", "c.json:1:13: /devices/0: must be an object, not a list\n" },
		{ "{\"devices\":[null]}", "c.json:1:13: /devices/0: must be an object, not null\n" },
		{ "{\"devices\":[{\"allow\":\"yes\"}]}", "c.json:1:22: /devices/0/allow: must be true or false, not a "
							 "text\n" },
		{ "{\"unified\":{\"a.b\":null}}", "c.json:1:19: /unified/a.b: must be a text, not null\n" },
		{ "{\"unified\":[]}", "c.json:1:12: /unified: must be an object, not a list\n" },
		{ "{\"rdma\":{\"m\":[]}}", "c.json:1:14: /rdma/m: must be an object, not a list\n" },
	};
	struct fixture *f = *state;

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		assert_non_null(read_text(f, &record_resources, cases[i].text));
		assert_string_equal(f->printed, cases[i].printed);
	}
}

/* The very last and the first wrong value of rows with a range. */
static void keeps_the_ranges_of_rows(void **state)
{
	static const struct {
		const char *format, *good, *bad;
		const struct record *record; /* NULL: of a process */
	} cases[] = {
		{ "{\"hugepageLimits\":[{\"limit\":0,\"pageSize\":%s}]}", "\"2MB\"", "\"2MBx\"", &record_resources },
		{ "{\"hugepageLimits\":[{\"limit\":0,\"pageSize\":%s}]}", "\"64KB\"", "\"0MB\"", &record_resources },
		{ "{\"hugepageLimits\":[{\"limit\":0,\"pageSize\":%s}]}", "\"1GB\"", "\"1TB\"", &record_resources },
		{ "{\"devices\":[{\"allow\":true,\"access\":%s}]}", "\"rwm\"", "\"rwmr\"", &record_resources },
		{ "{\"devices\":[{\"allow\":true,\"access\":%s}]}", "\"\"", "\"x\"", &record_resources },
		{ "{\"devices\":[{\"allow\":true,\"type\":%s}]}", "\"a\"", "\"ac\"", &record_resources },
		{ "{\"devices\":[{\"allow\":true,\"major\":%s}]}", "-1", "-2", &record_resources },
		{ "{\"ociVersion\":\"1\",\"linux\":{\"intelRdt\":{\"schemata\":[%s]}}}", "\"L3:0=f\"",
		  "\"L3:0=f\\nMB:\"", &record_spec },
		{ "{\"ociVersion\":\"1\",\"linux\":{\"intelRdt\":{\"memBwSchema\":%s}}}", "\"MB:0\"", "\"L3:0\"",
		  &record_spec },
		{ "{\"ociVersion\":\"1\",\"linux\":{\"personality\":{\"domain\":\"LINUX\",\"flags\":%s}}}", "[]",
		  "[\"x\"]", &record_spec },
		{ "{\"ociVersion\":\"1\",\"linux\":{\"uidMappings\":[{\"containerID\":0,\"hostID\":0,\"size\":%s}]}}",
		  "1", "0", &record_spec },
		{ "{\"cwd\":\"/\",\"user\":{\"uid\":%s}}", "4294967294", "4294967295", NULL },
		{ "{\"cwd\":\"/\",\"user\":{\"additionalGids\":[%s]}}", "4294967294", "4294967295", NULL },
		{ "{\"cwd\":\"/\",\"user\":{\"umask\":%s}}", "511", "512", NULL },
		{ "{\"cwd\":\"/\",\"oomScoreAdj\":%s}", "-1000", "-1001", NULL },
		{ "{\"cwd\":\"/\",\"oomScoreAdj\":%s}", "1000", "1001", NULL },
		{ "{\"cwd\":\"/\",\"consoleSize\":{\"height\":1,\"width\":%s}}", "65535", "65536", NULL },
		{ "{\"cwd\":\"/\",\"ioPriority\":{\"class\":\"IOPRIO_CLASS_BE\",\"priority\":%s}}", "7", "8", NULL },
		{ "{\"cwd\":%s}", "\"/\"", "\"\"", NULL },
		{ "{\"cwd\":%s}", "\"/x\"", "\"x\"", NULL },
		{ "{\"cwd\":\"/\",\"rlimits\":[{\"type\":%s,\"soft\":0,\"hard\":0}]}", "\"RLIMIT_CPU\"", "\"RLIMIT_\"",
		  NULL },
		{ "{\"cwd\":\"/\",\"rlimits\":[{\"type\":%s,\"soft\":0,\"hard\":0}]}", "\"RLIMIT_CPU\"",
		  "\"RLIMIT_cpu\"", NULL },
		{ "{\"cwd\":\"/\",\"execCPUAffinity\":{\"final\":%s}}", "\"0-3, 7\"", "\"all\"", NULL },
	};
	struct fixture *f = *state;

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		const char *format = cases[i].format, *hole = strstr(format, "%s");
		const char *before = arena_copy(&f->arena, format, (size_t)(hole - format));
		const struct record *record = cases[i].record ? cases[i].record : &record_process;
		(void)read_text(f, record, arena_format(&f->arena, "%s%s%s", before, cases[i].good, hole + 2));
		assert_string_equal(f->printed, "");
		(void)read_text(f, record, arena_format(&f->arena, "%s%s%s", before, cases[i].bad, hole + 2));
		assert_int_equal(f->problems.mistakes, 1);
	}
}

static void takes_modes_with_type_bits(void **state)
{
	struct fixture *f = *state;
	static const char text[] = "{\"ociVersion\":\"1\",\"linux\":{\"devices\":[{\"type\":\"c\",\"path\":\"/dev/"
				   "x\",\"fileMode\":%d}]}}";

	(void)read_text(f, &record_spec, arena_format(&f->arena, text, 8630));
	assert_string_equal(f->printed, "");
	(void)read_text(f, &record_spec, arena_format(&f->arena, text, 0177777));
	assert_string_equal(f->printed, "");
	(void)read_text(f, &record_spec, arena_format(&f->arena, text, 0200000));
	assert_int_equal(f->problems.mistakes, 1);
}

static void collects_all_mistakes(void **state)
{
	struct fixture *f = *state;
	const struct spec *s = read_text(f, &record_spec,
					 "{\n"
					 "\t\"ociVersion\": 1,\n"
					 "\t\"hostnam\": \"x\",\n"
					 "\t\"process\": {\"args\": [\"a\", null, 3], \"user\": {\"uid\": -1, \"gid\": "
					 "5}},\n"
					 "\t\"linux\": {\n"
					 "\t\t\"namespaces\": [{\"type\": \"nett\"}, {}],\n"
					 "\t\t\"maskedPaths\": [\"a\\\"b\", \"/x\"],\n"
					 "\t\t\"seccomp\": {\"defaultAction\": \"SCMP_ACT_ALLOW\", \"architectures\": "
					 "[\"SCMP_ARCH_X\"]}\n"
					 "\t},\n"
					 "\t\"windows\": {\"a\": [1]}\n"
					 "}\n");

	assert_string_equal(f->printed, "c.json:2:16: /ociVersion: must be a text, not a number\n"
					"c.json:3:2: warning: /hostnam: the specification has no such property; it is "
					"ignored; did you mean "
					"\"hostname\"?\n"
					"c.json:4:13: /process/cwd: is missing; working directory in the container\n"
					"c.json:4:28: /process/args/1: must be a text, not null\n"
					"c.json:4:34: /process/args/2: must be a text, not a number\n"
					"c.json:4:54: /process/user/uid: -1 is out of range; from 0 to 4294967294\n"
					"c.json:6:27: /linux/namespaces/0/type: \"nett\" is not a namespace type; one "
					"of mount, pid, network, uts, ipc, "
					"user, cgroup, time\n"
					"c.json:6:36: /linux/namespaces/1/type: is missing; which namespace\n"
					"c.json:7:19: /linux/maskedPaths/0: \"a\\\"b\" must be an absolute path\n"
					"c.json:8:68: /linux/seccomp/architectures/0: \"SCMP_ARCH_X\" is not a seccomp "
					"architecture; one of "
					"SCMP_ARCH_X86, SCMP_ARCH_X86_64, SCMP_ARCH_X32, SCMP_ARCH_ARM, "
					"SCMP_ARCH_AARCH64, SCMP_ARCH_MIPS, "
					"SCMP_ARCH_MIPS64, SCMP_ARCH_MIPS64N32, SCMP_ARCH_MIPSEL, SCMP_ARCH_MIPSEL64, "
					"SCMP_ARCH_MIPSEL64N32, "
					"SCMP_ARCH_PPC, SCMP_ARCH_PPC64, SCMP_ARCH_PPC64LE, SCMP_ARCH_S390, "
					"SCMP_ARCH_S390X, SCMP_ARCH_PARISC, "
					"SCMP_ARCH_PARISC64, SCMP_ARCH_RISCV64, SCMP_ARCH_LOONGARCH64, SCMP_ARCH_M68K, "
					"SCMP_ARCH_SH, SCMP_ARCH_SHEB\n"
					"c.json:10:2: warning: /windows: means nothing on Linux; it is ignored\n");
	/* what is right is there, what is wrong is not */
	assert_non_null(s);
	assert_null(s->oci_version);
	assert_int_equal(s->process->args.count, 1);
	assert_false(s->process->user->uid.is_set);
	assert_int_equal(s->process->user->gid.value, 5);
	assert_int_equal(s->linux->namespaces.count, 2);
	assert_false(s->linux->namespaces.at[0].type.is_set);
	assert_int_equal(s->linux->masked_paths.count, 1);
}

static void warns_of_other_systems(void **state)
{
	struct fixture *f = *state;
	const struct spec_process *p =
		read_text(f, &record_process, "{\"cwd\":\"/\",\"commandLine\":\"x\",\"user\":{\"username\":\"\"}}");

	assert_string_equal(f->printed, "c.json:1:26: warning: /commandLine: means nothing on Linux; it is ignored\n");
	assert_string_equal(p->command_line, "x");
}

static void guesses_misspelt_names(void **state)
{
	struct fixture *f = *state;

	(void)read_text(f, &record_process,
			"{\"cwd\":\"/\",\"NoNewPrivileges\":true,\"capabilites\":{},\"shell\":1,\"arg\":[]}");
	assert_string_equal(f->printed, "c.json:1:12: warning: /NoNewPrivileges: the specification has no such "
					"property; it is ignored; did "
					"you mean \"noNewPrivileges\"?\n"
					"c.json:1:35: warning: /capabilites: the specification has no such property; "
					"it is ignored; did you "
					"mean \"capabilities\"?\n"
					"c.json:1:52: warning: /shell: the specification has no such property; it is "
					"ignored\n"
					"c.json:1:62: warning: /arg: the specification has no such property; it is "
					"ignored; did you mean "
					"\"args\"?\n");
}

static void keeps_hostile_texts_on_their_line(void **state)
{
	struct fixture *f = *state;
	struct err e = ERR_NONE;

	(void)read_text(
		f, &record_spec,
		"{\"ociVersion\":\"1\",\"a\\nb/~\":1,\"linux\":{\"rootfsPropagation\":\"x\\u001b[2J\\u009b" /* C1 too */
		"0123456789012345678901234567890123456789012345678901234567890123\"}}");
	assert_string_equal(f->printed, "c.json:1:19: warning: /a\\x0ab~1~0: the specification has no such property; "
					"it is ignored\n"
					"c.json:1:59: /linux/rootfsPropagation: \"x\\u001b[2J\\xc2\\x9b"
					"012345678901234567890123456789012345678901234567890123456\"... is not a mount "
					"propagation; one of "
					"private, shared, slave, unbindable\n");
	assert_int_equal(problems_err(&f->problems, "/b/config.json", &e), -1);
	assert_memory_equal(e.text, "/b/config.json:1:59: /linux/rootfsPropagation: \"x\\u001b", 55);
	assert_string_equal(e.hint, "one of private, shared, slave, unbindable");
}

static void quotes_no_half_of_a_character(void **state)
{
	struct fixture *f = *state;
	const char *text = repeat(f, "x", "\xc3\xa9", 40, "");
	const char *quoted = json_quote(&f->arena, text, strlen(text));

	assert_string_equal(quoted, repeat(f, "\"x", "\xc3\xa9", 31, "\"..."));
}

static void counts_more_than_it_keeps(void **state)
{
	struct fixture *f = *state;
	struct err e = ERR_NONE;
	const char *text = repeat(f, "{\"ociVersion\":\"1\",\"process\":{\"cwd\":\"/\",\"args\":[", "0,", 5000, "0]}}");

	assert_non_null(read_text(f, &record_spec, text));
	assert_int_equal(f->problems.mistakes, 5001);
	assert_int_equal(f->problems.count, PROBLEMS_MAX_MISTAKES);
	assert_int_equal(problems_err(&f->problems, "c.json", &e), -1);
	assert_string_equal(e.text, "c.json:1:48: /process/args/0: must be a text, not a number");
	assert_string_equal(e.hint, "and 5000 more");
}

static void makes_no_error_of_warnings(void **state)
{
	struct fixture *f = *state;
	struct err e = ERR_NONE;

	(void)read_text(f, &record_spec, "{\"ociVersion\":\"1\",\"x\":1}");
	assert_int_equal(f->problems.warnings, 1);
	assert_int_equal(problems_err(&f->problems, "c.json", &e), 0);
	assert_string_equal(e.text, "");
}

static void prints_json(void **state)
{
	struct fixture *f = *state;
	struct text t;

	(void)read_text(f, &record_spec, "{\"x\":\n1}");
	text_init(&t, &f->arena);
	problems_write(&f->problems, "a \"b\"", &t);
	assert_string_equal(t.at, "{\"file\":\"a \\\"b\\\"\",\"mistakes\":1,\"warnings\":1,\"problems\":["
				  "{\"level\":\"error\",\"line\":1,\"column\":1,\"pointer\":\"/"
				  "ociVersion\",\"message\":\"is missing\","
				  "\"advice\":\"version of the specification the file was written for\"},"
				  "{\"level\":\"warning\",\"line\":1,\"column\":2,\"pointer\":\"/x\",\"message\":\"the "
				  "specification has no "
				  "such property; it is ignored\"}]}");
}

/* What the reader and yajl leave in the arena for a small file: it must stay a few pages. */
static void touches_little_memory(void **state)
{
	struct fixture *f = *state;
	struct problems p;
	static const char text[] = "{\"ociVersion\":\"1\",\"root\":{\"path\":\"rootfs\"},\"process\":{\"cwd\":\"/"
				   "\",\"args\":[\"sh\"]}}";
	size_t before = f->arena.used;

	problems_init(&p, &f->arena);
	assert_non_null(json_read(&record_spec, text, sizeof text - 1, &p));
	assert_in_range(f->arena.used - before, 1, 16 << 10);
}

static void loads_only_regular_files(void **state)
{
	struct fixture *f = *state;
	char directory[] = "/tmp/read_test.XXXXXX";
	struct err e = ERR_NONE;
	const char *text = NULL;
	size_t length = 0;

	assert_non_null(mkdtemp(directory));
	int fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int file = openat(fd, "good", O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
	assert_int_equal(write(file, "{}", 2), 2);
	(void)close(file);
	assert_int_equal(json_load(fd, "good", &f->arena, &text, &length, &e), 0);
	assert_int_equal(length, 2);
	assert_string_equal(text, "{}");
	assert_int_equal(json_load(fd, "none", &f->arena, &text, &length, &e), -1);
	assert_string_equal(e.text, "open none: no such file or directory");
	assert_int_equal(mkfifoat(fd, "fifo", 0600), 0);
	assert_int_equal(json_load(fd, "fifo", &f->arena, &text, &length, &e), -1);
	assert_string_equal(e.text, "fifo is not a regular file");
	assert_int_equal(json_load(fd, ".", &f->arena, &text, &length, &e), -1);
	assert_string_equal(e.text, ". is not a regular file");
	assert_int_equal(json_load(AT_FDCWD, "/dev/zero", &f->arena, &text, &length, &e), -1);
	assert_string_equal(e.text, "/dev/zero is not a regular file");
	assert_int_equal(truncate(arena_format(&f->arena, "%s/good", directory), JSON_MAX_BYTES + 1), 0);
	assert_int_equal(json_load(fd, "good", &f->arena, &text, &length, &e), -1);
	assert_string_equal(e.text, "good is too large: 4194305 bytes, at most 4194304 are read");
	assert_int_equal(unlinkat(fd, "good", 0) | unlinkat(fd, "fifo", 0) | rmdir(directory), 0);
	(void)close(fd);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, make, finish)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(reads_what_is_there),
		TEST(reads_named_objects_maps_and_words),
		TEST(decodes_escapes),
		TEST(refuses_what_is_no_json),
		TEST(refuses_bytes_that_are_no_text),
		TEST(takes_all_of_utf8),
		TEST(stops_at_the_depth_of_64),
		TEST(bounds_keys_values_and_length),
		TEST(refuses_a_second_key),
		TEST(keeps_numbers_exact),
		TEST(refuses_numbers_out_of_range),
		TEST(keeps_the_ranges_of_rows),
		TEST(takes_modes_with_type_bits),
		TEST(collects_all_mistakes),
		TEST(warns_of_other_systems),
		TEST(guesses_misspelt_names),
		TEST(keeps_hostile_texts_on_their_line),
		TEST(quotes_no_half_of_a_character),
		TEST(counts_more_than_it_keeps),
		TEST(makes_no_error_of_warnings),
		TEST(prints_json),
		TEST(touches_little_memory),
		TEST(loads_only_regular_files),
	};

	return cmocka_run_group_tests_name("json/read", tests, NULL, NULL);
}
