#include "bundle-tools/cli/commands.h"

#include <stdio.h>
#include <string.h>

#define HELP(type) { "help", 'h', OPTION_FLAG, offsetof(struct type, has_help), NULL, "show this help", 0, NULL, false }
#define END { NULL, 0, OPTION_FLAG, 0, NULL, NULL, 0, NULL, false }
#define FLAG(type, name, letter, member, help) { name, letter, OPTION_FLAG, offsetof(struct type, member), NULL, help, 0, NULL, false }
#define TEXT(type, name, letter, member, value, help) \
	{ name, letter, OPTION_TEXT, offsetof(struct type, member), value, help, 0, NULL, false }
#define TEXTS(type, name, letter, member, value, help) \
	{ name, letter, OPTION_TEXTS, offsetof(struct type, member), value, help, 0, NULL, false }
#define WORD(type, name, letter, member, value, help, words) \
	{ name, letter, OPTION_WORD, offsetof(struct type, member), value, help, 0, words, false }

static const char *const log_formats[] = { "text", "json", NULL };
static const char *const variants[] = { "minbase", "full", NULL }; /* as enum base_variant */

const struct option global_options[] = {
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
	TEXT(build_command_options, "mirror", 0, mirror, "URL", "where a base system's packages come from; default: as apt on this machine"),
	TEXT(build_command_options, "keyring", 0, keyring, "FILE", "keys that the packages are signed with"),
	TEXT(build_command_options, "include", 0, packages, "PACKAGES", "more packages for a base system, separated by commas"),
	WORD(build_command_options, "variant", 0, variant, "VARIANT", "size of a base system: minbase or full", variants),
	FLAG(build_command_options, "quiet", 'q', is_quiet, "no line for each step"),
	HELP(build_command_options),
	END,
};

const struct command commands[] = {
	{ "build", "IMAGE [FILE]", "make an image by a Conductorfile", build_rows, sizeof(struct build_command_options), 1, 2, -1, cmd_build },
	{ NULL, NULL, NULL, NULL, 0, 0, 0, 0, NULL },
};

const struct command *commands_find(const char *name)
{
	for (const struct command *c = commands; c->name; c++)
		if (strcmp(c->name, name) == 0)
			return c;
	return NULL;
}

void commands_print_help(void *stream)
{
	(void)fprintf(stream, "usage: conductor [OPTION ...] COMMAND [OPTION ...] [OPERAND ...]\n\ncommands:\n");
	for (const struct command *c = commands; c->name; c++)
		(void)fprintf(stream, "  %-14s %s\n", c->name, c->summary);
	(void)fprintf(stream, "\noptions before the command:\n");
	options_print(global_options, stream);
	(void)fprintf(stream, "\n`conductor COMMAND --help` shows a command's options.\n");
}

void commands_print_command(const struct command *c, void *stream)
{
	(void)fprintf(stream, "usage: conductor %s [OPTION ...]%s%s\n\n%s\n\n", c->name, c->operands[0] ? " " : "", c->operands, c->summary);
	options_print(c->options, stream);
}
