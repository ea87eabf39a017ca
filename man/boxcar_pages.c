/* Writes boxcar(1), one page for each command, boxcar-config(5) and boxcar(7), and the completions. Called: boxcar_pages TEXTS PAGES
 * COMPLETIONS */
#include "man/pages.h"

#include "runtime/cli/commands.h"
#include "spec/annotations.h"
#include "spec/fields.h"

#include <inttypes.h>
#include <string.h>

static void write_program(const char *texts, const char *pages)
{
	FILE *page = page_open(pages, "boxcar.1");

	page_begin(page, "boxcar", 1, "run containers by the OCI runtime specification");
	page_synopsis(page, &boxcar_program, NULL);
	page_include(page, texts, "boxcar.1");
	(void)fprintf(page, ".SH COMMANDS\nEach has a page of its own, such as\n.BR boxcar\\-run (1).\n");
	page_commands(page, &boxcar_program);
	(void)fprintf(page, ".SH OPTIONS\nThey stand before the command.\n");
	page_options(page, boxcar_program.options);
	(void)fprintf(page, ".SH ANNOTATIONS\nThese annotations of a configuration are carried out:\n");
	for (size_t i = 0; i < ANNOTATION_COUNT; i++) {
		(void)fprintf(page, ".TP\n\\fB%s\\fR=\\fI%s\\fR\n", annotation_rows[i].key, annotation_rows[i].value);
		page_text(page, annotation_rows[i].doc);
		(void)fprintf(page, "\n");
	}
	(void)fprintf(page, ".SH SEE ALSO\n.BR boxcar\\-config (5),\n.BR boxcar (7),\n.BR conductor (1)\n");
	page_close(page);
}

static void write_command(const struct command *c, const char *texts, const char *pages)
{
	char name[64], file[80];

	(void)snprintf(name, sizeof name, "boxcar-%s", c->name);
	(void)snprintf(file, sizeof file, "%s.1", name);
	FILE *page = page_open(pages, file);
	page_begin(page, name, 1, c->summary);
	page_synopsis(page, &boxcar_program, c);
	page_include(page, texts, file);
	(void)fprintf(page, ".SH OPTIONS\nThose before the command are in\n.BR boxcar (1).\n");
	page_options(page, c->options);
	(void)fprintf(page, ".SH SEE ALSO\n.BR boxcar (1),\n.BR boxcar\\-config (5)\n");
	page_close(page);
}

/* --- boxcar-config(5): every property --------------------------------------------------------------------------------- */

static const char *const kinds[] = {
	[FIELD_TEXT] = "text",          [FIELD_BOOL] = "true or false",  [FIELD_INT] = "number",
	[FIELD_UINT] = "number",        [FIELD_PERCENT] = "percentage",  [FIELD_WORD] = "one of",
	[FIELD_TEXTS] = "list of texts", [FIELD_IDS] = "list of ids",    [FIELD_WORDS] = "list of",
	[FIELD_MAP] = "object with text values", [FIELD_OBJECT] = "object", [FIELD_OBJECTS] = "list of objects",
	[FIELD_NAMED] = "object with objects",   [FIELD_SKIPPED] = "object",
};

static void write_kind(FILE *page, const struct field *f)
{
	(void)fprintf(page, "\n(%s", kinds[f->kind]);
	for (size_t i = 0; f->words && f->words->at[i]; i++) {
		(void)fprintf(page, "%s", i ? ", " : " ");
		page_text(page, f->words->at[i]);
	}
	if (f->kind == FIELD_INT && f->min != INT64_MIN)
		(void)fprintf(page, ", %" PRId64 " to %" PRId64, f->min, (int64_t)f->max);
	if (f->kind == FIELD_UINT && f->max != UINT64_MAX)
		(void)fprintf(page, ", at most %" PRIu64, f->max);
	(void)fprintf(page, "%s%s%s)\n", f->flags & FIELD_REQUIRED ? "; required" : "",
		      f->flags & FIELD_OTHER_SYSTEM ? "; means nothing on Linux" : "",
		      f->flags & FIELD_LATER ? "; refused: this release does not carry it out" : "");
	if (f->rule) {
		(void)fprintf(page, "It ");
		page_text(page, f->rule);
		(void)fprintf(page, ".\n");
	}
	if (f->needs) {
		(void)fprintf(page, "Needs ");
		page_text(page, f->needs);
		(void)fprintf(page, ".\n");
	}
}

static void write_record(FILE *page, const struct record *r, const char *at)
{
	for (size_t i = 0; i < r->count; i++) {
		const struct field *f = &r->fields[i];
		char pointer[512];

		(void)snprintf(pointer, sizeof pointer, "%s/%s", at, f->name);
		(void)fprintf(page, ".TP\n\\fB");
		page_text(page, pointer);
		(void)fprintf(page, "\\fR\n");
		page_text(page, f->doc);
		write_kind(page, f);
		if (f->kind == FIELD_OBJECTS)
			strncat(pointer, "/N", sizeof pointer - strlen(pointer) - 1);
		if (f->kind == FIELD_NAMED)
			strncat(pointer, "/NAME", sizeof pointer - strlen(pointer) - 1);
		if (f->record && f->kind != FIELD_SKIPPED)
			write_record(page, f->record, pointer);
	}
}

static void write_config(const char *texts, const char *pages)
{
	FILE *page = page_open(pages, "boxcar-config.5");

	page_begin(page, "boxcar-config", 5, "the configuration of a container, config.json");
	page_include(page, texts, "boxcar-config.5");
	(void)fprintf(page, ".SH PROPERTIES\n");
	write_record(page, &record_spec, "");
	(void)fprintf(page, ".SH SEE ALSO\n.BR boxcar (1),\n.BR boxcar\\-check (1),\n.BR boxcar (7)\n");
	page_close(page);
}

/* --- boxcar(7): the plan ---------------------------------------------------------------------------------------------- */

static void write_ops(FILE *page, enum plan_side side)
{
	for (unsigned kind = 0; kind < OP_COUNT; kind++) {
		if (plan_kind_side(kind) != side)
			continue;
		(void)fprintf(page, ".TP\n\\fB");
		page_text(page, plan_kind_word(kind));
		(void)fprintf(page, "\\fR\n");
		page_text(page, plan_kind_meaning(kind));
		(void)fprintf(page, "\n");
	}
}

static void write_plan(const char *texts, const char *pages)
{
	FILE *page = page_open(pages, "boxcar.7");

	page_begin(page, "boxcar", 7, "the plan of a container");
	page_include(page, texts, "boxcar.7");
	(void)fprintf(page, ".SH OPERATIONS OUTSIDE\nThe runtime carries them out, on the host.\n");
	write_ops(page, PLAN_OUTSIDE);
	(void)fprintf(page, ".SH OPERATIONS INSIDE\nboxcar\\-init carries them out, in the order of the plan.\n");
	write_ops(page, PLAN_INSIDE);
	(void)fprintf(page, ".SH SEE ALSO\n.BR boxcar\\-explain (1),\n.BR boxcar\\-config (5)\n");
	page_close(page);
}

int main(int argc, char **argv)
{
	if (argc != 4)
		return 2;
	write_program(argv[1], argv[2]);
	for (const struct command *c = boxcar_program.commands; c->name; c++)
		write_command(c, argv[1], argv[2]);
	write_config(argv[1], argv[2]);
	write_plan(argv[1], argv[2]);
	completions_write(argv[3], &boxcar_program);
	return 0;
}
