/* The command rows: name, operands, options, function. Parsing and help derive from them. */
#pragma once

#include "bundle-tools/conductor.h"
#include "spec/base/options.h"

struct command {
	const char *name, *operands, *summary; /* operands as in the usage line */
	const struct option *options;
	size_t options_size;
	int least, most;       /* operands; most -1: any number */
	int stops_after;       /* operands after which options belong to the command inside; -1: never */
	int (*run)(struct conductor *c, const void *options, const struct command_line *line, int *exit_code, struct err *e);
};

extern const struct command commands[]; /* the rows end with a NULL name */

struct global_options {
	const char *root, *runtime, *log;
	int log_format;
	bool has_debug, has_version, has_help;
};
extern const struct option global_options[];

const struct command *commands_find(const char *name);
void commands_print_help(void *stream);
void commands_print_command(const struct command *command, void *stream);

#define COMMAND(name) \
	int cmd_##name(struct conductor *c, const void *options, const struct command_line *line, int *exit_code, struct err *e)

struct build_command_options {
	const char *mirror, *keyring, *packages;
	struct option_texts arguments;
	int variant;
	bool has_no_cache, explains_cache, is_dry_run, has_shell_on_error, is_quiet, has_help;
};
struct plain_options {
	bool has_help;
};

struct run_command_options {
	const char *memory, *cpu, *hostname, *rootfs, *user;
	struct option_texts env, volumes;
	uint64_t pids;
	bool is_detached, is_removed, is_net_isolated, has_host_network, has_help;
};
struct exec_command_options {
	const char *user;
	struct option_texts env;
	bool has_help;
};
struct inspect_layers_options {
	bool has_files, has_help;
};
struct stop_options {
	const char *time;
	bool is_forced, has_help;
};
struct logs_options {
	bool follows, has_help;
};
struct inspect_options {
	bool has_pid, has_namespaces, has_help;
};

COMMAND(build);
COMMAND(images);
COMMAND(rmi);
COMMAND(rmcache);
COMMAND(gc);
COMMAND(inspect_layers);
COMMAND(bundle);
COMMAND(run);
COMMAND(exec);
COMMAND(ps);
COMMAND(stop);
COMMAND(logs);
COMMAND(inspect);
