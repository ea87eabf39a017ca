/* Child programs: what they get, what is kept of what they write, how their end is told. */
#include "runtime/host/spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

static struct spawn_end run_within(const char *script, const char *input, int64_t timeout_ms)
{
	char *args[] = { (char[]){ "sh" }, (char[]){ "-c" }, strdup(script), NULL };
	char *env[] = { (char[]){ "PATH=/bin:/usr/bin" }, NULL };
	struct spawn s = { .path = "/bin/sh", .args = args, .env = env, .directory = "/tmp", .input = input,
			   .input_length = strlen(input), .timeout_ms = timeout_ms };
	struct spawn_end end;
	struct err e = ERR_NONE;

	if (spawn_run(&s, &end, &e) < 0)
		fail_msg("%s", e.text);
	free(args[2]);
	return end;
}

static struct spawn_end run(const char *script)
{
	return run_within(script, "", 0);
}

static int64_t seconds(void)
{
	struct timespec t;

	assert_int_equal(clock_gettime(CLOCK_MONOTONIC, &t), 0);
	return t.tv_sec;
}

static void test_end(void **state)
{
	struct spawn_end end = run("exit 7");

	(void)state;
	assert_int_equal(end.error, 0);
	assert_true(WIFEXITED(end.status));
	assert_int_equal(WEXITSTATUS(end.status), 7);
	end = run("kill -USR1 $$");
	assert_true(WIFSIGNALED(end.status));
	assert_int_equal(WTERMSIG(end.status), SIGUSR1);
	assert_int_equal(run("exit 0").status, 0);
}

static void test_input_arrives_whole(void **state)
{
	char *large = malloc(1000001);

	(void)state;
	assert_non_null(large);
	memset(large, 'x', 1000000);
	large[1000000] = '\0';
	assert_int_equal(run_within("test \"$(wc -c)\" = 1000000", large, 0).status, 0);
	assert_int_equal(run_within("test \"$(wc -c)\" = 0", "", 0).status, 0);
	free(large);
}

static void test_tail_is_the_last_of_stderr(void **state)
{
	struct spawn_end end = run("echo out; printf 'one\\ntwo\\n\\n' >&2");

	(void)state;
	assert_string_equal(end.tail, "one\ntwo");
	end = run("head -c 3000000 /dev/zero; head -c 3000000 /dev/zero | tr '\\0' e >&2; echo the end >&2");
	assert_int_equal(end.status, 0);
	assert_int_equal(strlen(end.tail), SPAWN_TAIL - 1); /* the last line's end is left out */
	assert_string_equal(end.tail + strlen(end.tail) - 8, "ethe end");
}

static void test_environment_and_directory(void **state)
{
	(void)state;
	assert_int_equal(setenv("FROM_THE_CALLER", "1", 1), 0);
	assert_int_equal(run("test -z \"$FROM_THE_CALLER\" && test \"$PATH\" = /bin:/usr/bin && test \"$PWD\" = /tmp").status, 0);
}

static void test_descriptors_and_signals_are_not_inherited(void **state)
{
	int fd = open("/dev/null", O_RDONLY); /* not close-on-exec */
	sigset_t set, old;

	(void)state;
	assert_true(fd >= 3);
	(void)sigemptyset(&set);
	(void)sigaddset(&set, SIGTERM);
	assert_int_equal(sigprocmask(SIG_BLOCK, &set, &old), 0);
	assert_ptr_not_equal(signal(SIGINT, SIG_IGN), SIG_ERR);
	/* SigBlk and SigIgn of the child; 3 is ls's own descriptor */
	assert_int_equal(run("test \"$(ls /proc/self/fd | tr '\\n' ' ')\" = '0 1 2 3 ' || exit 1;"
			     "grep -q '^SigBlk:\t0*$' /proc/self/status || exit 2;"
			     "grep -q '^SigIgn:\t0*$' /proc/self/status || exit 3").status, 0);
	assert_int_equal(sigprocmask(SIG_SETMASK, &old, NULL), 0);
	assert_ptr_not_equal(signal(SIGINT, SIG_DFL), SIG_ERR);
	assert_int_equal(close(fd), 0);
}

static void test_ignored_child_signal(void **state)
{
	(void)state;
	assert_ptr_not_equal(signal(SIGCHLD, SIG_IGN), SIG_ERR);
	assert_int_equal(WEXITSTATUS(run("exit 5").status), 5);
	assert_ptr_equal(signal(SIGCHLD, SIG_DFL), SIG_IGN);
}

static void test_timeout_kills_the_group(void **state)
{
	char path[] = "/tmp/spawn_test.XXXXXX", script[256];
	int fd = mkstemp(path);
	int64_t began = seconds();

	(void)state;
	assert_true(fd >= 0);
	(void)snprintf(script, sizeof script, "echo slow >&2; (sleep 4; echo late >%s) & sleep 30", path);
	struct spawn_end end = run_within(script, "", 2000); /* a slow machine has to get as far as the echo */
	assert_int_equal(end.error, ETIMEDOUT);
	assert_true(end.milliseconds >= 2000);
	assert_true(seconds() - began < 20);
	assert_string_equal(end.tail, "slow");
	(void)sleep(3);
	struct stat s;
	assert_int_equal(fstat(fd, &s), 0);
	assert_int_equal(s.st_size, 0);
	assert_int_equal(close(fd), 0);
	assert_int_equal(unlink(path), 0);
}

static void test_background_holds_up_nothing(void **state)
{
	int64_t began = seconds();

	(void)state;
	assert_int_equal(run("sleep 10 & exit 0").status, 0);
	assert_true(seconds() - began < 5);
}

static bool is_running(int pid)
{
	char path[64], state = 'X';

	(void)snprintf(path, sizeof path, "/proc/%d/stat", pid);
	FILE *file = fopen(path, "re");
	if (file && fscanf(file, "%*d (%*[^)]) %c", &state) != 1)
		state = 'X';
	if (file)
		(void)fclose(file);
	return state != 'X' && state != 'Z';
}

static void test_dies_with_us(void **state)
{
	int ends[2], pid = 0, status;

	(void)state;
	assert_int_equal(pipe(ends), 0);
	pid_t us = fork();
	if (us == 0) { /* the runtime; its child tells its own pid by way of a file */
		char script[128];
		(void)snprintf(script, sizeof script, "echo $$ >/proc/%d/fd/%d; exec sleep 60", getpid(), ends[1]);
		(void)run(script);
		_exit(0);
	}
	char text[32] = "";
	(void)close(ends[1]);
	assert_true(read(ends[0], text, sizeof text - 1) > 0);
	pid = atoi(text);
	assert_true(pid > 1 && is_running(pid));
	assert_int_equal(kill(us, SIGKILL), 0);
	assert_int_equal(waitpid(us, &status, 0), us);
	for (int n = 0; n < 500 && is_running(pid); n++)
		(void)usleep(10000);
	assert_false(is_running(pid));
	(void)close(ends[0]);
}

static void test_what_cannot_be_executed(void **state)
{
	char *args[] = { (char[]){ "x" }, NULL };
	struct spawn s = { .path = "/no/such", .args = args, .env = args + 1, .input = "" };
	struct spawn_end end;
	struct err e = ERR_NONE;

	(void)state;
	assert_int_equal(spawn_run(&s, &end, &e), 0);
	assert_int_equal(end.error, ENOENT);
	s.path = "/tmp";
	assert_int_equal(spawn_run(&s, &end, &e), 0);
	assert_int_equal(end.error, EACCES);
	s.path = "/bin/true";
	s.directory = "/no/such"; /* then the caller's */
	assert_int_equal(spawn_run(&s, &end, &e), 0);
	assert_int_equal(end.error, 0);
	assert_int_equal(end.status, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_end),
		cmocka_unit_test(test_input_arrives_whole),
		cmocka_unit_test(test_tail_is_the_last_of_stderr),
		cmocka_unit_test(test_environment_and_directory),
		cmocka_unit_test(test_descriptors_and_signals_are_not_inherited),
		cmocka_unit_test(test_ignored_child_signal),
		cmocka_unit_test(test_timeout_kills_the_group),
		cmocka_unit_test(test_background_holds_up_nothing),
		cmocka_unit_test(test_dies_with_us),
		cmocka_unit_test(test_what_cannot_be_executed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
