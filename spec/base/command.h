/* Commands as rows: a program is a table of them. Finding, reading, help, the manual and completion derive from the rows. */
#pragma once

#include "spec/base/options.h"

/* `program` is the program's own context (struct boxcar, struct conductor), `options` the struct that the rows fill. */
typedef int command_run(void *program, const void *options, const struct command_line *line, int *exit_code, struct err *e);

struct command {
	const char *name, *operands, *summary; /* operands as in the usage line: "ID [SIGNAL]" */
	const struct option *options;
	size_t options_size;
	int least, most;       /* operands; most -1: any number */
	int stops_after;       /* operands after which options belong to the payload; -1: never */
	int failure_code;      /* 0: 1 */
	command_run *run;
};

struct program {
	const char *name;
	const struct command *commands;     /* the rows end with a NULL name */
	const struct option *options;       /* before the command */
};

/* NULL when there is none of that name. */
const struct command *command_find(const struct program *program, const char *name);

/* Read what follows the command's name (argv[0]), and run it; or print its help. */
int command_start(const struct program *program, const struct command *command, int argc, char **argv, void *context,
		  int *exit_code, struct arena *a, struct err *e);

void program_print_help(const struct program *program, void *stream);
void command_print_help(const struct program *program, const struct command *command, void *stream);
