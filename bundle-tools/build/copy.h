/* Owns COPY: which files a source names, and how they land in the image.
 *
 * The course's meaning is that of `cp -a SOURCE... DESTINATION`: an existing directory receives the source under its own name, a
 * missing destination becomes the source; modes and owners stay. Docker's: of a directory the contents are copied, owners become
 * root. In both a missing parent of the destination is made, and directories that exist keep their contents. */
#pragma once

#include "bundle-tools/build/conductorfile.h"
#include "bundle-tools/build/ignore.h"
#include "bundle-tools/store/tree.h"

struct copy_source {
	const char *shown;  /* as it is named in messages */
	const char *name;   /* what it is called when it lands in a directory; "" when only its contents are meant */
	int dir_fd;         /* where `path` begins; AT_FDCWD for the working directory */
	const char *path;   /* its last part is `leaf` */
	const char *leaf;
	const char *body;   /* of a heredoc: the content itself; otherwise NULL */
	struct tree tree;
};

struct copy {
	bool is_docker;
	const char *destination; /* absolute in the image */
	bool has_slash;          /* the destination was written with a / at its end */
	const char *owner;       /* --chown, or NULL */
	struct tree_rules rules;
	struct ignore ignore;    /* Docker's context: what of it is not there for us */
	SPEC_LIST(copy_source) sources;
};

/* Find the sources of words in the working directory (wildcards are those of glob(7)), and read their trees. */
int copy_find(struct conductor *c, struct copy *copy, const struct spec_texts *words, struct err *e);

/* The paths below a root that match; none is an error. */
int copy_match(struct conductor *c, int root_fd, const char *pattern, struct spec_texts *out, struct err *e);

/* The same inside of another root, when its files are there: COPY --from. */
int copy_find_in_root(struct conductor *c, struct copy *copy, int root_fd, const struct spec_texts *words, struct err *e);

/* Close what finding has opened. */
void copy_finish(struct copy *copy);

/* A heredoc as a source, and the mode of what it becomes. */
void copy_add_body(struct conductor *c, struct copy *copy, const char *name, const char *body);
mode_t copy_body_mode(const struct copy *copy);

/* All manifests. */
void copy_write_manifest(const struct copy *copy, struct text *out);

/* Copy into the root, an overlay whose upper directory is `upper_fd`; the mount's descriptor is taken, and may be closed half-way.
 * A file that differs from the one that was read before is an error: it is changing right now. */
int copy_run(struct conductor *c, const struct copy *copy, int *root_fd, int upper_fd, struct err *e);
