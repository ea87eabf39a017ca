#include "bundle-tools/cli/commands.h"

#include "spec/base/option_rows.h"

#include <stddef.h>
#include <stdint.h>

static const char *const log_formats[] = { "text", "json", NULL };
static const char *const variants[] = { "minbase", "full", NULL }; /* as enum base_variant */
static const char *const formats[] = { "by-name", "dir", "tar", NULL };     /* as enum export_format */
static const char *const compressions[] = { "gzip", "zstd", "none", NULL }; /* as enum compression */

static const struct option global_rows[] = {
	TEXT(global_options, "root", 0, root, "DIR", "directory of images, layers and containers; default: /var/lib/conductor"),
	TEXT(global_options, "runtime", 0, runtime, "PROGRAM", "the OCI runtime; default: boxcar"),
	TEXT(global_options, "log", 0, log, "FILE", "append messages to this file"),
	WORD(global_options, "log-format", 0, log_format, "FORMAT", "text or json", log_formats),
	FLAG(global_options, "debug", 0, has_debug, "tell more, on stderr"),
	FLAG(global_options, "version", 'v', has_version, "show the version"),
	HELP(global_options),
	END,
};

static const struct option build_rows[] = {
	TEXTS(build_command_options, "build-arg", 0, arguments, "NAME=VALUE", "value of an ARG; may be repeated"),
	FLAG(build_command_options, "no-cache", 0, has_no_cache, "make every step anew, all but the base system"),
	FLAG(build_command_options, "explain-cache", 0, explains_cache, "say why a step is not cached"),
	FLAG(build_command_options, "dry-run", 0, is_dry_run, "only say what would be done"),
	FLAG(build_command_options, "shell-on-error", 0, has_shell_on_error, "open a shell where a RUN failed"),
	TEXT(build_command_options, "mirror", 0, mirror, "URL", "where packages of a base come from; default: as apt on this machine"),
	TEXT(build_command_options, "keyring", 0, keyring, "FILE", "keys that the packages are signed with"),
	TEXT(build_command_options, "include", 0, packages, "PACKAGES", "more packages for a base system, separated by commas"),
	WORD(build_command_options, "variant", 0, variant, "VARIANT", "size of a base system: minbase or full", variants),
	FLAG(build_command_options, "quiet", 'q', is_quiet, "no line for each step"),
	HELP(build_command_options),
	END,
};

#define CONTAINER(type)                                                                                                          \
	TEXT(type, "memory", 'm', memory, "SIZE", "at most so much memory, swap included: 100M"),                                     \
		TEXT(type, "cpu", 0, cpu, "NUMBER", "at most so much of a processor's time, such as 0.5"),                     \
		NUMBER(type, "pids", 0, pids, "N", "at most so many processes and threads", INT32_MAX),                        \
		TEXT(type, "hostname", 0, hostname, "NAME", "host name inside; default: the container's name"),                \
		TEXT(type, "user", 'u', user, "USER[:GROUP]", "run as this user of the image"),                                \
		TEXTS(type, "env", 'e', env, "NAME[=VALUE]", "set a variable, or take over our own; may be repeated"),         \
		TEXTS(type, "volume", 'v', volumes, "FROM:TO[:ro]", "show a path of the host inside; may be repeated"),        \
		FLAG(type, "net-isolate", 0, is_net_isolated, "a network of its own that stays alone"),                        \
		FLAG(type, "net-host", 0, has_host_network, "the host's network")

static const struct option run_rows[] = {
	FLAG(run_command_options, "detach", 'd', is_detached, "return when it runs; `conductor logs` shows what it says"),
	FLAG(run_command_options, "rm", 0, is_removed, "remove it at its end"),
	TEXT(run_command_options, "rootfs", 0, rootfs, "DIR", "use this directory, copy on write, instead of an image"),
	CONTAINER(run_command_options),
	HELP(run_command_options),
	END,
};
static const struct option bundle_rows[] = { CONTAINER(run_command_options), HELP(run_command_options), END };
static const struct option mini_rows[] = {
	TEXT(mini_options, "memory", 'm', memory, "SIZE", "at most so much memory, swap included: 100M"),
	TEXT(mini_options, "cpu", 0, cpu, "NUMBER", "at most so much of a processor's time, such as 0.5"),
	NUMBER(mini_options, "pids", 0, pids, "N", "at most so many processes and threads", INT32_MAX),
	FLAG(mini_options, "net-isolate", 0, is_net_isolated, "a network of its own that stays alone; default: the host's"),
	TEXT(mini_options, "rootfs", 0, rootfs, "DIR", "copy on write; default: the host's own root"),
	HELP(mini_options),
	END,
};
static const struct option exec_rows[] = {
	TEXT(exec_command_options, "user", 'u', user, "UID[:GID]", "run as this user, by number"),
	TEXTS(exec_command_options, "env", 'e', env, "NAME=VALUE", "set a variable; may be repeated"),
	HELP(exec_command_options),
	END,
};
static const struct option inspect_layers_rows[] = {
	FLAG(inspect_layers_options, "files", 0, has_files, "name every file that was added, changed or removed"),
	HELP(inspect_layers_options),
	END,
};
static const struct option stop_rows[] = {
	TEXT(stop_options, "time", 't', time, "SECONDS", "how long it may take to end by itself; default: 10"),
	FLAG(stop_options, "force", 'f', is_forced, "kill it at once"),
	HELP(stop_options),
	END,
};
static const struct option logs_rows[] = {
	FLAG(logs_options, "follow", 'f', follows, "go on until it ends"),
	HELP(logs_options),
	END,
};
static const struct option inspect_rows[] = {
	FLAG(inspect_options, "pid", 0, has_pid, "only the process id"),
	FLAG(inspect_options, "ip", 0, has_ip, "only the address"),
	FLAG(inspect_options, "namespaces", 0, has_namespaces, "the namespaces of the container, or of a process id"),
	HELP(inspect_options),
	END,
};
static const struct option export_rows[] = {
	WORD(export_command_options, "format", 'f', format, "FORMAT", "dir or tar; default: tar for what ends in .tar, else dir", formats),
	WORD(export_command_options, "compression", 0, compression, "METHOD", "of the layers: gzip, zstd or none", compressions),
	TEXT(export_command_options, "name", 0, name, "NAME", "name in the layout; default: the image's own"),
	HELP(export_command_options),
	END,
};
static const struct option import_rows[] = {
	TEXT(import_command_options, "name", 0, name, "NAME", "which image of the layout; default: the only one for this machine"),
	NUMBER(import_command_options, "max-size", 0, max_size, "GIGABYTES", "how large it may become; default: 32", 1 << 20),
	FLAG(import_command_options, "allow-devices", 0, has_devices, "take any device, not only those that every container has"),
	HELP(import_command_options),
	END,
};
static const struct option addnetwork_rows[] = {
	FLAG(addnetwork_options, "internet", 'i', has_internet, "let it reach whatever the host reaches"),
	TEXTS(addnetwork_options, "expose", 'e', expose, "INNER-OUTER", "a port of the container at one of the host; may be repeated"),
	TEXTS(addnetwork_options, "publish", 'p', publish, "HOST:CONTAINER[/udp]", "the same, the host's port first; may be repeated"),
	TEXT(addnetwork_options, "subnet", 0, subnet, "A.B", "first half of its address; default: $CONDUCTOR_SUBNET or 192.168"),
	HELP(addnetwork_options),
	END,
};
static const struct option stats_rows[] = {
	FLAG(stats_options, "json", 0, has_json, "a line of JSON for each container and round"),
	TEXT(stats_options, "interval", 'i', interval, "TIME", "from one round to the next, such as 500ms; default: 1s"),
	NUMBER(stats_options, "count", 'n', count, "N", "end after so many rounds; default: 1 when the output is no terminal", INT32_MAX),
	HELP(stats_options),
	END,
};
static const struct option plain_rows[] = { HELP(plain_options), END };

static const struct command commands[] = {
	{ "build", "IMAGE [FILE]", "make an image by a Conductorfile", ROWS(build, build_command_options), 1, 2, -1, 0, cmd_build },
	{ "images", "", "list the images", ROWS(plain, plain_options), 0, 0, -1, 0, cmd_images },
	{ "rmi", "IMAGE ...", "remove images", ROWS(plain, plain_options), 1, -1, -1, 0, cmd_rmi },
	{ "rmcache", "", "remove layers that nothing uses", ROWS(plain, plain_options), 0, 0, -1, 0, cmd_rmcache },
	{ "gc", "", "remove what killed commands left", ROWS(plain, plain_options), 0, 0, -1, 0, cmd_gc },
	{ "inspect-layers", "IMAGE", "show what each layer adds", ROWS(inspect_layers, inspect_layers_options), 1, 1, -1, 0,
	  cmd_inspect_layers },
	{ "bundle", "IMAGE DIR [COMMAND ...]", "make an OCI bundle with its root mounted", ROWS(bundle, run_command_options), 2, -1, 2, 0,
	  cmd_bundle },
	{ "export", "IMAGE DIR|FILE.tar|-", "write an image as an OCI image layout", ROWS(export, export_command_options), 2, 2, -1, 0,
	  cmd_export },
	{ "import", "DIR|FILE|- [IMAGE]", "take an image out of an OCI image layout", ROWS(import, import_command_options), 1, 2, -1, 0,
	  cmd_import },
	{ "run", "IMAGE NAME [COMMAND ...]", "run a container", ROWS(run, run_command_options), 1, -1, 2, 0, cmd_run },
	{ "mini", "[COMMAND ...]", "run a command in a container made of nothing", ROWS(mini, mini_options), 0, -1, 1, 0, cmd_mini },
	{ "exec", "NAME [COMMAND ...]", "run another command in a container", ROWS(exec, exec_command_options), 1, -1, 1, 0, cmd_exec },
	{ "ps", "", "list the containers", ROWS(plain, plain_options), 0, 0, -1, 0, cmd_ps },
	{ "stop", "NAME ...", "end containers and remove them", ROWS(stop, stop_options), 1, -1, -1, 0, cmd_stop },
	{ "addnetwork", "NAME", "give a running container a network", ROWS(addnetwork, addnetwork_options), 1, 1, -1, 0, cmd_addnetwork },
	{ "peer", "NAME NAME", "let two containers talk to each other", ROWS(plain, plain_options), 2, 2, -1, 0, cmd_peer },
	{ "stats", "[NAME|ID|CGROUP ...]", "show what containers use", ROWS(stats, stats_options), 0, -1, -1, 0, cmd_stats },
	{ "top", "[NAME|ID|CGROUP ...]", "the same as stats", ROWS(stats, stats_options), 0, -1, -1, 0, cmd_stats },
	{ "logs", "NAME", "show what a detached container says", ROWS(logs, logs_options), 1, 1, -1, 0, cmd_logs },
	{ "inspect", "NAME|PID", "show what is known of a container", ROWS(inspect, inspect_options), 1, 1, -1, 0, cmd_inspect },
	{ NULL, NULL, NULL, NULL, 0, 0, 0, 0, 0, NULL },
};

const struct program conductor_program = { "conductor", commands, global_rows };
