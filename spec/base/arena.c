#include "spec/base/arena.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

enum { ARENA_FIRST = 16 }; /* no offset is 0 */

static _Noreturn void give_up(const char *what)
{
	(void)fprintf(stderr, "boxcar: out of memory: %s\n", what);
	_Exit(1);
}

void arena_init(struct arena *a, size_t size)
{
	void *base = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (base == MAP_FAILED)
		give_up("the address space for the arena was refused; is RLIMIT_AS very low?");
	*a = (struct arena){ .base = base, .used = ARENA_FIRST, .size = size };
}

void arena_finish(struct arena *a)
{
	if (a->base)
		(void)munmap(a->base, a->size);
	*a = (struct arena){ 0 };
}

void arena_reset(struct arena *a)
{
	memset(a->base, 0, a->used);
	a->used = ARENA_FIRST;
}

void *arena_alloc(struct arena *a, size_t size)
{
	size_t start = (a->used + 15) & ~(size_t)15;

	if (size > a->size || start > a->size - size)
		give_up("the input needs more than the arena holds");
	a->used = start + size;
	return a->base + start;
}

void *arena_grow(struct arena *a, void *old, size_t old_size, size_t new_size)
{
	if (old && (char *)old + old_size == a->base + a->used && new_size >= old_size &&
	    new_size - old_size <= a->size - a->used) {
		a->used += new_size - old_size;
		return old;
	}
	void *grown = arena_alloc(a, new_size);
	if (old)
		memcpy(grown, old, old_size < new_size ? old_size : new_size);
	return grown;
}

char *arena_copy(struct arena *a, const char *text, size_t length)
{
	char *copy = arena_alloc(a, length + 1);

	if (length)
		memcpy(copy, text, length);
	return copy;
}

char *arena_text(struct arena *a, const char *text)
{
	return arena_copy(a, text, strlen(text));
}

char *arena_format(struct arena *a, const char *format, ...)
{
	va_list list, again;

	va_start(list, format);
	va_copy(again, list);
	int length = vsnprintf(NULL, 0, format, list);
	va_end(list);
	if (length < 0)
		give_up("a text could not be formatted");
	char *text = arena_alloc(a, (size_t)length + 1);
	(void)vsnprintf(text, (size_t)length + 1, format, again);
	va_end(again);
	return text;
}

size_t arena_mark(const struct arena *a)
{
	return a->used;
}

void arena_rewind(struct arena *a, size_t mark)
{
	if (mark >= a->used)
		return;
	memset(a->base + mark, 0, a->used - mark);
	a->used = mark;
}

uint32_t arena_offset(const struct arena *a, const void *address)
{
	const char *at = address;

	if (at < a->base || at >= a->base + a->used)
		return 0;
	return (uint32_t)(at - a->base);
}

const void *arena_address(const struct arena *a, uint32_t offset)
{
	return offset && offset < a->used ? a->base + offset : NULL;
}
