#include "bundle-tools/build/instruction.h"

#include "bundle-tools/build/words.h"
#include "spec/base/text.h"

#include <ctype.h>
#include <string.h>

enum shape {
	SHAPE_WORDS,        /* at least `least` words */
	SHAPE_LIST_OR_WORDS, /* the same, or a JSON array of as many texts */
	SHAPE_LIST,         /* a JSON array */
	SHAPE_COMMAND,      /* a JSON array, or a text for the shell */
	SHAPE_PAIRS,        /* NAME=VALUE ..., or NAME and one value as the rest of the line */
	SHAPE_ONE,          /* one word */
	SHAPE_LINE,         /* all of the line */
	SHAPE_LATER,        /* a word of Docker's language that is refused */
};

struct row {
	const char *word;
	enum instruction_kind kind;
	enum shape shape;
	size_t least;
	const char *wants; /* what it needs, for messages; SHAPE_LATER: what to do instead */
	const char *form;  /* what follows the word, and what it does, for the manual; NULL: SHAPE_LATER */
	const char *doc;
};

static const struct row rows[] = {
	{ "FROM", INSTRUCTION_FROM, SHAPE_WORDS, 1, "an image: DISTRIBUTION:SUITE, scratch or the name of an image",
	  "BASE [AS STAGE]",
	  "Where the image begins: DISTRIBUTION:SUITE is bootstrapped once and kept, such as debian:bookworm; scratch has nothing "
	  "in it; anything else is an image of conductor's own, built or imported." },
	{ "COPY", INSTRUCTION_COPY, SHAPE_LIST_OR_WORDS, 2, "a source and a destination",
	  "[--from=STAGE] [--chown=OWNER] [--chmod=MODE] SOURCE ... DESTINATION",
	  "As cp -a does it: a directory lands, itself, in a destination that exists. With # syntax=docker, Docker's meaning: the "
	  "content of the directory does. May be followed by heredocs." },
	{ "RUN", INSTRUCTION_RUN, SHAPE_COMMAND, 1, "a command", "COMMAND",
	  "In a container, by the shell, with the network of the host's machine and with apt's lists and archives kept outside of "
	  "the layer. As a JSON array it is run without a shell. May be followed by heredocs; one alone that begins with #! is run by "
	  "the interpreter that it names." },
	{ "ENV", INSTRUCTION_ENV, SHAPE_PAIRS, 1, "NAME=VALUE", "NAME=VALUE ...",
	  "Variables of the instructions that follow, and of the image." },
	{ "WORKDIR", INSTRUCTION_WORKDIR, SHAPE_LINE, 1, "a directory", "DIRECTORY",
	  "Where the instructions that follow work, and the image's command; made when missing." },
	{ "USER", INSTRUCTION_USER, SHAPE_ONE, 1, "a user: NAME or NUMBER, with :GROUP if wanted", "USER[:GROUP]",
	  "Who runs the instructions that follow, and the image's command." },
	{ "ENTRYPOINT", INSTRUCTION_ENTRYPOINT, SHAPE_COMMAND, 0, "a command", "COMMAND",
	  "The image's program; CMD, or what is given to run, follows it as arguments." },
	{ "CMD", INSTRUCTION_CMD, SHAPE_COMMAND, 0, "a command", "COMMAND",
	  "What a container of the image runs when run is given nothing." },
	{ "LABEL", INSTRUCTION_LABEL, SHAPE_PAIRS, 1, "NAME=VALUE", "NAME=VALUE ...",
	  "Words about the image, kept in its configuration." },
	{ "ARG", INSTRUCTION_ARG, SHAPE_WORDS, 1, "NAME or NAME=VALUE", "NAME[=DEFAULT] ...",
	  "Variables of the build alone, given by --build-arg." },
	{ "EXPOSE", INSTRUCTION_EXPOSE, SHAPE_WORDS, 1, "a port", "PORT[/tcp|/udp] ...",
	  "Ports that the image serves, kept in its configuration and told by config.json's annotations; addnetwork opens them." },
	{ "VOLUME", INSTRUCTION_VOLUME, SHAPE_LIST_OR_WORDS, 1, "a directory", "DIRECTORY ...",
	  "Directories whose content is not the image's: a container has them for itself, filled with what the image has there, and "
	  "apart from its root." },
	{ "STOPSIGNAL", INSTRUCTION_STOPSIGNAL, SHAPE_ONE, 1, "a signal", "SIGNAL", "What stop sends first." },
	{ "SHELL", INSTRUCTION_SHELL, SHAPE_LIST, 1, "a JSON array: [\"/bin/sh\", \"-c\"]", "[\"PROGRAM\", \"ARGUMENT\", ...]",
	  "The shell of the instructions that follow, and of the image." },
	{ "ADD", INSTRUCTION_COPY, SHAPE_LATER, 0, "use COPY; archives are unpacked by RUN tar", NULL, NULL },
	{ "HEALTHCHECK", INSTRUCTION_RUN, SHAPE_LATER, 0, "nothing would check it", NULL, NULL },
	{ "ONBUILD", INSTRUCTION_RUN, SHAPE_LATER, 0, "write the instruction into the images that need it", NULL, NULL },
	{ "MAINTAINER", INSTRUCTION_LABEL, SHAPE_LATER, 0, "use LABEL org.opencontainers.image.authors=NAME", NULL, NULL },
};

bool instruction_describe(size_t number, struct instruction_text *out)
{
	if (number >= sizeof rows / sizeof *rows)
		return false;
	const struct row *row = &rows[number];
	*out = (struct instruction_text){ row->word, row->form, row->doc ? row->doc : row->wants };
	return true;
}

/* "FROM, COPY ... and SHELL" */
static const char *list_words(struct arena *a)
{
	struct text t;
	size_t count = 0;

	while (rows[count].shape != SHAPE_LATER)
		count++;
	text_init(&t, a);
	for (size_t i = 0; i < count; i++)
		text_add(&t, "%s%s", i == 0 ? "" : i + 1 < count ? ", " : " and ", rows[i].word);
	return t.at;
}

static const struct row *find_row(const char *word, size_t length)
{
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		if (strlen(rows[i].word) == length && strncasecmp(rows[i].word, word, length) == 0)
			return &rows[i];
	return NULL;
}

static const struct row *find_kind(enum instruction_kind kind)
{
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		if (rows[i].kind == kind)
			return &rows[i]; /* those that are refused stand at the end */
	return &rows[0]; /* every kind has a row */
}

/* --- flags ---------------------------------------------------------------------------------------------------------- */

static int store_flag(struct instruction *i, const char *word, const char *flag, struct err *e)
{
	struct {
		const char *prefix;
		const char **into;
	} known[] = { { "--from=", &i->from }, { "--chown=", &i->owner }, { "--chmod=", &i->mode } };

	for (size_t k = 0; i->kind == INSTRUCTION_COPY && k < sizeof known / sizeof *known; k++) {
		size_t length = strlen(known[k].prefix);
		if (strncmp(flag, known[k].prefix, length) != 0)
			continue;
		if (!flag[length])
			return err_set(e, "%s %s needs a value", word, flag);
		if (*known[k].into)
			return err_set(e, "%s %s is given twice", word, known[k].prefix);
		*known[k].into = flag + length;
		return 0;
	}
	return err_set(e, "not supported yet: %s %s", word, flag);
}

static int take_flags(struct instruction *i, const char *word, struct arena *a, struct err *e)
{
	while (strncmp(i->rest, "--", 2) == 0) {
		size_t length = strcspn(i->rest, " \t");
		if (store_flag(i, word, arena_copy(a, i->rest, length), e))
			return -1;
		i->rest += length + strspn(i->rest + length, " \t");
	}
	return 0;
}

int instruction_begin(struct instruction *i, struct arena *a, struct err *e)
{
	size_t length = strcspn(i->shown, " \t");
	const struct row *row = find_row(i->shown, length);

	if (!row) {
		(void)err_set(e, "%.*s is not an instruction", (int)(length < 40 ? length : 40), i->shown);
		return err_hint(e, "known are %s", list_words(a));
	}
	if (row->shape == SHAPE_LATER) {
		(void)err_set(e, "not supported yet: %s", row->word);
		return err_hint(e, "%s", row->wants);
	}
	i->kind = row->kind;
	i->rest = i->shown + length + strspn(i->shown + length, " \t");
	if (i->kind == INSTRUCTION_COPY || i->kind == INSTRUCTION_RUN || i->kind == INSTRUCTION_FROM)
		return take_flags(i, row->word, a, e);
	return 0;
}

/* --- heredocs ------------------------------------------------------------------------------------------------------- */

/* `c` is behind <<. Returns what follows the name, or NULL when that is no heredoc (<<<, a number, nothing). */
static const char *read_heredoc_name(const char *c, struct arena *a, struct heredoc_start *out)
{
	char quote = 0;

	*out = (struct heredoc_start){ .strips_tabs = *c == '-' };
	c += out->strips_tabs;
	if (*c == '"' || *c == '\'')
		quote = *c++;
	const char *name = c;
	while (isalnum((unsigned char)*c) || *c == '_' || (c > name && *c == '.'))
		c++;
	if (c == name || isdigit((unsigned char)*name) || (quote && *c != quote))
		return NULL;
	out->name = arena_copy(a, name, (size_t)(c - name));
	out->is_literal = quote;
	return quote ? c + 1 : c;
}

const char *instruction_find_heredoc(const char *c, struct arena *a, struct heredoc_start *out)
{
	char quote = 0;
	bool begins_word = true;

	for (; *c; c++) {
		if (!quote && begins_word && c[0] == '<' && c[1] == '<') {
			const char *after = read_heredoc_name(c + 2, a, out);
			if (after)
				return after;
		}
		begins_word = strchr(" \t0123456789", *c); /* "3<<EOF" names a descriptor */
		if (*c == '\\' && quote != '\'' && c[1])
			c++;
		else if (quote ? *c == quote : *c == '"' || *c == '\'')
			quote = quote ? 0 : *c;
	}
	return NULL;
}

/* "RUN <<EOF" alone: the body is the script. With a command before it the shell reads the heredoc itself. */
static void join_run(struct instruction *i, struct arena *a)
{
	struct heredoc_start start;
	struct text whole;

	text_init(&whole, a);
	const char *after = instruction_find_heredoc(i->rest, a, &start);
	bool is_alone = i->heredocs.count == 1 && strncmp(i->rest, "<<", 2) == 0 && after && !after[strspn(after, " \t")];
	if (is_alone && strncmp(i->heredocs.at[0].body, "#!", 2) == 0)
		i->script = i->heredocs.at[0].body;
	if (!is_alone)
		text_add(&whole, "%s\n", i->rest);
	for (size_t h = 0; h < i->heredocs.count; h++)
		text_add(&whole, "%s%s%s", i->heredocs.at[h].body, is_alone ? "" : i->heredocs.at[h].name, is_alone ? "" : "\n");
	i->rest = whole.at;
}

/* --- forms ---------------------------------------------------------------------------------------------------------- */

static int read_pairs(struct instruction *i, struct arena *a, struct err *e)
{
	if (words_split(i->rest, a, &i->words, e))
		return -1;
	if (i->words.count && !strchr(i->words.at[0], '=')) { /* NAME and a value that may have blanks */
		size_t length = strcspn(i->rest, " \t");
		const char *value = i->rest + length + strspn(i->rest + length, " \t");
		if (!*value)
			return err_set(e, "%s has no value", i->words.at[0]);
		i->words.count = 1;
		i->words.at[0] = arena_format(a, "%.*s=%s", (int)length, i->rest, value);
	}
	for (size_t w = 0; w < i->words.count; w++) {
		const char *equals = strchr(i->words.at[w], '=');
		if (!equals || equals == i->words.at[w])
			return err_set(e, "%s is not NAME=VALUE", i->words.at[w]);
	}
	return 0;
}

static int read_shape(struct instruction *i, const struct row *row, struct arena *a, struct err *e)
{
	if (row->shape == SHAPE_COMMAND || row->shape == SHAPE_LIST || row->shape == SHAPE_LIST_OR_WORDS)
		i->is_list = !i->heredocs.count && words_read_list(i->rest, a, &i->words);
	if (i->is_list)
		return 0;
	switch (row->shape) {
	case SHAPE_LIST:
		return err_set(e, "%s needs %s", row->word, row->wants);
	case SHAPE_PAIRS:
		return read_pairs(i, a, e);
	case SHAPE_COMMAND:
		return 0;
	case SHAPE_LINE:
		words_add(&i->words, i->rest, a);
		return 0;
	default:
		return words_split(i->rest, a, &i->words, e);
	}
}

static int finish_from(struct instruction *i, struct err *e)
{
	if (i->words.count == 1)
		return 0;
	if (i->words.count != 3 || strcasecmp(i->words.at[1], "AS") != 0)
		return err_set(e, "FROM takes IMAGE or IMAGE AS STAGE");
	i->stage = i->words.at[2];
	return 0;
}

static int check_kind(struct instruction *i, struct arena *a, struct err *e)
{
	switch (i->kind) {
	case INSTRUCTION_FROM:
		return finish_from(i, e);
	case INSTRUCTION_RUN:
		if (i->heredocs.count)
			join_run(i, a);
		return 0;
	default:
		return 0;
	}
}

int instruction_finish(struct instruction *i, struct arena *a, struct err *e)
{
	const struct row *row = find_kind(i->kind);

	if (!i->rest[0])
		return err_set(e, "%s needs %s", row->word, row->wants);
	if (read_shape(i, row, a, e))
		return -1;
	if (i->is_list || row->shape != SHAPE_COMMAND) {
		if (i->words.count < row->least)
			return err_set(e, "%s needs %s", row->word, row->wants);
		if (row->shape == SHAPE_ONE && i->words.count != 1)
			return err_set(e, "%s takes one word, not %zu", row->word, i->words.count);
	}
	return check_kind(i, a, e);
}

bool instruction_is_port(const char *text)
{
	size_t length = strcspn(text, "/");
	char number[6];
	uint64_t port;

	if (length >= sizeof number || (text[length] && strcmp(text + length, "/tcp") != 0 && strcmp(text + length, "/udp") != 0))
		return false;
	memcpy(number, text, length);
	number[length] = '\0';
	return text_read_uint(number, UINT16_MAX, &port) && port;
}
