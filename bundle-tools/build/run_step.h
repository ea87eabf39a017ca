/* Owns RUN: a command in a real container, through the OCI runtime, on the root file system that is being made. It has the host's
 * network; apt's lists and archives are kept outside of the layers, one set for each base. */
#pragma once

#include "bundle-tools/build/plan.h"
#include "bundle-tools/store/layer.h"

struct run_step {
	const struct step *step;
	const struct layer_writer *writer;
	int merged_fd;    /* the root, a detached mount */
	int output_fd;    /* for what the command says, -1: ours */
	bool has_shell_on_error;
};

int run_step(struct conductor *c, const struct run_step *r, struct err *e);

/* The id of the container that makes a layer, and its bundle as a path. */
const char *run_step_id(struct conductor *c, const char *key);
const char *run_step_bundle(struct conductor *c, const char *key);
