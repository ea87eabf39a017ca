/* Owns images: small files images/NAME.json that say which layers an image has and how it is run. The names below "config" are
 * those of the OCI image configuration. */
#pragma once

#include "bundle-tools/store/store.h"
#include "spec/model.h"

struct spec_image_empty { /* ExposedPorts and Volumes: a name and nothing in it */
	const char *key;
};

struct spec_image_config {
	const char *user;
	SPEC_LIST(spec_image_empty) exposed_ports, volumes;
	struct spec_texts env, entrypoint, cmd, shell;
	const char *working_dir;
	struct spec_map labels;
	const char *stop_signal;
};

struct spec_image_step { /* one instruction, in the order of the file */
	const char *created_by;
	const char *layer; /* its key; absent when it made none */
};

struct image {
	const char *name, *created, *architecture, *author; /* author: NULL when nobody says so */
	struct spec_texts layers; /* keys, the base first */
	const char *base;         /* key of the layer that a distribution was unpacked to; "" when there is none */
	const char *generation;   /* part of the keys of its layers: changed by --no-cache */
	struct spec_image_config *config;
	SPEC_LIST(spec_image_step) history; /* what its layers come from, the base image's first */
	SPEC_LIST(spec_image_step) steps;   /* of its last build, in all stages; of an imported one none */
};

/* The same document is part of an OCI image. */
extern const struct record record_image_config;

/* 1: there is no such image. */
int image_find(struct conductor *c, const char *name, struct image **out, struct err *e);

/* No such image is an error. */
int image_read(struct conductor *c, const char *name, struct image **out, struct err *e);

/* Write it under image->name; `created` NULL: now. An image of that name is replaced. */
int image_write(struct conductor *c, struct image *image, struct err *e);

int image_remove(const struct conductor *c, const char *name, struct err *e);
