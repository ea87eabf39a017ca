#include "bundle-tools/layout/tar.h"

#include "bundle-tools/layout/tar_header.h"
#include "bundle-tools/layout/tar_pax.h"

#include <string.h>

enum { EXTENSION_MOST = 1 << 20, EXTENSIONS_MOST = 64 };

/* --- one header ----------------------------------------------------------------------------------------------------- */

/* Octal digits, blanks and NULs around them; or, by GNU tar, a number in base 256 whose first bit is set. */
static int read_number(const char *place, size_t size, const char *what, uint64_t *out, struct err *e)
{
	uint64_t number = 0;
	size_t i = 0;

	if (place[0] & 0x80) {
		if (place[0] != (char)0x80) /* negative, or the highest bits of something beyond 64 */
			return err_set(e, "the archive is damaged: %s is out of range", what);
		for (i = 1; i < size; i++) {
			if (number >> 56)
				return err_set(e, "the archive is damaged: %s is out of range", what);
			number = number << 8 | (unsigned char)place[i];
		}
		*out = number;
		return 0;
	}
	while (i < size && place[i] == ' ')
		i++;
	for (; i < size && place[i] >= '0' && place[i] <= '7'; i++)
		number = number << 3 | (uint64_t)(place[i] - '0'); /* 11 digits at most */
	for (; i < size; i++)
		if (place[i] && place[i] != ' ')
			return err_set(e, "the archive is damaged: %s is no octal number", what);
	*out = number;
	return 0;
}

static bool is_ustar(const struct tar_header *h)
{
	return memcmp(h->magic, "ustar", 6) == 0; /* GNU tar's own format says "ustar ", and keeps other things in the prefix */
}

static const char *read_name(struct arena *a, const struct tar_header *h)
{
	size_t length = strnlen(h->name, sizeof h->name), prefix = strnlen(h->prefix, sizeof h->prefix);

	if (!is_ustar(h) || !prefix)
		return arena_copy(a, h->name, length);
	return arena_format(a, "%.*s/%.*s", (int)prefix, h->prefix, (int)length, h->name);
}

/* 1: a header; 0: the end: a block of zeros, or of the file. */
static int read_header(struct tar_reader *r, struct tar_header *h, struct err *e)
{
	uint64_t sum = 0;
	ssize_t got = stream_read(r->stream, h, sizeof *h, e);

	if (got <= 0)
		return (int)got;
	if (got < (ssize_t)sizeof *h)
		return err_set(e, "the archive is cut off");
	if (tar_sum(h) == 8 * ' ')
		return 0;
	if (read_number(h->checksum, sizeof h->checksum, "a checksum", &sum, e))
		return -1;
	return sum == tar_sum(h) ? 1 : err_set(e, "the archive is damaged, or it is none: a header's checksum is wrong");
}

static int take_header(struct tar_reader *r, const struct tar_header *h, struct tar_entry *out, struct err *e)
{
	uint64_t mode, uid, gid, size, seconds, major, minor;

	if (read_number(h->mode, sizeof h->mode, "a mode", &mode, e) || read_number(h->uid, sizeof h->uid, "an owner", &uid, e) ||
	    read_number(h->gid, sizeof h->gid, "a group", &gid, e) || read_number(h->size, sizeof h->size, "a size", &size, e) ||
	    read_number(h->mtime, sizeof h->mtime, "a time", &seconds, e) ||
	    read_number(h->major, sizeof h->major, "a device number", &major, e) ||
	    read_number(h->minor, sizeof h->minor, "a device number", &minor, e))
		return -1;
	if (uid >= UINT32_MAX || gid >= UINT32_MAX || seconds > INT64_MAX || major > UINT32_MAX || minor > UINT32_MAX)
		return err_set(e, "the archive is damaged: a number is out of range");
	*out = (struct tar_entry){
		.type = !h->type || h->type == TAR_CONTIGUOUS ? TAR_FILE : (enum tar_type)h->type,
		.name = read_name(&r->scratch, h),
		.link = arena_copy(&r->scratch, h->link, strnlen(h->link, sizeof h->link)),
		.mode = mode & 07777,
		.uid = (uint32_t)uid,
		.gid = (uint32_t)gid,
		.seconds = (int64_t)seconds,
		.size = size,
		.major = (uint32_t)major,
		.minor = (uint32_t)minor,
	};
	return 0;
}

/* --- what stands between headers ------------------------------------------------------------------------------------ */

/* A pax header, or a long name by GNU tar: the whole content. */
static int read_extension(struct tar_reader *r, uint64_t size, struct tar_extensions *x, char **out, struct err *e)
{
	if (size > EXTENSION_MOST || ++x->count > EXTENSIONS_MOST || (x->bytes += size) > EXTENSION_MOST)
		return err_set(e, "an entry's extended headers have more than %d bytes", EXTENSION_MOST);
	*out = arena_alloc(&r->scratch, (size_t)size + 1);
	tar_expect_content(r, size);
	return tar_read(r, *out, (size_t)size, e) < 0 || tar_skip(r, e) ? -1 : 0;
}

static int take_extension(struct tar_reader *r, const struct tar_entry *entry, struct tar_extensions *x, struct err *e)
{
	char *bytes = NULL;

	if (entry->type == TAR_GLOBAL_PAX) { /* a comment, as git writes it: nothing that an image's files could mean */
		tar_expect_content(r, entry->size);
		return tar_skip(r, e);
	}
	if (read_extension(r, entry->size, x, &bytes, e))
		return -1;
	if (entry->type == TAR_LONG_NAME)
		x->name = bytes;
	else if (entry->type == TAR_LONG_LINK)
		x->link = bytes;
	else
		return tar_read_pax(&r->scratch, bytes, (size_t)entry->size, x, e);
	return 0;
}

/* --- one entry ------------------------------------------------------------------------------------------------------ */

static int check_type(struct tar_entry *entry, struct err *e)
{
	size_t length = strlen(entry->name);

	if (entry->type == TAR_FILE && length && entry->name[length - 1] == '/')
		entry->type = TAR_DIRECTORY; /* before POSIX */
	if (!strchr("0123456", (char)entry->type))
		return err_set(e, "%s is of type \"%c\", which is not known", entry->name, (char)entry->type);
	if (entry->type != TAR_HARD_LINK && entry->type != TAR_SYMLINK)
		entry->link = NULL;
	return 0;
}

/* Where the present entry's content begins, and how much there is of it. */
static int begin_content(struct tar_reader *r, const struct tar_header *h, const struct tar_extensions *x, struct tar_entry *entry,
			 struct err *e)
{
	/* links and the like have none, whatever their size says, but some tools write it for hard links */
	tar_expect_content(r, entry->type == TAR_FILE || entry->type == TAR_OLD_SPARSE ? entry->size : 0);
	if (entry->type != TAR_OLD_SPARSE)
		return tar_find_pieces(r, x, entry, e);
	entry->type = TAR_FILE;
	return tar_read_old_sparse(r, (const char *)h, entry, e);
}

int tar_next(struct tar_reader *r, struct tar_entry *out, struct err *e)
{
	struct tar_extensions x = { 0 };
	struct tar_header h;
	struct tar_entry entry;

	if (tar_skip(r, e))
		return -1;
	arena_reset(&r->scratch);
	for (;;) {
		int found = read_header(r, &h, e);
		if (found <= 0)
			return found == 0 && x.count ? err_set(e, "the archive is cut off") : found;
		if (take_header(r, &h, &entry, e))
			return -1;
		if (!strchr("xgLK", h.type) || !h.type)
			break;
		if (take_extension(r, &entry, &x, e))
			return -1;
	}
	if (tar_apply(&x, &entry, e) || begin_content(r, &h, &x, &entry, e) || check_type(&entry, e))
		return -1;
	*out = entry;
	return 1;
}
