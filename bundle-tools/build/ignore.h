/* Owns .dockerignore: which files of the context no COPY takes. A line is a pattern for paths below the context: * and ? stand for
 * anything but a slash, ** for directories, too; what lies in a directory that matches is meant as well. Behind ! it takes back
 * what lines before it said. Empty lines and those that begin with # say nothing. */
#pragma once

#include "bundle-tools/conductor.h"
#include "spec/model.h"

struct ignore {
	struct spec_texts patterns; /* without a slash at the beginning or end; ! in front is kept */
	bool takes_back;            /* there is a line with ! */
};

/* A context without the file ignores nothing. */
int ignore_read(struct conductor *c, int context_fd, struct ignore *out, struct err *e);

/* Whether a path below the context, without a slash at the beginning, is none for COPY. */
bool ignore_has(const struct ignore *ignore, struct arena *a, const char *path);
