/* Texts that grow, and the one place where a number is read from text. */
#pragma once

#include "spec/base/arena.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct text {
	struct arena *arena;
	char *at; /* always terminated; never NULL after text_init */
	size_t length, room;
};

void text_init(struct text *t, struct arena *a);
void text_add(struct text *t, const char *format, ...) __attribute__((format(printf, 2, 3)));
void text_add_bytes(struct text *t, const void *bytes, size_t length);

/* Decimal digits only: no sign, no space, no prefix, nothing after. False when it is not such a number or above `max`. */
bool text_read_uint(const char *text, uint64_t max, uint64_t *out);

/* The same with an optional leading '-'. */
bool text_read_int(const char *text, int64_t min, int64_t max, int64_t *out);

/* Octal digits (file modes in mount options and devices). */
bool text_read_octal(const char *text, uint64_t max, uint64_t *out);

/* A percentage as the kernel writes it, digits with two decimals ("12.34"): in hundredths, 1234. */
bool text_read_percent(const char *text, uint64_t *out);

bool text_is_equal(const char *a, const char *b);
bool text_has_prefix(const char *text, const char *prefix);
