/* The procfs that labels and kernel parameters are written through. */
#include "runtime/init/init.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static struct init make_init(void)
{
	return (struct init){ .root_fd = -1, .proc_fd = -1 };
}

static void writes_to_files_of_its_own_process(void **state)
{
	struct init i = make_init();
	char name[16] = "";

	(void)state;
	int fd = proc_open_own(&i, "comm");
	assert_true(fd >= 0);
	assert_int_equal(write(fd, "labelled", 8), 8);
	assert_int_equal(prctl(PR_GET_NAME, name), 0);
	assert_string_equal(name, "labelled");
	assert_int_equal(close(fd), 0);
	/* what a neighbour could take from us shows no kernel parameters */
	assert_int_equal(faccessat(i.proc_fd, "self/comm", F_OK, 0), 0);
	assert_int_equal(faccessat(i.proc_fd, "sys", F_OK, 0), -1);
	assert_int_equal(errno, ENOENT);
	proc_drop(&i);
	assert_int_equal(i.proc_fd, -1);
}

static void tells_what_is_not_there(void **state)
{
	struct init i = make_init();

	(void)state;
	assert_int_equal(proc_open_own(&i, "attr/no-such-module/exec"), -1);
	assert_int_equal(i.failed_error, ENOENT);
	proc_drop(&i);
	assert_int_equal(proc_open_sysctl(&i, "kernel/no_such_key"), -1);
	assert_int_equal(i.failed_error, ENOENT);
	proc_drop(&i);
}

static void follows_no_link(void **state)
{
	struct init i = make_init();

	(void)state;
	assert_int_equal(proc_open_own(&i, "cwd/Makefile"), -1);
	assert_int_equal(i.failed_error, ELOOP);
	assert_int_equal(proc_open_own(&i, "exe"), -1);
	assert_int_equal(i.failed_error, ELOOP);
	proc_drop(&i);
}

/* In mounts of our own: a procfs where the file is covered by another one is left for a private one. */
static int try_covered(void)
{
	struct init i = make_init();
	struct stat seen, wanted;
	char path[64];

	if (unshare(CLONE_NEWNS) < 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
		return 2;
	(void)snprintf(path, sizeof path, "/proc/%d/comm", getpid());
	if (mount("/etc/hostname", path, NULL, MS_BIND, NULL) < 0)
		return 3;
	i.proc_fd = open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC);
	int before = i.proc_fd, fd = proc_open_own(&i, "comm");
	if (fd < 0 || fstat(fd, &seen) < 0 || stat(path, &wanted) < 0)
		return 4;
	return i.proc_fd >= 0 && before >= 0 && seen.st_dev != wanted.st_dev ? 0 : 5;
}

static void goes_around_what_covers_it(void **state)
{
	int status;

	(void)state;
	pid_t child = fork();
	if (child == 0)
		_exit(try_covered());
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(writes_to_files_of_its_own_process),
		cmocka_unit_test(tells_what_is_not_there),
		cmocka_unit_test(follows_no_link),
		cmocka_unit_test(goes_around_what_covers_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
