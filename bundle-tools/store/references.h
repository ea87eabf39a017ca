/* Owns the question which layers are used: by images, by containers, by bundles that were made in other places, by whatever
 * is mounted. Nothing that is used is ever removed. */
#pragma once

#include "bundle-tools/store/store.h"
#include "spec/model.h"

struct reference {
	const char *owner; /* "image web", "container web", "bundle /b/web" */
	struct spec_texts layers;
};

struct references {
	struct reference *at;
	size_t count;
	const char *mounts; /* the overlays that are mounted, as /proc/self/mountinfo tells them */
	const char *layers; /* the directory of our layers, written the same way, with a slash at its end */
};

int references_read(struct conductor *c, struct references *out, struct err *e);

/* Who uses the layer; NULL when nobody does. */
const char *references_find(const struct references *r, const char *key);

/* A container that was made from the image; NULL without one. */
int references_find_container(struct conductor *c, const char *image, const char **out, struct err *e);

/* Remember a bundle outside of the store, so that its layers stay. */
int references_add_bundle(struct conductor *c, const char *directory, const struct spec_texts *layers, struct err *e);
