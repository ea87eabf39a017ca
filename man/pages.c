#include "man/pages.h"

#include "spec/base/version.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

static _Noreturn void give_up(const char *what, const char *path)
{
	(void)fprintf(stderr, "pages: cannot %s ", what);
	perror(path);
	exit(1);
}

FILE *page_open(const char *directory, const char *name)
{
	char path[4096];

	(void)snprintf(path, sizeof path, "%s/%s", directory, name);
	FILE *page = fopen(path, "we");
	if (!page)
		give_up("make", path);
	return page;
}

void page_close(FILE *page)
{
	if (ferror(page) || fclose(page) != 0)
		give_up("write", "a page");
}

void page_begin(FILE *page, const char *name, int section, const char *summary)
{
	(void)fprintf(page, ".\\\" Made from the rows of the program and from man/text. Change those.\n.TH ");
	for (const char *c = name; *c; c++)
		(void)fputc(toupper((unsigned char)*c), page);
	(void)fprintf(page, " %d \"\" \"boxcar %s\"\n.SH NAME\n", section, version_release);
	page_text(page, name);
	(void)fprintf(page, " \\- ");
	page_text(page, summary);
	(void)fprintf(page, "\n");
}

void page_text(FILE *page, const char *text)
{
	for (const char *c = text; *c; c++) {
		if (*c == '\\')
			(void)fprintf(page, "\\e");
		else if (*c == '-')
			(void)fprintf(page, "\\-");
		else if (*c == '`' || *c == '\'')
			(void)fprintf(page, *c == '`' ? "\\(lq" : c > text && c[-1] != ' ' && isalpha((unsigned char)c[1]) ? "'" : "\\(rq");
		else if (*c == '.' && c == text)
			(void)fprintf(page, "\\&.");
		else
			(void)fputc(*c, page);
	}
}

void page_include(FILE *page, const char *texts, const char *name)
{
	char path[4096], line[1024];

	(void)snprintf(path, sizeof path, "%s/%s", texts, name);
	FILE *text = fopen(path, "re");
	if (!text)
		give_up("read the hand-written part", path);
	while (fgets(line, sizeof line, text))
		(void)fputs(line, page);
	(void)fclose(text); /* only read */
}

void page_synopsis(FILE *page, const struct program *program, const struct command *command)
{
	(void)fprintf(page, ".SH SYNOPSIS\n.B %s\n[\\fIOPTION\\fR ...] ", program->name);
	if (command)
		(void)fprintf(page, "\\fB%s\\fR [\\fIOPTION\\fR ...] ", command->name);
	page_text(page, command ? command->operands : "COMMAND [OPTION ...] [OPERAND ...]");
	(void)fprintf(page, "\n");
}

/* Values that --help shows by their words alone. */
static void write_value(FILE *page, const struct option *row)
{
	if (row->value_name) {
		(void)fprintf(page, " \\fI");
		page_text(page, row->value_name);
		(void)fprintf(page, "\\fR");
	}
}

void page_options(FILE *page, const struct option *rows)
{
	for (const struct option *row = rows; row->name; row++) {
		if (row->is_hidden)
			continue;
		(void)fprintf(page, ".TP\n");
		if (row->letter)
			(void)fprintf(page, "\\fB\\-%c\\fR, ", row->letter);
		(void)fprintf(page, "\\fB\\-\\-");
		page_text(page, row->name);
		(void)fprintf(page, "\\fR");
		write_value(page, row);
		(void)fprintf(page, "\n");
		page_text(page, row->help);
		(void)fprintf(page, "\n");
	}
}

void page_commands(FILE *page, const struct program *program)
{
	for (const struct command *c = program->commands; c->name; c++) {
		(void)fprintf(page, ".TP\n\\fB%s\\fR ", c->name);
		page_text(page, c->operands);
		(void)fprintf(page, "\n");
		page_text(page, c->summary);
		(void)fprintf(page, "\n");
	}
}
