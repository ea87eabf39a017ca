#include "bundle-tools/layout/stream.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>

enum { BLOCK = 128 << 10, GZIP_LEVEL = 6, ZSTD_LEVEL = 3, GZIP_WINDOW = 15 + 16 /* zlib: with gzip's header */ };

struct stream_writer {
	int fd;
	enum compression how;
	bool has_deflate;
	z_stream deflate;
	ZSTD_CCtx *zstd;
	struct hash blob, archive;
	uint64_t blob_size, archive_size;
	unsigned char block[BLOCK];
};

int stream_writer_create(int fd, enum compression how, struct stream_writer **out, struct err *e)
{
	struct stream_writer *w = calloc(1, sizeof *w);

	if (!w)
		return err_sys(e, "compress a layer");
	w->fd = fd;
	w->how = how;
	hash_init(&w->blob);
	hash_init(&w->archive);
	/* zlib's gzip header has no name and no time unless it is given them */
	if (how == COMPRESSION_GZIP)
		w->has_deflate = deflateInit2(&w->deflate, GZIP_LEVEL, Z_DEFLATED, GZIP_WINDOW, 8, Z_DEFAULT_STRATEGY) == Z_OK;
	else if (how == COMPRESSION_ZSTD)
		w->zstd = ZSTD_createCCtx();
	bool is_ready = how == COMPRESSION_NONE || w->has_deflate || w->zstd;
	if (is_ready && w->zstd)
		is_ready = !ZSTD_isError(ZSTD_CCtx_setParameter(w->zstd, ZSTD_c_compressionLevel, ZSTD_LEVEL)) &&
			   !ZSTD_isError(ZSTD_CCtx_setParameter(w->zstd, ZSTD_c_checksumFlag, 1));
	if (!is_ready) {
		stream_writer_destroy(w);
		return err_set(e, "compress a layer: the library refused");
	}
	*out = w;
	return 0;
}

void stream_writer_destroy(struct stream_writer *w)
{
	if (!w)
		return;
	if (w->has_deflate)
		(void)deflateEnd(&w->deflate); /* says Z_DATA_ERROR when the stream was not finished: that is why we are here */
	(void)ZSTD_freeCCtx(w->zstd);
	free(w);
}

static int write_out(struct stream_writer *w, const unsigned char *bytes, size_t length, struct err *e)
{
	hash_add(&w->blob, bytes, length);
	w->blob_size += length;
	while (length) {
		ssize_t done = write(w->fd, bytes, length);
		if (done < 0 && errno == EINTR)
			continue;
		if (done < 0)
			return err_sys(e, "write a layer");
		bytes += done;
		length -= (size_t)done;
	}
	return 0;
}

static int write_gzip(struct stream_writer *w, const void *bytes, size_t length, bool is_last, struct err *e)
{
	w->deflate.next_in = (unsigned char *)bytes; /* zlib only reads it */
	w->deflate.avail_in = (unsigned)length;
	do {
		w->deflate.next_out = w->block;
		w->deflate.avail_out = BLOCK;
		if (deflate(&w->deflate, is_last ? Z_FINISH : Z_NO_FLUSH) == Z_STREAM_ERROR)
			return err_set(e, "compress a layer: zlib refused");
		if (write_out(w, w->block, BLOCK - w->deflate.avail_out, e))
			return -1;
	} while (w->deflate.avail_out == 0);
	return 0;
}

static int write_zstd(struct stream_writer *w, const void *bytes, size_t length, bool is_last, struct err *e)
{
	ZSTD_inBuffer in = { bytes, length, 0 };
	size_t left;

	do {
		ZSTD_outBuffer out = { w->block, BLOCK, 0 };
		left = ZSTD_compressStream2(w->zstd, &out, &in, is_last ? ZSTD_e_end : ZSTD_e_continue);
		if (ZSTD_isError(left))
			return err_set(e, "compress a layer: %s", ZSTD_getErrorName(left));
		if (write_out(w, w->block, out.pos, e))
			return -1;
	} while (is_last ? left != 0 : in.pos < in.size);
	return 0;
}

static int compress_bytes(struct stream_writer *w, const void *bytes, size_t length, bool is_last, struct err *e)
{
	if (w->how == COMPRESSION_GZIP)
		return write_gzip(w, bytes, length, is_last, e);
	if (w->how == COMPRESSION_ZSTD)
		return write_zstd(w, bytes, length, is_last, e);
	return write_out(w, bytes, length, e);
}

int stream_write(struct stream_writer *w, const void *bytes, size_t length, struct err *e)
{
	hash_add(&w->archive, bytes, length);
	w->archive_size += length;
	return compress_bytes(w, bytes, length, false, e);
}

int stream_writer_finish(struct stream_writer *w, struct stream_sums *out, struct err *e)
{
	if (compress_bytes(w, "", 0, true, e))
		return -1;
	hash_finish_text(&w->blob, out->blob);
	hash_finish_text(&w->archive, out->archive);
	out->blob_size = w->blob_size;
	out->archive_size = w->archive_size;
	return 0;
}
