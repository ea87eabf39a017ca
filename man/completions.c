/* Completion for three shells: commands, options, the words that an option takes; files elsewhere. Ids are asked of the program. */
#include "man/pages.h"

#include <string.h>

static void write_names(FILE *out, const struct option *rows)
{
	for (const struct option *row = rows; row->name; row++)
		if (!row->is_hidden)
			(void)fprintf(out, " --%s", row->name);
}

static bool takes_id(const struct command *c)
{
	return strncmp(c->operands, "ID", 2) == 0 || strncmp(c->operands, "NAME", 4) == 0;
}

/* What prints the names that there are. */
static const char *list_ids(const struct program *program)
{
	return command_find(program, "list") ? "list -q" : "ps -q";
}

static void write_words_bash(FILE *out, const struct option *rows)
{
	for (const struct option *row = rows; row->name; row++) {
		if (row->kind != OPTION_WORD)
			continue;
		(void)fprintf(out, "\t--%s) words=\"", row->name);
		for (size_t i = 0; row->words[i]; i++)
			(void)fprintf(out, "%s%s", i ? " " : "", row->words[i]);
		(void)fprintf(out, "\";;\n");
	}
}

/* Which of them need a value: what follows is no command. */
static void write_valued(FILE *out, const struct option *rows)
{
	const char *bar = "";

	for (const struct option *row = rows; row->name; row++) {
		if (row->kind == OPTION_FLAG)
			continue;
		(void)fprintf(out, "%s--%s", bar, row->name);
		bar = "|";
		if (row->letter)
			(void)fprintf(out, "|-%c", row->letter);
	}
}

void completion_write_bash(FILE *out, const struct program *program)
{
	const char *name = program->name;

	(void)fprintf(out, "# bash completion for %s, made from its option rows\n_%s() {\n", name, name);
	(void)fprintf(out, "\tlocal i command='' words='' current=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]}\n");
	(void)fprintf(out, "\tfor ((i = 1; i < COMP_CWORD; i++)); do\n\t\tcase ${COMP_WORDS[i]} in\n\t\t");
	write_valued(out, program->options);
	(void)fprintf(out, ") i=$((i + 1));;\n\t\t-*) ;;\n\t\t*) command=${COMP_WORDS[i]}; break;;\n\t\tesac\n\tdone\n"
			   "\t[ -z \"$command\" ] || ids=$(command %s %s 2>/dev/null)\n\tcase $command:$before in\n", name, list_ids(program));
	for (const struct command *c = program->commands; c->name; c++) {
		(void)fprintf(out, "\t%s:*) case $before in\n", c->name);
		write_words_bash(out, c->options);
		(void)fprintf(out, "\t*) words=\"");
		write_names(out, c->options);
		(void)fprintf(out, "\"%s;;\n\tesac;;\n", takes_id(c) ? "; [[ $current == -* ]] || words=$ids" : "");
	}
	(void)fprintf(out, "\t:*) case $before in\n");
	write_words_bash(out, program->options);
	(void)fprintf(out, "\t*) words=\"");
	write_names(out, program->options);
	for (const struct command *c = program->commands; c->name; c++)
		(void)fprintf(out, " %s", c->name);
	(void)fprintf(out, "\";;\n\tesac;;\n\tesac\n\tmapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$current\")\n}\n"
			   "complete -o default -F _%s %s\n", name, name);
}

/* zsh: brackets, colons and quotes mean something in a specification. */
static void write_zsh_text(FILE *out, const char *text)
{
	for (const char *c = text; *c; c++) {
		if (*c == '\'')
			(void)fprintf(out, "'\\''");
		else if (strchr("[]:\\", *c))
			(void)fprintf(out, "\\%c", *c);
		else
			(void)fputc(*c, out);
	}
}

static void write_zsh_rows(FILE *out, const struct option *rows)
{
	for (const struct option *row = rows; row->name; row++) {
		if (row->is_hidden)
			continue;
		(void)fprintf(out, "\t\t'%s--%s%s[", row->kind == OPTION_TEXTS ? "*" : "", row->name, row->kind == OPTION_FLAG ? "" : "=");
		write_zsh_text(out, row->help);
		(void)fprintf(out, "]");
		if (row->kind == OPTION_WORD) {
			(void)fprintf(out, ":word:(");
			for (size_t i = 0; row->words[i]; i++)
				(void)fprintf(out, "%s%s", i ? " " : "", row->words[i]);
			(void)fprintf(out, ")");
		} else if (row->kind != OPTION_FLAG) {
			(void)fprintf(out, ":value:_files");
		}
		(void)fprintf(out, "' \\\n");
	}
}

void completion_write_zsh(FILE *out, const struct program *program)
{
	const char *name = program->name;

	(void)fprintf(out, "#compdef %s\n# made from the option rows of %s\n_%s() {\n\tlocal curcontext=$curcontext state line\n"
			   "\tlocal -a commands=(\n", name, name, name);
	for (const struct command *c = program->commands; c->name; c++) {
		(void)fprintf(out, "\t\t'%s:", c->name);
		write_zsh_text(out, c->summary);
		(void)fprintf(out, "'\n");
	}
	(void)fprintf(out, "\t)\n\t_arguments -C \\\n");
	write_zsh_rows(out, program->options);
	(void)fprintf(out, "\t\t'1:command:->command' '*::rest:->rest'\n\tcase $state in\n\tcommand) _describe command commands;;\n"
			   "\trest) case $words[1] in\n");
	for (const struct command *c = program->commands; c->name; c++) {
		(void)fprintf(out, "\t%s) _arguments \\\n", c->name);
		write_zsh_rows(out, c->options);
		if (takes_id(c))
			(void)fprintf(out, "\t\t'1:id:($(command %s %s))' ", name, list_ids(program));
		else
			(void)fprintf(out, "\t\t");
		(void)fprintf(out, "'*:operand:_files';;\n");
	}
	(void)fprintf(out, "\tesac;;\n\tesac\n}\n_%s \"$@\"\n", name);
}

static void write_fish_rows(FILE *out, const struct option *rows, const char *name, const char *condition)
{
	for (const struct option *row = rows; row->name; row++) {
		if (row->is_hidden)
			continue;
		(void)fprintf(out, "complete -c %s -n '%s' -l %s%s", name, condition, row->name, row->kind == OPTION_FLAG ? "" : " -r");
		if (row->letter)
			(void)fprintf(out, " -s %c", row->letter);
		if (row->kind == OPTION_WORD) {
			(void)fprintf(out, " -x -a '");
			for (size_t i = 0; row->words[i]; i++)
				(void)fprintf(out, "%s%s", i ? " " : "", row->words[i]);
			(void)fprintf(out, "'");
		}
		(void)fprintf(out, " -d \"");
		for (const char *c = row->help; *c; c++)
			(void)fprintf(out, strchr("\"\\$", *c) ? "\\%c" : "%c", *c);
		(void)fprintf(out, "\"\n");
	}
}

void completion_write_fish(FILE *out, const struct program *program)
{
	const char *name = program->name;
	char condition[256];

	(void)fprintf(out, "# made from the option rows of %s\n", name);
	write_fish_rows(out, program->options, name, "__fish_use_subcommand");
	for (const struct command *c = program->commands; c->name; c++) {
		(void)fprintf(out, "complete -c %s -n __fish_use_subcommand -f -a %s -d \"%s\"\n", name, c->name, c->summary);
		(void)snprintf(condition, sizeof condition, "__fish_seen_subcommand_from %s", c->name);
		write_fish_rows(out, c->options, name, condition);
	}
}

void completions_write(const char *directory, const struct program *program)
{
	char file[256];

	(void)snprintf(file, sizeof file, "%s.bash", program->name);
	FILE *out = page_open(directory, file);
	completion_write_bash(out, program);
	page_close(out);
	(void)snprintf(file, sizeof file, "_%s", program->name);
	out = page_open(directory, file);
	completion_write_zsh(out, program);
	page_close(out);
	(void)snprintf(file, sizeof file, "%s.fish", program->name);
	out = page_open(directory, file);
	completion_write_fish(out, program);
	page_close(out);
}
