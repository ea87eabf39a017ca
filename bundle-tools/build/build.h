/* Owns a build: the plan's steps, each found in the cache or made, and the image at the end. */
#pragma once

#include "bundle-tools/build/plan.h"

int build_run(struct conductor *c, const struct build_options *options, struct err *e);

/* Remove what killed builds left: scratch directories whose lock is free, and the containers that ran in them. */
int build_sweep(struct conductor *c, struct err *e);

/* user_namespace_open_store, for those who sweep. Without root each process that a killed build left is in a user namespace of its
 * own, and only who has entered that one can end it: that is done here, before there is a way back no more. */
int build_open_store(struct conductor *c, struct err *e);
