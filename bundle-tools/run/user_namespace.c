#include "bundle-tools/run/user_namespace.h"

#include "bundle-tools/run/container.h"
#include "bundle-tools/run/runtime.h"
#include "bundle-tools/store/store.h"
#include "spec/base/own.h"
#include "spec/base/text.h"
#include "spec/json/read.h"

#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { RANGES_MOST = 16, HELPER_SECONDS = 10 };

/* What a helper is given: its name, a process, and triples. */
struct id_map {
	const char *helper, *file;
	const char *argv[2 + 3 * (RANGES_MOST + 1) + 1];
	size_t count;
	uint64_t next; /* the first id inside that is still free */
};

static void add_range(struct conductor *c, struct id_map *m, uint64_t outside, uint64_t count)
{
	m->argv[m->count++] = arena_format(&c->arena, "%llu", (unsigned long long)m->next);
	m->argv[m->count++] = arena_format(&c->arena, "%llu", (unsigned long long)outside);
	m->argv[m->count++] = arena_format(&c->arena, "%llu", (unsigned long long)count);
	m->next += count;
}

/* "NAME:FIRST:COUNT", where the name may be the user's number. */
static void read_range(struct conductor *c, struct id_map *m, char *line, const char *user, const char *number)
{
	const char *who = strsep(&line, ":"), *first = line ? strsep(&line, ":") : NULL;
	uint64_t outside, count;

	if (!line || (strcmp(who, user) != 0 && strcmp(who, number) != 0))
		return;
	if (m->count + 3 >= sizeof m->argv / sizeof *m->argv)
		return;
	if (text_read_uint(first, UINT32_MAX - 1, &outside) && text_read_uint(line, UINT32_MAX - 1, &count) && count)
		add_range(c, m, outside, count);
}

static int read_ranges(struct conductor *c, struct id_map *m, const char *pid, uint64_t own, struct err *e)
{
	struct err ignored = ERR_NONE; /* no file: no ids */
	const char *number = arena_format(&c->arena, "%d", (int)getuid()), *user = number, *text = "";
	struct passwd entry, *found = NULL;
	char names[4096];
	size_t length = 0;

	if (getpwuid_r(getuid(), &entry, names, sizeof names, &found) == 0 && found) /* else the number must do */
		user = arena_text(&c->arena, found->pw_name);
	m->argv[m->count++] = m->helper;
	m->argv[m->count++] = pid;
	add_range(c, m, own, 1);
	(void)json_load(AT_FDCWD, m->file, &c->arena, &text, &length, &ignored); /* it loads any text */
	char *rest = arena_text(&c->arena, text);
	for (char *line; (line = strsep(&rest, "\n"));)
		read_range(c, m, line, user, number);
	m->argv[m->count] = NULL;
	if (m->next > 1)
		return 0;
	(void)err_set(e, "%s gives the user %s no subordinate ids: an image has files of more users than one", m->file, user);
	return err_hint(e, "as root: usermod --add-subuids 100000-165535 --add-subgids 100000-165535 %s", user);
}

/* --- a namespace of its own ------------------------------------------------------------------------------------------ */

/* A child that was forked in the user's own namespace, where alone the helpers have their power. It waits until we are in the new
 * one, and becomes the helper. */
static _Noreturn void become_helper(const struct id_map *m, int start_fd, int report_fd)
{
	char go;

	if (prctl(PR_SET_PDEATHSIG, SIGKILL) == 0 && read(start_fd, &go, 1) == 1)
		(void)execvp(m->helper, (char *const *)(uintptr_t)m->argv);
	int number = errno; /* exec returns only when it failed */
	(void)!write(report_fd, &number, sizeof number);
	_exit(127);
}

struct helper {
	const struct id_map *map;
	pid_t pid;
	int start, report; /* owned by make_namespace */
};

static int begin_helper(struct helper *h, struct err *e)
{
	int start[2], report[2];

	if (pipe2(start, O_CLOEXEC))
		return err_sys(e, "make a pipe");
	own_fd start_reader = start[0];
	h->start = start[1];
	if (pipe2(report, O_CLOEXEC))
		return err_sys(e, "make a pipe");
	own_fd report_writer = report[1];
	h->report = report[0];
	h->pid = fork();
	if (h->pid < 0)
		return err_sys(e, "fork");
	if (h->pid == 0) {
		drop_fd(&h->start); /* its end tells us that conductor has given up */
		become_helper(h->map, start_reader, report_writer);
	}
	return 0;
}

/* With `is_wanted` it does its work; without, it ends. */
static int end_helper(struct helper *h, bool is_wanted, struct err *e)
{
	int status = 0, number = 0;

	if (h->pid <= 0)
		return 0;
	bool is_told = is_wanted && write(h->start, "", 1) == 1;
	drop_fd(&h->start);
	ssize_t got = is_told ? read(h->report, &number, sizeof number) : 0;
	drop_fd(&h->report);
	while (waitpid(h->pid, &status, 0) < 0)
		if (errno != EINTR)
			return err_sys(e, "wait for %s", h->map->helper);
	if (!is_wanted)
		return 0;
	if (got == (ssize_t)sizeof number) {
		(void)err_number(e, number, "run %s", h->map->helper);
		return err_hint(e, "apt-get install uidmap");
	}
	return is_told && status == 0 ? 0 : err_set(e, "%s could not map the ids of %s", h->map->helper, h->map->file);
}

static int make_namespace(struct conductor *c, struct err *e)
{
	struct id_map users = { .helper = "newuidmap", .file = "/etc/subuid" }, groups = { .helper = "newgidmap", .file = "/etc/subgid" };
	struct helper for_users = { .map = &users, .start = -1, .report = -1 }, for_groups = { .map = &groups, .start = -1, .report = -1 };
	const char *pid = arena_format(&c->arena, "%d", (int)getpid());
	struct err ignored = ERR_NONE; /* the first reason is the one to tell */

	if (read_ranges(c, &users, pid, getuid(), e) || read_ranges(c, &groups, pid, getgid(), e))
		return -1;
	int result = begin_helper(&for_users, e) || begin_helper(&for_groups, e) ? -1 : 0;
	if (result == 0 && unshare(CLONE_NEWUSER)) {
		result = err_sys(e, "make a user namespace");
		(void)err_hint(e, "/proc/sys/user/max_user_namespaces says how many there may be");
	}
	if (end_helper(&for_users, result == 0, result == 0 ? e : &ignored))
		result = -1;
	if (end_helper(&for_groups, result == 0, result == 0 ? e : &ignored))
		result = -1;
	drop_fd(&for_users.start);
	drop_fd(&for_users.report);
	drop_fd(&for_groups.start);
	drop_fd(&for_groups.report);
	return result;
}

/* --- entering -------------------------------------------------------------------------------------------------------- */

/* 1: it does not run. */
static int join_container(struct conductor *c, const char *name, const char *bundle, struct err *e)
{
	struct runtime_state state = { RUNTIME_NONE, 0 };
	char path[64];

	if (runtime_read_state(c, name, bundle, &state, e))
		return -1;
	if (!state.pid)
		return 1;
	(void)snprintf(path, sizeof path, "/proc/%d/ns/user", (int)state.pid);
	own_fd fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return errno == ENOENT ? 1 : err_sys(e, "open the user namespace of %s", name);
	return setns(fd, CLONE_NEWUSER) ? err_sys(e, "enter the user namespace of %s", name) : 0;
}

/* Only in the first namespace every id is itself. */
static bool is_first_namespace(void)
{
	unsigned long long inside = 1, outside = 1, count = 0;
	own_stream map = fopen("/proc/self/uid_map", "re");

	return !map || (fscanf(map, "%llu %llu %llu", &inside, &outside, &count) == 3 && !inside && !outside && count == UINT32_MAX);
}

int user_namespace_enter(struct conductor *c, const char *name, const char *bundle, struct err *e)
{
	if (geteuid() == 0) {
		c->is_rootless = !is_first_namespace();
		return 0;
	}
	int result = name ? join_container(c, name, bundle, e) : 1;
	if (result == 1)
		result = make_namespace(c, e);
	if (result)
		return err_add(e, "work without root");
	if (setresgid(0, 0, 0) || setresuid(0, 0, 0))
		return err_sys(e, "become root of the user namespace");
	if (unshare(CLONE_NEWNS) || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL))
		return err_sys(e, "make a mount namespace");
	c->is_rootless = c->has_own_ids = true;
	return 0;
}

int user_namespace_open_store(struct conductor *c, const char *name, struct err *e)
{
	return user_namespace_enter(c, name, name ? container_directory(c, name) : NULL, e) || store_open(c, e) ? -1 : 0;
}

int user_namespace_refuse(const char *what, const char *why, struct err *e)
{
	if (geteuid() == 0 && is_first_namespace())
		return 0;
	return err_set(e, "%s needs root: %s", what, why);
}
