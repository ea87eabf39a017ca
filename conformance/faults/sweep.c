/* sweep: kills a runtime at every system call of a command, and looks for what is left after one `delete --force`.
 *
 *     sweep [-q STRIDE] [-o COMMAND] [-k TARGET] [-e ERRNO] [-d DEVICE] [-u UID:GID] [-m MOUNTINFO] [-p] [-s] [-v] RUNTIME STEPPER DIRECTORY ID
 *
 * DIRECTORY holds the bundles `long` (its payload waits) and `short` (its payload ends at once) and nothing that may not be
 * changed; it and the mount namespace are ours alone. For each command (create, start, exec, delete, run) and each target
 *
 *     main       the command's own process
 *     init       the newest process that the command started
 *     tree       all of the command's processes
 *     container  the init of the container that the command works on (start, exec, delete)
 *
 * the number of calls is taken, then for every call number N: a fresh container is prepared, the command runs under the stepper,
 * which strikes at N, and then it must hold that
 *
 *     - `state` says one of the five words, or that the container does not exist, within a second;
 *     - a create or run that failed while its own process lived has undone itself: no state, no cgroup;
 *     - one `delete --force` succeeds, after which there is no process, no cgroup, no mount, no state, no other file;
 *     - the id can be used again: every point uses the same one.
 *
 * With -e nothing is killed: call N fails with this errno (a number) instead. Then the command must not crash, and a create or run
 * that says so has undone itself; one that reports success is left to the other checks.
 *
 * With -d the program DEVICE is run before every point ("make") and after it ("check TARGET"): what it finds wrong it prints.
 *
 * With -u UID:GID the runtime is an ordinary user's, whom DIRECTORY belongs to.
 *
 * With -m the runtime's mountinfo is this file, which may tell of file systems that the host does not have: what a container
 * has there is looked for where a cgroup of its name is.
 *
 * With -p the bundles have hooks: the prestart hook makes the file `began`, the poststop hook the file `ended`. Where the first one
 * has run, the second one has run when all is over.
 *
 * With -s systemd makes the cgroups. A scope that nobody is in any more it clears away by itself, and is given a moment for that.
 *
 * A new command, target or kind of strike is one more row of `commands`; a new feature of the runtime is one more line in
 * conformance/summary (and for `make sweep` in the Makefile) that runs all this with a FILTER which makes the configuration use it.
 *
 * Prints TAP, one test a command and target, and at last "N points, N leaks". -q takes only every STRIDE-th number. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <grp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { MAX_WORDS = 32, HANGS = -1000 };

struct command {
	const char *name;
	bool needs_created, needs_started;
	const char *words[8]; /* after RUNTIME --root ROOT; "ID" and "BUNDLE" are filled in */
	const char *targets[5];
};

static const struct command commands[] = {
	{ "create", false, false, { "create", "--bundle", "long", "--pid-file", "pid", "ID" }, { "main", "init", "tree" } },
	{ "start", true, false, { "start", "ID" }, { "main", "container", "tree" } },
	{ "exec", true, true, { "exec", "ID", "/true" }, { "main", "init", "tree", "container" } },
	{ "pause", true, true, { "pause", "ID" }, { "main", "container", "tree" } },
	{ "update", true, true, { "update", "--resources", "long/resources", "ID" }, { "main", "container", "tree" } },
	{ "delete", true, true, { "delete", "--force", "ID" }, { "main", "container", "tree" } },
	{ "run", false, false, { "run", "--bundle", "short", "ID" }, { "main", "init", "tree" } },
};

static char systemd_option[] = "--systemd-cgroup";

struct sweep {
	const char *runtime, *stepper, *id;
	unsigned stride;
	const char *number; /* errno to fail with, or NULL to kill */
	const char *user; /* "UID:GID" of the one who runs the runtime, or NULL */
	unsigned uid, gid;
	const char *mountinfo; /* what the runtime finds as its own, or NULL */
	const char *device; /* program that makes and checks a network device, or NULL */
	bool is_verbose, has_hooks, has_systemd;
	char mounts[1 << 16]; /* what mountinfo said at the beginning */
	unsigned long points, leaks;
	/* the point in hand */
	const struct command *command;
	const char *target;
	unsigned long at;
	char problem[4096];
};

/* --- running programs ------------------------------------------------------------------------------------------------- */

static void on_alarm(int signal)
{
	(void)signal;
}

/* Wait for one child and reap every orphan meanwhile, as an engine's monitor does: while a dead process that was started from
 * outside is not reaped, the kernel holds up the end of its pid namespace. */
static int await(pid_t pid, int seconds)
{
	bool is_late = false;
	int status = 0;

	(void)alarm((unsigned)seconds);
	for (pid_t ended = 0; ended != pid;) {
		ended = waitpid(-1, &status, __WALL);
		if (ended < 0 && errno == EINTR) {
			is_late = true;
			(void)kill(pid, SIGKILL);
		}
	}
	(void)alarm(0);
	if (is_late)
		return HANGS;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

/* Exit code, 128 + signal, or HANGS when it took longer than `seconds` (it is killed then). Output goes to the file "output". */
static int run(char *const *words, int seconds, const struct sweep *runtime)
{
	pid_t pid = vfork();

	if (pid == 0) {
		int null = open("/dev/null", O_RDONLY), out = open("output", O_WRONLY | O_CREAT | O_TRUNC, 0644);
		(void)dup2(null, 0);
		(void)dup2(out, 1);
		(void)dup2(out, 2);
		(void)close_range(3, ~0U, 0);
		if (runtime && runtime->mountinfo && mount(runtime->mountinfo, "/proc/self/mountinfo", NULL, MS_BIND, NULL))
			_exit(125);
		if (runtime && runtime->user && (setgroups(0, NULL) || setresgid(runtime->gid, runtime->gid, runtime->gid) ||
						 setresuid(runtime->uid, runtime->uid, runtime->uid)))
			_exit(125);
		(void)execv(words[0], words);
		_exit(125);
	}
	return await(pid, seconds);
}

static int runtime(const struct sweep *s, int seconds, ...)
{
	char *words[MAX_WORDS] = { (char *)(uintptr_t)s->runtime, (char[]){ "--root" }, (char[]){ "state" } };
	int count = 3;
	va_list list;

	if (s->has_systemd)
		words[count++] = systemd_option;
	va_start(list, seconds);
	while ((words[count] = va_arg(list, char *)))
		count++;
	va_end(list);
	return run(words, seconds, s);
}

static const char *read_text(const char *path, char *text, size_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	size_t used = 0;
	ssize_t length;

	while (fd >= 0 && used + 1 < size && (length = read(fd, text + used, size - 1 - used)) > 0)
		used += (size_t)length;
	if (fd >= 0)
		(void)close(fd);
	text[used] = '\0';
	return text;
}

static void found(struct sweep *s, const char *format, ...)
{
	size_t used = strlen(s->problem);
	va_list list;

	va_start(list, format);
	used += (size_t)snprintf(s->problem + used, sizeof s->problem - used, "%s", used ? "; " : "");
	if (used < sizeof s->problem)
		(void)vsnprintf(s->problem + used, sizeof s->problem - used, format, list);
	va_end(list);
	for (char *c = s->problem; *c; c++)
		*c = *c == '\n' ? ' ' : *c;
}

/* --- looking for what is left ----------------------------------------------------------------------------------------- */

static const char *sought_id;
static char sought_path[4096]; /* nftw gives its function no room for more */

static int see_directory(const char *path, const struct stat *st, int type, struct FTW *where)
{
	(void)st;
	if (type == FTW_DP && strstr(path + where->base, sought_id)) {
		(void)snprintf(sought_path, sizeof sought_path, "%s", path);
		return 1;
	}
	return 0;
}

static bool has_cgroup(const struct sweep *s)
{
	sought_id = s->id;
	return nftw("/sys/fs/cgroup", see_directory, 16, FTW_PHYS | FTW_DEPTH) == 1;
}

static int remove_entry(const char *path, const struct stat *st, int type, struct FTW *where)
{
	(void)st, (void)type, (void)where;
	return remove(path) ? 0 : 0; /* what cannot be removed is found again */
}

static bool is_empty(const char *path)
{
	DIR *directory = opendir(path);
	int count = 0;

	while (directory && readdir(directory))
		count++;
	if (directory)
		(void)closedir(directory);
	return count <= 2;
}

static void check_litter(struct sweep *s)
{
	static const char *const known[] = { ".", "..", "long", "short", "state", "pid", "output", "result", "trace", "began", "ended", "agent", "volume", "mountinfo" };
	DIR *directory = opendir(".");

	for (struct dirent *entry; directory && (entry = readdir(directory));) {
		bool is_known = false;
		for (size_t i = 0; i < sizeof known / sizeof *known; i++)
			is_known = is_known || strcmp(entry->d_name, known[i]) == 0;
		if (!is_known) {
			found(s, "file %s", entry->d_name);
			(void)unlink(entry->d_name);
		}
	}
	if (directory)
		(void)closedir(directory);
}

/* All orphans are ours, because we are their reaper: when there is no child left, there is no process left. A boxcar-systemd
 * that has not begun yet when the runtime is killed ends when it looks at its channel. */
static void check_processes(struct sweep *s)
{
	pid_t pid = 0;

	for (int patience = s->has_systemd ? 250 : 20; patience > 0; patience--) {
		while ((pid = waitpid(-1, NULL, WNOHANG | __WALL)) > 0)
			;
		if (pid < 0)
			return;
		(void)usleep(10000);
	}
	char path[64], children[256], command[64];
	(void)snprintf(path, sizeof path, "/proc/self/task/%d/children", getpid());
	pid = (pid_t)strtol(read_text(path, children, sizeof children), NULL, 10);
	(void)snprintf(path, sizeof path, "/proc/%d/comm", pid);
	found(s, "process %d %s", pid, read_text(path, command, sizeof command));
	for (char *rest = children; (pid = (pid_t)strtol(rest, &rest, 10)) > 0;)
		(void)kill(pid, SIGKILL);
	while (waitpid(-1, NULL, __WALL) > 0)
		;
}

/* Only what is new counts: a mount copied from the host's namespace goes away when its mount point is removed there. */
static void check_mounts(struct sweep *s)
{
	static char now[sizeof s->mounts], line[8192];
	bool is_new = false;

	for (const char *rest = read_text("/proc/self/mountinfo", now, sizeof now); *rest;) {
		int length = (int)strcspn(rest, "\n");
		(void)snprintf(line, sizeof line, "%.*s\n", length, rest);
		if (!strstr(s->mounts, line)) {
			found(s, "mount %.*s", length, rest);
			is_new = true;
		}
		rest += (size_t)length + (rest[length] == '\n');
	}
	if (is_new)
		(void)strcpy(s->mounts, now);
}

static void await_systemd(const struct sweep *s)
{
	const struct timespec pause = { .tv_nsec = 50000000 };

	for (int tries = 0; s->has_systemd && tries < 100 && has_cgroup(s); tries++)
		(void)nanosleep(&pause, NULL);
}

static void check_rest(struct sweep *s)
{
	check_processes(s);
	await_systemd(s);
	for (int i = 0; has_cgroup(s); i++) {
		if (i == 0)
			found(s, "cgroup %s", sought_path);
		if (rmdir(sought_path) && i > 40)
			break;
	}
	if (!is_empty("state")) {
		found(s, "state directory");
		(void)nftw("state", remove_entry, 16, FTW_PHYS | FTW_DEPTH);
	}
	check_litter(s);
	check_mounts(s);
}

static void check_state(struct sweep *s)
{
	static const char *const words[] = { "creating", "created", "running", "stopped", "paused" };
	char output[16384], quoted[32];
	int status = runtime(s, 1, "state", s->id, NULL);

	(void)read_text("output", output, sizeof output);
	if (status == HANGS) {
		found(s, "state hangs");
		return;
	}
	bool is_word = false;
	for (size_t i = 0; status == 0 && i < sizeof words / sizeof *words; i++) {
		(void)snprintf(quoted, sizeof quoted, "\"%s\"", words[i]);
		is_word = is_word || strstr(output, quoted);
	}
	if (!is_word && (status == 0 || !strstr(output, "does not exist")))
		found(s, "state says %d: %s", status, output);
}

/* --- one point -------------------------------------------------------------------------------------------------------- */

static bool prepare(struct sweep *s)
{
	char output[512];

	if (s->command->needs_created && runtime(s, 10, "create", "--bundle", "long", "--pid-file", "pid", s->id, NULL))
		found(s, "cannot create: %s", read_text("output", output, sizeof output));
	else if (s->command->needs_started && runtime(s, 10, "start", s->id, NULL))
		found(s, "cannot start: %s", read_text("output", output, sizeof output));
	return !s->problem[0];
}

static long result_number(const char *name)
{
	char result[1024];
	const char *value = strstr(read_text("result", result, sizeof result), name);

	return value ? strtol(value + strlen(name), NULL, 10) : -1;
}

/* The command under the stepper, which strikes at `at` (0: never). Its exit code. */
static int step(struct sweep *s, unsigned long at)
{
	char number[32], pid[32] = "0", fixed[][16] = { "-n", "-t", "10", "-o", "result", "--", "--root", "state", "-p", "-k", "-e", "-u", "-m" };
	char *words[MAX_WORDS] = { (char *)(uintptr_t)s->stepper, fixed[0], number, fixed[1], fixed[2], fixed[3], fixed[4] };
	int count = 7;

	(void)snprintf(number, sizeof number, "%lu", at);
	(void)unlink("result");
	bool is_container = strcmp(s->target, "container") == 0;
	words[count++] = s->number ? fixed[10] : is_container ? fixed[8] : fixed[9];
	words[count++] = is_container ? pid : (char *)(uintptr_t)(s->number ? s->number : s->target);
	(void)read_text("pid", pid, sizeof pid);
	if (s->user) {
		words[count++] = fixed[11];
		words[count++] = (char *)(uintptr_t)s->user;
	}
	if (s->mountinfo) {
		words[count++] = fixed[12];
		words[count++] = (char *)(uintptr_t)s->mountinfo;
	}
	words[count++] = fixed[5];
	words[count++] = (char *)(uintptr_t)s->runtime;
	words[count++] = fixed[6];
	words[count++] = fixed[7];
	if (s->has_systemd)
		words[count++] = systemd_option;
	for (const char *const *word = s->command->words; *word; word++)
		words[count++] = (char *)(uintptr_t)(strcmp(*word, "ID") == 0 ? s->id : *word);
	words[count] = NULL;
	return run(words, 20, NULL);
}

static void try_device(struct sweep *s, const char *word)
{
	char *words[] = { (char *)(uintptr_t)s->device, (char *)(uintptr_t)word, (char *)(uintptr_t)s->target, NULL };
	char output[512];

	if (s->device && run(words, 10, NULL))
		found(s, "%s: %s", word, read_text("output", output, sizeof output));
}

static void clean_up(struct sweep *s)
{
	char output[512];
	int status = runtime(s, 15, "delete", "--force", s->id, NULL);

	if (status)
		found(s, "delete --force: %d: %s", status == HANGS ? -1 : status, read_text("output", output, sizeof output));
	check_rest(s);
	try_device(s, "check");
}

/* What a create or run leaves that fails while its own process lives: nothing. (With a failing call that may be one of the
 * removal at the end of run, which then is left to `delete`, and said.) */
static void check_undone(struct sweep *s, int status)
{
	bool is_create = strcmp(s->command->name, "create") == 0, makes = !s->command->needs_created && (is_create || !s->number);
	bool has_lived = s->number || strcmp(s->target, "init") == 0;

	if (s->number && status > 128 && status != 255)
		found(s, "ended with %d", status);
	if (!makes || !has_lived || status == 0 || status >= 124)
		return;
	if (!is_empty("state"))
		found(s, "a failed %s left its state", s->command->name);
	await_systemd(s);
	if (has_cgroup(s))
		found(s, "a failed %s left %s", s->command->name, sought_path);
}

/* A hook that was killed itself has run. A call of its own start that fails is told by a warning, and it is not run again. */
static void check_hooks(struct sweep *s)
{
	bool has_begun = access("began", F_OK) == 0, has_ended = access("ended", F_OK) == 0;

	if (s->has_hooks && has_begun && !has_ended && !s->number && strcmp(s->target, "init") != 0)
		found(s, "no poststop hook has run");
	(void)unlink("began");
	(void)unlink("ended");
}

/* False when the strike found nobody: the command was over before, or the target was not there yet. */
static bool try_point(struct sweep *s, unsigned long at)
{
	s->problem[0] = '\0';
	(void)unlink("pid");
	try_device(s, "make");
	if (!prepare(s)) {
		clean_up(s);
		return true;
	}
	int status = step(s, at);
	if (status == HANGS || status == 124)
		found(s, "the command hangs");
	bool is_struck = result_number("struck=") > 0;
	if (is_struck)
		check_undone(s, status);
	check_state(s);
	clean_up(s);
	check_hooks(s);
	return is_struck;
}

static void report_point(struct sweep *s, unsigned long at)
{
	char result[1024];

	if (!s->problem[0] && !s->is_verbose)
		return;
	(void)printf("# %s, %s at %lu: %s (%.200s)\n", s->command->name, s->target, at, s->problem[0] ? s->problem : "fine",
		     strtok(read_text("result", result, sizeof result) ? result : result, "\n"));
	(void)fflush(stdout);
}

/* The number of calls of an undisturbed command: the largest of three, because it is not always the same. */
static unsigned long count_calls(struct sweep *s)
{
	unsigned long calls = 0;

	for (int round = 0; round < 3; round++) {
		(void)try_point(s, 0);
		long counted = result_number("calls=");
		if (counted > 0 && (unsigned long)counted > calls)
			calls = (unsigned long)counted;
		report_point(s, 0);
	}
	return calls;
}

static double now(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void sweep_target(struct sweep *s, int number)
{
	unsigned long points = 0, leaks = 0, calls = count_calls(s);
	double began = now();

	/* a stride's first number changes with the target, so that together they look at more places */
	for (unsigned long at = 1 + (s->stride > 1 ? (unsigned long)number * 3 % s->stride : 0); at <= calls; at += s->stride) {
		bool is_struck = try_point(s, at);
		points += is_struck;
		leaks += s->problem[0] != '\0';
		report_point(s, at);
	}
	if (calls == 0)
		leaks++;
	(void)printf("%s %d - %s, %s %s%s: %lu calls, %lu points, %lu leaks, %.0f ms a point\n", leaks ? "not ok" : "ok", number,
		     s->command->name, s->target, s->number ? "fails with " : "killed", s->number ? s->number : "", calls, points, leaks,
		     points ? (now() - began) * 1000 / (double)points : 0.0);
	(void)fflush(stdout);
	s->points += points;
	s->leaks += leaks;
}

int main(int argc, char **argv)
{
	static struct sweep s = { .stride = 1 };
	const char *only_command = NULL, *only_target = NULL;
	int number = 0;

	for (int letter; (letter = getopt(argc, argv, "q:o:k:e:d:u:m:vps")) != -1;) {
		switch (letter) {
		case 'q': s.stride = (unsigned)atoi(optarg); break;
		case 'o': only_command = optarg; break;
		case 'k': only_target = optarg; break;
		case 'e': s.number = optarg; break;
		case 'd': s.device = optarg; break;
		case 'u': s.user = optarg; break;
		case 'm': s.mountinfo = optarg; break;
		case 'v': s.is_verbose = true; break;
		case 'p': s.has_hooks = true; break;
		case 's': s.has_systemd = true; break;
		default: return 2;
		}
	}
	if (argc - optind != 4 || chdir(argv[optind + 2])) {
		(void)fprintf(stderr, "usage: sweep [-q STRIDE] [-o COMMAND] [-k TARGET] RUNTIME STEPPER DIRECTORY ID\n");
		return 2;
	}
	s.runtime = argv[optind], s.stepper = argv[optind + 1], s.id = argv[optind + 3];
	(void)sigaction(SIGALRM, &(struct sigaction){ .sa_handler = on_alarm }, NULL); /* no SA_RESTART: waitpid shall return */
	(void)mkdir("state", 0700);
	if (s.user && (sscanf(s.user, "%u:%u", &s.uid, &s.gid) != 2 || chown("state", s.uid, s.gid)))
		return 2;
	(void)prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
	(void)read_text("/proc/self/mountinfo", s.mounts, sizeof s.mounts);
	for (size_t i = 0; i < sizeof commands / sizeof *commands; i++) {
		s.command = &commands[i];
		if (only_command && strcmp(only_command, s.command->name) != 0)
			continue;
		static const char *const call[] = { "a call", NULL };
		for (const char *const *target = s.number ? call : s.command->targets; *target; target++) {
			s.target = *target;
			if (!only_target || strcmp(only_target, *target) == 0)
				sweep_target(&s, ++number);
		}
	}
	(void)printf("1..%d\n# %lu points, %lu leaks\n", number, s.points, s.leaks);
	return s.leaks ? 1 : 0;
}
