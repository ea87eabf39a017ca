#include "spec/base/options.h"

#include "spec/base/text.h"

#include <stdio.h>
#include <string.h>

/* One pass over an argument vector. */
struct reading {
	const struct option *rows;
	char **argv;
	int argc, next; /* the argument after the one in hand */
	void *into;
	struct arena *arena;
	struct err *e;
};

static void *find_value(const struct reading *r, const struct option *row)
{
	return (char *)r->into + row->offset;
}

static const struct option *find_name(const struct option *rows, const char *name, size_t length)
{
	for (const struct option *row = rows; row->name; row++)
		if (strlen(row->name) == length && memcmp(row->name, name, length) == 0)
			return row;
	return NULL;
}

static const struct option *find_letter(const struct option *rows, char letter)
{
	for (const struct option *row = rows; row->name; row++)
		if (row->letter && row->letter == letter)
			return row;
	return NULL;
}

static int store_flag(const struct reading *r, const struct option *row, const char *value)
{
	bool *flag = find_value(r, row);

	if (!value || text_is_equal(value, "true"))
		*flag = true;
	else if (text_is_equal(value, "false"))
		*flag = false;
	else
		return err_set(r->e, "option --%s is true or false, not \"%s\"", row->name, value);
	return 0;
}

static void store_texts(const struct reading *r, const struct option *row, const char *value)
{
	struct option_texts *texts = find_value(r, row);
	size_t size = texts->count * sizeof *texts->at;

	texts->at = arena_grow(r->arena, texts->at, size, size + sizeof *texts->at);
	texts->at[texts->count++] = value;
}

static int store_number(const struct reading *r, const struct option *row, const char *value)
{
	if (text_read_uint(value, row->max, find_value(r, row)))
		return 0;
	return err_set(r->e, "option --%s takes a number from 0 to %llu, not \"%s\"", row->name,
		       (unsigned long long)row->max, value);
}

/* "text|json": what --help and errors say about a closed set of words. */
static const char *join_words(const struct option *row, struct text *out)
{
	for (size_t i = 0; row->words[i]; i++)
		text_add(out, "%s%s", i ? "|" : "", row->words[i]);
	return out->at;
}

static int store_word(const struct reading *r, const struct option *row, const char *value)
{
	struct text words;

	for (int i = 0; row->words[i]; i++) {
		if (text_is_equal(row->words[i], value)) {
			*(int *)find_value(r, row) = i;
			return 0;
		}
	}
	text_init(&words, r->arena);
	return err_set(r->e, "option --%s takes %s, not \"%s\"", row->name, join_words(row, &words), value);
}

static int store(const struct reading *r, const struct option *row, const char *value)
{
	switch (row->kind) {
	case OPTION_FLAG:
		return store_flag(r, row, value);
	case OPTION_NUMBER:
		return store_number(r, row, value);
	case OPTION_WORD:
		return store_word(r, row, value);
	case OPTION_TEXTS:
		store_texts(r, row, value);
		return 0;
	case OPTION_TEXT:
		*(const char **)find_value(r, row) = value;
		return 0;
	}
	return 0;
}

/* The value is `attached` to the option, or the argument after it; only flags can do without. */
static int store_or_take(struct reading *r, const struct option *row, const char *attached)
{
	if (!attached && row->kind != OPTION_FLAG) {
		if (r->next >= r->argc)
			return err_set(r->e, "option --%s needs a value", row->name);
		attached = r->argv[r->next++];
	}
	return store(r, row, attached);
}

/* -it: flags only, because a value in the middle of a group could not be told from more letters. */
static int read_group(const struct reading *r, const char *letters)
{
	for (const char *letter = letters; *letter; letter++) {
		const struct option *row = find_letter(r->rows, *letter);

		if (!row || row->kind != OPTION_FLAG)
			return err_set(r->e, "unknown option -%s", letters);
		if (store_flag(r, row, NULL))
			return -1;
	}
	return 0;
}

static int read_letter(struct reading *r, const char *word)
{
	const struct option *row = find_letter(r->rows, word[0]);
	const char *rest = word + 1;

	if (!row)
		return err_set(r->e, "unknown option -%s", word);
	if (!*rest)
		return store_or_take(r, row, NULL);
	if (*rest == '=')
		return store(r, row, rest + 1);
	return row->kind == OPTION_FLAG ? read_group(r, word) : store(r, row, rest);
}

static int read_option(struct reading *r, const char *argument)
{
	bool has_two_dashes = argument[1] == '-';
	const char *name = argument + (has_two_dashes ? 2 : 1);
	size_t length = strcspn(name, "=");
	const struct option *row = find_name(r->rows, name, length);

	if (row)
		return store_or_take(r, row, name[length] ? name + length + 1 : NULL);
	if (has_two_dashes)
		return err_set(r->e, "unknown option --%.*s", (int)length, name);
	return read_letter(r, name);
}

/* "-" alone is an operand: the standard input by convention. */
static bool is_option(const char *argument)
{
	return argument[0] == '-' && argument[1];
}

int options_read(const struct option *rows, int argc, char **argv, int first, int stops_after, void *into,
		 struct command_line *operands, struct arena *a, struct err *e)
{
	struct reading r = { rows, argv, argc, first, into, a, e };
	struct command_line found = { .at = arena_alloc(a, ((size_t)argc + 1) * sizeof(char *)) };
	bool has_options = true;

	while (r.next < argc) {
		char *argument = argv[r.next++];
		bool is_end = text_is_equal(argument, "--");

		if (has_options && (is_end || found.count == stops_after)) {
			has_options = false;
			if (is_end)
				continue;
		}
		if (!has_options || !is_option(argument))
			found.at[found.count++] = argument;
		else if (read_option(&r, argument))
			return -1;
	}
	*operands = found;
	return 0;
}

static const char *write_left(const struct option *row, struct text *out)
{
	if (row->letter)
		text_add(out, "  -%c, --%s", row->letter, row->name);
	else
		text_add(out, "      --%s", row->name);
	if (row->value_name) {
		text_add(out, " %s", row->value_name);
	} else if (row->kind == OPTION_WORD) {
		text_add(out, " ");
		(void)join_words(row, out); /* its result is out's own text */
	}
	return out->at;
}

void options_print(const struct option *rows, void *stream)
{
	struct arena arena;
	int width = 0;

	arena_init(&arena, 1 << 20);
	for (int pass = 0; pass < 2; pass++) {
		for (const struct option *row = rows; row->name; row++) {
			struct text left;

			text_init(&left, &arena);
			if (row->is_hidden)
				continue;
			if (pass == 0 && (int)strlen(write_left(row, &left)) > width)
				width = (int)left.length;
			if (pass == 1)
				(void)fprintf(stream, "%-*s  %s\n", width, write_left(row, &left), row->help);
		}
	}
	arena_finish(&arena);
}
