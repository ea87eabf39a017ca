/* Command line options as rows. Parsing, --help, the manual's option tables and shell completion all come from them;
 * there is no argument parser anywhere else.
 *
 * Accepted forms: --name VALUE, --name=VALUE, -n VALUE, -nVALUE, -n=VALUE, and -name for a long name (containerd
 * writes -no-subreaper). Grouped short flags (-it) where all of them are flags. "--" ends the options. Options and
 * operands may be mixed unless the command stops at its first operand (exec). */
#pragma once

#include "spec/base/arena.h"
#include "spec/base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum option_kind {
	OPTION_FLAG,   /* bool: true when given; --name=true and --name=false work too */
	OPTION_TEXT,   /* const char *: the last one given wins */
	OPTION_TEXTS,  /* struct option_texts: every one given, in order */
	OPTION_NUMBER, /* uint64_t: decimal, at most `max` */
	OPTION_WORD,   /* int: index of the value in `words` */
};

struct option_texts {
	const char **at;
	size_t count;
};

struct option {
	const char *name;       /* long name without dashes */
	char letter;            /* short name, or 0 */
	enum option_kind kind;
	size_t offset;          /* of the value in the command's options struct */
	const char *value_name; /* "DIR" in --help; NULL for flags */
	const char *help;       /* one sentence, lower case, no full stop */
	uint64_t max;           /* OPTION_NUMBER */
	const char *const *words; /* OPTION_WORD, ends with NULL */
	bool is_hidden;         /* left out of --help and the manual; the rows end with a NULL name */
};

struct command_line {
	int count;     /* operands, without options */
	char **at;     /* in the order given; in the arena */
};

/* Read argv[first..argc) by the rows into the struct `into`. Operands are collected in order. After `stops_after` operands
 * everything that follows is an operand too, so that a command inside the container keeps its own options; -1: never. */
int options_read(const struct option *rows, int argc, char **argv, int first, int stops_after, void *into,
		 struct command_line *operands, struct arena *a, struct err *e);

/* The option table of --help, aligned, into a FILE. */
void options_print(const struct option *rows, void *stream);
