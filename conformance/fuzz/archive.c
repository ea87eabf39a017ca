/* Archives of layers, as anybody may have made them: plain, gzip or zstd. Whatever the bytes are, each entry has a name, its pieces
 * lie in it, in order, and its content is as long as its header said; a refusal says why. */
#include "bundle-tools/layout/tar.h"
#include "spec/base/own.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void insist(bool is_so, const char *what)
{
	if (is_so)
		return;
	(void)fprintf(stderr, "broken promise: %s\n", what);
	abort();
}

static void look_at(const struct tar_entry *entry)
{
	uint64_t end = 0;

	insist(entry->name != NULL, "an entry has a name");
	insist((entry->type == TAR_HARD_LINK || entry->type == TAR_SYMLINK) == (entry->link != NULL), "links have targets, others none");
	insist(entry->size <= INT64_MAX && entry->nanoseconds >= 0 && entry->nanoseconds < 1000000000, "numbers are in range");
	for (size_t i = 0; i < entry->pieces.count; i++) {
		struct tar_piece piece = entry->pieces.at[i];
		insist(piece.at >= end && piece.size <= entry->size && piece.at <= entry->size - piece.size, "pieces lie in the file");
		end = piece.at + piece.size;
	}
	for (size_t i = 0; i < entry->xattrs.count; i++)
		insist(entry->xattrs.at[i].name && strlen(entry->xattrs.at[i].name) < 1 << 20, "attributes have names");
}

static uint64_t read_content(struct tar_reader *r, struct err *e)
{
	char block[4096];
	uint64_t sum = 0;
	ssize_t got;

	while ((got = tar_read(r, block, sizeof block, e)) > 0)
		sum += (uint64_t)got;
	return sum;
}

static void read_archive(struct stream_reader *stream, struct err *e)
{
	struct tar_reader r;
	struct tar_entry entry;
	int more;

	tar_reader_init(&r, stream);
	while ((more = tar_next(&r, &entry, e)) > 0) {
		look_at(&entry);
		if (entry.type == TAR_FILE && !entry.is_sparse)
			insist(read_content(&r, e) == entry.size || e->text[0], "a file is as long as its header says");
		if (e->text[0])
			break;
	}
	insist(more >= 0 || e->text[0], "a refusal says why");
	tar_reader_finish(&r);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	own_fd fd = memfd_create("archive", MFD_CLOEXEC);
	struct stream_reader *stream = NULL;
	struct stream_sums sums;
	static struct err e;

	e = ERR_NONE;
	insist(fd >= 0 && write(fd, data, size) == (ssize_t)size && lseek(fd, 0, SEEK_SET) == 0, "a file can be made");
	if (stream_reader_create(fd, 256 << 20, &stream, &e) == 0) {
		read_archive(stream, &e);
		if (!e.text[0] && stream_reader_finish(stream, &sums, &e) == 0)
			insist(sums.blob_size == size, "the whole file was read");
		stream_reader_destroy(stream);
	}
	return 0;
}
