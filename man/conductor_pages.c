/* Writes conductor(1), conductorfile(5) and the completions. Called: conductor_pages TEXTS PAGES COMPLETIONS */
#include "man/pages.h"

#include "bundle-tools/build/instruction.h"
#include "bundle-tools/cli/commands.h"

static void write_command(FILE *page, const struct command *c)
{
	(void)fprintf(page, ".SS %s ", c->name);
	page_text(page, c->operands);
	(void)fprintf(page, "\n");
	page_text(page, c->summary);
	(void)fprintf(page, "\n");
	page_options(page, c->options);
}

/* --- conductorfile(5) ------------------------------------------------------------------------------------------------- */

static void write_instruction(FILE *page, const struct instruction_text *text)
{
	(void)fprintf(page, ".TP\n\\fB%s\\fR ", text->word);
	page_text(page, text->form ? text->form : "");
	(void)fprintf(page, "\n%s", text->form ? "" : "Refused: ");
	page_text(page, text->doc);
	(void)fprintf(page, "%s\n", text->form ? "" : ".");
}

static void write_file(const char *texts, const char *pages)
{
	struct instruction_text text;
	FILE *page = page_open(pages, "conductorfile.5");

	page_begin(page, "conductorfile", 5, "how conductor builds an image");
	page_include(page, texts, "conductorfile.5");
	(void)fprintf(page, ".SH INSTRUCTIONS\n");
	for (size_t i = 0; instruction_describe(i, &text); i++)
		write_instruction(page, &text);
	(void)fprintf(page, ".SH SEE ALSO\n.BR conductor (1)\n");
	page_close(page);
}

int main(int argc, char **argv)
{
	if (argc != 4)
		return 2;
	FILE *page = page_open(argv[2], "conductor.1");
	page_begin(page, "conductor", 1, "build and run bundles for OCI runtimes");
	page_synopsis(page, &conductor_program, NULL);
	page_include(page, argv[1], "conductor.1");
	(void)fprintf(page, ".SH OPTIONS\n");
	page_options(page, conductor_program.options);
	(void)fprintf(page, ".SH COMMANDS\n");
	for (const struct command *c = conductor_program.commands; c->name; c++)
		write_command(page, c);
	(void)fprintf(page, ".SH SEE ALSO\n.BR conductorfile (5),\n.BR boxcar (1)\n");
	page_close(page);
	write_file(argv[1], argv[2]);
	completions_write(argv[3], &conductor_program);
	return 0;
}
