/* The command rows: name, operands, options, function. Parsing, help, the manual and completion derive from them. */
#pragma once

#include "runtime/life/boxcar.h"
#include "spec/base/options.h"

struct command {
	const char *name, *operands, *summary; /* operands as in the usage line: "ID [SIGNAL]" */
	const struct option *options;
	size_t options_size;
	int least, most;       /* operands; most -1: any number */
	int stops_after;       /* operands after which options belong to the payload; -1: never */
	int failure_code;      /* 0: 1 */
	int (*run)(struct boxcar *b, const void *options, const struct command_line *line, int *exit_code, struct err *e);
};

extern const struct command commands[]; /* the rows end with a NULL name */

struct global_options {
	const char *root, *log, *rootless;
	int log_format, cgroup_manager;
	bool has_debug, has_systemd_cgroup, has_version, has_help;
};
extern const struct option global_options[];

enum { CGROUP_MANAGER_CGROUPFS, CGROUP_MANAGER_SYSTEMD, CGROUP_MANAGER_DISABLED };

const struct command *commands_find(const char *name);
void commands_print_help(void *stream);
void commands_print_command(const struct command *command, void *stream);

#define COMMAND(name) \
	int cmd_##name(struct boxcar *b, const void *options, const struct command_line *line, int *exit_code, struct err *e)

struct create_options {
	struct container_options container;
	bool has_help;
};
struct run_command_options {
	struct container_options container;
	bool is_detached, has_keep, has_no_subreaper, has_help;
};
struct exec_command_options {
	const char *process, *user, *cwd, *pid_file, *console_socket;
	struct option_texts env;
	bool has_terminal, is_detached, has_help;
};
struct kill_options {
	bool is_for_all, has_help;
};
struct delete_options {
	bool is_forced, has_help;
};
struct list_options {
	int format;
	bool is_quiet, has_help;
};
struct spec_options {
	const char *bundle;
	bool is_rootless, has_help;
};
struct check_options {
	struct container_options container;
	int format;
	bool has_help;
};
struct plain_options {
	bool has_help;
};

COMMAND(create);
COMMAND(start);
COMMAND(run);
COMMAND(exec);
COMMAND(state);
COMMAND(kill);
COMMAND(delete);
COMMAND(list);
COMMAND(spec);
COMMAND(check);
COMMAND(explain);
COMMAND(features);
