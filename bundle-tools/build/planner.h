/* What the files of the planner share. */
#pragma once

#include "bundle-tools/build/plan.h"
#include "bundle-tools/build/words.h"

struct variable {
	const char *name, *value; /* value: NULL when declared without one */
};

struct stage {
	const char *name, *base;  /* name: NULL without AS */
	struct spec_texts layers;
	struct spec_image_config config;
	SPEC_LIST(variable) arguments;
	SPEC_LIST(spec_image_step) history;
	bool has_own_cmd;         /* CMD was given here, not by the image below */
};

struct planner {
	struct conductor *c;
	const struct conductorfile *file;
	const struct build_options *options;
	struct plan plan;
	SPEC_LIST(stage) stages;
	struct stage *stage;      /* the last one, or NULL before the first FROM */
	SPEC_LIST(variable) global; /* ARG before FROM */
	bool *is_argument_used;   /* of options->arguments */
	const struct instruction *i; /* the one in hand */
	struct err *e;
};

/* $NAME by the stage's environment and arguments. NULL after an error. */
const char *planner_expand(struct planner *p, const char *word);
const char *planner_expand_body(struct planner *p, const char *body);
int planner_expand_all(struct planner *p, struct spec_texts *out);

struct step *planner_add_step(struct planner *p, enum step_kind kind);

/* Give the step its key, made of the parent, a word for its kind and `parts`, and put its layer on top of the stage. */
void planner_set_key(struct planner *p, struct step *s, const char *kind, const struct spec_texts *parts);

/* Continue a path from the stage's working directory. */
const char *planner_join(struct planner *p, const char *path);

/* The arguments of RUN, CMD and ENTRYPOINT: exact ones, or the shell's and the text. */
void planner_read_command(struct planner *p, struct spec_texts *out);

/* Instructions by kind. */
int planner_read_from(struct planner *p);
int planner_read_copy(struct planner *p);
int planner_read_run(struct planner *p);
int planner_read_argument(struct planner *p);
int planner_read_workdir(struct planner *p);
int planner_read_config(struct planner *p);
