/* The conductor program: global options, then one command. */
#include "bundle-tools/cli/commands.h"

#include "spec/base/own.h"
#include "spec/base/version.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* With one of 0, 1, 2 closed, the next open file would be a container's stdio. */
static int fill_stdio(struct err *e)
{
	for (int fd = 0; fd <= 2; fd++)
		if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", O_RDWR | O_CLOEXEC) != fd)
			return err_sys(e, "open /dev/null for descriptor %d", fd);
	return 0;
}

/* The boxcar that was built or installed with us, else the one in PATH. */
static const char *find_runtime(struct arena *a)
{
	char self[PATH_MAX];
	ssize_t length = readlink("/proc/self/exe", self, sizeof self - 1);
	static const char *const places[] = { "boxcar", "../sbin/boxcar" };

	self[length < 0 ? 0 : length] = '\0';
	const char *slash = strrchr(self, '/');
	for (size_t i = 0; slash && i < 2; i++) {
		const char *path = arena_format(a, "%.*s/%s", (int)(slash - self), self, places[i]);
		if (access(path, X_OK) == 0)
			return path;
	}
	return "boxcar";
}

/* An ordinary user has a store of his own (XDG base directories). */
static const char *choose_root(struct arena *a)
{
	const char *data = getenv("XDG_DATA_HOME"), *home = getenv("HOME");

	if (geteuid() == 0)
		return "/var/lib/conductor";
	if (data && data[0] == '/')
		return arena_format(a, "%s/conductor", data);
	return arena_format(a, "%s/.local/share/conductor", home && home[0] == '/' ? home : "");
}

/* NULL with an error. Directories and programs are kept so: they are asked for from other directories later. */
static const char *make_absolute(struct arena *a, const char *path, struct err *e)
{
	if (path[0] == '/')
		return path;
	own_text directory = get_current_dir_name();
	if (directory)
		return arena_format(a, "%s/%s", directory, path);
	(void)err_sys(e, "find the working directory");
	return NULL;
}

/* Without a slash it is found by PATH. */
static int choose_runtime(struct conductor *c, const char *given, struct err *e)
{
	c->runtime = given && given[0] ? given : find_runtime(&c->arena);
	if (strchr(c->runtime, '/'))
		c->runtime = make_absolute(&c->arena, c->runtime, e);
	return c->runtime ? 0 : -1;
}

static int apply_globals(struct conductor *c, const struct global_options *g, struct err *e)
{
	const char *root = g->root && g->root[0] ? g->root : getenv("CONDUCTOR_ROOT");

	c->log.has_debug = g->has_debug;
	c->log.format = (enum log_format)g->log_format;
	if (g->log && log_open(&c->log, g->log, e) < 0)
		return -1;
	if (!root || !root[0])
		root = choose_root(&c->arena);
	c->root = make_absolute(&c->arena, root, e);
	if (!c->root || choose_runtime(c, g->runtime && g->runtime[0] ? g->runtime : getenv("CONDUCTOR_RUNTIME"), e))
		return -1;
	const char *slash = strrchr(c->runtime, '/');
	c->counter = strcmp(slash ? slash + 1 : c->runtime, "boxcar") == 0 ? c->runtime : find_runtime(&c->arena);
	return 0;
}

static int print_version(void)
{
	(void)printf("conductor version %s\ncommit: %s\n", version_release, version_commit);
	return fflush(stdout) ? 1 : 0;
}

static int finish(struct conductor *c, const char *name, int result, int exit_code, struct err *e)
{
	if (result == 0 && fflush(stdout) != 0)
		result = err_sys(e, "write to stdout");
	else
		(void)fflush(stdout); /* what was said before the error; the error is told */
	log_finish(&c->log, name, result < 0 ? e : NULL);
	return result < 0 ? (e->exit_code ? e->exit_code : 1) : exit_code;
}

int main(int argc, char **argv)
{
	struct conductor c = { .root_fd = -1 };
	struct global_options g = { 0 };
	struct command_line line = { 0 };
	const struct command *command = NULL;
	static struct err e; /* large, and zero until something fails */
	int exit_code = 0;

	arena_init(&c.arena, (size_t)1 << 30);
	log_init(&c.log, &c.arena, "conductor");
	int result = fill_stdio(&e);
	if (result == 0 && options_read(conductor_program.options, argc, argv, 1, 1, &g, &line, &c.arena, &e) < 0)
		result = err_hint(&e, "`conductor --help` shows the options");
	if (result == 0 && g.has_version)
		return print_version();
	if (result == 0 && (g.has_help || line.count == 0)) {
		program_print_help(&conductor_program, g.has_help ? stdout : stderr);
		return g.has_help ? 0 : 1;
	}
	if (result == 0 && !(command = command_find(&conductor_program, line.at[0])))
		result = err_set(&e, "there is no command \"%s\"; `conductor --help` lists them", line.at[0]);
	if (result == 0)
		result = apply_globals(&c, &g, &e);
	if (result == 0)
		result = command_start(&conductor_program, command, line.count, line.at, &c, &exit_code, &c.arena, &e);
	return finish(&c, command ? command->name : "conductor", result, exit_code, &e);
}
