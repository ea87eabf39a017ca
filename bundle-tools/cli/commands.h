/* The command rows: name, operands, options, function. Parsing and help derive from them. */
#pragma once

#include "bundle-tools/conductor.h"
#include "spec/base/command.h"

extern const struct program conductor_program;

struct global_options {
	const char *root, *runtime, *log;
	int log_format;
	bool has_debug, has_version, has_help;
};

/* A command's function. `c` comes with its type: COMMAND(build) { ... c->root ... } */
#define COMMAND(name)                                                                                                       \
	static int run_##name(struct conductor *c, const void *options, const struct command_line *line, int *exit_code,        \
			      struct err *e);                                                                                \
	int cmd_##name(void *program, const void *options, const struct command_line *line, int *exit_code, struct err *e)   \
	{                                                                                                                    \
		return run_##name(program, options, line, exit_code, e);                                                     \
	}                                                                                                                    \
	static int run_##name(struct conductor *c, const void *options, const struct command_line *line, int *exit_code, struct err *e)

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
struct mini_options {
	const char *memory, *cpu, *rootfs;
	uint64_t pids;
	bool is_net_isolated, has_help;
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
	bool has_pid, has_ip, has_namespaces, has_help;
};
struct stats_options {
	const char *interval;
	uint64_t count;
	bool has_json, has_help;
};
struct addnetwork_options {
	struct option_texts expose, publish;
	const char *subnet;
	bool has_internet, has_help;
};
struct export_command_options {
	const char *name;
	int format, compression;
	bool has_help;
};
struct import_command_options {
	const char *name;
	uint64_t max_size;
	bool has_devices, has_help;
};

command_run cmd_build;
command_run cmd_images;
command_run cmd_rmi;
command_run cmd_rmcache;
command_run cmd_gc;
command_run cmd_inspect_layers;
command_run cmd_bundle;
command_run cmd_export;
command_run cmd_import;
command_run cmd_run;
command_run cmd_mini;
command_run cmd_exec;
command_run cmd_ps;
command_run cmd_stop;
command_run cmd_stats;
command_run cmd_logs;
command_run cmd_inspect;
command_run cmd_addnetwork;
command_run cmd_peer;
