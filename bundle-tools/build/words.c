#include "bundle-tools/build/words.h"

#include "spec/field_rows.h"
#include "spec/json/read.h"

#include <ctype.h>
#include <string.h>

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n';
}

void words_add(struct spec_texts *list, const char *text, struct arena *a)
{
	size_t size = list->count * sizeof *list->at;

	list->at = arena_grow(a, list->at, size, size + sizeof *list->at);
	list->at[list->count++] = text;
}

/* The end of a word: blanks inside quotes and after a backslash belong to it. NULL when a quote stays open. */
static const char *find_word_end(const char *c)
{
	char quote = 0;

	for (; *c && (quote || !is_blank(*c)); c++) {
		if (*c == '\\' && quote != '\'' && c[1])
			c++;
		else if (quote ? *c == quote : *c == '"' || *c == '\'')
			quote = quote ? 0 : *c;
	}
	return quote ? NULL : c;
}

int words_split(const char *text, struct arena *a, struct spec_texts *out, struct err *e)
{
	struct spec_texts words = { .at = arena_alloc(a, sizeof *words.at) };

	for (const char *c = text;;) {
		while (is_blank(*c))
			c++;
		if (!*c)
			break;
		const char *end = find_word_end(c);
		if (!end)
			return err_set(e, "a quote is opened and never closed");
		words_add(&words, arena_copy(a, c, (size_t)(end - c)), a);
		c = end;
	}
	*out = words;
	return 0;
}

/* --- variables ------------------------------------------------------------------------------------------------------ */

struct expansion {
	const struct variables *variables;
	struct text out;
	bool has_quotes; /* quotes mean something: not in a heredoc */
	struct err *e;
};

static bool is_name(char c)
{
	return isalnum((unsigned char)c) || c == '_';
}

static int expand(struct expansion *x, const char *text, size_t length);

static const char *find_variable(const struct expansion *x, const char *name, size_t length)
{
	return x->variables->find(x->variables->context, arena_copy(x->out.arena, name, length));
}

/* The } that closes what `c` points behind the { of; NULL without one. */
static const char *find_brace_end(const char *c, const char *end)
{
	unsigned depth = 1;

	for (; c < end; c++) {
		if (*c == '\\' && c + 1 < end)
			c++;
		else if (*c == '{')
			depth++;
		else if (*c == '}' && --depth == 0)
			return c;
	}
	return NULL;
}

/* ${NAME}, ${NAME:-word}, ${NAME:+word}; `c` is behind the brace. Returns what follows, or NULL. */
static const char *expand_braces(struct expansion *x, const char *c, const char *end)
{
	const char *close = find_brace_end(c, end), *name = c;

	while (close && c < close && is_name(*c))
		c++;
	bool is_plain = close && c == close, has_word = close && close - c >= 2 && c[0] == ':' && (c[1] == '-' || c[1] == '+');
	if (c == name || (!is_plain && !has_word)) {
		(void)err_set(x->e, "${%.*s is not understood; ${NAME}, ${NAME:-WORD} and ${NAME:+WORD} are", (int)(end - name), name);
		return NULL;
	}
	const char *value = find_variable(x, name, (size_t)(c - name));
	bool is_filled = value && value[0];
	if (has_word && (c[1] == '-') != is_filled) {
		if (expand(x, c + 2, (size_t)(close - c - 2)))
			return NULL;
	} else if (value && (is_plain || c[1] == '-')) {
		text_add_bytes(&x->out, value, strlen(value));
	}
	return close + 1;
}

static const char *expand_dollar(struct expansion *x, const char *c, const char *end)
{
	const char *name = c + 1, *after = name;

	if (name < end && *name == '{')
		return expand_braces(x, name + 1, end);
	while (after < end && is_name(*after))
		after++;
	if (after == name) { /* a dollar sign alone */
		text_add_bytes(&x->out, "$", 1);
		return after;
	}
	const char *value = find_variable(x, name, (size_t)(after - name));
	if (value)
		text_add_bytes(&x->out, value, strlen(value));
	return after;
}

/* In double quotes a backslash escapes only what would mean something there (POSIX sh, 2.2.3). */
static const char *expand_backslash(struct expansion *x, const char *c, char quote)
{
	bool keeps = x->has_quotes ? quote == '"' && !strchr("\"\\$", c[1]) : !strchr("\\$", c[1]);

	if (keeps)
		text_add_bytes(&x->out, c, 1);
	text_add_bytes(&x->out, c + 1, 1);
	return c + 2;
}

static int expand(struct expansion *x, const char *c, size_t length)
{
	const char *end = c + length;
	char quote = 0;

	while (c < end) {
		if (x->has_quotes && (quote ? *c == quote : *c == '"' || *c == '\'')) {
			quote = quote ? 0 : *c;
			c++;
		} else if (*c == '\\' && quote != '\'' && c + 1 < end) {
			c = expand_backslash(x, c, quote);
		} else if (*c == '$' && quote != '\'') {
			c = expand_dollar(x, c, end);
			if (!c)
				return -1;
		} else {
			text_add_bytes(&x->out, c++, 1);
		}
	}
	return 0;
}

static const char *expand_all(const char *text, const struct variables *variables, bool has_quotes, struct arena *a, struct err *e)
{
	struct expansion x = { .variables = variables, .has_quotes = has_quotes, .e = e };

	text_init(&x.out, a);
	return expand(&x, text, strlen(text)) ? NULL : x.out.at;
}

const char *words_expand(const char *word, const struct variables *variables, struct arena *a, struct err *e)
{
	return expand_all(word, variables, true, a, e);
}

const char *words_expand_body(const char *body, const struct variables *variables, struct arena *a, struct err *e)
{
	return expand_all(body, variables, false, a, e);
}

/* --- JSON arrays ---------------------------------------------------------------------------------------------------- */

struct list_holder {
	struct spec_texts list;
};

#define OWNER struct list_holder
static const struct field list_holder_rows[] = { TEXTS("list", list, NEEDED, "") };
static RECORD(list_holder);
#undef OWNER

int words_read_list(const char *text, struct arena *a, struct spec_texts *out)
{
	struct problems problems;
	struct text json;

	if (text[0] != '[')
		return 0;
	text_init(&json, a);
	text_add(&json, "{\"list\":%s}", text);
	problems_init(&problems, a);
	const struct list_holder *holder = json_read(&record_list_holder, json.at, json.length, &problems);
	if (!holder || problems.mistakes || problems.warnings)
		return 0;
	*out = holder->list;
	return 1;
}
