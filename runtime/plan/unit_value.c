/* Values of properties, from the text that annotations have them in. */
#include "runtime/plan/unit.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { ITEMS_MAX = 1024 };

static const struct {
	const char *word;
	char type;
	bool is_signed;
	uint64_t most; /* of the positive ones */
} types[] = {
	{ "boolean", 'b', false, 0 },         { "byte", 'y', false, UINT8_MAX },    { "int16", 'n', true, INT16_MAX },
	{ "uint16", 'q', false, UINT16_MAX }, { "int32", 'i', true, INT32_MAX },    { "uint32", 'u', false, UINT32_MAX },
	{ "int64", 'x', true, INT64_MAX },    { "uint64", 't', false, UINT64_MAX }, { "double", 'd', false, 0 },
	{ "string", 's', false, 0 },          { "objectpath", 'o', false, 0 },      { "signature", 'g', false, 0 },
};
enum { TYPES = sizeof types / sizeof *types };

struct reading {
	const char *at;
	struct arena *arena;
	char type; /* 0: not known yet */
	const char **values;
	size_t count;
};

static void skip_space(struct reading *r)
{
	r->at += strspn(r->at, " \t\n");
}

/* A word that ends here: "uint64 5", "true,". */
static bool take_word(struct reading *r, const char *word)
{
	size_t length = strlen(word);

	if (strncmp(r->at, word, length) != 0 || (r->at[length] && !strchr(" \t\n,]", r->at[length])))
		return false;
	r->at += length;
	return true;
}

static bool take_type(struct reading *r, char type)
{
	if (r->type && r->type != type)
		return false;
	r->type = type;
	return true;
}

static bool keep(struct reading *r, const char *value)
{
	if (r->count == ITEMS_MAX)
		return false;
	r->values[r->count++] = value;
	return true;
}

/* --- one value ---------------------------------------------------------------------------------------------------- */

static bool read_text(struct reading *r)
{
	char quote = *r->at++;
	struct text t;

	text_init(&t, r->arena);
	for (; *r->at && *r->at != quote; r->at++) {
		char c = *r->at;
		if (c == '\\') {
			static const char names[] = "abfnrtv", codes[] = "\a\b\f\n\r\t\v";
			const char *name = r->at[1] ? strchr(names, r->at[1]) : NULL;
			if (!strchr("abfnrtv\\'\"", *++r->at) || !*r->at)
				return false;
			c = name ? codes[name - names] : *r->at;
		}
		text_add_bytes(&t, &c, 1);
	}
	if (*r->at != quote)
		return false;
	r->at++;
	if (r->type != 'o' && r->type != 'g' && !take_type(r, 's'))
		return false;
	return keep(r, t.at);
}

static bool read_integer(struct reading *r, const char *digits)
{
	bool is_negative = digits[0] == '-';
	uint64_t number;

	if (!take_type(r, r->type ? r->type : 'i') || !text_read_uint(digits + is_negative, UINT64_MAX, &number))
		return false;
	for (size_t i = 0; i < TYPES; i++)
		if (types[i].type == r->type && types[i].most)
			return (!is_negative || types[i].is_signed) && number <= types[i].most + (is_negative ? 1 : 0) &&
			       keep(r, digits);
	return false;
}

static bool read_number(struct reading *r)
{
	size_t length = strspn(r->at, "+-0123456789.eE");
	const char *digits = arena_copy(r->arena, r->at, length);
	char *end;

	if (!length)
		return false;
	r->at += length;
	digits += digits[0] == '+';
	if (r->type != 'd' && !strpbrk(digits, ".eE"))
		return read_integer(r, digits);
	(void)strtod(digits, &end);
	return end != digits && !*end && take_type(r, 'd') && keep(r, digits);
}

static bool read_basic(struct reading *r)
{
	skip_space(r);
	for (size_t i = 0; i < TYPES; i++)
		if (take_word(r, types[i].word)) {
			if (!take_type(r, types[i].type))
				return false;
			skip_space(r);
			break;
		}
	if (*r->at == '\'' || *r->at == '"')
		return read_text(r);
	if (take_word(r, "true"))
		return take_type(r, 'b') && keep(r, "1");
	if (take_word(r, "false"))
		return take_type(r, 'b') && keep(r, "0");
	return read_number(r);
}

/* --- all of it ---------------------------------------------------------------------------------------------------- */

static bool read_array(struct reading *r)
{
	r->at++;
	for (skip_space(r); *r->at != ']'; skip_space(r)) {
		if (!read_basic(r))
			return false;
		skip_space(r);
		if (*r->at != ',')
			break;
		r->at++;
	}
	return *r->at++ == ']' && r->type; /* an empty one has a type only when it says it */
}

/* "@as [...]", "@t 5" */
static bool read_annotation(struct reading *r, bool *is_array)
{
	*is_array = *++r->at == 'a';
	r->at += *is_array;
	for (size_t i = 0; i < TYPES; i++)
		if (*r->at == types[i].type)
			r->type = types[i].type;
	if (!r->type)
		return false;
	r->at++;
	return *r->at == ' ';
}

bool unit_value_read(const char *text, struct arena *a, struct unit_value *out)
{
	struct reading r = { .at = text, .arena = a, .values = arena_alloc(a, ITEMS_MAX * sizeof *r.values) };
	bool is_array, has_annotation;

	skip_space(&r);
	has_annotation = *r.at == '@';
	if (has_annotation && !read_annotation(&r, &is_array))
		return false;
	skip_space(&r);
	if (has_annotation && is_array != (*r.at == '['))
		return false;
	is_array = *r.at == '[';
	if (!(is_array ? read_array(&r) : read_basic(&r)))
		return false;
	skip_space(&r);
	if (*r.at)
		return false;
	*out = (struct unit_value){ arena_format(a, "%s%c", is_array ? "a" : "", r.type), r.values, r.count };
	return true;
}

bool unit_value_read_seconds(const char *text, struct arena *a, struct unit_value *out)
{
	const uint64_t micro = 1000000;
	struct unit_value value;
	uint64_t whole;

	if (!unit_value_read(text, a, &value) || value.count != 1 || strchr("bsog", value.signature[0]) || value.signature[1])
		return false;
	if (text_read_uint(value.values[0], UINT64_MAX / micro, &whole)) {
		unsigned long long microseconds = whole * micro;
		value.values[0] = arena_format(a, "%llu", microseconds);
	} else {
		double seconds = strtod(value.values[0], NULL);
		if (!(seconds >= 0 && seconds < 1e12))
			return false;
		value.values[0] = arena_format(a, "%.0f", seconds * (double)micro);
	}
	value.signature = "t";
	*out = value;
	return true;
}
