/* Owns the names of a container's devices: NAME-outside and NAME-inside, which scripts know. The kernel's names have at most 15
 * characters: a longer one is shortened, and the whole becomes a further name of the device. */
#pragma once

#include "bundle-tools/conductor.h"

#include <net/if.h>

struct network_names {
	char outside[IFNAMSIZ], inside[IFNAMSIZ];
	const char *outside_long, *inside_long; /* NULL when the name is short enough */
	const char *alias;                      /* of the outer device: whose it is, also when two stores have the same names */
};

void names_choose(struct conductor *c, const char *container, struct network_names *out);
