#include "bundle-tools/layout/stream.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>

enum { BLOCK = 128 << 10, GZIP_WINDOW = 15 + 16, ZSTD_WINDOW_LOG = 27 /* 128 MiB: what `zstd --long` makes by itself */ };

struct stream_reader {
	int fd;
	enum compression how;
	bool has_inflate, is_at_end;
	bool is_between; /* gzip: one member has ended; the file may, or another one begins */
	z_stream inflate;
	ZSTD_DCtx *zstd;
	size_t frame_left; /* zstd: 0 between frames */
	struct hash blob, archive;
	uint64_t blob_size, archive_size, most;
	size_t start, end; /* of what is in block and not taken yet */
	unsigned char block[BLOCK];
};

/* More of the file; false at its end. */
static int fill(struct stream_reader *r, struct err *e)
{
	ssize_t got;

	do
		got = read(r->fd, r->block, BLOCK);
	while (got < 0 && errno == EINTR);
	if (got < 0)
		return err_sys(e, "read a layer");
	hash_add(&r->blob, r->block, (size_t)got);
	r->blob_size += (uint64_t)got;
	r->start = 0;
	r->end = (size_t)got;
	return got > 0;
}

/* As RFC 1952 and RFC 8878 say. */
static enum compression find_compression(const struct stream_reader *r)
{
	static const unsigned char gzip[] = { 0x1f, 0x8b }, zstd[] = { 0x28, 0xb5, 0x2f, 0xfd };

	if (r->end >= sizeof gzip && memcmp(r->block, gzip, sizeof gzip) == 0)
		return COMPRESSION_GZIP;
	return r->end >= sizeof zstd && memcmp(r->block, zstd, sizeof zstd) == 0 ? COMPRESSION_ZSTD : COMPRESSION_NONE;
}

static int prepare(struct stream_reader *r, struct err *e)
{
	if (fill(r, e) < 0)
		return -1;
	r->how = find_compression(r);
	if (r->how == COMPRESSION_GZIP)
		r->has_inflate = inflateInit2(&r->inflate, GZIP_WINDOW) == Z_OK;
	else if (r->how == COMPRESSION_ZSTD)
		r->zstd = ZSTD_createDCtx();
	if (r->how == COMPRESSION_NONE || r->has_inflate)
		return 0;
	if (!r->zstd || ZSTD_isError(ZSTD_DCtx_setParameter(r->zstd, ZSTD_d_windowLogMax, ZSTD_WINDOW_LOG)))
		return err_set(e, "expand a layer: the library refused");
	return 0;
}

int stream_reader_create(int fd, uint64_t most, struct stream_reader **out, struct err *e)
{
	struct stream_reader *r = calloc(1, sizeof *r);

	if (!r)
		return err_sys(e, "expand a layer");
	r->fd = fd;
	r->most = most;
	hash_init(&r->blob);
	hash_init(&r->archive);
	if (prepare(r, e)) {
		stream_reader_destroy(r);
		return -1;
	}
	*out = r;
	return 0;
}

void stream_reader_destroy(struct stream_reader *r)
{
	if (!r)
		return;
	if (r->has_inflate)
		(void)inflateEnd(&r->inflate); /* cannot fail for a stream that was begun */
	(void)ZSTD_freeDCtx(r->zstd);
	free(r);
}

/* Each takes from block[start..end) and gives at most `length` bytes: how many, or -1. */

static ssize_t take_plain(struct stream_reader *r, unsigned char *bytes, size_t length)
{
	size_t some = r->end - r->start < length ? r->end - r->start : length;

	memcpy(bytes, r->block + r->start, some);
	r->start += some;
	return (ssize_t)some;
}

static ssize_t take_gzip(struct stream_reader *r, unsigned char *bytes, size_t length, struct err *e)
{
	if (r->is_between && inflateReset(&r->inflate) != Z_OK)
		return err_set(e, "expand a layer: zlib refused");
	r->is_between = false;
	r->inflate.next_in = r->block + r->start;
	r->inflate.avail_in = (unsigned)(r->end - r->start);
	r->inflate.next_out = bytes;
	r->inflate.avail_out = (unsigned)length;
	int result = inflate(&r->inflate, Z_NO_FLUSH);
	r->start = r->end - r->inflate.avail_in;
	r->is_between = result == Z_STREAM_END;
	if (result == Z_OK || result == Z_STREAM_END || result == Z_BUF_ERROR)
		return (ssize_t)(length - r->inflate.avail_out);
	return err_set(e, "the gzip data is damaged: %s", r->inflate.msg ? r->inflate.msg : "it wants a dictionary");
}

static ssize_t take_zstd(struct stream_reader *r, unsigned char *bytes, size_t length, struct err *e)
{
	ZSTD_inBuffer in = { r->block, r->end, r->start };
	ZSTD_outBuffer out = { bytes, length, 0 };

	size_t left = ZSTD_decompressStream(r->zstd, &out, &in);
	if (ZSTD_isError(left))
		return err_set(e, "the zstd data is damaged: %s", ZSTD_getErrorName(left));
	if (out.pos || in.pos > r->start) /* without input, after a frame's end, it asks for the next frame */
		r->frame_left = left;
	r->start = in.pos;
	return (ssize_t)out.pos;
}

static ssize_t take(struct stream_reader *r, unsigned char *bytes, size_t length, struct err *e)
{
	if (r->how == COMPRESSION_GZIP)
		return take_gzip(r, bytes, length, e);
	return r->how == COMPRESSION_ZSTD ? take_zstd(r, bytes, length, e) : take_plain(r, bytes, length);
}

/* The end of the file must be the end of what was compressed. */
static int check_end(const struct stream_reader *r, struct err *e)
{
	bool is_whole = r->how == COMPRESSION_GZIP ? r->is_between : r->how != COMPRESSION_ZSTD || r->frame_left == 0;

	return is_whole ? 0 : err_set(e, "the compressed data is cut off");
}

static int check_size(const struct stream_reader *r, struct err *e)
{
	if (r->archive_size > r->most) {
		(void)err_set(e, "it expands to more than %llu bytes", (unsigned long long)r->most);
		return err_hint(e, "--max-size sets the limit");
	}
	if (r->archive_size > RATIO_FREE && r->archive_size / RATIO_MOST > r->blob_size)
		return err_set(e, "it expands to more than %d times its size: a bomb", RATIO_MOST);
	return 0;
}

ssize_t stream_read(struct stream_reader *r, void *bytes, size_t length, struct err *e)
{
	size_t have = 0;

	while (have < length && !r->is_at_end) {
		/* what a library still holds inside comes out without new input: asked for before the file is */
		ssize_t got = r->is_between && r->start == r->end ? 0 : take(r, (unsigned char *)bytes + have, length - have, e);
		if (got < 0)
			return -1;
		have += (size_t)got;
		r->archive_size += (uint64_t)got;
		if (check_size(r, e))
			return -1;
		if (got > 0 || r->start < r->end)
			continue;
		int more = fill(r, e);
		if (more < 0)
			return -1;
		r->is_at_end = !more;
		if (r->is_at_end && check_end(r, e))
			return -1;
	}
	hash_add(&r->archive, bytes, have);
	return (ssize_t)have;
}

int stream_reader_finish(struct stream_reader *r, struct stream_sums *out, struct err *e)
{
	unsigned char rest[4096];
	ssize_t got;

	while ((got = stream_read(r, rest, sizeof rest, e)) > 0)
		;
	if (got < 0)
		return -1;
	hash_finish_text(&r->blob, out->blob);
	hash_finish_text(&r->archive, out->archive);
	out->blob_size = r->blob_size;
	out->archive_size = r->archive_size;
	return 0;
}
