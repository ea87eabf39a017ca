/* What an archive says of an entry outside of its header: pax records, GNU's long names and sparse files. Private to
 * layout/tar_*.c. */
#pragma once

#include "bundle-tools/layout/tar.h"

struct tar_extensions {
	unsigned count; /* of extended headers, and their bytes */
	uint64_t bytes;
	const char *name, *link;
	struct opt_uint uid, gid, size, real_size, major, minor;
	bool has_time;
	int64_t seconds;
	long nanoseconds;
	SPEC_LIST(tree_xattr) xattrs;
	size_t xattr_room, piece_room;
	uint64_t sparse_major;       /* 1: the map is in front of the content */
	bool has_map;
	SPEC_LIST(tar_piece) pieces; /* GNU's sparse formats 0.0 and 0.1 */
	const char *sparse_name;     /* the name in the header is a stand-in */
};

/* What follows is so many bytes of content and their padding; and: read past what is left of both. */
void tar_expect_content(struct tar_reader *r, uint64_t size);
int tar_skip(struct tar_reader *r, struct err *e);

enum { TAR_PIECES_MOST = 1 << 19 };

/* The records of a pax header; `bytes` has a NUL behind its end. */
int tar_read_pax(struct arena *a, char *bytes, size_t length, struct tar_extensions *out, struct err *e);

/* Into an entry that was read from a header. */
int tar_apply(const struct tar_extensions *x, struct tar_entry *entry, struct err *e);

/* The pieces of a sparse file by pax records, checked; a map in front of the content is read here. */
int tar_find_pieces(struct tar_reader *r, const struct tar_extensions *x, struct tar_entry *entry, struct err *e);

/* The same by a header of GNU tar's own. */
int tar_read_old_sparse(struct tar_reader *r, const char *header, struct tar_entry *entry, struct err *e);
