/* Owns the names that engines give their containers: podman's (and buildah's, CRI-O's) in containers/storage, Docker's in its own
 * directory. Only read, never asked for by their programs. */
#pragma once

#include "bundle-tools/conductor.h"

/* The id of the container that an engine calls `name`; NULL when none does. */
const char *engines_find(struct conductor *c, const char *name);
