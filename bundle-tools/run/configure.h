/* Owns what a container's config.json says: from image and options to a struct bundle. */
#pragma once

#include "bundle-tools/run/container.h"
#include "bundle-tools/store/image.h"

struct configuring {
	struct conductor *c;
	const struct container_options *options;
	const struct image *image; /* or NULL */
	int root_fd;               /* the mounted root */
	int dir_fd;                /* the bundle's directory */
	const char *directory;
	bool has_user_namespace;   /* who runs it is an ordinary user */
};

/* Write hosts, resolv.conf and config.json into the bundle's directory. */
int configure(const struct configuring *x, struct err *e);

/* Make the image's volumes below the bundle's directory; `out` has room for all of them. */
int configure_volumes(const struct configuring *x, struct bundle_mount *out, size_t *count, struct err *e);

/* The image's labels, and what else it says about itself. */
void configure_annotations(const struct configuring *x, struct spec_map *out);
