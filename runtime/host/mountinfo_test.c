/* Lines of mountinfo, and what of /proc and /sys is hidden. */
#include "runtime/host/mountinfo.h"

#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static void a_line_has_its_fields_decoded(void **state)
{
	char line[] = "36 35 98:0 /mnt\\0401 /mnt\\134\\012x rw,noatime master:1 shared:2 - ext3 /dev/root rw,errors=continue";
	struct mount_line m;

	(void)state;
	assert_true(mountinfo_read_line(line, &m));
	assert_string_equal(m.root, "/mnt 1");
	assert_string_equal(m.mount_point, "/mnt\\\nx");
	assert_string_equal(m.type, "ext3");
	assert_string_equal(m.options, "rw,errors=continue");
}

static void what_is_no_line_is_refused(void **state)
{
	const char *const lines[] = { "", "36 35 98:0 / /mnt", "36 35 98:0 / /mnt rw - ext3", "36 35 98:0 / /mnt rw shared:1 ext3 a b" };
	struct mount_line m;

	(void)state;
	for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
		char *line = strdup(lines[i]);
		assert_false(mountinfo_read_line(line, &m));
		free(line);
	}
}

/* In a mount namespace of its own: 0 when all held, 1 when not, 77 when it may have none. */
static int look_at_covers(void)
{
	const char *covers;
	struct arena a;

	if (unshare(CLONE_NEWNS) < 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
		return 77;
	arena_init(&a, ARENA_SIZE);
	if (mount("t", "/proc/bus", "tmpfs", 0, NULL) < 0)
		return 77;
	(void)mount("t", "/proc/sys/fs/binfmt_misc", "tmpfs", 0, NULL); /* not every kernel has it */
	covers = mountinfo_find_covers("/proc", &a);
	if (!covers || !strstr(covers, "/proc/bus") || strstr(covers, "binfmt_misc") || mountinfo_find_covers("/proc/b", &a))
		return 1;
	if (mkdir("/proc/bus/below", 0700) < 0 || mount("t", "/proc/bus/below", "tmpfs", 0, NULL) < 0)
		return 77;
	covers = mountinfo_find_covers("/proc", &a);
	if (!covers || strstr(covers, "/proc/bus/below") || mountinfo_is_readonly("/proc", &a))
		return 1;
	static const char *const files[] = { "/proc/uptime", "/proc/version", "/proc/stat", "/proc/meminfo", "/proc/loadavg", "/proc/cmdline" };
	for (size_t i = 0; i < sizeof files / sizeof *files; i++)
		if (mount("/dev/null", files[i], NULL, MS_BIND, NULL) < 0)
			return 77;
	covers = mountinfo_find_covers("/proc", &a);
	int result = covers && strstr(covers, " and ") && strstr(covers, " more") ? 0 : 1;
	if (mount(NULL, "/proc", NULL, MS_REMOUNT | MS_BIND | MS_RDONLY | MS_NOSUID, NULL) < 0)
		return 77;
	result |= !mountinfo_is_readonly("/proc", &a) || mountinfo_is_readonly("/nowhere", &a);
	arena_finish(&a);
	return result;
}

static void covers_are_named_but_those_that_hide_nothing(void **state)
{
	int status = 0;
	pid_t pid = fork();

	(void)state;
	if (pid == 0)
		_exit(look_at_covers());
	assert_true(pid > 0 && waitpid(pid, &status, 0) == pid && WIFEXITED(status));
	if (WEXITSTATUS(status) == 77)
		skip();
	assert_int_equal(WEXITSTATUS(status), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_line_has_its_fields_decoded),
		cmocka_unit_test(what_is_no_line_is_refused),
		cmocka_unit_test(covers_are_named_but_those_that_hide_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
