/* Where things stand in a JSON text. Works on any bytes without reading past them; on what is no JSON the answer is
 * some place at or before the trouble. */
#pragma once

#include "spec/base/text.h"

#include <stddef.h>

/* Byte offset at which the value of a JSON pointer begins, or that of its nearest ancestor which the text has. A member
 * whose key is written with escapes is not found, its object is. */
size_t json_find_offset(const char *text, size_t length, const char *pointer);

/* The pointer of the innermost value around a byte offset: of its object, where the offset is in a key. */
void json_find_pointer_at(const char *text, size_t length, size_t at, struct text *pointer);
