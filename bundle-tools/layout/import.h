/* Owns the way of an image into the store, out of an OCI image layout: a directory, or an archive of one. Nothing of it is
 * believed: sizes and digests are compared, archives are taken as layout/unpack.h says, and what is wrong leaves nothing behind. */
#pragma once

#include "bundle-tools/conductor.h"

enum { IMPORT_GIGABYTES = 32 }; /* what an image may expand to, if nobody says otherwise */

struct import_options {
	const char *from;  /* "-": an archive from stdin */
	const char *image; /* its name in the store; NULL: as in the layout */
	const char *name;  /* which image of the layout; NULL: the only one for this machine */
	uint64_t most;     /* bytes */
	bool has_devices;
};

int import_run(struct conductor *c, const struct import_options *options, struct err *e);
