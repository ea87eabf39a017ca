/* One arena per command: an address range reserved once, filled from the front, never freed before the process ends.
 * Nothing allocated here can fail later: running past the reservation ends the process with a message (exit 1), and
 * readers bound their input so that this does not happen. Memory is zeroed. */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct arena {
	char *base;
	size_t used, size;
};

enum { ARENA_SIZE = 256 << 20 }; /* address space, not memory: pages are taken when first written */

/* Reserve `size` bytes of address space. Ends the process when even that is refused. */
void arena_init(struct arena *a, size_t size);
void arena_finish(struct arena *a);

/* Empty again; what was allocated is gone. */
void arena_reset(struct arena *a);

/* Zeroed memory aligned to 16 bytes; never NULL, also for 0 bytes. */
void *arena_alloc(struct arena *a, size_t size) __attribute__((malloc, returns_nonnull, alloc_size(2)));

/* Grow the newest allocation in place, or copy. `old` may be NULL. */
void *arena_grow(struct arena *a, void *old, size_t old_size, size_t new_size) __attribute__((returns_nonnull));

/* Copies with a terminating NUL. */
char *arena_copy(struct arena *a, const char *text, size_t length) __attribute__((returns_nonnull));
char *arena_text(struct arena *a, const char *text) __attribute__((returns_nonnull));
char *arena_format(struct arena *a, const char *format, ...) __attribute__((format(printf, 2, 3), returns_nonnull));

/* Give back all that is allocated from here on: `arena_rewind(a, arena_mark(a))` around work that repeats for ever. */
size_t arena_mark(const struct arena *a);
void arena_rewind(struct arena *a, size_t mark);

/* Where an address lies, as an offset that fits 32 bits; 0 for addresses outside. And back. */
uint32_t arena_offset(const struct arena *a, const void *address);
const void *arena_address(const struct arena *a, uint32_t offset);
