#include "bundle-tools/build/conductorfile.h"

#include "bundle-tools/build/instruction.h"
#include "spec/base/text.h"
#include "spec/json/read.h"

#include <ctype.h>
#include <fcntl.h>
#include <string.h>

struct parser {
	struct arena *arena;
	const char *next, *end; /* the text that is not read yet */
	unsigned line;          /* number of the line before `next` */
	struct conductorfile *file;
	struct err *e;
};

int conductorfile_err(const struct conductorfile *file, const struct instruction *i, struct err *e)
{
	return err_add(e, "%s:%u", file->path, i->line);
}

static int fail(struct parser *p, unsigned line)
{
	return err_add(p->e, "%s:%u", p->file->path, line);
}

/* One line without its newline, in the arena; false at the end. */
static bool take_line(struct parser *p, char **line)
{
	if (p->next >= p->end)
		return false;
	const char *newline = memchr(p->next, '\n', (size_t)(p->end - p->next));
	size_t length = newline ? (size_t)(newline - p->next) : (size_t)(p->end - p->next);
	*line = arena_copy(p->arena, p->next, length);
	p->next += length + (newline ? 1 : 0);
	p->line++;
	return true;
}

static void trim_end(char *line)
{
	size_t length = strlen(line);

	while (length && isspace((unsigned char)line[length - 1]))
		line[--length] = '\0';
}

static char *skip_blanks(char *c)
{
	while (*c == ' ' || *c == '\t')
		c++;
	return c;
}

static bool is_skipped(char *line)
{
	char c = *skip_blanks(line);

	return c == '\0' || c == '#' || c == '\r';
}

/* --- directives ----------------------------------------------------------------------------------------------------- */

static int apply_directive(struct parser *p, const char *key, const char *value)
{
	if (strcasecmp(key, "syntax") == 0 && strncmp(value, "docker", 6) == 0) {
		p->file->is_docker = true;
		return 0;
	}
	if (strcasecmp(key, "syntax") == 0) {
		(void)err_set(p->e, "syntax=%s is not known", value);
		return err_hint(p->e, "syntax=docker asks for Docker's meaning of COPY");
	}
	if (strcasecmp(key, "escape") == 0 && strcmp(value, "\\") == 0)
		return 0;
	return err_set(p->e, "not supported yet: the directive %s=%s", key, value);
}

static bool is_directive_key(const char *key)
{
	return strcasecmp(key, "syntax") == 0 || strcasecmp(key, "escape") == 0 || strcasecmp(key, "check") == 0;
}

/* Comments of the form "# key=value" before anything else. */
static int read_directives(struct parser *p)
{
	while (p->next < p->end) {
		struct parser before = *p;
		char *line;

		(void)take_line(p, &line);
		line = skip_blanks(line);
		char *equals = strchr(line, '=');
		if (*line != '#' || !equals) {
			*p = before;
			return 0;
		}
		*equals = '\0';
		char *key = skip_blanks(line + 1), *value = skip_blanks(equals + 1);
		trim_end(key);
		trim_end(value);
		if (!is_directive_key(key)) {
			*p = before;
			return 0;
		}
		if (apply_directive(p, key, value))
			return fail(p, p->line);
	}
	return 0;
}

/* --- joined lines and heredocs -------------------------------------------------------------------------------------- */

/* The whole instruction on one line; false at the end of the text. */
static bool take_instruction(struct parser *p, struct text *joined, unsigned *first)
{
	char *line;

	do {
		if (!take_line(p, &line))
			return false;
	} while (is_skipped(line));
	*first = p->line;
	for (;;) {
		trim_end(line);
		size_t length = strlen(line);
		bool goes_on = length && line[length - 1] == '\\';
		text_add_bytes(joined, line, goes_on ? length - 1 : length);
		if (!goes_on)
			return true;
		do {
			if (!take_line(p, &line))
				return true;
		} while (is_skipped(line));
	}
}

/* The body up to the line that is the heredoc's name. */
static int take_body(struct parser *p, const struct heredoc_start *start, struct heredoc *out)
{
	unsigned first = p->line;
	struct text body;
	char *line;

	text_init(&body, p->arena);
	while (take_line(p, &line)) {
		if (start->strips_tabs)
			while (*line == '\t')
				line++;
		size_t length = strlen(line);
		size_t shown = length && line[length - 1] == '\r' ? length - 1 : length;
		if (shown == strlen(start->name) && strncmp(line, start->name, shown) == 0) {
			*out = (struct heredoc){ start->name, body.at, start->is_literal };
			return 0;
		}
		text_add(&body, "%s\n", line);
	}
	(void)err_set(p->e, "the heredoc %s never ends: no line is just %s", start->name, start->name);
	return fail(p, first);
}

static int take_heredocs(struct parser *p, struct instruction *i)
{
	struct heredoc_start start;
	const char *c = i->rest;

	if (i->kind != INSTRUCTION_RUN && i->kind != INSTRUCTION_COPY)
		return 0;
	while ((c = instruction_find_heredoc(c, p->arena, &start))) {
		size_t size = i->heredocs.count * sizeof *i->heredocs.at;
		i->heredocs.at = arena_grow(p->arena, i->heredocs.at, size, size + sizeof *i->heredocs.at);
		if (take_body(p, &start, &i->heredocs.at[i->heredocs.count]))
			return -1;
		i->heredocs.count++;
	}
	return 0;
}

static struct instruction *add_instruction(struct parser *p)
{
	struct conductorfile *f = p->file;
	size_t size = f->instructions.count * sizeof *f->instructions.at;

	f->instructions.at = arena_grow(p->arena, f->instructions.at, size, size + sizeof *f->instructions.at);
	return &f->instructions.at[f->instructions.count++];
}

static int check_order(struct parser *p, bool *has_from, const struct instruction *i)
{
	*has_from = *has_from || i->kind == INSTRUCTION_FROM;
	if (*has_from || i->kind == INSTRUCTION_ARG)
		return 0;
	return err_set(p->e, "the first instruction must be FROM (only ARG may stand before it)");
}

static int parse_all(struct parser *p)
{
	struct text joined;
	bool has_from = false;
	unsigned line;

	for (text_init(&joined, p->arena); take_instruction(p, &joined, &line); text_init(&joined, p->arena)) {
		struct instruction *i = add_instruction(p);
		*i = (struct instruction){ .line = line, .shown = skip_blanks(joined.at) };
		if (instruction_begin(i, p->arena, p->e) || check_order(p, &has_from, i))
			return fail(p, line);
		if (take_heredocs(p, i))
			return -1;
		if (instruction_finish(i, p->arena, p->e))
			return fail(p, line);
	}
	if (!has_from) {
		(void)err_set(p->e, "there is no FROM instruction");
		return fail(p, p->line ? p->line : 1);
	}
	return 0;
}

int conductorfile_parse(const char *path, const char *text, size_t length, struct arena *a, struct conductorfile *out,
			struct err *e)
{
	struct conductorfile file = { .path = arena_text(a, path) };
	struct parser p = { .arena = a, .next = text, .end = text + length, .file = &file, .e = e };
	const char *nul = memchr(text, '\0', length);

	if (nul) {
		for (const char *c = text; c < nul; c++)
			p.line += *c == '\n';
		(void)err_set(e, "the file has a NUL byte: it is not a text");
		return fail(&p, p.line + 1);
	}
	if (read_directives(&p) || parse_all(&p))
		return -1;
	*out = file;
	return 0;
}

int conductorfile_read(const char *path, struct arena *a, struct conductorfile *out, struct err *e)
{
	const char *text;
	size_t length;

	if (json_load(AT_FDCWD, path, a, &text, &length, e)) /* it loads any text */
		return -1;
	return conductorfile_parse(path, text, length, a, out, e);
}
