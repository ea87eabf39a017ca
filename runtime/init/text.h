/* Owns what init needs of bytes and texts: no allocation, every size is the caller's. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/* The compiler calls these on its own as well; main.c has them. */
void *memcpy(void *restrict to, const void *restrict from, size_t size);
void *memmove(void *to, const void *from, size_t size);
void *memset(void *at, int byte, size_t size);
int memcmp(const void *a, const void *b, size_t size);

static inline size_t text_length(const char *text)
{
	size_t length = 0;

	while (text[length])
		length++;
	return length;
}

static inline bool text_equal(const char *a, const char *b)
{
	while (*a && *a == *b)
		a++, b++;
	return *a == *b;
}

static inline bool text_begins(const char *text, const char *with)
{
	while (*with && *text == *with)
		text++, with++;
	return !*with;
}

/* Append `from` to the text of `length` bytes in `to`; its new length, or `size` when it does not fit (cut, ended). */
static inline size_t text_add(char *to, size_t size, size_t length, const char *from)
{
	while (*from && length + 1 < size)
		to[length++] = *from++;
	if (length < size)
		to[length] = 0;
	return *from ? size : length;
}

/* False when it does not fit. */
static inline bool text_copy(char *to, size_t size, const char *from)
{
	return text_add(to, size, 0, from) < size;
}
