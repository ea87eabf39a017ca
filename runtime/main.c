/* The boxcar program: global options, then one command. */
#include "runtime/cli/commands.h"

#include "runtime/host/facts.h"
#include "runtime/host/filter.h"
#include "spec/base/version.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* sd_notify(3): a path or an abstract name; other forms are for virtual machines. */
static const char *find_notify_socket(void)
{
	const char *socket = getenv("NOTIFY_SOCKET");

	return socket && (socket[0] == '/' || socket[0] == '@') && socket[1] ? socket : NULL;
}

/* With one of 0, 1, 2 closed, the next open file would be the container's stdio. */
static int fill_stdio(struct err *e)
{
	for (int fd = 0; fd <= 2; fd++)
		if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", O_RDWR | O_CLOEXEC) != fd)
			return err_sys(e, "open /dev/null for descriptor %d", fd);
	return 0;
}

/* Not real root: another user, or root of a user namespace only. Engines set XDG_RUNTIME_DIR to nothing for root. */
static const char *find_root(struct arena *a, bool is_real_root)
{
	const char *directory = getenv("XDG_RUNTIME_DIR");

	if (is_real_root)
		return "/run/boxcar";
	if (!directory || directory[0] != '/') /* where it would point; a directory in /tmp could be somebody else's */
		return arena_format(a, "/run/user/%u/boxcar", (unsigned)geteuid());
	return arena_format(a, "%s/boxcar", directory);
}

static bool is_rootless(struct boxcar *b, const struct global_options *g)
{
	struct err ignored = ERR_NONE;

	(void)facts_probe(FACTS_USER, &b->arena, &b->facts, &ignored); /* asks for ids only, which cannot fail */
	if (g->rootless != ROOTLESS_AUTO)
		b->facts.is_rootless = g->rootless == ROOTLESS_TRUE;
	return b->facts.is_rootless;
}

static int apply_globals(struct boxcar *b, const struct global_options *g, struct err *e)
{
	b->log.level = (enum log_level)g->log_level;
	b->log.has_debug = g->has_debug || b->log.level == LOG_ALL;
	b->log.format = (enum log_format)g->log_format;
	if (g->log && log_open(&b->log, g->log, e) < 0)
		return -1;
	if (g->criu)
		log_warn(&b->log, "--criu has no effect: there is neither checkpoint nor restore");
	bool is_users = is_rootless(b, g);
	b->notify_socket = find_notify_socket();
	b->cgroups = g->cgroup_manager == CGROUP_MANAGER_DISABLED ? PLAN_NO_CGROUP :
		     g->has_systemd_cgroup || g->cgroup_manager == CGROUP_MANAGER_SYSTEMD ? PLAN_SYSTEMD : PLAN_CGROUPFS;
	systemd_init(&b->systemd, is_users ? SYSTEMD_OF_USER : SYSTEMD_OF_HOST);
	b->root = g->root && g->root[0] ? g->root : find_root(&b->arena, !is_users);
	return 0;
}

/* The command's name is the first argument that is neither a global option nor the value of one. */
static int find_command(int argc, char **argv, struct boxcar *b, struct global_options *g, struct command_line *line, struct err *e)
{
	if (options_read(boxcar_program.options, argc, argv, 1, 1, g, line, &b->arena, e) < 0)
		return err_hint(e, "`boxcar --help` shows the options");
	return 0;
}

static int print_version(void)
{
	(void)printf("boxcar version %s\ncommit: %s\nspec: 1.3.0\n", version_release, version_commit);
	return fflush(stdout) ? 1 : 0;
}

static int finish(struct boxcar *b, const char *name, int result, int exit_code, const struct command *c, struct err *e)
{
	systemd_end(&b->systemd);
	if (result == 0 && fflush(stdout) != 0)
		result = err_sys(e, "write to stdout");
	if (result < 0)
		filter_explain(e);
	log_finish(&b->log, name, result < 0 ? e : NULL);
	if (result < 0)
		return e->exit_code ? e->exit_code : c && c->failure_code ? c->failure_code : 1;
	return exit_code;
}

int main(int argc, char **argv)
{
	struct boxcar b = { 0 };
	struct global_options g = { 0 };
	struct command_line line = { 0 };
	const struct command *command = NULL;
	int exit_code = 0;

	arena_init(&b.arena, ARENA_SIZE);
	struct err *e = arena_alloc(&b.arena, sizeof *e); /* large, and untouched until something fails */
	log_init(&b.log, &b.arena, "boxcar");
	int result = fill_stdio(e);
	if (result == 0)
		result = find_command(argc, argv, &b, &g, &line, e);
	if (result == 0 && g.has_version)
		return print_version();
	if (result == 0 && (g.has_help || line.count == 0)) {
		program_print_help(&boxcar_program, g.has_help ? stdout : stderr);
		return g.has_help ? 0 : 1;
	}
	if (result == 0 && !(command = command_find(&boxcar_program, line.at[0])))
		result = err_set(e, "there is no command \"%s\"; `boxcar --help` lists them", line.at[0]);
	if (result == 0)
		result = apply_globals(&b, &g, e);
	if (result == 0)
		result = command_start(&boxcar_program, command, line.count, line.at, &b, &exit_code, &b.arena, e);
	return finish(&b, command ? command->name : "boxcar", result, exit_code, command, e);
}
