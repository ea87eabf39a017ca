#include "spec/base/log.h"

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
	struct log log;
	char directory[64], path[80], said[4096], logged[4096];
	int stderr_fd;
};

static int make(void **state)
{
	static struct fixture f; /* one test at a time */
	struct err e = ERR_NONE;

	f = (struct fixture){ .directory = "/tmp/log_test.XXXXXX" };
	arena_init(&f.arena, 1 << 20);
	log_init(&f.log, &f.arena, "boxcar");
	if (!mkdtemp(f.directory))
		return -1;
	(void)snprintf(f.path, sizeof f.path, "%s/log", f.directory);
	*state = &f;
	return log_open(&f.log, f.path, &e);
}

static int finish(void **state)
{
	struct fixture *f = *state;

	(void)unlink(f->path);
	(void)rmdir(f->directory);
	arena_finish(&f->arena);
	return 0;
}

static void read_file(const char *path, char *into, size_t size)
{
	FILE *file = fopen(path, "r");

	assert_non_null(file);
	into[fread(into, 1, size - 1, file)] = '\0';
	(void)fclose(file);
}

/* End the command with its stderr kept, then read both outputs. */
static void end(struct fixture *f, const struct err *e)
{
	char path[96];

	(void)snprintf(path, sizeof path, "%s/stderr", f->directory);
	(void)fflush(stderr);
	int kept = dup(STDERR_FILENO);
	int file = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	assert_true(dup2(file, STDERR_FILENO) >= 0);
	log_finish(&f->log, "create", e);
	assert_true(dup2(kept, STDERR_FILENO) >= 0);
	(void)close(kept);
	(void)close(file);
	read_file(path, f->said, sizeof f->said);
	read_file(f->path, f->logged, sizeof f->logged);
	(void)unlink(path);
}

static void makes_a_private_file(void **state)
{
	struct fixture *f = *state;
	struct stat st;

	assert_int_equal(stat(f->path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600 & ~umask(umask(0)));
	end(f, NULL);
	assert_string_equal(f->said, "");
	assert_string_equal(f->logged, "");
}

static void keeps_warnings_until_success(void **state)
{
	struct fixture *f = *state;

	f->log.format = LOG_JSON;
	log_warn(&f->log, "left out: %s", "CAP_X");
	log_warn(&f->log, "a \"quoted\"\nline");
	end(f, NULL);
	assert_string_equal(f->said, ""); /* stderr may be a container's */
	assert_non_null(strstr(f->logged, "{\"level\":\"warning\",\"msg\":\"left out: CAP_X\",\"time\":\"20"));
	assert_non_null(strstr(f->logged, "\"msg\":\"a \\\"quoted\\\"\\u000aline\""));
}

static void says_warnings_without_a_log(void **state)
{
	struct fixture *f = *state;

	(void)close(f->log.fd);
	f->log.fd = -1;
	log_warn(&f->log, "left out: %s", "CAP_X");
	log_warn(&f->log, "a \"quoted\"\nline");
	end(f, NULL);
	assert_string_equal(f->said, "boxcar: warning: left out: CAP_X\nboxcar: warning: a \"quoted\"\nline\n");
}

static void writes_one_record_on_failure(void **state)
{
	struct fixture *f = *state;
	struct err e = ERR_NONE;

	f->log.format = LOG_JSON;
	log_warn(&f->log, "first");
	log_warn(&f->log, "second");
	(void)err_number(&e, ENOENT, "open /x");
	(void)err_hint(&e, "make it");
	e.phase = "find the bundle";
	end(f, &e);
	assert_ptr_equal(strchr(f->logged, '\n'), f->logged + strlen(f->logged) - 1);
	assert_non_null(strstr(f->logged, "{\"level\":\"error\",\"msg\":\"open /x: no such file or directory; make "
					  "it\""));
	assert_non_null(strstr(f->logged, "\"command\":\"create\",\"phase\":\"find the bundle\",\"hint\":\"make it\","
					  "\"errno\":2,\"code\":1,\"warnings\":[\"first\",\"second\"]}"));
	assert_string_equal(f->said, "boxcar: warning: first\nboxcar: warning: second\n"
				     "boxcar: open /x: no such file or directory; make it\n");
}

static void writes_plain_text(void **state)
{
	struct fixture *f = *state;
	struct err e = ERR_NONE;

	(void)err_set(&e, "no");
	end(f, &e);
	assert_non_null(strstr(f->logged, "Z boxcar: error: no\n"));
}

static void says_what_cannot_be_opened(void **state)
{
	struct fixture *f = *state;
	struct log other;
	struct err e = ERR_NONE;

	log_init(&other, &f->arena, "boxcar");
	assert_int_equal(log_open(&other, "/nonexistent/log", &e), -1);
	assert_string_equal(e.text, "open the log file /nonexistent/log: no such file or directory");
	end(f, NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(makes_a_private_file, make, finish),
		cmocka_unit_test_setup_teardown(keeps_warnings_until_success, make, finish),
		cmocka_unit_test_setup_teardown(says_warnings_without_a_log, make, finish),
		cmocka_unit_test_setup_teardown(writes_one_record_on_failure, make, finish),
		cmocka_unit_test_setup_teardown(writes_plain_text, make, finish),
		cmocka_unit_test_setup_teardown(says_what_cannot_be_opened, make, finish),
	};

	return cmocka_run_group_tests_name("log", tests, NULL, NULL);
}
