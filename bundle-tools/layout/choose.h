/* Which image of a layout is meant: by name, else the only one that runs on this machine. Private to layout/. */
#pragma once

#include "bundle-tools/layout/directory.h"

/* *name is what the layout calls it, or NULL. */
int choose_manifest(struct conductor *c, int layout_fd, const char *wanted, struct spec_layout_descriptor *out, const char **name,
		    struct err *e);
