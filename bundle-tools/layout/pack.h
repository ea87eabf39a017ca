/* Owns the way from a layer of the store to an archive: sorted names, whole seconds, numbers instead of names of owners, so that
 * the same layer makes the same bytes. */
#pragma once

#include "bundle-tools/conductor.h"
#include "bundle-tools/layout/stream.h"

/* Times later than `newest` (seconds since 1970) are written as that. Sockets are left out: no archive can hold one. */
int pack_layer(struct conductor *c, const char *key, int64_t newest, struct stream_writer *to, struct err *e);
