/* Sparse files as GNU tar writes them: which pieces of a file its content is. */
#include "bundle-tools/layout/tar_pax.h"

#include "spec/base/text.h"

#include <string.h>

enum { OLD_PIECES = 4, OLD_PIECES_FURTHER = 21, OLD_AT = 386, OLD_IS_EXTENDED = 482, OLD_REAL_SIZE = 483 };

struct pieces {
	struct arena *arena;
	struct tar_entry *entry;
	size_t room;
};

static int add(struct pieces *p, uint64_t at, uint64_t size, struct err *e)
{
	struct tar_entry *entry = p->entry;

	if (entry->pieces.count == TAR_PIECES_MOST)
		return err_set(e, "%s has more than %d pieces", entry->name, TAR_PIECES_MOST);
	if (entry->pieces.count == p->room) {
		size_t room = p->room ? 2 * p->room : 16, bytes = sizeof *entry->pieces.at;
		entry->pieces.at = arena_grow(p->arena, entry->pieces.at, p->room * bytes, room * bytes);
		p->room = room;
	}
	entry->pieces.at[entry->pieces.count++] = (struct tar_piece){ at, size };
	return 0;
}

/* In order, within the file, and together what is stored. */
static int check(const struct tar_entry *entry, uint64_t stored, struct err *e)
{
	uint64_t end = 0, sum = 0;

	for (size_t i = 0; i < entry->pieces.count; i++) {
		struct tar_piece piece = entry->pieces.at[i];
		if (piece.at < end || piece.at > entry->size || piece.size > entry->size - piece.at)
			return err_set(e, "the archive is damaged: the pieces of %s do not fit", entry->name);
		end = piece.at + piece.size;
		sum += piece.size;
	}
	return sum == stored ? 0 : err_set(e, "the archive is damaged: the pieces of %s are not what is stored", entry->name);
}

/* --- by pax records ------------------------------------------------------------------------------------------------- */

struct map_reading {
	struct tar_reader *r;
	char block[TAR_BLOCK];
	size_t at;
};

/* A decimal number and a newline, out of blocks of 512 bytes. */
static int next_number(struct map_reading *m, uint64_t *out, struct err *e)
{
	char digits[24];
	size_t length = 0;

	for (;;) {
		if (m->at == TAR_BLOCK) {
			ssize_t got = tar_read(m->r, m->block, TAR_BLOCK, e);
			if (got < TAR_BLOCK)
				return got < 0 ? -1 : err_set(e, "the archive is damaged: a sparse file's map is cut off");
			m->at = 0;
		}
		char c = m->block[m->at++];
		if (c == '\n')
			break;
		if (length == sizeof digits - 1)
			return err_set(e, "the archive is damaged: a sparse file's map has no number");
		digits[length++] = c;
	}
	digits[length] = '\0';
	return text_read_uint(digits, INT64_MAX, out) ? 0 : err_set(e, "the archive is damaged: a sparse file's map has no number");
}

/* Format 1.0: their number, then offset and size of each. */
static int read_map(struct tar_reader *r, struct pieces *p, struct err *e)
{
	struct map_reading m = { .r = r, .at = TAR_BLOCK };
	uint64_t count, at, size;

	if (next_number(&m, &count, e))
		return -1;
	for (uint64_t i = 0; i < count; i++)
		if (next_number(&m, &at, e) || next_number(&m, &size, e) || add(p, at, size, e))
			return -1;
	return 0;
}

int tar_find_pieces(struct tar_reader *r, const struct tar_extensions *x, struct tar_entry *entry, struct err *e)
{
	struct pieces p = { &r->scratch, entry, 0 };

	if (entry->type != TAR_FILE || !x->real_size.is_set)
		return 0;
	entry->is_sparse = true;
	if (x->sparse_major && read_map(r, &p, e))
		return err_add(e, "%s", entry->name);
	for (size_t i = 0; !x->sparse_major && i < x->pieces.count; i++)
		if (add(&p, x->pieces.at[i].at, x->pieces.at[i].size, e))
			return -1;
	entry->size = x->real_size.value;
	return check(entry, r->content_left, e);
}

/* --- by GNU tar's own header ---------------------------------------------------------------------------------------- */

static int read_octal(const char *place, uint64_t *out, struct err *e)
{
	char digits[13];

	memcpy(digits, place, 12);
	digits[12] = '\0';
	digits[strcspn(digits, " ")] = '\0';
	return text_read_octal(digits, INT64_MAX, out) ? 0 : err_set(e, "the archive is damaged: a sparse file's map has no number");
}

/* Pairs of 12 digits; an empty one is the last. */
static int read_pairs(struct pieces *p, const char *pairs, int count, struct err *e)
{
	uint64_t at, size;

	for (int i = 0; i < count && pairs[24 * i]; i++)
		if (read_octal(pairs + 24 * i, &at, e) || read_octal(pairs + 24 * i + 12, &size, e) || add(p, at, size, e))
			return -1;
	return 0;
}

int tar_read_old_sparse(struct tar_reader *r, const char *header, struct tar_entry *entry, struct err *e)
{
	struct pieces p = { &r->scratch, entry, 0 };
	uint64_t real_size;
	bool has_more = header[OLD_IS_EXTENDED];

	entry->is_sparse = true;
	if (read_octal(header + OLD_REAL_SIZE, &real_size, e) || read_pairs(&p, header + OLD_AT, OLD_PIECES, e))
		return err_add(e, "%s", entry->name);
	while (has_more) { /* these blocks stand before the content and are not counted with it */
		char block[TAR_BLOCK];
		ssize_t got = stream_read(r->stream, block, sizeof block, e);
		if (got < (ssize_t)sizeof block)
			return got < 0 ? -1 : err_set(e, "the archive is cut off");
		if (read_pairs(&p, block, OLD_PIECES_FURTHER, e))
			return err_add(e, "%s", entry->name);
		has_more = block[24 * OLD_PIECES_FURTHER];
	}
	entry->size = real_size;
	return check(entry, r->content_left, e);
}
