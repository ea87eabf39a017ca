#include "bundle-tools/layout/tar_pax.h"

#include "spec/base/text.h"

#include <stdio.h>
#include <string.h>

struct pax_reading {
	struct arena *arena;
	struct tar_extensions *x;
};

/* --- values --------------------------------------------------------------------------------------------------------- */

static void add_piece(struct arena *a, struct tar_extensions *x, struct tar_piece piece)
{
	if (x->pieces.count == x->piece_room) {
		size_t room = x->piece_room ? 2 * x->piece_room : 16, size = sizeof *x->pieces.at;
		x->pieces.at = arena_grow(a, x->pieces.at, x->piece_room * size, room * size);
		x->piece_room = room;
	}
	x->pieces.at[x->pieces.count++] = piece;
	x->has_map = true;
}

static void add_xattr(struct pax_reading *p, const char *name, const char *value, size_t length)
{
	struct tar_extensions *x = p->x;

	if (x->xattrs.count == x->xattr_room) {
		size_t room = x->xattr_room ? 2 * x->xattr_room : 4, size = sizeof *x->xattrs.at;
		x->xattrs.at = arena_grow(p->arena, x->xattrs.at, x->xattr_room * size, room * size);
		x->xattr_room = room;
	}
	x->xattrs.at[x->xattrs.count++] = (struct tree_xattr){ name, value, length };
}

/* "1700000000.123456789", perhaps with a minus. */
static bool read_time(const char *value, struct tar_extensions *x)
{
	const char *dot = strchr(value, '.');
	int length = (int)strcspn(value, ".");
	char whole[24];
	long unit = 100000000;

	if (snprintf(whole, sizeof whole, "%.*s", length, value) >= (int)sizeof whole)
		return false;
	if (!text_read_int(whole, INT64_MIN / 2, INT64_MAX / 2, &x->seconds))
		return false;
	x->nanoseconds = 0;
	for (const char *c = dot ? dot + 1 : ""; *c >= '0' && *c <= '9'; c++, unit /= 10)
		x->nanoseconds += unit * (*c - '0');
	if (x->seconds < 0 || value[0] == '-') /* before 1970: to the second is enough */
		x->nanoseconds = 0;
	x->has_time = true;
	return true;
}

/* "0,512,4096,512" */
static bool read_map(struct pax_reading *p, char *value)
{
	uint64_t numbers[2];
	size_t count = 0;

	for (char *rest = value, *word; (word = strsep(&rest, ","));) {
		if (!text_read_uint(word, INT64_MAX, &numbers[count++ % 2]))
			return false;
		if (count % 2 == 0)
			add_piece(p->arena, p->x, (struct tar_piece){ numbers[0], numbers[1] });
	}
	return count % 2 == 0;
}

/* GNU.sparse.offset and .numbytes come in turns, a pair for each piece. */
static bool read_offset(struct pax_reading *p, const char *value)
{
	uint64_t at;

	if (!text_read_uint(value, INT64_MAX, &at))
		return false;
	add_piece(p->arena, p->x, (struct tar_piece){ at, 0 });
	return true;
}

static bool read_size(struct pax_reading *p, const char *value)
{
	return p->x->pieces.count && text_read_uint(value, INT64_MAX, &p->x->pieces.at[p->x->pieces.count - 1].size);
}

static bool read_uint(const char *value, uint64_t most, struct opt_uint *out)
{
	out->is_set = true;
	return text_read_uint(value, most, &out->value);
}

/* --- records -------------------------------------------------------------------------------------------------------- */

static bool take_sparse(struct pax_reading *p, const char *key, char *value)
{
	struct tar_extensions *x = p->x;

	if (strcmp(key, "name") == 0)
		x->sparse_name = value;
	else if (strcmp(key, "realsize") == 0 || strcmp(key, "size") == 0)
		return read_uint(value, INT64_MAX, &x->real_size);
	else if (strcmp(key, "map") == 0)
		return read_map(p, value);
	else if (strcmp(key, "offset") == 0)
		return read_offset(p, value);
	else if (strcmp(key, "numbytes") == 0)
		return read_size(p, value);
	else if (strcmp(key, "major") == 0)
		return text_read_uint(value, 1, &x->sparse_major);
	return true; /* minor, numblocks: said by the others */
}

/* What is not known here says nothing about a file (comments, access times, names of owners). */
static bool take(struct pax_reading *p, const char *key, char *value, size_t length)
{
	static const char xattr[] = "SCHILY.xattr.", sparse[] = "GNU.sparse.";
	struct tar_extensions *x = p->x;

	if (strncmp(key, xattr, sizeof xattr - 1) == 0) {
		add_xattr(p, key + sizeof xattr - 1, value, length);
		return true;
	}
	if (strlen(value) != length) /* only attributes may hold a NUL */
		return false;
	if (strncmp(key, sparse, sizeof sparse - 1) == 0)
		return take_sparse(p, key + sizeof sparse - 1, value);
	if (strcmp(key, "path") == 0)
		x->name = value;
	else if (strcmp(key, "linkpath") == 0)
		x->link = value;
	else if (strcmp(key, "uid") == 0)
		return read_uint(value, UINT32_MAX - 1, &x->uid);
	else if (strcmp(key, "gid") == 0)
		return read_uint(value, UINT32_MAX - 1, &x->gid);
	else if (strcmp(key, "size") == 0)
		return read_uint(value, INT64_MAX, &x->size);
	else if (strcmp(key, "SCHILY.devmajor") == 0)
		return read_uint(value, UINT32_MAX, &x->major);
	else if (strcmp(key, "SCHILY.devminor") == 0)
		return read_uint(value, UINT32_MAX, &x->minor);
	else if (strcmp(key, "mtime") == 0)
		return read_time(value, x);
	return true;
}

/* "LENGTH KEY=VALUE\n" each. The '=' and the newline become ends of texts in place. */
int tar_read_pax(struct arena *a, char *bytes, size_t length, struct tar_extensions *out, struct err *e)
{
	struct pax_reading p = { a, out };
	char *end = bytes + length;

	while (bytes < end) {
		char *blank = memchr(bytes, ' ', (size_t)(end - bytes));
		uint64_t size;
		if (!blank)
			return err_set(e, "the archive is damaged: an extended header has no length");
		*blank = '\0';
		if (!text_read_uint(bytes, (uint64_t)(end - bytes), &size) || bytes + size < blank + 2 || bytes[size - 1] != '\n')
			return err_set(e, "the archive is damaged: the length of an extended header is wrong");
		char *key = blank + 1, *last = bytes + size - 1, *equals = memchr(key, '=', (size_t)(last - key));
		if (!equals)
			return err_set(e, "the archive is damaged: an extended header has no value");
		*equals = *last = '\0';
		if (!take(&p, key, equals + 1, (size_t)(last - equals - 1)))
			return err_set(e, "the archive is damaged: \"%.100s\" is no %.100s", equals + 1, key);
		bytes += size;
	}
	return 0;
}

int tar_apply(const struct tar_extensions *x, struct tar_entry *entry, struct err *e)
{
	if (x->sparse_name || x->name)
		entry->name = x->sparse_name ? x->sparse_name : x->name;
	if (x->link)
		entry->link = x->link;
	if (x->uid.is_set)
		entry->uid = (uint32_t)x->uid.value;
	if (x->gid.is_set)
		entry->gid = (uint32_t)x->gid.value;
	if (x->major.is_set)
		entry->major = (uint32_t)x->major.value;
	if (x->minor.is_set)
		entry->minor = (uint32_t)x->minor.value;
	if (x->size.is_set)
		entry->size = x->size.value;
	if (x->has_time) {
		entry->seconds = x->seconds;
		entry->nanoseconds = x->nanoseconds;
	}
	entry->xattrs.at = x->xattrs.at;
	entry->xattrs.count = x->xattrs.count;
	return entry->size > INT64_MAX ? err_set(e, "the archive is damaged: the size of %s is out of range", entry->name) : 0;
}
