#include "spec/base/text.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void text_init(struct text *t, struct arena *a)
{
	*t = (struct text){ .arena = a, .room = 256 };
	t->at = arena_alloc(a, t->room);
}

static void make_room(struct text *t, size_t more)
{
	size_t need = t->length + more + 1, room = t->room;

	while (room < need)
		room *= 2;
	if (room != t->room)
		t->at = arena_grow(t->arena, t->at, t->room, room);
	t->room = room;
}

void text_add(struct text *t, const char *format, ...)
{
	va_list list, again;

	va_start(list, format);
	va_copy(again, list);
	int length = vsnprintf(t->at + t->length, t->room - t->length, format, list);
	va_end(list);
	if (length > 0 && (size_t)length >= t->room - t->length) {
		make_room(t, (size_t)length);
		(void)vsnprintf(t->at + t->length, t->room - t->length, format, again);
	}
	va_end(again);
	if (length > 0)
		t->length += (size_t)length;
}

void text_add_bytes(struct text *t, const void *bytes, size_t length)
{
	make_room(t, length);
	if (length)
		memcpy(t->at + t->length, bytes, length);
	t->length += length;
	t->at[t->length] = '\0';
}

static bool read_digits(const char *text, unsigned base, uint64_t max, uint64_t *out)
{
	uint64_t value = 0;

	if (!text || !*text)
		return false;
	for (const char *c = text; *c; c++) {
		uint64_t digit = (uint64_t)(unsigned char)*c - '0';
		if (digit >= base || value > (UINT64_MAX - digit) / base)
			return false;
		value = value * base + digit;
	}
	if (value > max)
		return false;
	*out = value;
	return true;
}

bool text_read_uint(const char *text, uint64_t max, uint64_t *out)
{
	return read_digits(text, 10, max, out);
}

bool text_read_octal(const char *text, uint64_t max, uint64_t *out)
{
	return read_digits(text, 8, max, out);
}

bool text_read_int(const char *text, int64_t min, int64_t max, int64_t *out)
{
	bool is_negative = text && text[0] == '-';
	uint64_t magnitude;

	if (!read_digits(text + is_negative, 10, (uint64_t)INT64_MAX + is_negative, &magnitude))
		return false;
	int64_t value = is_negative ? (int64_t)(0 - magnitude) : (int64_t)magnitude;
	if (value < min || value > max)
		return false;
	*out = value;
	return true;
}

bool text_read_percent(const char *text, uint64_t *out)
{
	const char *point = text ? strchr(text, '.') : NULL;
	char digits[24];

	if (!point || strlen(point) != 3 || (size_t)(point - text) + 3 > sizeof digits || point == text)
		return false;
	memcpy(digits, text, (size_t)(point - text));
	memcpy(digits + (point - text), point + 1, 3);
	return read_digits(digits, 10, UINT64_MAX, out);
}

bool text_is_equal(const char *a, const char *b)
{
	return a == b || (a && b && strcmp(a, b) == 0);
}

bool text_has_prefix(const char *text, const char *prefix)
{
	return text && strncmp(text, prefix, strlen(prefix)) == 0;
}
