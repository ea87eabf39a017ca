#include "bundle-tools/layout/tar_pax.h"

enum { SCRATCH = 64 << 20 };

void tar_reader_init(struct tar_reader *r, struct stream_reader *stream)
{
	*r = (struct tar_reader){ .stream = stream };
	arena_init(&r->scratch, SCRATCH);
}

void tar_reader_finish(struct tar_reader *r)
{
	arena_finish(&r->scratch);
}

void tar_expect_content(struct tar_reader *r, uint64_t size)
{
	r->content_left = size;
	r->padding = (TAR_BLOCK - size % TAR_BLOCK) % TAR_BLOCK;
}

ssize_t tar_read(struct tar_reader *r, void *bytes, size_t length, struct err *e)
{
	if (length > r->content_left)
		length = (size_t)r->content_left;
	ssize_t got = length ? stream_read(r->stream, bytes, length, e) : 0;
	if (got < 0)
		return -1;
	if ((size_t)got < length)
		return err_set(e, "the archive is cut off");
	r->content_left -= (uint64_t)got;
	return got;
}

int tar_skip(struct tar_reader *r, struct err *e)
{
	char rest[4096];

	while (r->content_left + r->padding) {
		uint64_t left = r->content_left + r->padding;
		ssize_t got = stream_read(r->stream, rest, left < sizeof rest ? (size_t)left : sizeof rest, e);
		if (got < 0)
			return -1;
		if (got == 0)
			return err_set(e, "the archive is cut off");
		uint64_t of_content = (uint64_t)got < r->content_left ? (uint64_t)got : r->content_left;
		r->content_left -= of_content;
		r->padding -= (uint64_t)got - of_content;
	}
	return 0;
}
