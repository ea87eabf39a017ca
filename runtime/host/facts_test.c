#include "runtime/host/facts.h"

#include "spec/base/own.h"
#include "spec/base/text.h"

#include <fcntl.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <cmocka.h>

enum { EVERYTHING = FACTS_PLAN | FACTS_LIMITS | FACTS_KERNEL };

static void tells_what_the_kernel_tells(void **state)
{
	struct arena a;
	struct facts f = { 0 };
	struct err e = ERR_NONE;
	struct rlimit limit;

	(void)state;
	arena_init(&a, 16 << 20);
	assert_int_equal(facts_probe(EVERYTHING, &a, &f, &e), 0);
	assert_int_equal(f.uid, geteuid());
	assert_int_equal(f.gid, getegid());
	assert_true(f.kernel >= KERNEL(5, 10));
	assert_true(prctl(PR_CAPBSET_READ, (unsigned long)f.last_capability, 0, 0, 0) >= 0);
	assert_true(prctl(PR_CAPBSET_READ, (unsigned long)f.last_capability + 1, 0, 0, 0) < 0);
	for (unsigned long c = 0; c <= f.last_capability; c++)
		if (f.capabilities >> c & 1)
			assert_int_equal(prctl(PR_CAPBSET_READ, c, 0, 0, 0), 1);
	assert_int_equal(f.capabilities != 0, geteuid() == 0);
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
	assert_int_equal(f.hard_limits[RLIMIT_NOFILE], limit.rlim_max);
	assert_true(f.has_seccomp);
	for (size_t i = 0; i < f.hierarchy_count; i++) {
		const struct facts_hierarchy *h = &f.hierarchies[i];
		assert_int_equal(access(arena_format(&a, "%s/cgroup.procs", h->mount_point), F_OK), 0);
		assert_int_equal(h->own_path[0], '/');
		assert_int_equal(access(arena_format(&a, "%s%s/cgroup.procs", h->mount_point, h->own_path), F_OK), 0);
		if (h->version == 2)
			assert_int_equal(access(arena_format(&a, "%s/cgroup.controllers", h->mount_point), F_OK), 0);
	}
	arena_finish(&a);
}

static void asks_only_what_is_needed(void **state)
{
	struct arena a;
	struct facts f = { 0 };
	struct err e = ERR_NONE;

	(void)state;
	arena_init(&a, 16 << 20);
	assert_int_equal(facts_probe(FACTS_CGROUPS, &a, &f, &e), 0);
	assert_int_equal(f.kernel, 0);
	assert_int_equal(f.capabilities, 0);
	size_t count = f.hierarchy_count;
	assert_int_equal(facts_probe(FACTS_CGROUPS | FACTS_KERNEL, &a, &f, &e), 0);
	assert_int_equal(f.hierarchy_count, count);
	assert_true(f.kernel != 0);
	arena_finish(&a);
}

/* In a child, so that its namespaces end with it; its exit code is the number of the line that failed, modulo 256. */
#define MUST(claim)                          \
	do {                                 \
		if (!(claim))                \
			_exit(__LINE__ % 255 + 1); \
	} while (0)

static void in_a_child(void (*body)(void))
{
	int status;

	if (geteuid() != 0) {
		print_message("# needs root\n");
		skip();
	}
	pid_t pid = fork();
	if (pid == 0) {
		body();
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	if (status)
		fail_msg("status %#x (line %% 255 + 1 = %d)", (unsigned)status, WEXITSTATUS(status));
}

static void probe(unsigned need, struct arena *a, struct facts *f)
{
	struct err e = ERR_NONE;

	arena_init(a, 16 << 20);
	*f = (struct facts){ 0 };
	if (facts_probe(need, a, f, &e) < 0) {
		print_message("# %s\n", e.text);
		_exit(255);
	}
}

static dev_t device_of(const char *path)
{
	struct stat s;

	return stat(path, &s) == 0 ? s.st_dev : 0;
}

/* The usual places are empty, the hierarchies lie below a directory with a space, a backslash and a newline. */
static void cgroups_elsewhere(void)
{
	static const char place[] = "/tmp/odd \\ \n,place";
	struct arena a;
	struct facts f, before;
	dev_t devices[FACTS_MAX_HIERARCHIES];

	probe(FACTS_CGROUPS, &a, &before);
	MUST(before.hierarchy_count > 0);
	for (size_t i = 0; i < before.hierarchy_count; i++)
		devices[i] = device_of(before.hierarchies[i].mount_point);
	MUST(unshare(CLONE_NEWNS) == 0 && mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0);
	MUST(mount("none", "/tmp", "tmpfs", 0, NULL) == 0 && mkdir(place, 0755) == 0);
	MUST(mount("/sys/fs/cgroup", place, NULL, MS_BIND | MS_REC, NULL) == 0);
	MUST(umount2("/sys/fs/cgroup", MNT_DETACH) == 0);
	MUST(mount("none", "/sys/fs/cgroup", "tmpfs", 0, NULL) == 0);
	probe(FACTS_CGROUPS, &a, &f);
	MUST(f.hierarchy_count == before.hierarchy_count);
	for (size_t i = 0; i < f.hierarchy_count; i++) {
		MUST(text_has_prefix(f.hierarchies[i].mount_point, place));
		MUST(strcmp(f.hierarchies[i].controllers, before.hierarchies[i].controllers) == 0);
		MUST(device_of(f.hierarchies[i].mount_point) == devices[i]);
	}
}

static void finds_cgroups_elsewhere(void **state)
{
	(void)state;
	in_a_child(cgroups_elsewhere);
}

/* As in Docker on v1: of a hierarchy only a part is shown, and /proc/self/cgroup names it from the hierarchy's own root. */
static void part_of_a_hierarchy(void)
{
	struct arena a;
	struct facts f = { 0 };

	probe(FACTS_CGROUPS, &a, &f);
	const struct facts_hierarchy *h = facts_find_controller(&f, "");
	h = h ? h : &f.hierarchies[0];
	const char *directory = arena_format(&a, "%s/boxcar-facts-%d", h->mount_point, getpid());
	const char *below = arena_format(&a, "%s/below", directory), *mount_point = arena_text(&a, h->mount_point);
	int version = h->version;
	MUST(mkdir(directory, 0755) == 0 && mkdir(below, 0755) == 0);
	own_fd root = open(mount_point, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	own_fd procs = open(arena_format(&a, "%s/cgroup.procs", below), O_WRONLY | O_CLOEXEC);
	MUST(root >= 0 && procs >= 0 && write(procs, "0", 1) == 1);
	MUST(unshare(CLONE_NEWNS) == 0 && mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0);
	MUST(mount(directory, mount_point, NULL, MS_BIND, NULL) == 0);
	probe(FACTS_CGROUPS, &a, &f);
	bool is_right = false;
	for (size_t i = 0; i < f.hierarchy_count; i++)
		if (f.hierarchies[i].version == version && strcmp(f.hierarchies[i].mount_point, mount_point) == 0)
			is_right = strcmp(f.hierarchies[i].own_path, "/below") == 0;
	MUST(umount2(mount_point, MNT_DETACH) == 0);
	own_fd home = openat(root, "cgroup.procs", O_WRONLY | O_CLOEXEC);
	MUST(home >= 0 && write(home, "0", 1) == 1);
	MUST(rmdir(below) == 0 && rmdir(directory) == 0);
	MUST(is_right);
}

static void cuts_what_is_not_shown(void **state)
{
	(void)state;
	in_a_child(part_of_a_hierarchy);
}

static void v2_alone(void)
{
	struct arena a;
	struct facts f = { 0 };

	MUST(unshare(CLONE_NEWNS) == 0 && mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0);
	MUST(umount2("/sys/fs/cgroup", MNT_DETACH) == 0 && mount("none", "/sys/fs/cgroup", "cgroup2", 0, NULL) == 0);
	probe(FACTS_CGROUPS, &a, &f);
	MUST(f.hierarchy_count == 1 && facts_is_unified(&f) && f.hierarchies[0].version == 2);
	MUST(strcmp(f.hierarchies[0].mount_point, "/sys/fs/cgroup") == 0);
}

static void finds_v2_alone(void **state)
{
	(void)state;
	in_a_child(v2_alone);
}

static void without_cgroups(void)
{
	struct arena a;
	struct facts f = { 0 };

	MUST(unshare(CLONE_NEWNS) == 0 && mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0);
	MUST(umount2("/sys/fs/cgroup", MNT_DETACH) == 0);
	probe(FACTS_CGROUPS, &a, &f);
	MUST(f.hierarchy_count == 0);
}

static void finds_none(void **state)
{
	(void)state;
	in_a_child(without_cgroups);
}

static void in_user_namespace(void)
{
	struct arena a;
	struct facts f = { 0 };

	probe((FACTS_USER | FACTS_CAPABILITIES), &a, &f);
	bool was_in_one = f.is_in_user_namespace;
	MUST(unshare(CLONE_NEWUSER) == 0);
	probe((FACTS_USER | FACTS_CAPABILITIES), &a, &f);
	MUST(f.is_in_user_namespace && f.uid == 65534);
	MUST(!was_in_one || getenv("container"));
}

static void tells_a_user_namespace(void **state)
{
	(void)state;
	in_a_child(in_user_namespace);
}

static void fewer_capabilities(void)
{
	struct arena a;
	struct facts f = { 0 }, less = { 0 };

	probe((FACTS_USER | FACTS_CAPABILITIES), &a, &f);
	MUST(prctl(PR_CAPBSET_DROP, (unsigned long)f.last_capability, 0, 0, 0) == 0);
	MUST(prctl(PR_CAPBSET_DROP, 0ul, 0, 0, 0) == 0);
	probe((FACTS_USER | FACTS_CAPABILITIES), &a, &less);
	MUST(less.last_capability == f.last_capability);
	MUST(less.capabilities == (f.capabilities & ~(UINT64_C(1) << f.last_capability | 1)));
}

static void tells_what_can_be_given_away(void **state)
{
	(void)state;
	in_a_child(fewer_capabilities);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tells_what_the_kernel_tells),
		cmocka_unit_test(asks_only_what_is_needed),
		cmocka_unit_test(finds_cgroups_elsewhere),
		cmocka_unit_test(cuts_what_is_not_shown),
		cmocka_unit_test(finds_v2_alone),
		cmocka_unit_test(finds_none),
		cmocka_unit_test(tells_a_user_namespace),
		cmocka_unit_test(tells_what_can_be_given_away),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
