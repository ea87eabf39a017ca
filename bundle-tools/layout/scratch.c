#include "bundle-tools/layout/scratch.h"

#include <stdint.h>
#include <sys/random.h>

int scratch_open(struct conductor *c, struct layer_writer *out, struct err *e)
{
	char *key = arena_alloc(&c->arena, HASH_TEXT);
	uint64_t number;
	struct hash h;

	/* what nobody else has: the lock goes by it */
	if (getrandom(&number, sizeof number, 0) != (ssize_t)sizeof number)
		return err_sys(e, "get a random number");
	hash_init(&h);
	hash_add_text(&h, "scratch 1");
	hash_add(&h, &number, sizeof number);
	hash_finish_text(&h, key);
	int begun = layer_begin(c, key, out, e);
	return begun == 1 ? err_set(e, "make a scratch directory: it exists") : begun;
}
