/* Owns what a build will do: a Conductorfile and what it refers to (images, arguments, files) become a list of steps, each with the
 * key of the layer it makes. All keys are known before anything is made, so that --dry-run is the same code. */
#pragma once

#include "bundle-tools/build/base.h"
#include "bundle-tools/build/conductorfile.h"
#include "bundle-tools/build/copy.h"
#include "bundle-tools/store/image.h"

struct build_options {
	const char *image, *file; /* file: NULL is Conductorfile */
	const char *mirror, *keyring, *packages;
	int variant;              /* enum base_variant */
	struct {
		const char **at;
		size_t count;
	} arguments;              /* NAME=VALUE */
	bool has_no_cache, explains_cache, is_dry_run, has_shell_on_error, is_quiet;
};

/* Where a RUN finds a heredoc that names its interpreter. */
#define STEP_SCRIPT "/dev/heredoc"

enum step_kind { STEP_BASE, STEP_COPY, STEP_COPY_FROM, STEP_RUN, STEP_WORKDIR, STEP_CONFIG };

struct step {
	enum step_kind kind;
	const struct instruction *instruction;
	const char *key, *parent;      /* key: NULL when it makes no layer; parent: "" for the first */
	struct spec_texts below;       /* keys of the layers below it, the base first */
	struct base base;              /* STEP_BASE */
	struct copy copy;              /* STEP_COPY, STEP_COPY_FROM */
	struct spec_texts from_words, from_layers; /* STEP_COPY_FROM */
	const char *manifest;          /* STEP_COPY */
	struct spec_texts args, env;   /* STEP_RUN */
	struct spec_texts shell;       /* STEP_RUN: that of SHELL, or none */
	const char *cwd, *user;        /* STEP_RUN; cwd also STEP_WORKDIR */
	const char *base_key;          /* STEP_RUN: of the distribution below, or "" */
};

struct plan {
	SPEC_LIST(step) steps;
	const char *generation;        /* part of every key; "" for the first */
	struct image image;            /* what will be written */
};

/* out->generation is set by the caller. */
int plan_read(struct conductor *c, const struct conductorfile *file, const struct build_options *options, struct plan *out,
	      struct err *e);
