/* run, exec, bundle: what starts something. */
#include "bundle-tools/cli/commands.h"

#include "bundle-tools/run/container.h"
#include "bundle-tools/run/user_namespace.h"
#include "spec/base/own.h"
#include "spec/base/text.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* "100M": bytes, or thousands of 1024 with K, M, G, T. */
static int read_bytes(const char *text, int64_t *out, struct err *e)
{
	static const char units[] = "KMGT";
	size_t length = strspn(text, "0123456789");
	const char *unit = text[length] ? strchr(units, text[length] & ~0x20) : NULL;
	char digits[20] = { 0 };
	uint64_t value;

	if (length && length < sizeof digits)
		memcpy(digits, text, length);
	if (!text_read_uint(digits, INT64_MAX, &value) || !value || (text[length] && (!unit || text[length + 1])))
		return err_set(e, "--memory %s is not a size such as 100M or 2G", text);
	for (const char *u = units; unit && u <= unit; u++) {
		if (value > INT64_MAX / 1024)
			return err_set(e, "--memory %s is too much", text);
		value *= 1024;
	}
	*out = (int64_t)value;
	return 0;
}

/* "0.5": of one processor, as microseconds of each 100,000. */
static int read_cpu(const char *text, int64_t *out, struct err *e)
{
	char *end;
	double share = strtod(text, &end);

	if (!text[0] || *end || !(share >= 0.01) || share > 1000)
		return err_set(e, "--cpu %s is not a number of processors from 0.01 to 1000, such as 0.5", text);
	*out = (int64_t)(share * 100000 + 0.5);
	return 0;
}

/* SOURCE:DESTINATION[:ro] */
static int read_volume(struct conductor *c, const char *text, struct container_volume *out, struct err *e)
{
	char *rest = arena_text(&c->arena, text), path[PATH_MAX];
	const char *source = strsep(&rest, ":"), *destination = rest ? strsep(&rest, ":") : NULL;

	bool is_mode = !rest || strcmp(rest, "ro") == 0 || strcmp(rest, "rw") == 0;
	if (!destination || destination[0] != '/' || !strchr(source, '/') || !is_mode) {
		(void)err_set(e, "-v %s is not SOURCE:DESTINATION or SOURCE:DESTINATION:ro", text);
		return err_hint(e, "the source is a path with a slash in it, the destination an absolute path");
	}
	if (!realpath(source, path))
		return err_sys(e, "find %s", source);
	*out = (struct container_volume){ arena_text(&c->arena, path), destination, rest && strcmp(rest, "ro") == 0 };
	return 0;
}

static int read_limits(const struct run_command_options *o, struct container_options *out, struct err *e)
{
	if (o->memory && read_bytes(o->memory, &out->memory, e))
		return -1;
	if (o->cpu && read_cpu(o->cpu, &out->cpu_quota, e))
		return -1;
	out->pids = (int64_t)o->pids;
	return 0;
}

static int read_network(const struct run_command_options *o, struct container_options *out, struct err *e)
{
	if (o->is_net_isolated && o->has_host_network)
		return err_set(e, "--net-isolate and --net-host exclude each other");
	out->network = o->has_host_network ? "host" : o->is_net_isolated ? "isolated" : "own";
	return 0;
}

static int read_rootfs(struct conductor *c, const char *directory, struct container_options *out, struct err *e)
{
	char path[PATH_MAX];

	if (!directory)
		return 0;
	if (!realpath(directory, path))
		return err_sys(e, "find %s", directory);
	out->rootfs = arena_text(&c->arena, path);
	return 0;
}

/* Options and the operands from `first` on, which are the command. */
static int read_options(struct conductor *c, const struct run_command_options *o, const struct command_line *line, int first,
			struct container_options *out, struct err *e)
{
	out->hostname = o->hostname;
	out->user = o->user;
	out->is_detached = o->is_detached;
	out->is_removed = o->is_removed;
	out->env = (struct spec_texts){ o->env.at, o->env.count };
	out->command = (struct spec_texts){ (const char **)line->at + first, line->count > first ? (size_t)(line->count - first) : 0 };
	out->volumes.at = arena_alloc(&c->arena, (o->volumes.count + 1) * sizeof *out->volumes.at);
	for (size_t i = 0; i < o->volumes.count; i++)
		if (read_volume(c, o->volumes.at[i], &out->volumes.at[out->volumes.count++], e))
			return -1;
	if (o->is_detached && o->is_removed)
		return err_set(e, "not supported yet: --rm with --detach");
	return read_limits(o, out, e) || read_network(o, out, e) || read_rootfs(c, o->rootfs, out, e) ? -1 : 0;
}

COMMAND(run)
{
	const struct run_command_options *o = options;
	struct container_options run = { 0 };
	int first = o->rootfs ? 1 : 2;

	if (line->count < first)
		return err_set(e, "run needs %s", o->rootfs ? "NAME" : "IMAGE NAME");
	run.image = o->rootfs ? NULL : line->at[0];
	run.name = line->at[first - 1];
	if (read_options(c, o, line, first, &run, e) || user_namespace_open_store(c, NULL, e) || container_run(c, &run, exit_code, e))
		return err_add(e, "run %s", run.name);
	return 0;
}

/* Nothing of it is kept: a name of its own, and removed at its end. */
COMMAND(mini)
{
	const struct mini_options *o = options;
	const struct run_command_options run_options = {
		.memory = o->memory, .cpu = o->cpu, .pids = o->pids, .rootfs = o->rootfs ? o->rootfs : "/",
		.is_net_isolated = o->is_net_isolated, .has_host_network = !o->is_net_isolated, .is_removed = true,
	};
	struct container_options run = { .name = arena_format(&c->arena, "mini-%d", (int)getpid()) };

	if (read_options(c, &run_options, line, 0, &run, e) || user_namespace_open_store(c, NULL, e) ||
	    container_run(c, &run, exit_code, e))
		return err_add(e, "mini");
	return 0;
}

COMMAND(bundle)
{
	const struct run_command_options *o = options;
	struct container_options run = { .image = line->at[0], .name = line->at[0] };
	char directory[PATH_MAX];

	(void)exit_code;
	const char *slash = line->at[1][0] == '/' ? "" : getcwd(directory, sizeof directory);
	if (!slash)
		return err_sys(e, "find the working directory");
	const char *path = arena_format(&c->arena, "%s%s%s", slash, slash[0] ? "/" : "", line->at[1]);
	if (read_options(c, o, line, 2, &run, e) || user_namespace_open_store(c, NULL, e) || container_write_bundle(c, &run, path, e))
		return err_add(e, "bundle %s", line->at[1]);
	return 0;
}

/* The runtime knows the container's process: user, directory, environment and limits are its own. */
COMMAND(exec)
{
	const struct exec_command_options *o = options;
	struct spec_texts command = { (const char **)line->at + 1, (size_t)line->count - 1 };
	struct container *container = NULL;
	bool has_terminal = isatty(STDIN_FILENO) && isatty(STDOUT_FILENO);
	size_t n = RUNTIME_ARGV_FIRST + 1;

	if (user_namespace_open_store(c, line->at[0], e) || container_read(c, line->at[0], &container, e))
		return -1;
	const char *rootfs = arena_format(&c->arena, "containers/%s/rootfs", container->name);
	own_fd root_fd = openat(c->root_fd, rootfs, O_PATH | O_DIRECTORY | O_CLOEXEC);
	container_read_command(c, root_fd, &command);
	const char **argv = runtime_argv(c, container_directory(c, container->name), (const char *const[]){ "exec", NULL },
					 command.count + 2 * o->env.count + 4);
	for (size_t i = 0; i < o->env.count; i++) {
		argv[n++] = "--env";
		argv[n++] = o->env.at[i];
	}
	if (o->user)
		argv[n++] = "--user";
	if (o->user)
		argv[n++] = o->user;
	if (has_terminal)
		argv[n++] = "--tty";
	argv[n++] = container->name;
	for (size_t i = 0; i < command.count; i++)
		argv[n++] = command.at[i];
	struct spawn s = { .argv = argv, .in = -1, .out = -1, .error = -1, .passes_signals = true };
	return spawn_wait(&s, exit_code, e);
}
