/* Owns the removal of what nobody uses any more: layers (rmcache), and what killed commands left behind (gc). */
#pragma once

#include "bundle-tools/store/store.h"

#include <stdint.h>

struct cleaned {
	uint64_t layers, bytes;
};

/* Remove layers that no image, container or bundle uses, and the apt caches of bases that are gone. */
int clean_layers(struct conductor *c, struct cleaned *out, struct err *e);

/* Remove the files of locks that nobody holds: who is killed leaves them. */
int clean_locks(struct conductor *c, struct err *e);

/* Remove locks and stat caches that nobody holds. */
int clean_hints(struct conductor *c, struct err *e);
