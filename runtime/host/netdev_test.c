/* boxcar-netdev as the runtime sees it, with programs beside the test that do not do what they should. */
#include "runtime/host/libexec.h"
#include "runtime/host/netdev.h"

#include <errno.h>
#include <libgen.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

/* Put a script where libexec_find looks first: beside this program. NULL: nothing. */
static void put_program(const char *script)
{
	char own[4096], path[4200];
	ssize_t length = readlink("/proc/self/exe", own, sizeof own - 1);

	assert_true(length > 0);
	own[length] = '\0';
	(void)snprintf(path, sizeof path, "%s/boxcar-netdev", dirname(own));
	assert_true(unlink(path) == 0 || errno == ENOENT);
	if (!script)
		return;
	FILE *file = fopen(path, "we");
	assert_non_null(file);
	assert_true(fputs(script, file) >= 0);
	assert_int_equal(fclose(file), 0);
	assert_int_equal(chmod(path, 0755), 0);
}

static void expect(const char *script, const char *said)
{
	struct netdev n;
	struct arena a;
	struct err e = ERR_NONE;

	arena_init(&a, ARENA_SIZE);
	netdev_init(&n);
	put_program(script);
	assert_int_equal(netdev_move(&n, "eth0", NULL, "/proc/self/ns/net", &a, &e), -1);
	if (!strstr(e.text, said))
		fail_msg("\"%s\" is not in \"%s\"", said, e.text);
	netdev_end(&n);
	assert_int_equal(n.program.pid, 0);
	assert_int_equal(n.program.channel, -1);
	put_program(NULL);
	assert_int_equal(waitpid(-1, NULL, 0), -1); /* no child is left */
	assert_int_equal(errno, ECHILD);
	arena_finish(&a);
}

static void a_missing_program_is_named(void **state)
{
	(void)state;
	expect(NULL, "find boxcar-netdev in ");
}

static void a_program_that_cannot_be_executed_is_named(void **state)
{
	(void)state;
	expect("#!/no/such/interpreter\n", "/boxcar-netdev");
}

static void a_program_that_ends_is_gone(void **state)
{
	(void)state;
	expect("#!/bin/sh\nexec true\n", "boxcar-netdev");
}

static void a_program_that_says_something_else_is_of_another_release(void **state)
{
	(void)state;
	expect("#!/bin/sh\ndd bs=4096 count=1 of=/dev/null 2>&1 && echo nonsense >&0\n", "gone, or not of this release");
}

static void a_namespace_that_cannot_be_opened_starts_nothing(void **state)
{
	struct netdev n;
	struct arena a;
	struct err e = ERR_NONE;

	(void)state;
	arena_init(&a, ARENA_SIZE);
	netdev_init(&n);
	assert_int_equal(netdev_move(&n, "eth0", "x", "/no/such/namespace", &a, &e), -1);
	assert_non_null(strstr(e.text, "open the network namespace /no/such/namespace"));
	assert_int_equal(n.program.pid, 0);
	netdev_end(&n);
	arena_finish(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_missing_program_is_named),
		cmocka_unit_test(a_program_that_cannot_be_executed_is_named),
		cmocka_unit_test(a_program_that_ends_is_gone),
		cmocka_unit_test(a_program_that_says_something_else_is_of_another_release),
		cmocka_unit_test(a_namespace_that_cannot_be_opened_starts_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
