/* Owns the question what a word on the command line of `stats` means: a container of ours, a cgroup, or a container of an engine
 * by its name or the beginning of its id. */
#pragma once

#include "bundle-tools/conductor.h"
#include "spec/model.h"

struct targets {
	struct spec_texts ids;     /* of our runtime */
	struct spec_texts cgroups; /* below the hierarchies' mount points */
};

int targets_find(struct conductor *c, char *const *words, int count, struct targets *out, struct err *e);
