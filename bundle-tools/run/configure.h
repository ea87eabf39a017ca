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
};

/* Write hosts, resolv.conf and config.json into the bundle's directory. */
int configure(const struct configuring *x, struct err *e);

/* The image's labels, and what else it says about itself. */
void configure_annotations(const struct configuring *x, struct spec_map *out);
