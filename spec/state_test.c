#include "spec/json/test_tree.h"
#include "spec/state.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

struct fixture {
	struct arena arena;
	struct spec_pair pairs[2];
	struct state state;
	struct text text;
	struct err e;
};

static int make(void **state)
{
	static struct fixture f; /* one test at a time */

	f = (struct fixture){
		.pairs = { { "org.example.a", "1" }, { "b", "two \"words\"\n" } },
		.state = { .oci_version = "1.0.2-dev",
			   .id = "web",
			   .bundle = "/b",
			   .rootfs = "/b/rootfs",
			   .created = "2026-11-22T00:36:00.000000001Z",
			   .owner = "root",
			   .pid = { true, 4422 },
			   .start_time = { true, 18446744073709551615u },
			   .boot_id = "0f0e",
			   .cgroups_path = "",
			   .release = "0.1.0" },
	};
	f.state.annotations = (struct spec_map){ f.pairs, 2 };
	arena_init(&f.arena, ARENA_SIZE);
	text_init(&f.text, &f.arena);
	*state = &f;
	return 0;
}

static int finish(void **state)
{
	struct fixture *f = *state;

	arena_finish(&f->arena);
	return 0;
}

static void writes_a_checked_line(void **state)
{
	struct fixture *f = *state;

	f->state.annotations.count = 0;
	state_encode(&f->state, &f->text);
	assert_string_equal(f->text.at, "boxcar-state 1 242 947fafd8\n"
					"{\"ociVersion\":\"1.0.2-dev\",\"id\":\"web\",\"bundle\":\"/b\",\"rootfs\":\"/"
					"b/rootfs\","
					"\"created\":\"2026-11-22T00:36:00.000000001Z\",\"owner\":\"root\",\"pid\":"
					"4422,"
					"\"startTime\":18446744073709551615,\"bootId\":\"0f0e\",\"cgroupsPath\":\"\","
					"\"annotations\":{},\"release\":\"0.1.0\"}\n");
}

static void comes_back_whole(void **state)
{
	struct fixture *f = *state;
	struct state *back = NULL;
	struct text again;

	state_encode(&f->state, &f->text);
	assert_int_equal(state_decode(f->text.at, f->text.length, &f->arena, &back, &f->e), 0);
	text_init(&again, &f->arena);
	state_encode(back, &again);
	assert_string_equal(again.at, f->text.at);
	assert_int_equal(back->pid.value, 4422);
	assert_true(back->start_time.value == 18446744073709551615u);
	assert_string_equal(back->annotations.at[1].value, "two \"words\"\n");
	assert_string_equal(back->cgroups_path, "");
}

/* The record of the intent: there is no process yet. */
static void may_have_no_process(void **state)
{
	struct fixture *f = *state;
	struct state *back = NULL;

	f->state.pid.is_set = f->state.start_time.is_set = false;
	f->state.annotations.at = NULL;
	state_encode(&f->state, &f->text);
	assert_int_equal(state_decode(f->text.at, f->text.length, &f->arena, &back, &f->e), 0);
	assert_false(back->pid.is_set);
	assert_null(back->annotations.at);
}

static void refuses_every_flipped_bit_and_every_cut(void **state)
{
	struct fixture *f = *state;
	struct state *back = NULL;

	state_encode(&f->state, &f->text);
	size_t used = f->arena.used;
	for (size_t i = 0; i < f->text.length; i++) {
		char kept = f->text.at[i];
		for (int bit = 0; bit < 8; bit++) {
			f->text.at[i] = (char)(kept ^ (1 << bit));
			assert_int_equal(state_decode(f->text.at, f->text.length, &f->arena, &back, &f->e), -1);
			f->arena.used = used;
		}
		f->text.at[i] = kept;
	}
	for (size_t length = 0; length < f->text.length; length++) {
		char *cut = malloc(length ? length : 1);
		assert_non_null(cut);
		memcpy(cut, f->text.at, length);
		assert_int_equal(state_decode(cut, length, &f->arena, &back, &f->e), -1);
		free(cut);
	}
	assert_null(back);
}

static void assert_refused(struct fixture *f, const char *text, const char *message)
{
	struct state *back = NULL;

	assert_int_equal(state_decode(text, strlen(text), &f->arena, &back, &f->e), -1);
	assert_string_equal(f->e.text, message);
	assert_null(back);
}

static void says_what_is_damaged(void **state)
{
	struct fixture *f = *state;

	assert_refused(f, "", "the state file is damaged: it has no header");
	assert_refused(f, "{\"id\":\"web\"}", "the state file is damaged: it has no header");
	assert_refused(f, "runc-state 1 2 3\n{}\n", "the state file is damaged: its header is not boxcar's");
	assert_refused(f, "boxcar-state 1 2\n{}\n", "the state file is damaged: its header is not boxcar's");
	assert_refused(f, "boxcar-state 1 2 3 4\n{}\n", "the state file is damaged: its header is not boxcar's");
	assert_refused(f, "boxcar-state x 2 3\n{}\n", "the state file is damaged: its version is not a number");
	assert_refused(f, "boxcar-state 0 2 3\n{}\n", "the state file is damaged: its version is not a number");
	assert_refused(f, "boxcar-state 1 99999999999 3\n{}\n",
		       "the state file is damaged: its length is not a number");
	assert_refused(f, "boxcar-state 1 9 3\n{}\n", "the state file is damaged: 3 bytes instead of 10");
	assert_refused(f, "boxcar-state 1 2 3\n{}\nx", "the state file is damaged: 4 bytes instead of 3");
	assert_refused(f, "boxcar-state 1 2 00000000\n{}\n",
		       "the state file is damaged: its checksum is a3a6bf43, not 00000000");
	assert_string_equal(f->e.hint, "");
	assert_refused(f, "boxcar-state 2 2 3\n{}\n", "the state file has version 2, this boxcar knows 1");
	assert_string_equal(f->e.hint, "use the newer boxcar that made the container");
	f->e = ERR_NONE;
	assert_refused(f, "boxcar-state 1 2 a3a6bf43\n{}\n", "state:1:1: /ociVersion: is missing");
}

/* A later release of the same version may have added a property. */
static void ignores_what_a_later_release_adds(void **state)
{
	struct fixture *f = *state;
	struct state *back = NULL;
	static const char text[] = "boxcar-state 1 120 770b5e03\n"
				   "{\"ociVersion\":\"1.0.2\",\"id\":\"w\",\"bundle\":\"/b\",\"rootfs\":\"/"
				   "r\",\"created\":\"\","
				   "\"bootId\":\"x\",\"cgroupsPath\":\"\",\"later\":{\"a\":[1]}}\n";

	if (state_decode(text, sizeof text - 1, &f->arena, &back, &f->e))
		fail_msg("%s", f->e.text);
	assert_string_equal(back->id, "w");
}

static void prints_what_engines_read(void **state)
{
	struct fixture *f = *state;
	char error[256];
	size_t length = 0;

	f->state.annotations.count = 1;
	state_print(&f->state, "running", JSON_SPACES, &f->text);
	assert_string_equal(f->text.at, "{\n"
					"  \"ociVersion\": \"1.0.2-dev\",\n"
					"  \"id\": \"web\",\n"
					"  \"pid\": 4422,\n"
					"  \"status\": \"running\",\n"
					"  \"bundle\": \"/b\",\n"
					"  \"rootfs\": \"/b/rootfs\",\n"
					"  \"created\": \"2026-11-22T00:36:00.000000001Z\",\n"
					"  \"annotations\": {\n"
					"    \"org.example.a\": \"1\"\n"
					"  },\n"
					"  \"owner\": \"root\"\n"
					"}\n");
	/* everything that the schema knows and requires is there */
	char *schema_text = tree_load("conformance/schema/state-schema.json", &length);
	assert_non_null(schema_text);
	yajl_val schema = yajl_tree_parse(schema_text, error, sizeof error);
	yajl_val printed = yajl_tree_parse(f->text.at, error, sizeof error);
	yajl_val properties = tree_get(schema, "properties");
	assert_int_equal(properties->u.object.len, 6);
	for (size_t i = 0; i < properties->u.object.len; i++)
		assert_non_null(tree_get(printed, properties->u.object.keys[i]));
	yajl_tree_free(schema);
	yajl_tree_free(printed);
	free(schema_text);
}

static void has_no_pid_when_stopped(void **state)
{
	struct fixture *f = *state;

	f->state.annotations.at = NULL;
	f->state.owner = NULL;
	state_print(&f->state, "stopped", JSON_LINE, &f->text);
	assert_string_equal(f->text.at, "{\"ociVersion\":\"1.0.2-dev\",\"id\":\"web\",\"pid\":0,\"status\":\"stopped\","
					"\"bundle\":\"/b\",\"rootfs\":\"/b/rootfs\","
					"\"created\":\"2026-11-22T00:36:00.000000001Z\",\"owner\":\"\"}");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, make, finish)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(writes_a_checked_line),    TEST(comes_back_whole),
		TEST(may_have_no_process),      TEST(refuses_every_flipped_bit_and_every_cut),
		TEST(says_what_is_damaged),     TEST(ignores_what_a_later_release_adds),
		TEST(prints_what_engines_read), TEST(has_no_pid_when_stopped),
	};

	return cmocka_run_group_tests_name("state", tests, NULL, NULL);
}
