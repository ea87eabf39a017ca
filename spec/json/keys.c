#include "spec/json/keys.h"

#include <string.h>

/* FNV-1a, begun with the object's number */
static uint32_t hash_key(uint32_t object, const char *key, size_t length)
{
	uint32_t hash = 2166136261u ^ (object * 2654435769u);

	for (size_t i = 0; i < length; i++)
		hash = (hash ^ (unsigned char)key[i]) * 16777619u;
	return hash;
}

static struct key_slot *find_slot(const struct key_set *set, const struct key_slot *wanted)
{
	for (size_t i = wanted->hash;; i++) {
		struct key_slot *s = &set->slots[i & (set->room - 1)];
		if (!s->key)
			return s;
		if (s->hash == wanted->hash && s->object == wanted->object && s->length == wanted->length &&
		    memcmp(s->key, wanted->key, s->length) == 0)
			return s;
	}
}

static void grow(struct key_set *set)
{
	struct key_set old = *set;

	set->room = old.room ? old.room * 2 : 64;
	set->slots = arena_alloc(set->arena, set->room * sizeof *set->slots);
	for (size_t i = 0; i < old.room; i++)
		if (old.slots[i].key)
			*find_slot(set, &old.slots[i]) = old.slots[i];
}

bool keys_add(struct key_set *set, uint32_t object, const char *key, size_t length)
{
	if (set->count * 2 >= set->room)
		grow(set);
	struct key_slot wanted = { .key = key, .length = (uint32_t)length, .object = object,
				   .hash = hash_key(object, key, length) };
	struct key_slot *slot = find_slot(set, &wanted);
	if (slot->key)
		return false;
	*slot = wanted;
	set->count++;
	return true;
}
