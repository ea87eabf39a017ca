/* Owns what is remembered of file contents: device, inode, size and times against the SHA-256 of a file, so that an unchanged tree
 * is not read again. A file that changed within two seconds of being read is not remembered: its next change could have the same
 * times (as git's index does). The cache is only ever a hint; a damaged one is empty. */
#pragma once

#include "bundle-tools/store/hash.h"
#include "bundle-tools/store/store.h"

#include <stdint.h>
#include <sys/stat.h>

struct stat_cache_entry {
	uint64_t device, inode, size;
	int64_t modified, changed; /* nanoseconds */
	unsigned char digest[HASH_BYTES];
};

struct stat_cache {
	struct arena *arena;
	const char *name;                   /* below stat-cache/ */
	struct stat_cache_entry *old, *now; /* what was known, and what this pass saw */
	size_t old_count, now_count, now_room;
	uint32_t *table;                    /* inode to index + 1 of `old`; a power of two long */
	size_t table_size;
	int64_t began;                      /* when this pass began */
	bool is_changed;
};

/* `source` names the tree: each has a cache of its own. */
void stat_cache_load(struct conductor *c, const char *source, struct stat_cache *out);

/* The digest that is known for the file, or NULL. */
const unsigned char *stat_cache_find(const struct stat_cache *s, const struct stat *st);

void stat_cache_add(struct stat_cache *s, const struct stat *st, const unsigned char digest[HASH_BYTES], bool was_known);

/* Nothing is said when it cannot be written. */
void stat_cache_save(struct conductor *c, struct stat_cache *s);
