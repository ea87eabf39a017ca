/* Owns the question where packages come from: read from the machine's apt configuration (sources.list(5), both formats). */
#pragma once

#include "bundle-tools/conductor.h"

/* The address that the machine fetches this suite from, else one for another suite of the distribution ("debian", "ubuntu"), else
 * NULL: the bootstrap tool knows a default. `etc_apt` is /etc/apt. */
const char *mirror_find(struct conductor *c, const char *etc_apt, const char *distribution, const char *suite);
