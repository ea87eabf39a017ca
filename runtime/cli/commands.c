#include "runtime/cli/commands.h"

#include "spec/base/option_rows.h"

#include <stddef.h>
#include <stdint.h>

static const char *const log_formats[] = { "text", "json", NULL };
static const char *const log_levels[] = { "warning", "error", "info", "debug", NULL }; /* as enum log_level */
static const char *const rootless_words[] = { "auto", "true", "false", NULL };
static const char *const cgroup_managers[] = { "cgroupfs", "systemd", "disabled", NULL };
static const char *const list_formats[] = { "table", "json", NULL };
static const char *const text_formats[] = { "text", "json", NULL };

static const struct option global_rows[] = {
	TEXT(global_options, "root", 0, root, "DIR", "directory of the containers' state"),
	TEXT(global_options, "log", 0, log, "WHERE", "append messages to this file, or journald:NAME or syslog:NAME"),
	WORD(global_options, "log-format", 0, log_format, "FORMAT", "text or json", log_formats),
	WORD(global_options, "log-level", 0, log_level, "LEVEL", "error, warning, info or debug; default: warning", log_levels),
	FLAG(global_options, "debug", 0, has_debug, "tell more: into the log, or on stderr when there is none"),
	WORD(global_options, "cgroup-manager", 0, cgroup_manager, "NAME", "cgroupfs, systemd or disabled", cgroup_managers),
	FLAG(global_options, "systemd-cgroup", 0, has_systemd_cgroup, "let systemd make the cgroup"),
	WORD(global_options, "rootless", 0, rootless, "WHEN",
	     "true: state and cgroups as an ordinary user has them; false: as root has; auto: by who calls", rootless_words),
	TEXT(global_options, "criu", 0, criu, "PROGRAM", "path of criu; accepted with a warning, as no command uses it"),
	FLAG(global_options, "version", 'v', has_version, "show the version"),
	HELP(global_options),
	END,
};

#define BUNDLE(type) TEXT(type, "bundle", 'b', container.bundle, "DIR", "directory with config.json; default: the current one")
#define CONFIG(type) TEXT(type, "config", 'f', container.config, "FILE", "configuration file; default: config.json in the bundle")
#define CONTAINER(type)                                                                                                      \
	BUNDLE(type), CONFIG(type), TEXT(type, "pid-file", 0, container.pid_file, "FILE", "write the process id there"),     \
		TEXT(type, "console-socket", 0, container.console_socket, "SOCKET", "send the terminal's master there"),     \
		TEXT(type, "pidfd-socket", 0, container.pidfd_socket, "SOCKET", "send the process's pidfd there"),           \
		NUMBER(type, "preserve-fds", 0, container.preserve_fds, "N", "pass descriptors 3 to 2+N on to the process", 200), \
		FLAG(type, "no-pivot", 0, container.has_no_pivot, "move the root instead of pivot_root (initramfs)"),        \
		FLAG(type, "no-new-keyring", 0, container.has_no_new_keyring, "keep the caller's session keyring")

static const struct option create_rows[] = {
	CONTAINER(create_options),
	FLAG(create_options, "no-subreaper", 0, has_no_subreaper, "do not adopt orphans of the container, which create never does"),
	HELP(create_options),
	END,
};
static const struct option run_rows[] = {
	CONTAINER(run_command_options),
	FLAG(run_command_options, "detach", 'd', is_detached, "return when the process runs"),
	FLAG(run_command_options, "keep", 0, has_keep, "do not delete the container at its end"),
	FLAG(run_command_options, "no-subreaper", 0, has_no_subreaper, "do not adopt orphans of the container"),
	HELP(run_command_options),
	END,
};
static const struct option exec_rows[] = {
	TEXT(exec_command_options, "process", 'p', exec.process_file, "FILE", "take the process from this JSON file"),
	TEXT(exec_command_options, "user", 'u', exec.user, "UID[:GID]", "run as this user, by number"),
	TEXTS(exec_command_options, "additional-gids", 'g', exec.groups, "GID", "be in this group too; may be repeated"),
	TEXTS(exec_command_options, "env", 'e', exec.env, "NAME=VALUE", "set a variable; may be repeated"),
	TEXT(exec_command_options, "cwd", 0, exec.cwd, "DIR", "working directory in the container"),
	TEXTS(exec_command_options, "cap", 'c', exec.capabilities, "CAPABILITY", "have this capability too; may be repeated"),
	FLAG(exec_command_options, "no-new-privs", 0, exec.has_no_new_privs, "never gain privileges by an exec"),
	TEXT(exec_command_options, "process-label", 0, exec.process_label, "LABEL", "SELinux label of the process"),
	TEXT(exec_command_options, "apparmor", 0, exec.apparmor, "PROFILE", "AppArmor profile of the process"),
	FLAG(exec_command_options, "tty", 't', exec.has_terminal, "give it a terminal"),
	FLAG(exec_command_options, "detach", 'd', exec.is_detached, "return when the process runs"),
	TEXT(exec_command_options, "pid-file", 0, exec.pid_file, "FILE", "write the process id there"),
	TEXT(exec_command_options, "console-socket", 0, exec.console_socket, "SOCKET", "send the terminal's master there"),
	TEXT(exec_command_options, "pidfd-socket", 0, exec.pidfd_socket, "SOCKET", "send the process's pidfd there"),
	NUMBER(exec_command_options, "preserve-fds", 0, exec.preserve_fds, "N", "pass descriptors 3 to 2+N on to the process", 200),
	TEXTS(exec_command_options, "cgroup", 0, exec.cgroups, "[CONTROLLER,...:]PATH",
	      "run in this cgroup below the container's; may be repeated"),
	FLAG(exec_command_options, "ignore-paused", 0, exec.ignores_paused, "in a paused container, wait until it is resumed"),
	HELP(exec_command_options),
	END,
};
static const struct option kill_rows[] = {
	FLAG(kill_options, "all", 'a', is_for_all, "signal every process of the container"),
	FLAG(kill_options, "regex", 'r', is_pattern, "ID is a regular expression: all containers with such an id"),
	HELP(kill_options),
	END,
};
static const struct option delete_rows[] = {
	FLAG(delete_options, "force", 'f', is_forced, "kill it when it runs; no error when it does not exist"),
	FLAG(delete_options, "regex", 'r', is_pattern, "ID is a regular expression: all containers with such an id"),
	HELP(delete_options),
	END,
};
static const struct option list_rows[] = {
	WORD(list_options, "format", 'f', format, "FORMAT", "table or json", list_formats),
	FLAG(list_options, "quiet", 'q', is_quiet, "ids only"),
	HELP(list_options),
	END,
};
static const struct option spec_rows[] = {
	TEXT(spec_options, "bundle", 'b', bundle, "DIR", "write it there; default: the current directory"),
	TEXT(spec_options, "file", 'f', file, "FILE", "its name; default: config.json"),
	FLAG(spec_options, "rootless", 0, is_rootless, "for a container without root"),
	HELP(spec_options),
	END,
};
static const struct option check_rows[] = {
	BUNDLE(check_options),
	CONFIG(check_options),
	WORD(check_options, "format", 0, format, "FORMAT", "text or json", text_formats),
	HELP(check_options),
	END,
};
static const struct option ps_rows[] = {
	WORD(ps_options, "format", 'f', format, "FORMAT", "table or json", list_formats),
	HELP(ps_options),
	END,
};
#define LIMIT(name, member, value, help) TEXT(update_options, name, 0, member, value, help)
static const struct option update_rows[] = {
	TEXT(update_options, "resources", 'r', resources, "FILE", "take all from this JSON file, as /linux/resources; -: from stdin"),
	LIMIT("blkio-weight", blkio_weight, "N", "weight of block devices, 10 to 1000"),
	LIMIT("cpu-period", cpu_period, "US", "length of a period of processor time"),
	LIMIT("cpu-quota", cpu_quota, "US", "processor time in each period; -1: no limit"),
	LIMIT("cpu-burst", cpu_burst, "US", "processor time that may be saved up"),
	LIMIT("cpu-share", cpu_share, "N", "share of processor time, 1024 is the default"),
	LIMIT("cpu-idle", cpu_idle, "0|1", "1: only when nobody else wants the processor"),
	LIMIT("cpu-rt-period", cpu_rt_period, "US", "length of a period of realtime work; cgroup v1 only"),
	LIMIT("cpu-rt-runtime", cpu_rt_runtime, "US", "realtime work in each period; cgroup v1 only"),
	LIMIT("cpuset-cpus", cpuset_cpus, "LIST", "processors that may be used, as 0-3,7"),
	LIMIT("cpuset-mems", cpuset_mems, "LIST", "memory nodes that may be used"),
	LIMIT("memory", memory, "BYTES", "memory at most, as 512m; -1: no limit"),
	LIMIT("memory-reservation", memory_reservation, "BYTES", "memory that is reclaimed last"),
	LIMIT("memory-swap", memory_swap, "BYTES", "memory and swap together; -1: no limit"),
	LIMIT("kernel-memory", kernel_memory, "BYTES", "ignored: the kernel has no such limit any more"),
	LIMIT("kernel-memory-tcp", kernel_memory_tcp, "BYTES", "TCP buffers; cgroup v1 only"),
	LIMIT("l3-cache-schema", l3_cache_schema, "LINE", "share of the L3 cache (Intel RDT)"),
	LIMIT("mem-bw-schema", mem_bw_schema, "LINE", "share of the memory bandwidth (Intel RDT)"),
	LIMIT("pids-limit", pids_limit, "N", "tasks at most; -1: no limit"),
	HELP(update_options),
	END,
};
static const struct option stats_rows[] = {
	TEXTS(stats_options, "cgroup", 0, cgroups, "PATH", "look at this cgroup, too"),
	FLAG(stats_options, "json", 0, has_json, "one JSON object a line; units are in the keys"),
	TEXT(stats_options, "interval", 0, interval, "TIME", "from one look to the next: 500ms, 2s; default: 1s"),
	NUMBER(stats_options, "count", 0, count, "N", "looks; default: 1, on a terminal or with --interval without end", UINT32_MAX),
	HELP(stats_options),
	END,
};
static const struct option events_rows[] = {
	TEXT(events_options, "interval", 0, interval, "TIME", "from one statistic to the next: 500ms, 2s; default: 5s"),
	FLAG(events_options, "stats", 0, is_once, "print one statistic, and end"),
	HELP(events_options),
	END,
};
static const struct option plain_rows[] = { HELP(plain_options), END };

static const struct command commands[] = {
	{ "create", "ID", "make a container that waits for start", ROWS(create, create_options), 1, 1, -1, 0, cmd_create },
	{ "start", "ID", "run the process of a created container", ROWS(plain, plain_options), 1, 1, -1, 0, cmd_start },
	{ "run", "ID|BUNDLE", "create, start and wait for a container", ROWS(run, run_command_options), 1, 1, -1, 0,
	  cmd_run },
	{ "exec", "ID [COMMAND ...]", "run another process in a container", ROWS(exec, exec_command_options), 1, -1, 1, 255,
	  cmd_exec },
	{ "state", "ID", "print the state of a container as JSON", ROWS(plain, plain_options), 1, 1, -1, 0, cmd_state },
	{ "kill", "ID [SIGNAL]", "send a signal (default: the image's stop signal, or TERM)", ROWS(kill, kill_options), 1, 2, -1, 0,
	  cmd_kill },
	{ "delete", "ID", "remove a container and all that belongs to it", ROWS(delete, delete_options), 1, 1, -1, 0,
	  cmd_delete },
	{ "wait", "ID", "wait for the end of a container and print its exit code", ROWS(plain, plain_options), 1, 1, -1, 0, cmd_wait },
	{ "list", "", "list the containers", ROWS(list, list_options), 0, 0, -1, 0, cmd_list },
	{ "pause", "ID", "freeze all processes of a container", ROWS(plain, plain_options), 1, 1, -1, 0, cmd_pause },
	{ "resume", "ID", "let a paused container go on", ROWS(plain, plain_options), 1, 1, -1, 0, cmd_resume },
	{ "ps", "ID [PS-OPTION ...]", "show the processes of a container", ROWS(ps, ps_options), 1, -1, 1, 0, cmd_ps },
	{ "update", "ID", "change the limits of a container", ROWS(update, update_options), 1, 1, -1, 0, cmd_update },
	{ "events", "ID", "tell what a container uses and when its memory runs out, as runc does", ROWS(events, events_options), 1, 1, -1,
	  0, cmd_events },
	{ "stats", "[ID ...]", "show what containers use, all or these", ROWS(stats, stats_options), 0, -1, -1, 0, cmd_stats },
	{ "spec", "", "write a config.json to begin with", ROWS(spec, spec_options), 0, 0, -1, 0, cmd_spec },
	{ "check", "", "tell all mistakes of a configuration", ROWS(check, check_options), 0, 0, -1, 0, cmd_check },
	{ "explain", "", "show what would be done, in which order and why", ROWS(check, check_options), 0, 0, -1, 0,
	  cmd_explain },
	{ "features", "", "print what this runtime can do as JSON", ROWS(plain, plain_options), 0, 0, -1, 0, cmd_features },
	{ "help", "[COMMAND]", "show all commands, or the options of one", ROWS(plain, plain_options), 0, 1, -1, 0, cmd_help },
	{ NULL, NULL, NULL, NULL, 0, 0, 0, 0, 0, NULL },
};

const struct program boxcar_program = { "boxcar", commands, global_rows };
