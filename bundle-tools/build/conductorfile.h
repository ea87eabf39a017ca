/* Owns the syntax of a Conductorfile: text in, instructions out, mistakes as FILE:LINE. Nothing is looked up here, neither a
 * variable nor a file; build/plan.c does that.
 *
 * One instruction a line; a backslash at the end of a line joins the next one; lines that begin with # and empty lines are
 * skipped, also between joined lines; RUN and COPY may be followed by heredocs. The first lines may hold directives:
 * `# syntax=docker...` asks for Docker's meaning of COPY and Docker's shell, otherwise the course tool's hold. */
#pragma once

#include "spec/base/arena.h"
#include "spec/base/err.h"
#include "spec/model.h"

enum instruction_kind {
	INSTRUCTION_FROM,
	INSTRUCTION_COPY,
	INSTRUCTION_RUN,
	INSTRUCTION_ENV,
	INSTRUCTION_WORKDIR,
	INSTRUCTION_USER,
	INSTRUCTION_ENTRYPOINT,
	INSTRUCTION_CMD,
	INSTRUCTION_LABEL,
	INSTRUCTION_ARG,
	INSTRUCTION_EXPOSE,
	INSTRUCTION_VOLUME,
	INSTRUCTION_STOPSIGNAL,
	INSTRUCTION_SHELL,
};

struct heredoc {
	const char *name, *body;
	bool is_literal; /* its name was quoted: no variables inside */
};

struct instruction {
	enum instruction_kind kind;
	unsigned line;          /* the first one */
	const char *shown;      /* the instruction with joined lines, without heredoc bodies */
	const char *rest;       /* all that follows the word and its flags; of RUN with heredocs: with their bodies */
	bool is_list;           /* written as a JSON array: `words` are exact, no quotes and no variables in them */
	struct spec_texts words; /* the rest, split at blanks, quotes still in place; empty for RUN, CMD, ENTRYPOINT in shell form */
	const char *from, *owner, *mode; /* COPY --from= --chown= --chmod=, or NULL */
	const char *stage;      /* FROM ... AS STAGE, or NULL */
	SPEC_LIST(heredoc) heredocs;
	const char *script;     /* RUN with a heredoc that names its interpreter (#!): that is run, without a shell; else NULL */
};

struct conductorfile {
	const char *path;
	bool is_docker;
	SPEC_LIST(instruction) instructions;
};

/* Parse a text that is terminated by NUL at `length`. */
int conductorfile_parse(const char *path, const char *text, size_t length, struct arena *a, struct conductorfile *out,
			struct err *e);

/* The same for a file. */
int conductorfile_read(const char *path, struct arena *a, struct conductorfile *out, struct err *e);

/* Put FILE:LINE in front of an error. Returns -1. */
int conductorfile_err(const struct conductorfile *file, const struct instruction *i, struct err *e);
