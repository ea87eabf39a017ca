/* Owns the archive format of layers: POSIX.1-2001 pax interchange, written; that and what GNU tar, Go and older tools write, read.
 * Reading trusts nothing: numbers, lengths and checksums are looked at, a header's extensions are bounded, names are given as they
 * stand (layout/unpack.c decides which of them it takes). */
#pragma once

#include "bundle-tools/layout/stream.h"
#include "bundle-tools/store/tree.h"
#include "spec/base/arena.h"
#include "spec/model.h"

enum { TAR_BLOCK = 512 };

enum tar_type {
	TAR_FILE = '0',
	TAR_HARD_LINK = '1',
	TAR_SYMLINK = '2',
	TAR_CHARACTER = '3',
	TAR_BLOCK_DEVICE = '4',
	TAR_DIRECTORY = '5',
	TAR_FIFO = '6',
	/* these tar_next() deals with itself */
	TAR_CONTIGUOUS = '7',
	TAR_PAX = 'x',
	TAR_GLOBAL_PAX = 'g',
	TAR_LONG_NAME = 'L', /* GNU tar */
	TAR_LONG_LINK = 'K',
	TAR_OLD_SPARSE = 'S', /* GNU tar before 1.15 */
};

struct tar_piece { /* of a sparse file: what is not a hole */
	uint64_t at, size;
};

struct tar_entry {
	enum tar_type type;
	const char *name, *link; /* link: of both kinds of links; else NULL */
	mode_t mode;             /* permission bits */
	uint32_t uid, gid;
	int64_t seconds;         /* when it was modified, since 1970 */
	long nanoseconds;
	uint64_t size;           /* of the file, holes included */
	uint32_t major, minor;
	SPEC_LIST(tree_xattr) xattrs;
	bool is_sparse;
	SPEC_LIST(tar_piece) pieces; /* in order; with is_sparse */
};

/* --- writing -------------------------------------------------------------------------------------------------------- */

/* The headers of an entry. Of a file, exactly `size` bytes of stream_write() must follow, and then tar_write_padding(). Times
 * are written in seconds; sparse files as if they had no holes. */
int tar_write_entry(struct stream_writer *w, struct arena *a, const struct tar_entry *entry, struct err *e);
int tar_write_padding(struct stream_writer *w, uint64_t size, struct err *e);
int tar_write_end(struct stream_writer *w, struct err *e);

/* --- reading -------------------------------------------------------------------------------------------------------- */

struct tar_reader {
	struct stream_reader *stream;
	struct arena scratch;  /* what belongs to the present entry */
	uint64_t content_left; /* bytes of the present entry that were not read yet */
	uint64_t padding;
};

void tar_reader_init(struct tar_reader *r, struct stream_reader *stream);
void tar_reader_finish(struct tar_reader *r);

/* 1: *out is the next entry, valid up to the following call. 0: the archive's end. */
int tar_next(struct tar_reader *r, struct tar_entry *out, struct err *e);

/* Content of the present entry, at most to its end; of a sparse file its pieces, one behind the other. */
ssize_t tar_read(struct tar_reader *r, void *bytes, size_t length, struct err *e);
