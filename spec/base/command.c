#include "spec/base/command.h"

#include "spec/base/text.h"

#include <stdio.h>
#include <string.h>

const struct command *command_find(const struct program *program, const char *name)
{
	for (const struct command *c = program->commands; c->name; c++)
		if (text_is_equal(c->name, name))
			return c;
	return NULL;
}

static bool has_help(const struct command *c, const void *options)
{
	for (const struct option *row = c->options; row->name; row++)
		if (text_is_equal(row->name, "help"))
			return *(const bool *)((const char *)options + row->offset);
	return false;
}

int command_start(const struct program *program, const struct command *c, int argc, char **argv, void *context, int *exit_code,
		  struct arena *a, struct err *e)
{
	void *options = arena_alloc(a, c->options_size);
	struct command_line line;

	if (options_read(c->options, argc, argv, 1, c->stops_after, options, &line, a, e) < 0)
		return err_hint(e, "`%s %s --help` shows the options", program->name, c->name);
	if (has_help(c, options)) {
		command_print_help(program, c, stdout);
		return 0;
	}
	if (line.count < c->least || (c->most >= 0 && line.count > c->most)) {
		(void)err_set(e, "%s %s needs %s%s", program->name, c->name, c->operands[0] ? "" : "no operands", c->operands);
		return err_hint(e, "%d operands were given", line.count);
	}
	return c->run(context, options, &line, exit_code, e);
}

void program_print_help(const struct program *program, void *stream)
{
	int width = 0;

	for (const struct command *c = program->commands; c->name; c++)
		if ((int)strlen(c->name) > width)
			width = (int)strlen(c->name);
	(void)fprintf(stream, "usage: %s [OPTION ...] COMMAND [OPTION ...] [OPERAND ...]\n\ncommands:\n", program->name);
	for (const struct command *c = program->commands; c->name; c++)
		(void)fprintf(stream, "  %-*s  %s\n", width, c->name, c->summary);
	(void)fprintf(stream, "\noptions before the command:\n");
	options_print(program->options, stream);
	(void)fprintf(stream, "\n`%s COMMAND --help` shows a command's options.\n", program->name);
}

void command_print_help(const struct program *program, const struct command *c, void *stream)
{
	(void)fprintf(stream, "usage: %s %s [OPTION ...]%s%s\n\n%s\n\n", program->name, c->name, c->operands[0] ? " " : "", c->operands,
		      c->summary);
	options_print(c->options, stream);
}
