#include "bundle-tools/layout/tar.h"

#include "bundle-tools/layout/tar_header.h"
#include "spec/base/text.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static const char zeros[2 * TAR_BLOCK];

/* Octal digits that fill the place but for a NUL; false when the number is too large for it. */
static bool write_number(char *place, size_t size, uint64_t number)
{
	char digits[24];
	int length = snprintf(digits, sizeof digits, "%0*" PRIo64, (int)size - 1, number);

	if (length > (int)size - 1)
		return false;
	memcpy(place, digits, (size_t)length);
	return true;
}

/* "LENGTH KEY=VALUE\n", where the length counts its own digits. */
static void add_record(struct text *records, const char *key, const void *value, size_t length)
{
	size_t rest = strlen(key) + length + 3, digits = 1;

	while (digits < (size_t)snprintf(NULL, 0, "%zu", rest + digits))
		digits++;
	text_add(records, "%zu %s=", rest + digits, key);
	text_add_bytes(records, value, length);
	text_add_bytes(records, "\n", 1);
}

static void add_number(struct text *records, const char *key, uint64_t number)
{
	char digits[24];
	int length = snprintf(digits, sizeof digits, "%" PRIu64, number);

	add_record(records, key, digits, (size_t)length);
}

static void set_text(char *place, size_t size, const char *value, const char *key, struct text *records)
{
	size_t length = strlen(value);

	if (length > size)
		add_record(records, key, value, length);
	memcpy(place, value, length < size ? length : size);
}

static void set_number(char *place, size_t size, uint64_t number, const char *key, struct text *records)
{
	if (write_number(place, size, number))
		return;
	add_number(records, key, number);
	(void)write_number(place, size, 0);
}

static void seal(struct tar_header *h)
{
	memcpy(h->magic, "ustar", 6);
	memcpy(h->version, "00", 2);
	(void)snprintf(h->checksum, sizeof h->checksum, "%06o", tar_sum(h));
	h->checksum[7] = ' ';
}

static void fill_header(const struct tar_entry *entry, struct tar_header *h, struct text *records)
{
	uint64_t seconds = entry->seconds < 0 ? 0 : (uint64_t)entry->seconds;

	set_text(h->name, sizeof h->name, entry->name, "path", records);
	(void)write_number(h->mode, sizeof h->mode, entry->mode & 07777);
	set_number(h->uid, sizeof h->uid, entry->uid, "uid", records);
	set_number(h->gid, sizeof h->gid, entry->gid, "gid", records);
	set_number(h->size, sizeof h->size, entry->type == TAR_FILE ? entry->size : 0, "size", records);
	set_number(h->mtime, sizeof h->mtime, seconds, "mtime", records);
	h->type = (char)entry->type;
	if (entry->link)
		set_text(h->link, sizeof h->link, entry->link, "linkpath", records);
	set_number(h->major, sizeof h->major, entry->major, "SCHILY.devmajor", records);
	set_number(h->minor, sizeof h->minor, entry->minor, "SCHILY.devminor", records);
	for (size_t i = 0; i < entry->xattrs.count; i++) {
		char key[sizeof "SCHILY.xattr." + 256]; /* names of attributes have at most 255 bytes */
		(void)snprintf(key, sizeof key, "SCHILY.xattr.%s", entry->xattrs.at[i].name);
		add_record(records, key, entry->xattrs.at[i].value, entry->xattrs.at[i].size);
	}
	seal(h);
}

/* The header before the header, for what has no room in it. */
static int write_records(struct stream_writer *w, const struct tar_entry *entry, const struct text *records, struct err *e)
{
	struct tar_header h = { .type = 'x' };
	char name[sizeof h.name];

	int length = snprintf(name, sizeof name, "PaxHeaders/%s", entry->name); /* cut off: nobody uses it */
	memcpy(h.name, name, length < (int)sizeof name ? (size_t)length : sizeof name - 1);
	(void)write_number(h.mode, sizeof h.mode, 0644);
	(void)write_number(h.uid, sizeof h.uid, 0);
	(void)write_number(h.gid, sizeof h.gid, 0);
	(void)write_number(h.size, sizeof h.size, records->length);
	(void)write_number(h.mtime, sizeof h.mtime, 0);
	(void)write_number(h.major, sizeof h.major, 0);
	(void)write_number(h.minor, sizeof h.minor, 0);
	seal(&h);
	if (stream_write(w, &h, sizeof h, e) || stream_write(w, records->at, records->length, e))
		return -1;
	return tar_write_padding(w, records->length, e);
}

int tar_write_entry(struct stream_writer *w, struct arena *a, const struct tar_entry *entry, struct err *e)
{
	struct tar_header h = { 0 };
	struct text records;

	text_init(&records, a);
	fill_header(entry, &h, &records);
	if (records.length && write_records(w, entry, &records, e))
		return -1;
	return stream_write(w, &h, sizeof h, e);
}

int tar_write_padding(struct stream_writer *w, uint64_t size, struct err *e)
{
	size_t over = size % TAR_BLOCK;

	return over ? stream_write(w, zeros, TAR_BLOCK - over, e) : 0;
}

int tar_write_end(struct stream_writer *w, struct err *e)
{
	return stream_write(w, zeros, sizeof zeros, e);
}
