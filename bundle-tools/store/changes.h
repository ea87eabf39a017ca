/* Owns what each layer of an image adds, changes and removes, found by laying them over each other. */
#pragma once

#include "bundle-tools/store/store.h"
#include "spec/model.h"

#include <stddef.h>

struct change {
	char kind;        /* '+' added, '~' changed, '-' removed */
	const char *path; /* from the root, without a slash in front */
};

struct layer_changes {
	size_t added, changed, removed; /* files and links; directories only when they are removed */
	struct change *at;
	size_t count;
};

/* One for each layer, in the order given (the base first). */
int changes_read(struct conductor *c, const struct spec_texts *layers, struct layer_changes *out, struct err *e);
