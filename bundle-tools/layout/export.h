/* Owns the way of an image out of the store, as an OCI image layout that skopeo, podman, umoci and others read. The same image
 * makes the same bytes; with SOURCE_DATE_EPOCH in the environment so does the same image built again. */
#pragma once

#include "bundle-tools/conductor.h"
#include "bundle-tools/layout/stream.h"

enum export_format { EXPORT_BY_NAME, EXPORT_DIRECTORY, EXPORT_ARCHIVE };

struct export_options {
	const char *image, *to; /* "-": an archive to stdout */
	const char *name;       /* in the layout; NULL: the image's own */
	enum export_format format; /* by name: an archive when `to` ends in .tar */
	enum compression compression;
};

int export_run(struct conductor *c, const struct export_options *options, struct err *e);
