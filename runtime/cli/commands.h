/* The command rows: name, operands, options, function. Parsing, help, the manual and completion derive from them. */
#pragma once

#include "runtime/life/container.h"
#include "spec/base/command.h"

extern const struct program boxcar_program;

struct global_options {
	const char *root, *log, *criu;
	int log_format, log_level, cgroup_manager, rootless;
	bool has_debug, has_systemd_cgroup, has_version, has_help;
};

enum { ROOTLESS_AUTO, ROOTLESS_TRUE, ROOTLESS_FALSE };
enum { CGROUP_MANAGER_CGROUPFS, CGROUP_MANAGER_SYSTEMD, CGROUP_MANAGER_DISABLED };

/* A command's function. `b` comes with its type: COMMAND(start) { ... b->root ... } */
#define COMMAND(name)                                                                                                       \
	static int run_##name(struct boxcar *b, const void *options, const struct command_line *line, int *exit_code,        \
			      struct err *e);                                                                                \
	int cmd_##name(void *program, const void *options, const struct command_line *line, int *exit_code, struct err *e)   \
	{                                                                                                                    \
		return run_##name(program, options, line, exit_code, e);                                                     \
	}                                                                                                                    \
	static int run_##name(struct boxcar *b, const void *options, const struct command_line *line, int *exit_code, struct err *e)

struct create_options {
	struct container_options container;
	bool has_no_subreaper, has_help;
};
struct run_command_options {
	struct container_options container;
	bool is_detached, has_keep, has_no_subreaper, has_help;
};
struct exec_command_options {
	struct exec_options exec;
	bool has_help;
};
struct kill_options {
	bool is_for_all, is_pattern, has_help;
};
struct delete_options {
	bool is_forced, is_pattern, has_help;
};
struct list_options {
	int format;
	bool is_quiet, has_help;
};
struct spec_options {
	const char *bundle, *file;
	bool is_rootless, has_help;
};
struct check_options {
	struct container_options container;
	int format;
	bool has_help;
};
struct ps_options {
	int format;
	bool has_help;
};
struct update_options { /* numbers as texts: an empty one means nothing, as in runc */
	const char *resources, *blkio_weight, *cpu_burst, *cpu_idle, *cpu_period, *cpu_quota, *cpu_rt_period, *cpu_rt_runtime, *cpu_share;
	const char *cpuset_cpus, *cpuset_mems, *kernel_memory, *kernel_memory_tcp, *memory, *memory_reservation, *memory_swap, *pids_limit;
	const char *l3_cache_schema, *mem_bw_schema;
	bool has_help;
};
struct stats_options {
	struct option_texts cgroups;
	const char *interval;
	uint64_t count;
	bool has_json, has_help;
};
struct events_options {
	const char *interval;
	bool is_once, has_help;
};
struct plain_options {
	bool has_help;
};

command_run cmd_create;
command_run cmd_start;
command_run cmd_run;
command_run cmd_exec;
command_run cmd_state;
command_run cmd_kill;
command_run cmd_delete;
command_run cmd_wait;
command_run cmd_list;
command_run cmd_spec;
command_run cmd_check;
command_run cmd_explain;
command_run cmd_features;
command_run cmd_help;
command_run cmd_stats;
command_run cmd_pause;
command_run cmd_resume;
command_run cmd_ps;
command_run cmd_update;
command_run cmd_events;
