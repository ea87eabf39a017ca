/* FIND as execvp(3) searches, CWD, and how an exec that fails is told. */
#include "runtime/init/init.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

/* The working directory is a new one with these files; plan texts are kept behind a byte that stands for the
 * header. */
struct place {
	char path[64], old[4096];
	struct init init;
	char plan[32768];
	uint32_t used;
};

static const char *const directories[] = { "plain", "good", "directory", "directory/tool" };
static const struct {
	const char *path, *text;
	mode_t mode;
} files[] = {
	{ "plain/tool", "#!/bin/sh\n", 0644 },
	{ "good/tool", "#!/bin/sh\nexit 7\n", 0755 },
	{ "good/orphan", "#!/nowhere/sh\n", 0755 },
	{ "good/nonsense", "nonsense", 0755 },
};

static int place_make(void **state)
{
	struct place *p = calloc(1, sizeof *p);

	strcpy(p->path, "/tmp/exec-test-XXXXXX");
	assert_non_null(mkdtemp(p->path));
	assert_non_null(getcwd(p->old, sizeof p->old));
	assert_int_equal(chdir(p->path), 0);
	for (size_t i = 0; i < sizeof directories / sizeof *directories; i++)
		assert_int_equal(mkdir(directories[i], 0755), 0);
	for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
		int fd = open(files[i].path, O_WRONLY | O_CREAT | O_CLOEXEC, files[i].mode);
		assert_int_equal(write(fd, files[i].text, strlen(files[i].text)), strlen(files[i].text));
		close(fd);
	}
	p->used = 8;
	p->init.plan = p->plan;
	p->init.root_fd = -1;
	*state = p;
	return 0;
}

static int place_end(void **state)
{
	struct place *p = *state;

	assert_int_equal(chdir(p->path), 0);
	for (size_t i = 0; i < sizeof files / sizeof *files; i++)
		assert_int_equal(unlink(files[i].path), 0);
	for (size_t i = sizeof directories / sizeof *directories; i-- > 0;)
		assert_int_equal(rmdir(directories[i]), 0);
	assert_int_equal(chdir(p->old), 0);
	assert_int_equal(rmdir(p->path), 0);
	free(p);
	return 0;
}

static plan_text put(struct place *p, const char *text)
{
	plan_text at = p->used;

	if (!text)
		return 0;
	strcpy(p->plan + at, text);
	p->used += (uint32_t)strlen(text) + 1;
	return at;
}

/* 0, or the errno; what is found is in init.executable. */
static int find(struct place *p, const char *name, const char *path)
{
	const struct op_find payload = { .name = put(p, name), .path = put(p, path) };

	return init_find(&p->init, NULL, &payload) == 0 ? 0 : p->init.failed_error;
}

static void searches_as_execvp(void **state)
{
	static const struct {
		const char *path, *found;
		int error;
	} cases[] = {
		{ "plain:directory:/nowhere:good", "good/tool", 0 },
		{ "good:plain", "good/tool", 0 },
		{ "plain", NULL, EACCES },
		{ "directory", NULL, EACCES },
		{ "plain:/nowhere", NULL, EACCES },
		{ "/nowhere:good/tool", NULL, ENOENT },
		{ ":/bin", NULL, ENOENT },
	};
	struct place *p = *state;

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		assert_int_equal(find(p, "tool", cases[i].path), cases[i].error);
		if (cases[i].found)
			assert_string_equal(p->init.executable, cases[i].found);
	}
	assert_int_equal(find(p, "", "good"), ENOENT);
	assert_int_equal(find(p, "sh", NULL), 0); /* the default path */
	assert_string_equal(strrchr(p->init.executable, '/'), "/sh");
}

static void an_empty_entry_is_the_working_directory(void **state)
{
	static const char *const paths[] = { "", ":/nowhere", "/nowhere:", "/nowhere::/nowhere" };
	struct place *p = *state;

	assert_int_equal(chdir("good"), 0);
	for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
		assert_int_equal(find(p, "tool", paths[i]), 0);
		assert_string_equal(p->init.executable, "./tool");
	}
}

static void a_slash_names_the_file(void **state)
{
	struct place *p = *state;

	assert_int_equal(find(p, "good/tool", "plain"), 0);
	assert_string_equal(p->init.executable, "good/tool");
	assert_int_equal(find(p, "plain/tool", "good"), EACCES);
	assert_int_equal(p->init.failed_call, SYS_faccessat2);
	assert_int_equal(find(p, "directory/tool", "good"), EACCES);
	assert_int_equal(find(p, "good/none", "good"), ENOENT);
	assert_int_equal(p->init.failed_call, SYS_newfstatat);
	assert_int_equal(find(p, "good/tool/x", "good"), ENOTDIR);
}

static void bears_long_names(void **state)
{
	char name[INIT_PATH_MAX + 10], path[INIT_PATH_MAX + 10];
	struct place *p = *state;

	memset(name, 'a', sizeof name);
	name[sizeof name - 1] = 0;
	assert_int_equal(find(p, name, "good:/bin"), ENOENT);
	name[0] = '/';
	assert_int_equal(find(p, name, NULL), ENAMETOOLONG);
	memset(path, '/', sizeof path); /* "//...//:good", at every length around the buffer's end */
	for (size_t length = INIT_PATH_MAX - 10; length < INIT_PATH_MAX + 3; length++) {
		strcpy(path + length, ":good");
		assert_int_equal(find(p, "tool", path), 0);
		assert_string_equal(p->init.executable, "good/tool");
		assert_string_equal(p->init.home, ""); /* what lies behind it */
		p->used = 8;
		memset(path, '/', sizeof path);
	}
}

static int enter(struct place *p, const char *path)
{
	const struct op_cwd payload = { .path = put(p, path) };

	return init_cwd(&p->init, NULL, &payload) == 0 ? 0 : p->init.failed_error;
}

static void enters_a_directory(void **state)
{
	char path[200], is[200];
	struct place *p = *state;

	(void)snprintf(path, sizeof path, "%s/good", p->path);
	assert_int_equal(enter(p, path), 0);
	assert_string_equal(getcwd(is, sizeof is), path);
	assert_int_equal(enter(p, "tool"), ENOTDIR);
	(void)snprintf(path, sizeof path, "%s/new/directory", p->path);
	assert_int_equal(enter(p, path), 0);
	assert_string_equal(getcwd(is, sizeof is), path);
	assert_int_equal(chdir(p->path), 0);
	assert_int_equal(rmdir("new/directory"), 0);
	assert_int_equal(rmdir("new"), 0);
}

/* A magic link leads to a directory that is deleted, or in a mount that the root does not reach. */
static int enter_by_link(struct place *p, int fd)
{
	char path[32];

	(void)snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
	return enter(p, path) == ENOENT && p->init.failed_call == SYS_getcwd ? 0 : 1;
}

static void refuses_a_deleted_directory(void **state)
{
	struct place *p = *state;

	assert_int_equal(mkdir("gone", 0755), 0);
	int fd = open("gone", O_PATH | O_DIRECTORY | O_CLOEXEC);
	assert_int_equal(rmdir("gone"), 0);
	assert_int_equal(enter_by_link(p, fd), 0);
	close(fd);
}

static int enter_unreachable(struct place *p)
{
	if (unshare(CLONE_NEWUSER | CLONE_NEWNS) < 0)
		return 2;
	if (mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 || mount("none", "good", "tmpfs", 0, NULL) < 0)
		return 3;
	int fd = open("good", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (umount2("good", MNT_DETACH) < 0)
		return 4;
	return enter_by_link(p, fd);
}

static void refuses_a_directory_outside_of_the_root(void **state)
{
	int status = 0;
	pid_t pid = fork();

	if (pid == 0)
		_exit(enter_unreachable(*state));
	assert_int_equal(waitpid(pid, &status, 0), pid);
	if (WEXITSTATUS(status) == 2)
		skip(); /* no user namespaces for us here */
	assert_int_equal(WEXITSTATUS(status), 0);
}

/* The exit status of a child that becomes `executable`; a failure's errno plus 100 when its number is 0, plus 200
 * when 1. */
static int run(struct place *p, const char *executable)
{
	struct op_exec payload = { .args = { 16384, 1 }, .env = { 16384 + 64, 0 } };
	plan_text name = put(p, executable);
	int status = 0;

	*(uint64_t *)(void *)(p->plan + payload.args.at) = name;
	strcpy(p->init.executable, executable);
	pid_t pid = fork();
	if (pid == 0) {
		init_exec(&p->init, NULL, &payload);
		_exit(p->init.failed_error + (p->init.failed_number ? 200 : 100));
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WEXITSTATUS(status);
}

static void tells_what_is_missing(void **state)
{
	struct place *p = *state;

	assert_int_equal(run(p, "good/tool"), 7);
	assert_int_equal(run(p, "good/orphan"), 200 + ENOENT);
	assert_int_equal(run(p, "good/none"), 100 + ENOENT);
	assert_int_equal(run(p, "good/nonsense"), 100 + ENOEXEC);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(searches_as_execvp, place_make, place_end),
		cmocka_unit_test_setup_teardown(an_empty_entry_is_the_working_directory, place_make, place_end),
		cmocka_unit_test_setup_teardown(a_slash_names_the_file, place_make, place_end),
		cmocka_unit_test_setup_teardown(bears_long_names, place_make, place_end),
		cmocka_unit_test_setup_teardown(enters_a_directory, place_make, place_end),
		cmocka_unit_test_setup_teardown(refuses_a_deleted_directory, place_make, place_end),
		cmocka_unit_test_setup_teardown(refuses_a_directory_outside_of_the_root, place_make, place_end),
		cmocka_unit_test_setup_teardown(tells_what_is_missing, place_make, place_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
