#include "runtime/host/seccomp.h"

#include "spec/base/own.h"
#include "spec/words.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <seccomp.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <cmocka.h>

#if defined(__x86_64__)
#define NATIVE AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define NATIVE AUDIT_ARCH_AARCH64
#endif

struct world {
	struct arena arena;
	struct log log;
	struct plan_writer plan;
	struct sock_filter *program;
	size_t count;
};

static int set_up(void **state)
{
	struct world *w = calloc(1, sizeof *w);

	assert_non_null(w);
	arena_init(&w->arena, 64 << 20);
	log_init(&w->log, &w->arena, "test");
	plan_begin(&w->plan, &w->arena);
	*state = w;
	return 0;
}

static int tear_down(void **state)
{
	struct world *w = *state;

	arena_finish(&w->arena);
	free(w);
	return 0;
}

/* --- a plan by hand ----------------------------------------------------------------------------------------------- */

static void add_filter(struct world *w, uint64_t action, uint64_t errno_value, const uint64_t *architectures, size_t count)
{
	PLAN_ADD(&w->plan, FILTER, filter, 0, NULL, .default_action = action, .default_errno = errno_value,
		 .architectures = plan_add_numbers(&w->plan, architectures, count));
}

static void add_rule(struct world *w, uint64_t action, uint64_t errno_value, const char *call, const uint64_t *arguments,
		     size_t count)
{
	PLAN_ADD(&w->plan, FILTER_RULE, filter_rule, 0, NULL, .calls = plan_add_texts(&w->plan, &call, 1), .action = action,
		 .errno_value = errno_value, .arguments = plan_add_numbers(&w->plan, arguments, count));
}

static void allow(struct world *w, const char *call)
{
	add_rule(w, ACTION_ALLOW, 0, call, NULL, 0);
}

static int compile(struct world *w, int *fd, struct err *e)
{
	struct plan plan = plan_finish(&w->plan);

	assert_true(plan_is_sound(&plan));
	return seccomp_compile(&plan, &w->log, fd, e);
}

static void compile_well(struct world *w)
{
	struct err e = ERR_NONE;
	struct stat s;
	int fd = -1;

	if (compile(w, &fd, &e) < 0)
		fail_msg("%s", e.text);
	assert_true(fd >= 0);
	assert_int_equal(fstat(fd, &s), 0);
	w->count = (size_t)s.st_size / sizeof *w->program;
	w->program = arena_alloc(&w->arena, (size_t)s.st_size);
	assert_int_equal(pread(fd, w->program, (size_t)s.st_size, 0), s.st_size);
	assert_int_equal(pwrite(fd, "x", 1, 0), -1); /* sealed */
	assert_int_equal(errno, EPERM);
	(void)close(fd);
}

/* --- the kernel's machine, as far as filters use it --------------------------------------------------------------- */

static bool is_jump_taken(const struct sock_filter *i, uint32_t a)
{
	switch (BPF_OP(i->code)) {
	case BPF_JEQ:
		return a == i->k;
	case BPF_JGT:
		return a > i->k;
	case BPF_JGE:
		return a >= i->k;
	case BPF_JSET:
		return a & i->k;
	default:
		fail_msg("jump %#x", i->code);
		return false;
	}
}

static uint32_t run(const struct world *w, uint32_t arch, int call, const uint64_t *arguments)
{
	struct seccomp_data data = { .nr = call, .arch = arch };
	uint32_t a = 0;

	memcpy(data.args, arguments, sizeof data.args);
	for (size_t at = 0; at < w->count; at++) {
		const struct sock_filter *i = &w->program[at];
		if (i->code == (BPF_LD | BPF_W | BPF_ABS)) {
			assert_in_range(i->k, 0, sizeof data - 4);
			memcpy(&a, (const char *)&data + i->k, 4);
		} else if (i->code == (BPF_ALU | BPF_AND | BPF_K)) {
			a &= i->k;
		} else if (i->code == (BPF_JMP | BPF_JA)) {
			at += i->k;
		} else if (BPF_CLASS(i->code) == BPF_JMP) {
			at += is_jump_taken(i, a) ? i->jt : i->jf;
		} else if (i->code == (BPF_RET | BPF_K)) {
			return i->k;
		} else {
			fail_msg("instruction %#x", i->code);
		}
	}
	fail_msg("the program runs past its end");
	return 0;
}

static uint32_t ask(const struct world *w, int call, uint64_t first, uint64_t second)
{
	const uint64_t arguments[6] = { first, second };

	return run(w, NATIVE, call, arguments);
}

/* --- tests -------------------------------------------------------------------------------------------------------- */

static void no_filter_no_program(void **state)
{
	struct world *w = *state;
	struct err e = ERR_NONE;
	int fd = 7;

	PLAN_ADD(&w->plan, LOOPBACK, loopback, 0, NULL);
	assert_int_equal(compile(w, &fd, &e), 0);
	assert_int_equal(fd, -1);
}

static void actions(void **state)
{
	static const struct {
		uint64_t action;
		uint32_t result;
		const char *call;
	} rows[] = {
		{ ACTION_KILL, SECCOMP_RET_KILL_THREAD, "getpid" },
		{ ACTION_KILL_PROCESS, SECCOMP_RET_KILL_PROCESS, "getppid" },
		{ ACTION_KILL_THREAD, SECCOMP_RET_KILL_THREAD, "getuid" },
		{ ACTION_TRAP, SECCOMP_RET_TRAP, "geteuid" },
		{ ACTION_ERRNO, SECCOMP_RET_ERRNO | 77, "getgid" },
		{ ACTION_TRACE, SECCOMP_RET_TRACE | 77, "getegid" },
		{ ACTION_ALLOW, SECCOMP_RET_ALLOW, "gettid" },
		{ ACTION_LOG, SECCOMP_RET_LOG, "getpgid" },
		{ ACTION_NOTIFY, SECCOMP_RET_USER_NOTIF, "getsid" },
	};
	struct world *w = *state;

	add_filter(w, ACTION_ERRNO, 38, NULL, 0);
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		add_rule(w, rows[i].action, 77, rows[i].call, NULL, 0);
	allow(w, "a_call_of_the_future");
	add_rule(w, ACTION_ERRNO, 38, "setsid", NULL, 0); /* the default again */
	compile_well(w);
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		assert_int_equal(ask(w, seccomp_syscall_resolve_name(rows[i].call), 0, 0), rows[i].result);
	assert_int_equal(ask(w, SYS_setsid, 0, 0), SECCOMP_RET_ERRNO | 38);
	assert_int_equal(ask(w, SYS_read, 0, 0), SECCOMP_RET_ERRNO | 38);
	assert_int_equal(run(w, AUDIT_ARCH_S390X, SYS_gettid, (const uint64_t[6]){ 0 }), SECCOMP_RET_KILL_THREAD);
}

static bool compares(uint64_t compare, uint64_t value, uint64_t one, uint64_t two)
{
	switch (compare) {
	case COMPARE_NE:
		return value != one;
	case COMPARE_LT:
		return value < one;
	case COMPARE_LE:
		return value <= one;
	case COMPARE_EQ:
		return value == one;
	case COMPARE_GE:
		return value >= one;
	case COMPARE_GT:
		return value > one;
	default:
		return (value & one) == two;
	}
}

static const uint64_t values[] = { 0, 1, 2, 0x7fffffff, 0x80000000, 0xffffffff, 0x100000000, 0x100000001, UINT64_MAX - 1,
				   UINT64_MAX };
enum { VALUES = sizeof values / sizeof *values };

static void comparisons(void **state)
{
	(void)state;
	for (uint64_t compare = COMPARE_NE; compare <= COMPARE_MASKED_EQ; compare++)
		for (size_t i = 0; i < VALUES; i++) {
			struct world *w;
			assert_int_equal(set_up((void **)&w), 0);
			const uint64_t condition[] = { 1, compare, values[i], values[i] & 0x100000002 };
			add_filter(w, ACTION_ERRNO, 1, NULL, 0);
			add_rule(w, ACTION_ALLOW, 0, "getpriority", condition, 4);
			compile_well(w);
			for (size_t k = 0; k < VALUES; k++) {
				bool is_allowed = ask(w, SYS_getpriority, 5, values[k]) == SECCOMP_RET_ALLOW;
				if (is_allowed != compares(compare, values[k], condition[2], condition[3]))
					fail_msg("comparison %llu of %#llx with %#llx", (unsigned long long)compare,
						 (unsigned long long)values[k], (unsigned long long)values[i]);
			}
			assert_int_equal(tear_down((void **)&w), 0);
		}
}

static void conditions_of_a_rule_are_anded(void **state)
{
	static const uint64_t both[] = { 0, COMPARE_EQ, 1, 0, 1, COMPARE_EQ, 2, 0 };
	struct world *w = *state;

	add_filter(w, ACTION_ERRNO, 1, NULL, 0);
	add_rule(w, ACTION_ALLOW, 0, "getpriority", both, 8);
	compile_well(w);
	assert_int_equal(ask(w, SYS_getpriority, 1, 2), SECCOMP_RET_ALLOW);
	assert_int_equal(ask(w, SYS_getpriority, 1, 3), SECCOMP_RET_ERRNO | 1);
	assert_int_equal(ask(w, SYS_getpriority, 0, 2), SECCOMP_RET_ERRNO | 1);
}

static void twins_are_ored(void **state)
{
	static const uint64_t twins[] = { 0, COMPARE_EQ, 1, 0, 0, COMPARE_EQ, 2, 0, 1, COMPARE_EQ, 9, 0 };
	struct world *w = *state;

	add_filter(w, ACTION_ERRNO, 1, NULL, 0);
	add_rule(w, ACTION_ALLOW, 0, "getpriority", twins, 12);
	compile_well(w);
	assert_int_equal(ask(w, SYS_getpriority, 1, 0), SECCOMP_RET_ALLOW);
	assert_int_equal(ask(w, SYS_getpriority, 2, 0), SECCOMP_RET_ALLOW);
	assert_int_equal(ask(w, SYS_getpriority, 3, 9), SECCOMP_RET_ALLOW);
	assert_int_equal(ask(w, SYS_getpriority, 3, 0), SECCOMP_RET_ERRNO | 1);
}

/* The same rule again, and a narrower one after a wider one: profiles that were put together have both. */
static void repetitions_are_fine(void **state)
{
	static const uint64_t condition[] = { 0, COMPARE_EQ, 1, 0 };
	struct world *w = *state;

	add_filter(w, ACTION_ERRNO, 1, NULL, 0);
	allow(w, "getpriority");
	allow(w, "getpriority");
	add_rule(w, ACTION_ALLOW, 0, "getpriority", condition, 4);
	add_rule(w, ACTION_ALLOW, 0, "setpriority", condition, 4);
	add_rule(w, ACTION_ALLOW, 0, "setpriority", condition, 4);
	allow(w, "setpriority");
	compile_well(w);
	assert_int_equal(ask(w, SYS_getpriority, 7, 0), SECCOMP_RET_ALLOW);
	assert_int_equal(ask(w, SYS_setpriority, 7, 0), SECCOMP_RET_ALLOW);
}

static void refuses_nonsense(void **state)
{
	static const uint64_t many[28] = { 0 }, seventh[] = { 6, COMPARE_EQ, 0, 0 };
	struct world *w;
	struct err e = ERR_NONE;
	int fd;

	(void)state;
	for (int i = 0; i < 2; i++) {
		assert_int_equal(set_up((void **)&w), 0);
		add_filter(w, ACTION_ERRNO, 1, NULL, 0);
		add_rule(w, ACTION_ALLOW, 0, "getpid", i ? many : seventh, i ? 28 : 4);
		assert_int_equal(compile(w, &fd, &e), -1);
		assert_string_not_equal(e.text, "");
		assert_int_equal(tear_down((void **)&w), 0);
	}
}

static void other_architectures(void **state)
{
#if defined(__x86_64__)
	static const uint64_t three[] = { SCMP_ARCH_X86_64, SCMP_ARCH_X86, SCMP_ARCH_X32, 0x12345678 };
	static const uint64_t none[6] = { 0 };
	struct world *w = *state;

	add_filter(w, ACTION_ERRNO, 1, three, 4);
	allow(w, "getpid");
	allow(w, "waitpid"); /* only i386 has it */
	compile_well(w);
	assert_int_equal(run(w, AUDIT_ARCH_X86_64, SYS_getpid, none), SECCOMP_RET_ALLOW);
	assert_int_equal(run(w, AUDIT_ARCH_I386, 20, none), SECCOMP_RET_ALLOW);
	assert_int_equal(run(w, AUDIT_ARCH_I386, 7, none), SECCOMP_RET_ALLOW);
	assert_int_equal(run(w, AUDIT_ARCH_I386, SYS_getpid, none), SECCOMP_RET_ERRNO | 1);
	assert_int_equal(run(w, AUDIT_ARCH_X86_64, 0x40000000 | SYS_getpid, none), SECCOMP_RET_ALLOW);
	assert_int_equal(run(w, AUDIT_ARCH_X86_64, 7, none), SECCOMP_RET_ERRNO | 1);
	assert_int_equal(run(w, AUDIT_ARCH_AARCH64, SYS_getpid, none), SECCOMP_RET_KILL_THREAD);
#elif defined(__aarch64__)
	static const uint64_t two[] = { SCMP_ARCH_AARCH64, SCMP_ARCH_ARM, 0x12345678 };
	static const uint64_t none[6] = { 0 };
	struct world *w = *state;

	add_filter(w, ACTION_ERRNO, 1, two, 3);
	allow(w, "getpid");
	allow(w, "cacheflush"); /* only ARM has it, far above all others */
	compile_well(w);
	assert_int_equal(run(w, AUDIT_ARCH_AARCH64, SYS_getpid, none), SECCOMP_RET_ALLOW);
	assert_int_equal(run(w, AUDIT_ARCH_ARM, 20, none), SECCOMP_RET_ALLOW);
	assert_int_equal(run(w, AUDIT_ARCH_ARM, 0xf0002, none), SECCOMP_RET_ALLOW);
	assert_int_equal(run(w, AUDIT_ARCH_ARM, 0xf0005, none), SECCOMP_RET_ERRNO | 1);
	assert_int_equal(run(w, AUDIT_ARCH_ARM, SYS_getpid, none), SECCOMP_RET_ERRNO | 1);
	assert_int_equal(run(w, AUDIT_ARCH_AARCH64, 0xf0002, none), SECCOMP_RET_ERRNO | 1);
	assert_int_equal(run(w, AUDIT_ARCH_X86_64, SYS_getpid, none), SECCOMP_RET_KILL_THREAD);
#endif
}

static void the_kernel_takes_it(void **state)
{
	struct world *w = *state;
	int status;

	add_filter(w, ACTION_ALLOW, 0, NULL, 0);
	add_rule(w, ACTION_ERRNO, EDOM, "getppid", NULL, 0);
	compile_well(w);
	pid_t pid = fork();
	if (pid == 0) {
		struct sock_fprog program = { (unsigned short)w->count, w->program };
		if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 || prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) < 0)
			_exit(1);
		_exit(syscall(SYS_getppid) == -1 && errno == EDOM && syscall(SYS_getuid) >= 0 ? 0 : 2);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(no_filter_no_program), TEST(actions), TEST(comparisons), TEST(conditions_of_a_rule_are_anded),
		TEST(twins_are_ored),       TEST(repetitions_are_fine), TEST(refuses_nonsense), TEST(other_architectures),
		TEST(the_kernel_takes_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
