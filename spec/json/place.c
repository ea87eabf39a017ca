#include "spec/json/place.h"

#include "spec/json/read.h"

#include <string.h>

struct walk {
	const char *at, *end;
};

static void skip_space(struct walk *w)
{
	while (w->at < w->end && strchr(" \t\r\n", *w->at) && *w->at)
		w->at++;
}

static bool skip_char(struct walk *w, char wanted)
{
	skip_space(w);
	if (w->at == w->end || *w->at != wanted)
		return false;
	w->at++;
	return true;
}

/* From the opening quote to behind the closing one. */
static void skip_string(struct walk *w)
{
	for (w->at++; w->at < w->end && *w->at != '"'; w->at++)
		if (*w->at == '\\' && w->at + 1 < w->end)
			w->at++;
	w->at += w->at < w->end;
}

static void skip_value(struct walk *w)
{
	unsigned depth = 0;

	skip_space(w);
	do {
		if (w->at == w->end)
			return;
		char c = *w->at;
		if (c == '"') {
			skip_string(w);
			continue;
		}
		if (depth == 0 && strchr(",}]", c) && c)
			return;
		if (c == '{' || c == '[')
			depth++;
		else if (c == '}' || c == ']')
			depth--;
		w->at++;
		if (depth == 0 && strchr("}]", c) && c)
			return;
	} while (depth > 0 || (w->at < w->end && !strchr(",}] \t\r\n", *w->at)));
}

/* Whether the raw key is what this part of the pointer ("~1" is '/', "~0" is '~') means. */
static bool is_key(const char *key, size_t length, const char *part, size_t part_length)
{
	size_t i = 0;

	for (size_t p = 0; p < part_length; p++, i++) {
		char c = part[p];
		if (c == '~' && p + 1 < part_length)
			c = part[++p] == '1' ? '/' : '~';
		if (i >= length || key[i] != c)
			return false;
	}
	return i == length;
}

/* To the value of the next member. */
static bool skip_key(struct walk *w, const char **key, size_t *length)
{
	skip_space(w);
	if (w->at == w->end || *w->at != '"')
		return false;
	*key = w->at + 1;
	skip_string(w);
	*length = w->at - *key > 0 ? (size_t)(w->at - *key) - 1 : 0;
	if (!skip_char(w, ':'))
		return false;
	skip_space(w);
	return true;
}

/* Behind the '{'; to the value of the member. */
static bool enter_member(struct walk *w, const char *part, size_t part_length)
{
	const char *key;
	size_t length;

	do {
		if (!skip_key(w, &key, &length))
			return false;
		if (is_key(key, length, part, part_length))
			return true;
		skip_value(w);
	} while (skip_char(w, ','));
	return false;
}

/* Behind the '['; to the element. */
static bool enter_element(struct walk *w, const char *part, size_t part_length)
{
	size_t index = 0;

	for (size_t p = 0; p < part_length; p++) {
		if (part[p] < '0' || part[p] > '9' || index > JSON_MAX_BYTES)
			return false;
		index = index * 10 + (size_t)(part[p] - '0');
	}
	for (; index > 0; index--) {
		skip_value(w);
		if (!skip_char(w, ','))
			return false;
	}
	skip_space(w);
	return w->at < w->end && *w->at != ']';
}

size_t json_find_offset(const char *text, size_t length, const char *pointer)
{
	struct walk w = { text, text + length };

	skip_space(&w);
	const char *found = w.at;
	while (*pointer == '/' && w.at < w.end) {
		const char *part = pointer + 1;
		size_t part_length = strcspn(part, "/");
		char open = *w.at++;
		bool is_there = open == '{'   ? enter_member(&w, part, part_length)
				: open == '[' ? enter_element(&w, part, part_length)
					      : false;
		if (!is_there || w.at == w.end)
			break;
		found = w.at;
		pointer = part + part_length;
	}
	return (size_t)(found - text);
}

/* To the member that has the offset in its value. */
static bool enter_member_at(struct walk *w, const char *at, struct text *pointer)
{
	const char *key;
	size_t length;

	do {
		if (!skip_key(w, &key, &length) || at < key)
			return false;
		const char *value = w->at;
		skip_value(w);
		if (at >= value && at < w->at) {
			json_add_part(pointer, key, length);
			w->at = value;
			return true;
		}
	} while (at >= w->at && skip_char(w, ','));
	return false;
}

static bool enter_element_at(struct walk *w, const char *at, struct text *pointer)
{
	size_t index = 0;

	do {
		skip_space(w);
		const char *value = w->at;
		skip_value(w);
		if (at >= value && at < w->at) {
			text_add(pointer, "/%zu", index);
			w->at = value;
			return true;
		}
		index++;
	} while (at >= w->at && skip_char(w, ','));
	return false;
}

void json_find_pointer_at(const char *text, size_t length, size_t at, struct text *pointer)
{
	struct walk w = { text, text + length };
	bool is_inside = true;

	skip_space(&w);
	while (is_inside && w.at < w.end) {
		char open = *w.at++;
		is_inside = open == '{'   ? enter_member_at(&w, text + at, pointer)
			    : open == '[' ? enter_element_at(&w, text + at, pointer)
					  : false;
	}
}

static void count_lines(const char *from, const char *to, unsigned *line, unsigned *column)
{
	for (const char *c = from; c < to; c++) {
		if (*c == '\n') {
			(*line)++;
			*column = 1;
		} else {
			(*column)++;
		}
	}
}

void json_find_place(const char *text, size_t length, const char *pointer, unsigned *line, unsigned *column)
{
	*line = *column = 1;
	count_lines(text, text + json_find_offset(text, length, pointer), line, column);
}

/* Few problems are the rule, and they come nearly in order. */
static void sort(struct problems *p)
{
	for (size_t i = 1; i < p->count; i++) {
		struct problem moved = p->at[i];
		size_t to = i;
		for (; to > 0 && p->at[to - 1].at > moved.at; to--)
			p->at[to] = p->at[to - 1];
		p->at[to] = moved;
	}
}

void problems_place(struct problems *p, const char *text, size_t length)
{
	const char *from = text;
	unsigned line = 1, column = 1;

	for (size_t i = 0; i < p->count; i++)
		if (p->at[i].at == PROBLEM_NOWHERE)
			p->at[i].at = json_find_offset(text, length, p->at[i].pointer);
	sort(p);
	for (size_t i = 0; i < p->count; i++) {
		const char *to = text + (p->at[i].at < length ? p->at[i].at : length);
		count_lines(from, to, &line, &column);
		p->at[i].line = line;
		p->at[i].column = column;
		from = to;
	}
}
