/* Owns base systems: a distribution's packages unpacked by mmdebstrap or debootstrap, as a layer like any other. Its key follows
 * from the distribution, suite, variant, packages, mirror, architecture and tool. */
#pragma once

#include "bundle-tools/store/layer.h"

enum base_variant { BASE_MINBASE, BASE_FULL };

struct base {
	const char *distribution, *suite, *mirror, *keyring; /* mirror, keyring: NULL leaves it to the tool */
	const char *packages;                                /* separated by commas */
	const char *architecture, *tool;
	enum base_variant variant;
};

/* Fill in what the user left open: the packages that every base has, the mirror, the architecture and the tool. `name` is
 * "debian:bookworm"; 1 when that names no distribution. */
int base_find(struct conductor *c, const char *name, const char *more_packages, struct base *b, struct err *e);

const char *base_key(struct conductor *c, const struct base *b);

/* Fill a layer that was begun. */
int base_make(struct conductor *c, const struct base *b, struct layer_writer *w, struct err *e);

/* The machine's architecture in Debian's words, which are Go's. */
const char *base_architecture(void);
