#include "runtime/host/cgroup/cgroup.h"

#include "runtime/host/facts.h"
#include "spec/base/own.h"
#include "spec/base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>

#include <linux/bpf.h>
#include <linux/sched.h>

#include <cmocka.h>

/* Every test here runs on the host as it is, and in two private mount namespaces: with the v1 hierarchies only, and with v2
 * alone at /sys/fs/cgroup. */
enum view { AS_IT_IS, ONLY_V1, ONLY_V2 };

struct world {
	struct arena arena;
	struct facts facts;
	struct cgroup cgroup;
	int home_fd; /* our mount namespace */
	bool is_skipped;
	enum view view;
};

static bool has_v1(void)
{
	struct arena a;
	struct facts f = { 0 };
	struct err e;

	arena_init(&a, 1 << 20);
	bool has = facts_probe(FACTS_CGROUPS, &a, &f, &e) == 0 && !facts_is_unified(&f);
	arena_finish(&a);
	return has;
}

static void enter_view(enum view view)
{
	assert_int_equal(unshare(CLONE_NEWNS), 0);
	assert_int_equal(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL), 0);
	if (view == ONLY_V1) {
		(void)umount2("/sys/fs/cgroup/unified", MNT_DETACH); /* a host without v2 has none */
		return;
	}
	assert_int_equal(umount2("/sys/fs/cgroup", MNT_DETACH), 0);
	assert_int_equal(mount("none", "/sys/fs/cgroup", "cgroup2", 0, NULL), 0);
}

static int set_up(void **state, enum view view)
{
	struct world *w = calloc(1, sizeof *w);
	struct err e = ERR_NONE;

	assert_non_null(w);
	*state = w;
	arena_init(&w->arena, 64 << 20);
	w->view = view;
	w->home_fd = open("/proc/self/ns/mnt", O_RDONLY | O_CLOEXEC);
	w->is_skipped = geteuid() != 0 || (view == ONLY_V1 && !has_v1());
	if (w->is_skipped)
		return 0;
	if (view != AS_IT_IS)
		enter_view(view);
	assert_int_equal(facts_probe(FACTS_PLAN, &w->arena, &w->facts, &e), 0);
	assert_true(w->facts.hierarchy_count > 0);
	w->cgroup = (struct cgroup){ &w->facts, arena_format(&w->arena, "/boxcar-test-%d/a b/leaf", getpid()), &w->arena };
	return 0;
}

static int set_up_as_it_is(void **state)
{
	return set_up(state, AS_IT_IS);
}

static int set_up_v1(void **state)
{
	return set_up(state, ONLY_V1);
}

static int set_up_v2(void **state)
{
	return set_up(state, ONLY_V2);
}

static struct cgroup cgroup_at(struct world *w, const char *path)
{
	return (struct cgroup){ &w->facts, arena_format(&w->arena, "/boxcar-test-%d%s", getpid(), path), &w->arena };
}

static bool is_there(struct world *w, const struct facts_hierarchy *h, const char *path)
{
	return access(arena_format(&w->arena, "%s%s", h->mount_point, path), F_OK) == 0;
}

static int tear_down(void **state)
{
	struct world *w = *state;
	struct err e = ERR_NONE;

	if (!w->is_skipped) {
		struct cgroup top = cgroup_at(w, "");
		assert_int_equal(cgroup_kill(&top, SIGKILL, &e), 0);
		while (waitpid(-1, NULL, WNOHANG) > 0)
			;
		assert_int_equal(cgroup_remove(&top, 5000, &e), 0);
		assert_int_equal(setns(w->home_fd, CLONE_NEWNS), 0);
	}
	(void)close(w->home_fd);
	arena_finish(&w->arena);
	free(w);
	return 0;
}

/* The world, or the end of the test, with the reason. */
#define WORLD(w)                                                                                      \
	struct world *w = *state;                                                                     \
	struct err e = ERR_NONE;                                                                      \
	if (w->is_skipped) {                                                                          \
		print_message("# needs root%s\n", w->view == ONLY_V1 ? " and cgroup v1 hierarchies" : ""); \
		skip();                                                                               \
	}

#define assert_ok(call)                                       \
	do {                                                  \
		if ((call) < 0)                               \
			fail_msg("%s: %s", #call, e.text);    \
	} while (0)

/* --- processes ---------------------------------------------------------------------------------------------------- */

/* In the cgroup before it goes on. */
static pid_t start(const struct cgroup *c, void (*body)(void))
{
	struct err e = ERR_NONE;
	int go[2];
	char byte;

	assert_int_equal(pipe2(go, O_CLOEXEC), 0);
	pid_t pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		(void)close(go[1]);
		if (read(go[0], &byte, 1) != 1)
			_exit(99);
		body();
		_exit(0);
	}
	assert_ok(cgroup_enter(c, pid, &e));
	assert_int_equal(write(go[1], "x", 1), 1);
	(void)close(go[0]);
	(void)close(go[1]);
	return pid;
}

static void wait_for_ever(void)
{
	for (;;)
		(void)pause();
}

static size_t count_members(const struct cgroup *c)
{
	struct err e = ERR_NONE;
	pid_t *pids;
	size_t count;

	assert_ok(cgroup_read_members(c, &pids, &count, &e));
	return count;
}

static uint64_t now_ms(void)
{
	struct timespec t;

	assert_int_equal(clock_gettime(CLOCK_MONOTONIC, &t), 0);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

static int reap(pid_t pid)
{
	int status = -1;

	assert_int_equal(waitpid(pid, &status, 0), pid);
	return status;
}

static char *read_text(struct world *w, const char *controller, const char *path, const char *file)
{
	const struct facts_hierarchy *h = facts_find_controller(&w->facts, controller);
	own_stream stream = fopen(arena_format(&w->arena, "%s%s/%s", h->mount_point, path, file), "re");
	char line[4096] = "";

	if (!stream)
		fail_msg("no %s%s/%s", h->mount_point, path, file);
	if (fgets(line, sizeof line, stream))
		line[strcspn(line, "\n")] = '\0';
	return arena_text(&w->arena, line);
}

/* --- make and remove ---------------------------------------------------------------------------------------------- */

static void makes_and_removes_everywhere(void **state)
{
	WORLD(w)
	const struct cgroup *c = &w->cgroup, parent = cgroup_at(w, "/a b");

	assert_ok(cgroup_make(c, "memory pids cpu hugetlb", &e));
	for (size_t i = 0; i < w->facts.hierarchy_count; i++)
		assert_true(is_there(w, &w->facts.hierarchies[i], c->path));
	assert_ok(cgroup_make(c, "", &e)); /* it is empty: fine */
	assert_ok(cgroup_remove(c, 0, &e));
	for (size_t i = 0; i < w->facts.hierarchy_count; i++) {
		assert_false(is_there(w, &w->facts.hierarchies[i], c->path));
		assert_true(is_there(w, &w->facts.hierarchies[i], parent.path));
	}
	assert_ok(cgroup_remove(c, 0, &e)); /* not there: success */
	assert_ok(cgroup_kill(c, SIGKILL, &e));
	assert_ok(cgroup_kill(c, SIGTERM, &e));
	assert_int_equal(count_members(c), 0);
}

static void a_failed_make_leaves_nothing(void **state)
{
	WORLD(w)
	/* cgroupfs takes no newline in a name; by then the parents are made */
	struct cgroup c = cgroup_at(w, "/one/two/bad\nname");

	assert_int_equal(cgroup_make(&c, "", &e), -1);
	assert_int_equal(e.number, EINVAL);
	for (size_t i = 0; i < w->facts.hierarchy_count; i++)
		assert_false(is_there(w, &w->facts.hierarchies[i], cgroup_at(w, "").path));
}

static void a_failed_make_keeps_what_was_there(void **state)
{
	WORLD(w)
	struct cgroup kept = cgroup_at(w, "/one"), c = cgroup_at(w, "/one/two/bad\nname");

	assert_ok(cgroup_make(&kept, "", &e));
	assert_int_equal(cgroup_make(&c, "", &e), -1);
	for (size_t i = 0; i < w->facts.hierarchy_count; i++) {
		assert_true(is_there(w, &w->facts.hierarchies[i], kept.path));
		assert_false(is_there(w, &w->facts.hierarchies[i], cgroup_at(w, "/one/two").path));
	}
}

static void refuses_one_with_processes(void **state)
{
	WORLD(w)
	struct cgroup below = cgroup_at(w, "/a b/leaf/below");

	assert_ok(cgroup_make(&below, "", &e));
	pid_t pid = start(&below, wait_for_ever);
	assert_int_equal(cgroup_make(&w->cgroup, "", &e), -1);
	assert_non_null(strstr(e.text, arena_format(&w->arena, "is in use by process %d (", pid)));
	assert_true(is_there(w, &w->facts.hierarchies[0], below.path));
	assert_ok(cgroup_kill(&w->cgroup, SIGKILL, &e));
	(void)reap(pid);
}

static void refuses_paths(void **state)
{
	static const char *const bad[] = { "", "/", "a", "/a/", "/a//b", "/..", "/a/../b", "/a/.", "//", "/./a", NULL };
	WORLD(w)
	pid_t *pids;
	size_t count;

	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		struct cgroup c = { &w->facts, bad[i], &w->arena };
		assert_int_equal(cgroup_make(&c, "", &e), -1);
		assert_int_equal(cgroup_limit(&c, "pids", "pids.max", "1", true, &e), -1);
		assert_int_equal(cgroup_enter(&c, getpid(), &e), -1);
		assert_int_equal(cgroup_open(&c, &e), -1);
		assert_int_equal(cgroup_kill(&c, SIGKILL, &e), -1);
		assert_int_equal(cgroup_remove(&c, 0, &e), -1);
		assert_int_equal(cgroup_freeze(&c, true, &e), -1);
		assert_int_equal(cgroup_read_members(&c, &pids, &count, &e), -1);
		assert_false(cgroup_is_frozen(&c));
	}
	struct cgroup dots = cgroup_at(w, "/...a..");
	assert_ok(cgroup_make(&dots, "", &e));
}

/* --- limits ------------------------------------------------------------------------------------------------------- */

static void limits(void **state)
{
	WORLD(w)
	const struct cgroup *c = &w->cgroup;
	const char *controller = facts_find_controller(&w->facts, "pids") ? "pids" : "hugetlb";
	const char *file = strcmp(controller, "pids") == 0 ? "pids.max" : "hugetlb.2MB.max";
	const char *value = strcmp(controller, "pids") == 0 ? "77" : "4194304";

	assert_ok(cgroup_make(c, "pids hugetlb nonsense", &e));
	assert_ok(cgroup_limit(c, controller, file, value, false, &e));
	assert_string_equal(read_text(w, controller, c->path, file), value);
	assert_int_equal(cgroup_limit(c, controller, "pids.nonsense", "1", false, &e), -1);
	assert_int_equal(e.number, ENOENT);
	assert_non_null(strstr(e.text, "this kernel has no pids.nonsense"));
	assert_ok(cgroup_limit(c, controller, "pids.nonsense", "1", true, &e));
	assert_int_equal(cgroup_limit(c, "nonsense", "nonsense.max", "1", false, &e), -1);
	assert_non_null(strstr(e.text, "no cgroup controller nonsense"));
	assert_ok(cgroup_limit(c, "nonsense", "nonsense.max", "1", true, &e));
	assert_int_equal(cgroup_limit(c, controller, file, "many", false, &e), -1);
	assert_int_equal(e.number, EINVAL);
	struct cgroup absent = cgroup_at(w, "/absent");
	assert_int_equal(cgroup_limit(&absent, controller, file, value, true, &e), -1);
	assert_int_equal(e.number, ENOENT);
}

/* A controller that the host has but that did not come down to this cgroup is never passed over in silence. */
static void explains_a_controller_that_was_not_given(void **state)
{
	WORLD(w)
	const struct facts_hierarchy *v2 = facts_find_controller(&w->facts, "");

	if (!v2 || !facts_find_controller(&w->facts, "hugetlb") || facts_find_controller(&w->facts, "hugetlb") != v2)
		return; /* nothing to be seen in this view */
	assert_ok(cgroup_make(&w->cgroup, "", &e));
	if (is_there(w, v2, arena_format(&w->arena, "%s/hugetlb.2MB.max", w->cgroup.path)))
		return; /* another one's root cgroup.subtree_control and ours */
	assert_int_equal(cgroup_limit(&w->cgroup, "hugetlb", "hugetlb.2MB.max", "0", true, &e), -1);
	assert_non_null(strstr(e.text, "does not give the controller hugetlb"));
	assert_string_not_equal(e.hint, "");
}

/* The kernel refuses the whole write for one controller; the others are had all the same. */
static void one_controller_does_not_keep_back_the_others(void **state)
{
	WORLD(w)

	for (size_t i = 0; i < w->facts.hierarchy_count; i++)
		if (w->facts.hierarchies[i].version == 2)
			w->facts.hierarchies[i].controllers = "nonsense hugetlb";
	assert_ok(cgroup_make(&w->cgroup, "nonsense hugetlb", &e));
	if (facts_find_controller(&w->facts, "hugetlb"))
		assert_ok(cgroup_limit(&w->cgroup, "hugetlb", "hugetlb.2MB.max", "0", false, &e));
}

static void new_cpusets_can_be_entered(void **state)
{
	WORLD(w)

	assert_ok(cgroup_make(&w->cgroup, "cpuset", &e));
	if (!facts_find_controller(&w->facts, "cpuset") || facts_find_controller(&w->facts, "cpuset")->version == 2)
		return; /* v2's are never empty */
	assert_string_not_equal(read_text(w, "cpuset", w->cgroup.path, "cpuset.cpus"), "");
	assert_string_not_equal(read_text(w, "cpuset", w->cgroup.path, "cpuset.mems"), "");
	/* a parent that somebody else left empty, and one that has a part */
	struct cgroup own = cgroup_at(w, "/mine"), child = cgroup_at(w, "/mine/child");
	assert_ok(cgroup_make(&own, "", &e));
	assert_ok(cgroup_limit(&own, "cpuset", "cpuset.cpus", "0", false, &e));
	assert_ok(cgroup_make(&child, "", &e));
	assert_string_equal(read_text(w, "cpuset", child.path, "cpuset.cpus"), "0");
	assert_int_equal(cgroup_limit(&child, "cpuset", "cpuset.cpus", "0-1023", false, &e), -1);
	assert_string_not_equal(e.hint, "");
}

static void use_memory(void)
{
	enum { MANY = 64 << 20 };
	char *bytes = mmap(NULL, MANY, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	for (size_t i = 0; bytes != MAP_FAILED && i < MANY; i += 4096)
		((volatile char *)bytes)[i] = 1;
}

static void counts_kills_for_memory(void **state)
{
	WORLD(w)
	const struct facts_hierarchy *h = facts_find_controller(&w->facts, "memory");
	struct cgroup_memory m;

	assert_ok(cgroup_make(&w->cgroup, "memory", &e));
	cgroup_read_memory(&w->cgroup, &m);
	assert_true(m.limit == UINT64_MAX);
	if (!h) {
		assert_true(m.oom_kills == UINT64_MAX);
		return;
	}
	assert_int_equal(m.oom_kills, 0);
	const char *file = h->version == 1 ? "memory.limit_in_bytes" : "memory.max";
	assert_ok(cgroup_limit(&w->cgroup, "memory", file, "8388608", false, &e));
	int status = reap(start(&w->cgroup, use_memory));
	assert_true(WIFSIGNALED(status));
	cgroup_read_memory(&w->cgroup, &m);
	assert_int_equal(m.oom_kills, 1);
	assert_int_equal(m.limit, 8388608);
	assert_in_range(m.peak, 4 << 20, 8 << 20);
}

/* --- enter, kill -------------------------------------------------------------------------------------------------- */

static bool is_listed(struct world *w, const struct facts_hierarchy *h, const char *path, pid_t pid)
{
	own_stream stream = fopen(arena_format(&w->arena, "%s%s/cgroup.procs", h->mount_point, path), "re");
	char line[32];

	while (stream && fgets(line, sizeof line, stream))
		if (atoi(line) == pid)
			return true;
	return false;
}

static void enters_every_hierarchy(void **state)
{
	WORLD(w)

	assert_ok(cgroup_make(&w->cgroup, "", &e));
	pid_t pid = start(&w->cgroup, wait_for_ever);
	for (size_t i = 0; i < w->facts.hierarchy_count; i++)
		assert_true(is_listed(w, &w->facts.hierarchies[i], w->cgroup.path, pid));
	assert_int_equal(count_members(&w->cgroup), 1);
	assert_ok(cgroup_kill(&w->cgroup, SIGKILL, &e));
	assert_int_equal(WTERMSIG(reap(pid)), SIGKILL);
	assert_int_equal(cgroup_enter(&w->cgroup, pid, &e), -1);
	assert_int_equal(e.number, ESRCH);
}

static void clones_into(void **state)
{
	WORLD(w)
	assert_int_equal(facts_can_clone_into(&w->facts), w->view == ONLY_V2 || facts_is_unified(&w->facts));
	assert_ok(cgroup_make(&w->cgroup, "", &e));
	if (!facts_find_controller(&w->facts, "")) {
		assert_int_equal(cgroup_open(&w->cgroup, &e), -1);
		return;
	}
	own_fd fd = cgroup_open(&w->cgroup, &e);
	assert_true(fd >= 0);
	struct clone_args arguments = { .flags = CLONE_INTO_CGROUP, .cgroup = (unsigned)fd, .exit_signal = SIGCHLD };
	pid_t pid = (pid_t)syscall(SYS_clone3, &arguments, sizeof arguments);
	if (pid == 0)
		wait_for_ever();
	assert_true(pid > 0);
	assert_int_equal(count_members(&w->cgroup), 1);
	assert_ok(cgroup_kill(&w->cgroup, SIGKILL, &e));
	assert_int_equal(WTERMSIG(reap(pid)), SIGKILL);
}

/* A payload makes cgroups of its own below, with whatever names. */
static void make_below(struct world *w, const char *name)
{
	for (size_t i = 0; i < w->facts.hierarchy_count; i++) {
		const struct facts_hierarchy *h = &w->facts.hierarchies[i];
		assert_int_equal(mkdir(arena_format(&w->arena, "%s%s/%s", h->mount_point, w->cgroup.path, name), 0755), 0);
		if (strstr(h->controllers, "cpuset") && h->version == 1) {
			struct cgroup c = { &w->facts, arena_format(&w->arena, "%s/%s", w->cgroup.path, name), &w->arena };
			struct err e;
			assert_ok(cgroup_limit(&c, "cpuset", "cpuset.cpus", "0", false, &e));
			assert_ok(cgroup_limit(&c, "cpuset", "cpuset.mems", "0", false, &e));
		}
	}
}

static void kills_and_removes_what_is_below(void **state)
{
	static const char *const names[] = { "x", "x/with space", "x/...", "x/\\n\\040", "y", "y/\xff\xfe", "y/cgroup.procs 1" };
	enum { COUNT = sizeof names / sizeof *names };
	WORLD(w)
	pid_t pids[COUNT], bystander = fork();

	if (bystander == 0)
		wait_for_ever();
	assert_ok(cgroup_make(&w->cgroup, "", &e));
	for (size_t i = 0; i < COUNT; i++) {
		make_below(w, names[i]);
		struct cgroup c = { &w->facts, arena_format(&w->arena, "%s/%s", w->cgroup.path, names[i]), &w->arena };
		pids[i] = start(&c, wait_for_ever);
	}
	assert_int_equal(count_members(&w->cgroup), COUNT);
	assert_ok(cgroup_kill(&w->cgroup, SIGKILL, &e));
	for (size_t i = 0; i < COUNT; i++)
		assert_int_equal(WTERMSIG(reap(pids[i])), SIGKILL);
	assert_ok(cgroup_remove(&w->cgroup, 5000, &e));
	assert_false(is_there(w, &w->facts.hierarchies[0], w->cgroup.path));
	assert_int_equal(kill(bystander, 0), 0);
	assert_int_equal(waitpid(bystander, NULL, WNOHANG), 0);
	assert_int_equal(kill(bystander, SIGKILL), 0);
	(void)reap(bystander);
}

/* Deeper than a path or a descriptor table reaches, and wider than one getdents. */
static void removes_deep_and_wide(void **state)
{
	enum { DEEP = 150, WIDE = 300 };
	static const char name[] = "a name that is long enough for a hundred of them to be more than a path";
	WORLD(w)
	struct rlimit limit;
	const struct facts_hierarchy *h = &w->facts.hierarchies[w->facts.hierarchy_count - 1];

	assert_ok(cgroup_make(&w->cgroup, "", &e));
	own_fd top = open(arena_format(&w->arena, "%s%s", h->mount_point, w->cgroup.path), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_true(top >= 0);
	for (int i = 0; i < WIDE; i++)
		assert_int_equal(mkdirat(top, arena_format(&w->arena, "wide%d", i), 0755), 0);
	own_fd at = dup(top);
	int depth = 0;
	for (; depth < DEEP && mkdirat(at, name, 0755) == 0; depth++) {
		int next = openat(at, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		assert_true(next >= 0);
		drop_fd(&at);
		at = next;
	}
	assert_int_equal(depth, DEEP);
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &(struct rlimit){ 64, limit.rlim_max }), 0);
	/* one process at the very bottom: found by the walk, and it alone keeps the tree */
	own_fd procs = openat(at, "cgroup.procs", O_WRONLY | O_CLOEXEC);
	pid_t pid = fork();
	if (pid == 0)
		wait_for_ever();
	assert_true(dprintf(procs, "%d", pid) > 0);
	assert_int_equal(count_members(&w->cgroup), 1);
	assert_int_equal(cgroup_remove(&w->cgroup, 20, &e), -1);
	assert_ok(cgroup_kill(&w->cgroup, SIGKILL, &e));
	(void)reap(pid);
	assert_ok(cgroup_remove(&w->cgroup, 300, &e)); /* at one go: tried again for each level, it would take longer */
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
}

static void a_busy_one_is_reported_in_time(void **state)
{
	WORLD(w)

	assert_ok(cgroup_make(&w->cgroup, "", &e));
	pid_t pid = start(&w->cgroup, wait_for_ever);
	uint64_t began = now_ms();
	assert_int_equal(cgroup_remove(&w->cgroup, 60, &e), -1);
	assert_in_range(now_ms() - began, 50, 2000);
	assert_int_equal(e.number, EBUSY);
	assert_non_null(strstr(e.hint, arena_format(&w->arena, "process %d (cgroup_test", pid)));
	assert_ok(cgroup_kill(&w->cgroup, SIGKILL, &e));
	(void)reap(pid);
}

static void fork_for_ever(void)
{
	for (int i = 0; i < 2; i++)
		(void)fork();
	for (;;) {
		pid_t pid = fork();
		if (pid == 0)
			_exit(0);
		if (pid > 0)
			(void)waitpid(pid, NULL, 0);
	}
}

static void kills_those_that_fork(void **state)
{
	WORLD(w)

	assert_ok(cgroup_make(&w->cgroup, "pids", &e));
	if (facts_find_controller(&w->facts, "pids"))
		assert_ok(cgroup_limit(&w->cgroup, "pids", "pids.max", "64", false, &e));
	pid_t pid = start(&w->cgroup, fork_for_ever);
	(void)usleep(20000);
	assert_ok(cgroup_kill(&w->cgroup, SIGKILL, &e));
	(void)reap(pid);
	assert_ok(cgroup_remove(&w->cgroup, 5000, &e));
}

/* A crash in the midst of entering: the process is in one hierarchy only. */
static void kills_what_is_in_one_hierarchy(void **state)
{
	WORLD(w)

	assert_ok(cgroup_make(&w->cgroup, "", &e));
	for (size_t i = 0; i < w->facts.hierarchy_count; i++) {
		pid_t pid = fork();
		if (pid == 0)
			wait_for_ever();
		own_fd procs = open(arena_format(&w->arena, "%s%s/cgroup.procs", w->facts.hierarchies[i].mount_point, w->cgroup.path),
				    O_WRONLY | O_CLOEXEC);
		assert_true(dprintf(procs, "%d", pid) > 0);
		assert_int_equal(count_members(&w->cgroup), 1);
		assert_ok(cgroup_kill(&w->cgroup, SIGKILL, &e));
		assert_int_equal(WTERMSIG(reap(pid)), SIGKILL);
	}
	assert_ok(cgroup_remove(&w->cgroup, 5000, &e));
}

static int *shared_counter;

static void count_signal(int number)
{
	(void)number;
	(void)__atomic_add_fetch(shared_counter, 1, __ATOMIC_SEQ_CST);
}

static void wait_for_signals(void)
{
	(void)signal(SIGUSR1, count_signal);
	(void)__atomic_add_fetch(shared_counter, 1000, __ATOMIC_SEQ_CST);
	wait_for_ever();
}

static void other_signals_arrive_once(void **state)
{
	enum { COUNT = 3 };
	WORLD(w)
	pid_t pids[COUNT];

	shared_counter = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	assert_ptr_not_equal(shared_counter, MAP_FAILED);
	assert_ok(cgroup_make(&w->cgroup, "", &e));
	for (size_t i = 0; i < COUNT; i++)
		pids[i] = start(&w->cgroup, wait_for_signals);
	while (__atomic_load_n(shared_counter, __ATOMIC_SEQ_CST) < 1000 * COUNT)
		(void)usleep(1000);
	assert_ok(cgroup_kill(&w->cgroup, SIGUSR1, &e));
	(void)usleep(50000);
	assert_int_equal(__atomic_load_n(shared_counter, __ATOMIC_SEQ_CST), 1000 * COUNT + COUNT);
	assert_ok(cgroup_kill(&w->cgroup, SIGKILL, &e));
	for (size_t i = 0; i < COUNT; i++)
		(void)reap(pids[i]);
	assert_int_equal(munmap(shared_counter, 4096), 0);
}

/* v2 gives a threaded cgroup's processes in its domain's file only, and refuses to say them in its own. */
static void threaded_ones_are_passed(void **state)
{
	WORLD(w)
	const struct facts_hierarchy *h = facts_find_controller(&w->facts, "");

	assert_ok(cgroup_make(&w->cgroup, "", &e));
	if (!h)
		return;
	const char *path = arena_format(&w->arena, "%s%s/threads", h->mount_point, w->cgroup.path);
	assert_int_equal(mkdir(path, 0755), 0);
	own_fd type = open(arena_format(&w->arena, "%s/cgroup.type", path), O_WRONLY | O_CLOEXEC);
	assert_int_equal(write(type, "threaded", 8), 8);
	pid_t pid = start(&w->cgroup, wait_for_ever);
	assert_int_equal(count_members(&w->cgroup), 1);
	assert_ok(cgroup_kill(&w->cgroup, SIGKILL, &e));
	assert_int_equal(WTERMSIG(reap(pid)), SIGKILL);
}

/* --- freeze ------------------------------------------------------------------------------------------------------- */

static void freezes(void **state)
{
	WORLD(w)
	struct cgroup below = cgroup_at(w, "/a b/leaf/below");

	assert_ok(cgroup_make(&below, "", &e));
	pid_t pid = start(&w->cgroup, wait_for_ever);
	assert_false(cgroup_is_frozen(&w->cgroup));
	assert_ok(cgroup_freeze(&w->cgroup, true, &e));
	assert_true(cgroup_is_frozen(&w->cgroup));
	assert_true(cgroup_is_frozen(&below));
	/* joining would hang, and no signal would end it */
	pid_t joiner = fork();
	if (joiner == 0)
		wait_for_ever();
	assert_int_equal(cgroup_enter(&below, joiner, &e), -1);
	assert_int_equal(kill(joiner, SIGKILL), 0);
	(void)reap(joiner);
	assert_non_null(strstr(e.text, "frozen"));
	assert_int_equal(cgroup_open(&below, &e), -1);
	assert_ok(cgroup_freeze(&w->cgroup, false, &e));
	assert_false(cgroup_is_frozen(&w->cgroup));
	assert_ok(cgroup_freeze(&w->cgroup, true, &e));
	assert_ok(cgroup_kill(&w->cgroup, SIGKILL, &e));
	assert_int_equal(WTERMSIG(reap(pid)), SIGKILL);
	assert_false(cgroup_is_frozen(&w->cgroup));
	assert_ok(cgroup_remove(&w->cgroup, 5000, &e));
	assert_int_equal(cgroup_freeze(&w->cgroup, true, &e), -1);
	assert_int_equal(e.number, ENOENT);
}

/* A container in the container was paused. */
static void kills_what_was_frozen_below(void **state)
{
	WORLD(w)
	struct cgroup below = cgroup_at(w, "/a b/leaf/below"), deeper = cgroup_at(w, "/a b/leaf/below/deeper");

	assert_ok(cgroup_make(&deeper, "", &e));
	pid_t first = start(&below, wait_for_ever), second = start(&deeper, wait_for_ever);
	assert_ok(cgroup_freeze(&deeper, true, &e));
	assert_ok(cgroup_freeze(&below, true, &e));
	assert_ok(cgroup_kill(&w->cgroup, SIGKILL, &e));
	assert_int_equal(WTERMSIG(reap(first)), SIGKILL);
	assert_int_equal(WTERMSIG(reap(second)), SIGKILL);
	assert_ok(cgroup_remove(&w->cgroup, 5000, &e));
}

/* --- devices ------------------------------------------------------------------------------------------------------ */

static bool can_open(const char *path)
{
	own_fd fd = open(path, O_RDWR | O_CLOEXEC);

	return fd >= 0;
}

static void try_devices(void)
{
	_exit((can_open("/dev/null") ? 1 : 0) | (can_open("/dev/zero") ? 2 : 0) | (can_open("/dev/full") ? 4 : 0));
}

static int tried(const struct cgroup *c)
{
	return WEXITSTATUS(reap(start(c, try_devices)));
}

static uint32_t count_programs(struct world *w)
{
	const struct facts_hierarchy *h = facts_find_controller(&w->facts, "");
	union bpf_attr attr;

	memset(&attr, 0, sizeof attr);
	own_fd fd = open(arena_format(&w->arena, "%s%s", h->mount_point, w->cgroup.path), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	attr.query.target_fd = (uint32_t)fd;
	attr.query.attach_type = BPF_CGROUP_DEVICE;
	assert_int_equal(syscall(SYS_bpf, BPF_PROG_QUERY, &attr, sizeof attr), 0);
	return attr.query.prog_cnt;
}

static void limits_devices(void **state)
{
	static const struct device_rule some[] = { { false, 'a', NULL, NULL, "rwm" },
						   { true, 'c', "1", "3", "rwm" },
						   { true, 'c', "1", "7", "r" } };
	static const struct device_rule others[] = { { false, 'a', "*", "*", "rwm" }, { true, 'c', "1", "5", "rw" } };
	static const struct device_rule but_one[] = { { true, 'a', NULL, NULL, "rwm" }, { false, 'c', "1", "5", "w" } };
	static const struct device_rule all = { true, 'a', NULL, NULL, "rwm" };
	WORLD(w)
	const struct cgroup *c = &w->cgroup;
	bool is_program = !facts_find_controller(&w->facts, "devices");

	assert_ok(cgroup_make(c, "", &e));
	assert_ok(cgroup_limit_devices(c, NULL, 0, 0, &e));
	assert_ok(cgroup_limit_devices(c, &all, 1, 0, &e));
	assert_int_equal(tried(c), 7);
	assert_true(!is_program || count_programs(w) == 0); /* nothing to say, no program */
	assert_ok(cgroup_limit_devices(c, some, 3, 0, &e));
	assert_int_equal(tried(c), 1);
	assert_ok(cgroup_limit_devices(c, others, 2, 0, &e));
	assert_int_equal(tried(c), 2);
	assert_true(!is_program || count_programs(w) == 1); /* replaced, not added */
	assert_ok(cgroup_limit_devices(c, but_one, 2, 0, &e));
	assert_int_equal(tried(c), 5);
	assert_ok(cgroup_limit_devices(c, &all, 1, 0, &e));
	assert_int_equal(tried(c), 7);
}

/* The kernel's verifier takes what devices_test.c has only interpreted. */
static void kernel_takes_programs(void **state)
{
	static const char *const numbers[] = { "0", "1", "4294967295", "2147483648", "*" };
	static const char *const accesses[] = { "rwm", "rw", "m", "r" };
	WORLD(w)
	struct device_rule rules[40];
	unsigned seed = 3;

	if (facts_find_controller(&w->facts, "devices"))
		return; /* v1 has no programs */
	assert_ok(cgroup_make(&w->cgroup, "", &e));
	for (int round = 0; round < 100; round++) {
		size_t count = 1 + (size_t)rand_r(&seed) % 40;
		for (size_t i = 0; i < count; i++)
			rules[i] = (struct device_rule){ rand_r(&seed) % 3 > 0, "abccb"[rand_r(&seed) % 5],
							 numbers[rand_r(&seed) % 5], numbers[rand_r(&seed) % 5],
							 accesses[rand_r(&seed) % 4] };
		assert_ok(cgroup_limit_devices(&w->cgroup, rules, count, 0, &e));
	}
}

#define IN_VIEWS(test)                                                                                         \
	{ #test ", as it is", test, set_up_as_it_is, tear_down, NULL }, { #test ", v1", test, set_up_v1, tear_down, NULL }, \
		{ #test ", v2", test, set_up_v2, tear_down, NULL }

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_VIEWS(makes_and_removes_everywhere),
		IN_VIEWS(a_failed_make_leaves_nothing),
		IN_VIEWS(a_failed_make_keeps_what_was_there),
		IN_VIEWS(refuses_one_with_processes),
		IN_VIEWS(refuses_paths),
		IN_VIEWS(limits),
		IN_VIEWS(explains_a_controller_that_was_not_given),
		IN_VIEWS(one_controller_does_not_keep_back_the_others),
		IN_VIEWS(new_cpusets_can_be_entered),
		IN_VIEWS(counts_kills_for_memory),
		IN_VIEWS(enters_every_hierarchy),
		IN_VIEWS(clones_into),
		IN_VIEWS(kills_and_removes_what_is_below),
		IN_VIEWS(removes_deep_and_wide),
		IN_VIEWS(a_busy_one_is_reported_in_time),
		IN_VIEWS(kills_those_that_fork),
		IN_VIEWS(kills_what_is_in_one_hierarchy),
		IN_VIEWS(other_signals_arrive_once),
		IN_VIEWS(threaded_ones_are_passed),
		IN_VIEWS(freezes),
		IN_VIEWS(kills_what_was_frozen_below),
		IN_VIEWS(limits_devices),
		IN_VIEWS(kernel_takes_programs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
