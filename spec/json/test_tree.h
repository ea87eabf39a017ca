/* JSON trees for tests: an own reading of a file by yajl's tree, to compare with what the reader and the writer make of
 * it. Numbers are compared by their digits. Included by *_test.c only. */
#pragma once

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <yajl/yajl_tree.h>

#define TREE_OBJECT(v) ((v) && YAJL_IS_OBJECT(v))

/* The whole file with a terminating NUL, for free(); NULL when it cannot be read. */
static inline char *tree_load(const char *path, size_t *length)
{
	FILE *file = fopen(path, "r");
	char *text = file ? calloc(1, 8 << 20) : NULL;

	if (text)
		*length = fread(text, 1, (8 << 20) - 1, file);
	if (file)
		(void)fclose(file);
	return text;
}

/* The text, or "" when the value is none. */
static inline const char *tree_text(yajl_val v)
{
	return v && YAJL_IS_STRING(v) ? v->u.string : "";
}

/* A member, or NULL when the object has none or null. */
static inline yajl_val tree_get(yajl_val object, const char *key)
{
	for (size_t i = 0; TREE_OBJECT(object) && i < object->u.object.len; i++)
		if (strcmp(object->u.object.keys[i], key) == 0)
			return YAJL_IS_NULL(object->u.object.values[i]) ? NULL : object->u.object.values[i];
	return NULL;
}

static inline bool tree_is_equal(yajl_val a, yajl_val b, char *where, size_t room);

/* Every member that `a` has is in `b` with the same value; null and absent are the same. */
static inline bool tree_is_within(yajl_val a, yajl_val b, char *where, size_t room)
{
	for (size_t i = 0; i < a->u.object.len; i++) {
		const char *key = a->u.object.keys[i];
		size_t used = strlen(where);
		(void)snprintf(where + used, room - used, "/%s", key);
		if (!tree_is_equal(tree_get(a, key), tree_get(b, key), where, room))
			return false;
		where[used] = '\0';
	}
	return true;
}

/* Where they differ is left in `where`, which must be empty before. */
static inline bool tree_is_equal(yajl_val a, yajl_val b, char *where, size_t room)
{
	if (!a || !b || a->type != b->type)
		return a == b;
	switch (a->type) {
	case yajl_t_string:
		return strcmp(a->u.string, b->u.string) == 0;
	case yajl_t_number:
		return strcmp(a->u.number.r, b->u.number.r) == 0;
	case yajl_t_object:
		return tree_is_within(a, b, where, room) && tree_is_within(b, a, where, room);
	case yajl_t_array:
		if (a->u.array.len != b->u.array.len)
			return false;
		for (size_t i = 0; i < a->u.array.len; i++) {
			size_t used = strlen(where);
			(void)snprintf(where + used, room - used, "/%zu", i);
			if (!tree_is_equal(a->u.array.values[i], b->u.array.values[i], where, room))
				return false;
			where[used] = '\0';
		}
		return true;
	default:
		return true; /* true, false, null: the type says it all */
	}
}
