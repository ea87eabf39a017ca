/* Capability sets, ids and limits as the kernel has them afterwards. Each case is a child in a user namespace of
 * its own, where it holds every capability and changes nothing of ours. */
#include "runtime/init/init.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#define BIT(number) (1ull << (number))

enum { FAILED_TO_BEGIN = 99 };

/* What the kernel says: CapInh, CapPrm, CapEff, CapBnd, CapAmb. */
static uint64_t read_status(const char *name)
{
	char line[256], format[32];
	unsigned long long value = 0;
	FILE *f = fopen("/proc/self/status", "re");

	(void)snprintf(format, sizeof format, "%s:\t%%llx", name);
	while (f && fgets(line, sizeof line, f))
		if (sscanf(line, format, &value) == 1)
			break;
	if (f)
		(void)fclose(f);
	return value;
}

static uint64_t all(void)
{
	unsigned last = 0;

	while (prctl(PR_CAPBSET_READ, last + 1) >= 0)
		last++;
	return BIT(last + 1) - 1;
}

static void check(bool holds, const char *claim, int line)
{
	if (holds)
		return;
	(void)fprintf(stderr, "line %d: does not hold: %s\n", line, claim);
	_exit(1);
}
#define HOLDS(claim) check(claim, #claim, __LINE__)

static void write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	if (fd < 0 || write(fd, text, strlen(text)) < 0)
		_exit(FAILED_TO_BEGIN);
	close(fd);
}

/* Root's own, so that an unprivileged run has the same as one by root: the caller's ids are 0 inside, and nobody
 * else is. */
static void run(void (*what)(struct init *))
{
	char map[32];
	uid_t uid = geteuid();
	gid_t gid = getegid();
	int status = 0;
	pid_t pid = fork();

	if (pid == 0) {
		struct init i = { .root_fd = -1 };
		if (unshare(CLONE_NEWUSER) < 0)
			_exit(FAILED_TO_BEGIN);
		/* the maps of one id that everybody may write want this first */
		write_file("/proc/self/setgroups", "deny");
		(void)snprintf(map, sizeof map, "0 %u 1", uid);
		write_file("/proc/self/uid_map", map);
		(void)snprintf(map, sizeof map, "0 %u 1", gid);
		write_file("/proc/self/gid_map", map);
		what(&i);
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(WTERMSIG(status), 0);
	assert_int_equal(WEXITSTATUS(status), 0);
}

static int set(struct init *i, struct op_caps p)
{
	return init_caps(i, NULL, &p);
}

static int bound(struct init *i, uint64_t set)
{
	return init_bounding(i, NULL, &(struct op_bounding){ .set = set });
}

static void in_bounding(struct init *i)
{
	uint64_t effective = read_status("CapEff");

	HOLDS(bound(i, all()) == 0 && read_status("CapBnd") == all());
	HOLDS(bound(i, BIT(CAP_KILL) | BIT(CAP_CHOWN)) == 0);
	HOLDS(read_status("CapBnd") == (BIT(CAP_KILL) | BIT(CAP_CHOWN)));
	HOLDS(read_status("CapEff") == effective);
	HOLDS(bound(i, all()) == 0 && read_status("CapBnd") == (BIT(CAP_KILL) | BIT(CAP_CHOWN)));
	HOLDS(bound(i, 0) == 0 && read_status("CapBnd") == 0);
	HOLDS(set(i, (struct op_caps){ .permitted = 0 }) == 0);
	HOLDS(bound(i, 0) == 0); /* without CAP_SETPCAP, but with nothing to drop */
}

static void in_sets(struct init *i)
{
	uint64_t kill = BIT(CAP_KILL), chown = BIT(CAP_CHOWN), admin = BIT(CAP_SYS_ADMIN);

	HOLDS(set(i, (struct op_caps){ .permitted = kill | chown | BIT(CAP_SETPCAP), .effective = kill | BIT(CAP_SETPCAP),
				       .inheritable = kill | chown, .ambient = chown, .kept = admin }) == 0);
	HOLDS(read_status("CapPrm") == (kill | chown | admin | BIT(CAP_SETPCAP)));
	HOLDS(read_status("CapEff") == (kill | admin | BIT(CAP_SETPCAP)));
	HOLDS(read_status("CapInh") == (kill | chown) && read_status("CapAmb") == chown);
	HOLDS(set(i, (struct op_caps){ .permitted = kill }) == 0);
	HOLDS(read_status("CapPrm") == kill && !read_status("CapEff") && !read_status("CapInh") && !read_status("CapAmb"));
	HOLDS(set(i, (struct op_caps){ .permitted = kill, .kept = admin }) == 0); /* what is gone cannot be kept */
	HOLDS(read_status("CapPrm") == kill && read_status("CapEff") == 0);
	HOLDS(set(i, (struct op_caps){ .permitted = kill | chown }) < 0);
	HOLDS(i->failed_call == SYS_capset && i->failed_error == EPERM);
	HOLDS(bound(i, kill) < 0 && i->failed_error == EPERM && i->failed_number == CAP_CHOWN);
}

static void in_differing_sets(struct init *i)
{
	/* The kernel drops what it does not know without a word. */
	HOLDS(set(i, (struct op_caps){ .permitted = BIT(CAP_KILL) | BIT(63) }) < 0);
	HOLDS(i->failed_call == SYS_capget && i->failed_error == EPERM && i->failed_number == 63);
	HOLDS(set(i, (struct op_caps){ .permitted = BIT(CAP_KILL), .inheritable = BIT(63) }) < 0 && i->failed_number == 63);
	HOLDS(set(i, (struct op_caps){ .permitted = BIT(CAP_KILL), .ambient = BIT(CAP_KILL) }) < 0); /* not inheritable */
	HOLDS(i->failed_call == SYS_prctl && i->failed_number == CAP_KILL);
}

static void in_ids(struct init *i)
{
	int own[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, own) < 0)
		_exit(FAILED_TO_BEGIN);
	i->channel = own[0];
	HOLDS(init_user(i, NULL, &(struct op_user){ .setgroups = SETGROUPS_ALLOW }) < 0);
	HOLDS(i->failed_call == SYS_setgroups && i->failed_error == EPERM);
	HOLDS(init_user(i, NULL, &(struct op_user){ .setgroups = SETGROUPS_DENY }) == 0);
	HOLDS(read_status("CapEff") == all());
	HOLDS(init_user(i, NULL, &(struct op_user){ .uid = UINT32_MAX, .setgroups = SETGROUPS_DENY }) < 0);
	HOLDS(i->failed_call == SYS_setresuid && i->failed_error == EINVAL);
	HOLDS(init_user(i, NULL, &(struct op_user){ .gid = UINT32_MAX, .setgroups = SETGROUPS_DENY }) < 0);
	HOLDS(i->failed_call == SYS_setresgid && i->failed_error == EINVAL);
	HOLDS(init_user(i, NULL, &(struct op_user){ .gid = 5, .setgroups = SETGROUPS_DENY }) < 0);
	HOLDS(i->failed_call == SYS_setresgid && i->failed_error == EINVAL);
	HOLDS(init_user(i, NULL, &(struct op_user){ .uid = 5, .setgroups = SETGROUPS_DENY }) < 0);
	HOLDS(i->failed_call == SYS_setresuid && i->failed_error == EINVAL);
}

static void in_limits(struct init *i)
{
	struct rlimit limit = { 0 };
	struct op_rlimit p = { .resource = RLIMIT_NOFILE, .soft = 10, .hard = 20 };

	HOLDS(init_rlimit(i, NULL, &p) == 0 && getrlimit(RLIMIT_NOFILE, &limit) == 0);
	HOLDS(limit.rlim_cur == 10 && limit.rlim_max == 20);
	p.hard = 1ull << 40;
	HOLDS(init_rlimit(i, NULL, &p) < 0 && i->failed_error == EPERM && i->failed_number == RLIMIT_NOFILE);
	HOLDS(init_umask(i, NULL, &(struct op_umask){ .mask = 026 }) == 0 && umask(0) == 026);
	HOLDS(init_no_new_privs(i, NULL, NULL) == 0 && prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1);
}

static void the_bounding_set_only_shrinks(void **state)
{
	(void)state;
	run(in_bounding);
}

static void the_sets_are_as_asked_for(void **state)
{
	(void)state;
	run(in_sets);
}

static void a_difference_is_told(void **state)
{
	(void)state;
	run(in_differing_sets);
}

static void ids_that_cannot_be_had_are_told(void **state)
{
	(void)state;
	run(in_ids);
}

static void limits_and_mask_are_set(void **state)
{
	(void)state;
	run(in_limits);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_bounding_set_only_shrinks), cmocka_unit_test(the_sets_are_as_asked_for),
		cmocka_unit_test(a_difference_is_told),          cmocka_unit_test(ids_that_cannot_be_had_are_told),
		cmocka_unit_test(limits_and_mask_are_set),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
