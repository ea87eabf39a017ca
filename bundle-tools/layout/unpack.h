/* Owns the way from an archive to a layer of the store. The archive is hostile: every name is walked from the layer's own
 * directory, one component at a time, and no symbolic link is ever followed; what would lie outside, what pretends to be
 * overlayfs's own, and devices that reach beyond the container's own are refused. */
#pragma once

#include "bundle-tools/conductor.h"
#include "bundle-tools/layout/stream.h"

enum { UNPACK_ENTRIES_MOST = 4 << 20 };

struct unpack_rules {
	const int *below; /* the layers below, the topmost first: where directories that the archive does not tell are found */
	size_t below_count;
	bool has_devices; /* any device may be made, not only those of every container's /dev */
};

/* Into the empty directory of a layer that is being made. */
int unpack_layer(struct conductor *c, struct stream_reader *from, int diff_fd, const struct unpack_rules *rules, struct err *e);
