/* Owns an OCI image layout as a directory (image-spec, "Image Layout"): oci-layout, index.json, blobs/sha256/DIGEST. A blob that is
 * there has the content that its name says: written under no name, or read and compared. */
#pragma once

#include "bundle-tools/conductor.h"
#include "bundle-tools/layout/documents.h"
#include "bundle-tools/layout/stream.h"

/* "sha256:" and 64 digits: the digits, or NULL. */
const char *layout_read_digest(const char *digest);

/* --- writing -------------------------------------------------------------------------------------------------------- */

/* What every layout has, in a directory that is empty or a layout already. */
int layout_prepare(struct conductor *c, int layout_fd, struct err *e);

/* A file without a name, to be filled. */
int layout_open_blob(int layout_fd, struct err *e);

/* Give it the name that its content has; one that is there already is the same. Owns the descriptor. */
int layout_keep_blob(int layout_fd, int blob_fd, const char *sum, struct err *e);

/* A document as a blob. Fills digest and size of the descriptor. */
int layout_write_document(struct conductor *c, int layout_fd, const struct record *record, const void *document,
			  struct spec_layout_descriptor *out, struct err *e);

/* Into index.json, last of all: from now on the image is in the layout. One of the same name is replaced. */
int layout_add_manifest(struct conductor *c, int layout_fd, const struct spec_layout_descriptor *manifest, const char *name,
			struct err *e);

/* --- reading -------------------------------------------------------------------------------------------------------- */

/* Is there a layout, and of a version that is known? */
int layout_check(struct conductor *c, int layout_fd, struct err *e);

int layout_read_index(struct conductor *c, int layout_fd, struct layout_index **out, struct err *e);

/* A document out of a blob whose size and digest are right. */
int layout_read_document(struct conductor *c, int layout_fd, const struct record *record, const struct spec_layout_descriptor *from,
			 void **out, struct err *e);

/* A blob of the right size, opened; its digest is still to be compared. */
int layout_open(int layout_fd, const struct spec_layout_descriptor *from, struct err *e);

/* The value of an annotation, or NULL. */
const char *layout_find_annotation(const struct spec_layout_descriptor *d, const char *key);
