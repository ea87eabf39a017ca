/* ps, stop, logs, inspect: containers that there are. */
#include "bundle-tools/cli/commands.h"

#include "bundle-tools/cli/show.h"
#include "bundle-tools/net/network.h"
#include "bundle-tools/run/container.h"
#include "bundle-tools/run/namespaces.h"
#include "bundle-tools/run/user_namespace.h"
#include "spec/base/own.h"
#include "spec/base/text.h"
#include "spec/json/write.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { FOLLOW_US = 200000 };

static const char *status_word(enum runtime_status status)
{
	static const char *const words[] = { "stopped", "created", "running", "stopped" };

	return words[status];
}

static int show_container(struct conductor *c, const char *name, struct err *e)
{
	struct container none = { .name = name, .image = "", .created = "" }, *container = &none;
	struct err ignored = ERR_NONE; /* one that was never finished is listed all the same */
	struct runtime_state state;

	(void)container_read(c, name, &container, &ignored);
	if (runtime_read_state(c, name, container_directory(c, name), &state, e))
		return -1;
	(void)printf("%-24s %-20s %-8s %-8d %s\n", name, show_time(&c->arena, container->created), status_word(state.status),
		     (int)state.pid, container->image);
	return 0;
}

COMMAND(ps)
{
	struct names names = { 0 };

	(void)options;
	(void)line;
	(void)exit_code;
	if (store_open(c, e) || store_list(c, "containers", &names, e))
		return -1;
	if (!names.count) {
		(void)printf("No containers found\n");
		return 0;
	}
	(void)printf("%-24s %-20s %-8s %-8s %s\n", "Name", "Date", "Status", "Pid", "Image");
	for (size_t i = 0; i < names.count; i++)
		if (show_container(c, names.at[i], e))
			return -1;
	return 0;
}

/* Each container may have a user namespace of its own, and a process enters only one: a child for each. 1: we are the child for
 * operand *first; 0: all is done, or one has failed and said why. */
static int stop_apart(const struct command_line *line, int *first, int *exit_code, struct err *e)
{
	for (int i = 0, status = 0; i < line->count && !*exit_code; i++) {
		pid_t pid = fork();
		if (pid < 0)
			return err_sys(e, "fork");
		*first = i;
		if (pid == 0)
			return 1;
		while (waitpid(pid, &status, 0) < 0)
			if (errno != EINTR)
				return err_sys(e, "wait for the end of %s", line->at[i]);
		*exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : 1;
	}
	return 0;
}

COMMAND(stop)
{
	const struct stop_options *o = options;
	uint64_t seconds = 10;
	int first = 0, after = line->count;

	if (o->time && !text_read_uint(o->time, 86400, &seconds))
		return err_set(e, "--time %s is not a number of seconds, at most 86400", o->time);
	if (geteuid() != 0 && line->count > 1) {
		int result = stop_apart(line, &first, exit_code, e);
		if (result <= 0)
			return result;
		after = first + 1;
	}
	if (user_namespace_open_store(c, line->at[first], e))
		return -1;
	for (int i = first; i < after; i++) {
		if (container_stop(c, line->at[i], o->is_forced ? 0 : (unsigned)seconds, e))
			return err_add(e, "stop %s", line->at[i]);
		(void)printf("%s succesfully removed\n", line->at[i]); /* spelled as the scripts that look for it do */
	}
	return 0;
}

/* --- logs ----------------------------------------------------------------------------------------------------------- */

static int copy_log(int fd, struct err *e)
{
	char block[65536];
	ssize_t got;

	while ((got = read(fd, block, sizeof block)) > 0)
		if (fwrite(block, 1, (size_t)got, stdout) != (size_t)got)
			return err_sys(e, "write to stdout");
	if (got < 0)
		return err_sys(e, "read the log");
	return fflush(stdout) ? err_sys(e, "write to stdout") : 0;
}

/* Until the container has ended, and once more. */
static int follow_log(struct conductor *c, const char *name, int fd, struct err *e)
{
	struct runtime_state state = { RUNTIME_RUNNING, 0 };

	while (state.status == RUNTIME_RUNNING) {
		if (runtime_read_state(c, name, container_directory(c, name), &state, e) || copy_log(fd, e))
			return -1;
		if (state.status == RUNTIME_RUNNING)
			(void)usleep(FOLLOW_US); /* a shorter sleep is as good */
	}
	return 0;
}

COMMAND(logs)
{
	const struct logs_options *o = options;
	struct container *container = NULL;

	(void)exit_code;
	if (store_open(c, e) || container_read(c, line->at[0], &container, e))
		return -1;
	own_fd fd = openat(c->root_fd, arena_format(&c->arena, "containers/%s/log", container->name), O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0 && errno == ENOENT) {
		(void)err_set(e, "container %s has no log", container->name);
		return err_hint(e, "only what runs with --detach has one");
	}
	if (fd < 0)
		return err_sys(e, "open the log of %s", container->name);
	return o->follows ? follow_log(c, container->name, fd, e) : copy_log(fd, e);
}

/* --- inspect -------------------------------------------------------------------------------------------------------- */

static void add_text(struct text *t, const char *key, const char *value)
{
	text_add(t, "  \"%s\": ", key);
	json_write_text(value, t);
	text_add(t, ",\n");
}

static void print_container(struct conductor *c, const struct container *container, const struct runtime_state *state,
			    const struct network *network)
{
	struct text t;

	text_init(&t, &c->arena);
	text_add(&t, "{\n");
	add_text(&t, "name", container->name);
	add_text(&t, "image", container->image);
	add_text(&t, "created", container->created);
	add_text(&t, "status", status_word(state->status));
	const char *bundle = container_directory(c, container->name);
	add_text(&t, "bundle", bundle);
	add_text(&t, "network", container->network);
	if (network)
		add_text(&t, "ip", network->address);
	add_text(&t, "runtime", runtime_program(c, bundle));
	text_add(&t, "  \"layers\": %zu,\n  \"pid\": %d\n}\n", container->layers.count, (int)state->pid);
	(void)fputs(t.at, stdout); /* a failure is seen at the end of the command */
}

/* What is left of the options when the container is known. */
static int inspect_container(struct conductor *c, const struct inspect_options *o, const struct container *container, struct err *e)
{
	const struct network *network = NULL;
	struct runtime_state state;

	if (runtime_read_state(c, container->name, container_directory(c, container->name), &state, e) ||
	    network_read(c, container->name, &network, e))
		return -1;
	if ((o->has_pid || o->has_namespaces) && !state.pid)
		return err_set(e, "container %s does not run", container->name);
	if (o->has_ip && !network) {
		(void)err_set(e, "container %s has no network", container->name);
		return err_hint(e, "`conductor addnetwork %s` gives it one", container->name);
	}
	if (o->has_namespaces)
		return namespaces_print(c, state.pid, e);
	if (o->has_pid)
		(void)printf("%d\n", (int)state.pid);
	else if (o->has_ip)
		(void)printf("%s\n", network->address);
	else
		print_container(c, container, &state, network);
	return 0;
}

COMMAND(inspect)
{
	const struct inspect_options *o = options;
	struct container *container = NULL;
	uint64_t pid;

	(void)exit_code;
	if (o->has_pid + o->has_ip + o->has_namespaces > 1)
		return err_set(e, "--pid, --ip and --namespaces exclude each other");
	if (store_open(c, e))
		return -1;
	if (container_read(c, line->at[0], &container, e)) {
		if (!o->has_namespaces || !text_read_uint(line->at[0], INT32_MAX, &pid))
			return -1;
		*e = ERR_NONE;
		return namespaces_print(c, (pid_t)pid, e);
	}
	return inspect_container(c, o, container, e);
}
