#include "runtime/host/rdt.h"

#include "spec/base/own.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <cmocka.h>

/* Few machines have resctrl. Its files are played by plain ones; its directories, which fill themselves and go with what is in
 * them, by those of a cgroup v1 hierarchy, which have a tasks file, too. */
struct tree {
	struct arena arena;
	struct err e;
	char root[64];
	bool is_group; /* root is a cgroup */
	bool is_new;   /* what rdt_make() said */
};

static int make(void **state)
{
	static struct tree t; /* one test at a time */

	t = (struct tree){ .root = "/tmp/boxcar-rdt-XXXXXX" };
	arena_init(&t.arena, 16 << 20);
	assert_non_null(mkdtemp(t.root));
	*state = &t;
	return 0;
}

static int finish(void **state)
{
	struct tree *t = *state;
	char command[128];

	if (t->is_group)
		assert_int_equal(rmdir(t->root), 0);
	else
		assert_true(snprintf(command, sizeof command, "rm -r %s", t->root) > 0 && system(command) == 0);
	arena_finish(&t->arena);
	return 0;
}

static const char *in(struct tree *t, const char *path)
{
	return arena_format(&t->arena, "%s/%s", t->root, path);
}

static void file(struct tree *t, const char *name, const char *text)
{
	FILE *out = fopen(in(t, name), "w");

	assert_non_null(out);
	assert_true(fputs(text, out) >= 0);
	assert_int_equal(fclose(out), 0);
}

static const char *content(struct tree *t, const char *name)
{
	char text[4096];
	own_fd fd = open(in(t, name), O_RDONLY);
	ssize_t length = read(fd, text, sizeof text);

	assert_true(length >= 0);
	return arena_copy(&t->arena, text, (size_t)length);
}

static void class_with(struct tree *t, const char *name, const char *schemata)
{
	assert_int_equal(mkdir(in(t, name), 0755), 0);
	file(t, arena_format(&t->arena, "%s/schemata", name), schemata);
	file(t, arena_format(&t->arena, "%s/tasks", name), "");
}

static void use_hierarchy(struct tree *t)
{
	static const char *const hierarchies[] = { "freezer", "pids", "systemd" };
	char path[64];

	for (size_t i = 0; i < sizeof hierarchies / sizeof *hierarchies && !t->is_group; i++) {
		(void)snprintf(path, sizeof path, "/sys/fs/cgroup/%s/boxcar-rdt-%d", hierarchies[i], (int)getpid());
		t->is_group = mkdir(path, 0755) == 0;
	}
	if (!t->is_group)
		skip(); /* no cgroup v1 */
	assert_int_equal(rmdir(t->root), 0);
	(void)strcpy(t->root, path);
}

/* --- existing classes --------------------------------------------------------------------------------------------- */

static void an_existing_class_is_compared(void **state)
{
	static const struct {
		const char *line;
		bool is_same;
	} cases[] = {
		{ "L3:0=7f0;1=1f", true },  { "L3:1=01F", true },	{ "L3:0=7f1", false },	  { "L3:2=1f", false },
		{ "MB:0=20;1=70", true },   { "MB:0=020", true },	{ "MB:0=2", false },	  { "L2:0=1", false },
		{ "L3:0=7f0;1=f", false },  { "L3:", true },		{ "L3:0", false },
	};
	struct tree *t = *state;

	class_with(t, "gold", "    L3:0=7f0;1=01f\n    MB:0= 20;1= 70\n");
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct rdt_class c = { .path = in(t, "gold"), .lines = &cases[i].line, .line_count = 1, .compared = 1 };
		t->e = ERR_NONE;
		if ((rdt_make(&c, &t->is_new, &t->arena, &t->e) == 0) != cases[i].is_same)
			fail_msg("%s: %s", cases[i].line, t->e.text);
		if (!cases[i].is_same)
			assert_non_null(strstr(t->e.text, "exists, and is not"));
	}
	assert_string_equal(content(t, "gold/schemata"), "    L3:0=7f0;1=01f\n    MB:0= 20;1= 70\n");
}

/* What is only to be compared is not written; other lines are, each with its newline. */
static void other_lines_are_written(void **state)
{
	static const char *const lines[] = { "L3:0=7f0", "L2:0=f" };
	struct tree *t = *state;
	struct rdt_class c = { .lines = lines, .line_count = 2, .compared = 1 };

	class_with(t, "gold", "L3:0=7f0\n");
	c.path = in(t, "gold");
	assert_int_equal(rdt_make(&c, &t->is_new, &t->arena, &t->e), 0);
	assert_string_equal(content(t, "gold/schemata"), "L2:0=f\n0\n"); /* over the first bytes of what was there */
	assert_int_equal(rdt_enter(c.path, NULL, 4711, &t->arena, &t->e), 0);
	assert_string_equal(content(t, "gold/tasks"), "4711");
}

static void what_must_exist_is_named(void **state)
{
	struct tree *t = *state;
	struct rdt_class c = { .path = in(t, "none"), .must_exist = true };

	assert_int_equal(rdt_make(&c, &t->is_new, &t->arena, &t->e), -1);
	assert_int_equal(t->e.number, ENOENT);
	assert_non_null(strstr(t->e.text, "/none"));
	assert_int_equal(access(c.path, F_OK), -1);
}

static void the_kernels_words_are_told(void **state)
{
	static const char *const line = "L3:0=5";
	struct tree *t = *state;
	struct rdt_class c = { .path = in(t, "new"), .lines = &line, .line_count = 1, .compared = 1 };

	assert_int_equal(mkdir(in(t, "info"), 0755), 0);
	file(t, "info/last_cmd_status", "The mask 5 has non-consecutive 1-bits\n");
	assert_int_equal(rdt_make(&c, &t->is_new, &t->arena, &t->e), -1); /* a plain directory has no schemata */
	assert_non_null(strstr(t->e.hint, "non-consecutive"));
	assert_int_equal(access(c.path, F_OK), -1); /* undone */
}

/* --- classes of the container's own ------------------------------------------------------------------------------- */

static pid_t start_child(void)
{
	pid_t child = fork();

	if (child == 0) {
		(void)pause();
		_exit(0);
	}
	assert_true(child > 0);
	return child;
}

/* resctrl lets a class go with processes in it, a cgroup does not. */
static void end_child(pid_t child)
{
	assert_int_equal(kill(child, SIGKILL), 0);
	assert_int_equal(waitpid(child, NULL, 0), child);
}

static void its_own_class_goes_with_it(void **state)
{
	struct tree *t = *state;

	use_hierarchy(t);
	struct rdt_class c = { .path = in(t, "web"), .is_own = true };
	pid_t child = start_child();
	assert_string_equal(rdt_find_mark(&c, &t->arena), c.path);
	assert_int_equal(rdt_make(&c, &t->is_new, &t->arena, &t->e), 0);
	assert_int_equal(rdt_enter(c.path, NULL, child, &t->arena, &t->e), 0);
	assert_string_equal(content(t, "web/tasks"), arena_format(&t->arena, "%d\n", child));
	end_child(child);
	assert_int_equal(rdt_remove(c.path, "web", &t->arena, &t->e), 0);
	assert_int_equal(access(c.path, F_OK), -1);
	assert_int_equal(rdt_remove(c.path, "web", &t->arena, &t->e), 0); /* twice: gone is gone */
}

static void somebody_elses_class_is_left_alone(void **state)
{
	struct tree *t = *state;
	struct rdt_class c = { .path = in(t, "web"), .is_own = true };

	assert_int_equal(mkdir(c.path, 0755), 0);
	assert_int_equal(rdt_make(&c, &t->is_new, &t->arena, &t->e), -1);
	assert_int_equal(t->e.number, EEXIST);
	assert_int_equal(access(c.path, F_OK), 0);
}

static void a_monitoring_group_is_made_and_removed(void **state)
{
	struct tree *t = *state;

	use_hierarchy(t);
	struct rdt_class c = { .path = in(t, "gold"), .monitor = "web" };
	assert_int_equal(mkdir(c.path, 0755), 0);
	assert_int_equal(mkdir(in(t, "gold/mon_groups"), 0755), 0);
	const char *mark = rdt_find_mark(&c, &t->arena);
	assert_string_equal(mark, in(t, "gold/mon_groups/web"));
	assert_int_equal(rdt_make(&c, &t->is_new, &t->arena, &t->e), 0);
	pid_t child = start_child();
	assert_int_equal(rdt_enter(c.path, c.monitor, child, &t->arena, &t->e), 0);
	assert_string_equal(content(t, "gold/mon_groups/web/tasks"), arena_format(&t->arena, "%d\n", child));
	assert_int_equal(rdt_make(&c, &t->is_new, &t->arena, &t->e), -1); /* another container's */
	end_child(child);
	assert_int_equal(rdt_remove(mark, "web", &t->arena, &t->e), 0);
	assert_int_equal(access(mark, F_OK), -1);
	assert_int_equal(access(c.path, F_OK), 0); /* the class is not ours */
	assert_int_equal(rmdir(in(t, "gold/mon_groups")), 0);
	assert_int_equal(rmdir(c.path), 0);
}

static void a_new_class_is_undone_unless_somebody_has_gone_into_it(void **state)
{
	struct tree *t = *state;

	use_hierarchy(t);
	struct rdt_class c = { .path = in(t, "gold") };
	assert_int_equal(rdt_make(&c, &t->is_new, &t->arena, &t->e), 0);
	assert_true(t->is_new);
	assert_int_equal(rdt_make(&c, &t->is_new, &t->arena, &t->e), 0);
	assert_false(t->is_new);
	pid_t child = start_child();
	assert_int_equal(rdt_enter(c.path, NULL, child, &t->arena, &t->e), 0);
	rdt_remove_unused(c.path, &t->arena);
	assert_int_equal(access(c.path, F_OK), 0);
	end_child(child);
	rdt_remove_unused(c.path, &t->arena);
	assert_int_equal(access(c.path, F_OK), -1);
}

static void without_a_monitoring_group_nothing_of_a_named_class_is_ours(void **state)
{
	struct tree *t = *state;

	assert_null(rdt_find_mark(&(struct rdt_class){ .path = "/x" }, &t->arena));
}

#define IN_TREE(test) cmocka_unit_test_setup_teardown(test, make, finish)

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_TREE(an_existing_class_is_compared),
		IN_TREE(other_lines_are_written),
		IN_TREE(what_must_exist_is_named),
		IN_TREE(the_kernels_words_are_told),
		IN_TREE(its_own_class_goes_with_it),
		IN_TREE(somebody_elses_class_is_left_alone),
		IN_TREE(a_monitoring_group_is_made_and_removed),
		IN_TREE(a_new_class_is_undone_unless_somebody_has_gone_into_it),
		IN_TREE(without_a_monitoring_group_nothing_of_a_named_class_is_ours),
	};

	if (unshare(CLONE_NEWNS) < 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
		return 1;
	return cmocka_run_group_tests_name("rdt", tests, NULL, NULL);
}
