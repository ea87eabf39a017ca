/* One file of a layer, made by directory and name. Private to layout/unpack*.c. */
#pragma once

#include "bundle-tools/layout/tar.h"
#include "bundle-tools/layout/unpack.h"

enum { UNPACK_BLOCK = 128 << 10 };

struct unpack {
	struct conductor *c;
	int top_fd, dir_fd; /* the layer; the directory of the present entry (O_PATH) */
	const char *name;   /* of the present entry in it: one component */
	const struct unpack_rules *rules;
	bool hides_below;   /* the layer had said before that what is below has gone */
	char *block;
};

/* A directory shows nothing of the layers below. */
int unpack_make_opaque(const struct conductor *c, int dir_fd, const char *name, struct err *e);

/* Owner, mode and attributes of a directory of a layer below, onto one that was made; *modified is to be set at the end. */
int unpack_copy_directory(const struct unpack *u, int from_fd, int dir_fd, const char *name, struct timespec *modified,
			  struct err *e);

/* Another name for a file that an earlier entry made. */
int unpack_link(const struct unpack *u, int from_fd, const char *from, struct err *e);

/* Anything else, with its content, owner, attributes, mode and time; of a directory that is there only these. */
int unpack_make(const struct unpack *u, struct tar_reader *reader, const struct tar_entry *entry, bool is_there, struct err *e);
