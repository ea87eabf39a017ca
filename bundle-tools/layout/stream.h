/* Owns layers as streams of bytes: what lies between the archive and the file that it is kept in. Writing compresses, reading
 * expands; both make the two digests of a layer on the way: that of the file (the blob) and that of the archive (the diff id). */
#pragma once

#include "bundle-tools/store/hash.h"
#include "spec/base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

enum compression { COMPRESSION_GZIP, COMPRESSION_ZSTD, COMPRESSION_NONE };

struct stream_sums {
	char blob[HASH_TEXT], archive[HASH_TEXT];
	uint64_t blob_size, archive_size; /* bytes */
};

/* --- writing -------------------------------------------------------------------------------------------------------- */

struct stream_writer;

/* Compressed bytes go to `fd`, which stays the caller's. */
int stream_writer_create(int fd, enum compression how, struct stream_writer **out, struct err *e);
int stream_write(struct stream_writer *w, const void *bytes, size_t length, struct err *e);

/* The last bytes; then the sums are known. */
int stream_writer_finish(struct stream_writer *w, struct stream_sums *out, struct err *e);
void stream_writer_destroy(struct stream_writer *w);

/* --- reading -------------------------------------------------------------------------------------------------------- */

struct stream_reader;

/* gzip, zstd or nothing, as the first bytes say. More than `most` bytes of archive are an error, and so is an archive that is
 * more than RATIO_MOST times as large as its file: a bomb. */
enum { RATIO_MOST = 1000, RATIO_FREE = 64 << 20 /* bytes that are never a bomb */ };
int stream_reader_create(int fd, uint64_t most, struct stream_reader **out, struct err *e);

/* So many bytes, fewer only at the end; -1 with an error. */
ssize_t stream_read(struct stream_reader *r, void *bytes, size_t length, struct err *e);

/* Read what is left, and tell the sums. */
int stream_reader_finish(struct stream_reader *r, struct stream_sums *out, struct err *e);
void stream_reader_destroy(struct stream_reader *r);
