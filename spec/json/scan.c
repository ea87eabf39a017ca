#include "spec/json/scan.h"

#include "spec/json/read.h"

#include <string.h>

struct scan {
	const unsigned char *text;
	size_t length, at;
	unsigned depth;
	struct scan_fault *fault;
};

static bool refuse(struct scan *s, size_t at, const char *message, const char *advice)
{
	*s->fault = (struct scan_fault){ .at = at, .is_too_deep = s->depth > JSON_MAX_DEPTH, .message = message, .advice = advice };
	return false;
}

/* A byte above 0x7f: the length of a well-formed sequence of RFC 3629 (table 3-7 of the Unicode standard), or 0. */
static size_t sequence_length(const unsigned char *c, size_t left)
{
	unsigned char low = 0x80, high = 0xbf;
	size_t length = c[0] < 0xc2 ? 0 : c[0] < 0xe0 ? 2 : c[0] < 0xf0 ? 3 : c[0] < 0xf5 ? 4 : 0;

	if (!length || left < length)
		return 0;
	if (c[0] == 0xe0)
		low = 0xa0; /* less would be overlong */
	else if (c[0] == 0xed)
		high = 0x9f; /* more would be a surrogate */
	else if (c[0] == 0xf0)
		low = 0x90;
	else if (c[0] == 0xf4)
		high = 0x8f; /* more would be above U+10FFFF */
	if (c[1] < low || c[1] > high)
		return 0;
	for (size_t i = 2; i < length; i++)
		if ((c[i] & 0xc0) != 0x80)
			return 0;
	return length;
}

static bool scan_sequence(struct scan *s)
{
	size_t length = sequence_length(s->text + s->at, s->length - s->at);

	if (!length)
		return refuse(s, s->at, "the byte is not valid UTF-8", "save the file as UTF-8");
	s->at += length;
	return true;
}

static int read_hex_digit(int c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	return (c | 32) >= 'a' && (c | 32) <= 'f' ? (c | 32) - 'a' + 10 : -1;
}

/* The value of four hexadecimal digits, or -1 (then yajl says what is wrong). */
static int read_unit(const struct scan *s, size_t at)
{
	int value = 0;

	if (s->length - at < 4)
		return -1;
	for (size_t i = at; i < at + 4; i++) {
		int digit = read_hex_digit(s->text[i]);
		if (digit < 0)
			return -1;
		value = value * 16 + digit;
	}
	return value;
}

/* At the 'u' of an escape. */
static bool scan_unit(struct scan *s)
{
	size_t start = s->at - 1;
	int unit = read_unit(s, s->at + 1);

	s->at++;
	if (unit == 0)
		return refuse(s, start, "the text has a NUL in it", "leave out the \\u0000");
	if (unit < 0xd800 || unit > 0xdfff)
		return true;
	s->at += 4;
	bool has_second = s->length - s->at >= 6 && s->text[s->at] == '\\' && s->text[s->at + 1] == 'u';
	int second = has_second ? read_unit(s, s->at + 2) : -1;
	if (unit > 0xdbff || second < 0xdc00 || second > 0xdfff)
		return refuse(s, start, "half a surrogate pair", "write the character itself, or both halves");
	s->at += 6;
	return true;
}

/* Behind the opening quote; ends behind the closing one, or at the end of the text. */
static bool scan_string(struct scan *s)
{
	while (s->at < s->length) {
		unsigned char c = s->text[s->at];
		if (c == '"') {
			s->at++;
			return true;
		}
		if (c == '\\') {
			s->at++;
			if (s->at < s->length && s->text[s->at] == 'u') {
				if (!scan_unit(s))
					return false;
				continue;
			}
		} else if (c >= 0x80) {
			if (!scan_sequence(s))
				return false;
			continue;
		} else if (c == 0) {
			return refuse(s, s->at, "the text has a NUL in it", "a NUL byte cannot be part of a JSON text");
		}
		s->at++;
	}
	s->at = s->length;
	return true;
}

static bool scan_outside(struct scan *s)
{
	unsigned char c = s->text[s->at++];

	switch (c) {
	case '"':
		return scan_string(s);
	case '{':
	case '[':
		if (++s->depth > JSON_MAX_DEPTH)
			return refuse(s, s->at - 1, "the text is nested too deeply", "at most 64 levels are read");
		return true;
	case '}':
	case ']':
		s->depth -= s->depth > 0;
		return true;
	case 0:
		return refuse(s, s->at - 1, "the text has a NUL in it", "a NUL byte cannot be part of a JSON text");
	default:
		if (c < 0x80)
			return true;
		s->at--;
		return scan_sequence(s);
	}
}

bool json_scan(const char *text, size_t length, struct scan_fault *fault)
{
	struct scan s = { .text = (const unsigned char *)text, .length = length, .fault = fault };

	if (length >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0)
		return refuse(&s, 0, "the text begins with a byte order mark", "save the file as UTF-8 without one");
	while (s.at < s.length)
		if (!scan_outside(&s))
			return false;
	return true;
}
