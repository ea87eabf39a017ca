#include "bundle-tools/layout/archive.h"

#include "bundle-tools/layout/tar.h"
#include "bundle-tools/store/interrupt.h"
#include "spec/base/own.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define BLOBS "blobs/sha256/"

enum { BLOCK = 64 << 10, NAME_ROOM = sizeof BLOBS + HASH_TEXT };

/* --- writing -------------------------------------------------------------------------------------------------------- */

struct archiving {
	int layout_fd;
	struct stream_writer *to;
	struct arena arena;
};

static int write_content(struct archiving *w, int fd, const char *name, uint64_t left, struct err *e)
{
	char block[BLOCK];

	while (left) {
		ssize_t got = read(fd, block, left < BLOCK ? (size_t)left : BLOCK);
		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return got < 0 ? err_sys(e, "read %s", name) : err_set(e, "%s became shorter", name);
		if (stream_write(w->to, block, (size_t)got, e) || interrupt_check(0, e))
			return -1;
		left -= (uint64_t)got;
	}
	return 0;
}

static int write_file(struct archiving *w, const char *name, struct err *e)
{
	struct tar_entry entry = { .type = TAR_FILE, .name = name, .mode = 0644 };
	struct stat st;
	own_fd fd = openat(w->layout_fd, name, O_RDONLY | O_CLOEXEC);

	if (fd < 0 || fstat(fd, &st))
		return err_sys(e, "open %s", name);
	entry.size = (uint64_t)st.st_size;
	if (tar_write_entry(w->to, &w->arena, &entry, e) || write_content(w, fd, name, entry.size, e))
		return -1;
	return tar_write_padding(w->to, entry.size, e);
}

static int write_directory(struct archiving *w, const char *name, struct err *e)
{
	struct tar_entry entry = { .type = TAR_DIRECTORY, .name = name, .mode = 0755 };

	return tar_write_entry(w->to, &w->arena, &entry, e);
}

static int is_blob(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

static int compare(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

static int write_blobs(struct archiving *w, struct err *e)
{
	struct dirent **blobs;
	int count = scandirat(w->layout_fd, BLOBS, &blobs, is_blob, compare), result = 0;
	char name[NAME_ROOM];

	if (count < 0)
		return err_sys(e, "read " BLOBS);
	for (int i = 0; i < count; i++) {
		(void)snprintf(name, sizeof name, BLOBS "%.64s", blobs[i]->d_name);
		if (result == 0)
			result = write_file(w, name, e);
		free(blobs[i]);
	}
	free(blobs);
	return result;
}

static int write_all(struct archiving *w, struct err *e)
{
	if (write_directory(w, "blobs/", e) || write_directory(w, BLOBS, e) || write_blobs(w, e))
		return -1;
	return write_file(w, "index.json", e) || write_file(w, "oci-layout", e) ? -1 : tar_write_end(w->to, e);
}

int archive_write(int layout_fd, int to_fd, struct err *e)
{
	struct archiving w = { .layout_fd = layout_fd };
	struct stream_sums sums;

	if (stream_writer_create(to_fd, COMPRESSION_NONE, &w.to, e))
		return -1;
	arena_init(&w.arena, 8 << 20);
	int result = write_all(&w, e);
	if (result == 0)
		result = stream_writer_finish(w.to, &sums, e);
	arena_finish(&w.arena);
	stream_writer_destroy(w.to);
	return result;
}

/* --- reading -------------------------------------------------------------------------------------------------------- */

/* A file that a layout has; NULL for any other. */
static const char *find_name(const char *name)
{
	while (strncmp(name, "./", 2) == 0)
		name += 2;
	if (strcmp(name, "oci-layout") == 0 || strcmp(name, "index.json") == 0)
		return name;
	if (strncmp(name, BLOBS, sizeof BLOBS - 1) != 0 || strlen(name) != sizeof BLOBS - 1 + HASH_TEXT - 1)
		return NULL;
	return strspn(name + sizeof BLOBS - 1, "0123456789abcdef") == HASH_TEXT - 1 ? name : NULL;
}

static int read_file(struct tar_reader *r, const struct tar_entry *entry, int layout_fd, const char *name, struct err *e)
{
	char block[BLOCK];
	ssize_t got;

	if (entry->type != TAR_FILE || entry->is_sparse)
		return err_set(e, "%s is no plain file", name);
	own_fd fd = openat(layout_fd, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return err_sys(e, "make %s", name);
	while ((got = tar_read(r, block, sizeof block, e)) > 0) {
		if (interrupt_check(0, e))
			return -1;
		for (ssize_t done = 0, some; done < got; done += some) {
			some = write(fd, block + done, (size_t)(got - done));
			if (some < 0 && errno == EINTR)
				some = 0;
			if (some < 0)
				return err_sys(e, "write %s", name);
		}
	}
	return (int)got;
}

static int read_all(struct tar_reader *r, int layout_fd, struct err *e)
{
	struct tar_entry entry;
	int more;

	while ((more = tar_next(r, &entry, e)) > 0) {
		const char *name = find_name(entry.name);
		if (interrupt_check(0, e) || (name && read_file(r, &entry, layout_fd, name, e)))
			return -1;
	}
	return more;
}

int archive_read(struct stream_reader *from, int layout_fd, struct err *e)
{
	struct tar_reader r;

	if ((mkdirat(layout_fd, "blobs", 0700) && errno != EEXIST) || (mkdirat(layout_fd, BLOBS, 0700) && errno != EEXIST))
		return err_sys(e, "make the directory " BLOBS);
	tar_reader_init(&r, from);
	int result = read_all(&r, layout_fd, e);
	tar_reader_finish(&r);
	return result;
}
