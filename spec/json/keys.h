/* Which keys each object of a text has had, so that a second one is noticed. One table for the whole text. */
#pragma once

#include "spec/base/arena.h"

#include <stdbool.h>

struct key_slot {
	const char *key; /* NULL: free */
	uint32_t length, hash, object;
};

struct key_set {
	struct arena *arena;
	struct key_slot *slots;
	size_t count, room; /* room is a power of two, or 0 before the first key */
};

/* False when the object with this number has had the key. The bytes must stay where they are. */
bool keys_add(struct key_set *set, uint32_t object, const char *key, size_t length);
