/* Owns --explain-cache: why a step is not cached, found by comparing it with the image that the name has now. */
#pragma once

#include "bundle-tools/build/plan.h"

struct explainer {
	const struct image *before;  /* the image that will be replaced, or NULL */
	size_t step;                 /* number of the step, among those of the build */
	bool is_reason_known;        /* an earlier step has changed: the rest follows from it */
};

/* One sentence. */
const char *explain_step(struct conductor *c, struct explainer *x, const struct step *s);
