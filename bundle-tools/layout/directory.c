#include "bundle-tools/layout/directory.h"

#include "bundle-tools/store/store.h"
#include "spec/base/own.h"
#include "spec/json/read.h"
#include "spec/json/write.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define BLOBS "blobs/sha256"

enum { BLOB_PATH = sizeof BLOBS + 1 + HASH_TEXT };

const char *layout_read_digest(const char *digest)
{
	static const char prefix[] = "sha256:";
	const char *sum = digest + sizeof prefix - 1;

	if (strncmp(digest, prefix, sizeof prefix - 1) != 0 || strlen(sum) != HASH_TEXT - 1)
		return NULL;
	return strspn(sum, "0123456789abcdef") == HASH_TEXT - 1 ? sum : NULL;
}

/* --- writing -------------------------------------------------------------------------------------------------------- */

int layout_prepare(struct conductor *c, int layout_fd, struct err *e)
{
	static const char *const directories[] = { "blobs", BLOBS };
	struct layout_version version = { "1.0.0" };
	struct text json;

	for (size_t i = 0; i < sizeof directories / sizeof *directories; i++)
		if (mkdirat(layout_fd, directories[i], 0755) && errno != EEXIST)
			return err_sys(e, "make the directory %s", directories[i]);
	text_init(&json, &c->arena);
	json_write(&record_layout_version, &version, JSON_LINE, &json);
	return store_write_file(layout_fd, "oci-layout", json.at, json.length, WRITE_SYNCED, e);
}

int layout_open_blob(int layout_fd, struct err *e)
{
	int fd = openat(layout_fd, BLOBS, O_TMPFILE | O_RDWR | O_CLOEXEC, 0644);

	if (fd >= 0)
		return fd;
	(void)err_sys(e, "make a file without a name in " BLOBS);
	return err_hint(e, "the file system must know O_TMPFILE, as ext4, xfs, btrfs and tmpfs do");
}

int layout_keep_blob(int layout_fd, int blob_fd, const char *sum, struct err *e)
{
	char name[BLOB_PATH], self[32];
	own_fd fd = blob_fd;

	(void)snprintf(name, sizeof name, BLOBS "/%s", sum);
	(void)snprintf(self, sizeof self, "/proc/self/fd/%d", fd);
	if (fchmod(fd, 0644) || fsync(fd))
		return err_sys(e, "write the blob %s", sum);
	/* an old one may have been damaged meanwhile: ours is whole */
	if (unlinkat(layout_fd, name, 0) && errno != ENOENT)
		return err_sys(e, "replace the blob %s", sum);
	if (linkat(AT_FDCWD, self, layout_fd, name, AT_SYMLINK_FOLLOW) && errno != EEXIST)
		return err_sys(e, "name the blob %s", sum);
	return 0;
}

static int write_whole(int fd, const char *bytes, size_t length, struct err *e)
{
	while (length) {
		ssize_t done = write(fd, bytes, length);
		if (done < 0 && errno == EINTR)
			continue;
		if (done < 0)
			return err_sys(e, "write a document");
		bytes += done;
		length -= (size_t)done;
	}
	return 0;
}

int layout_write_document(struct conductor *c, int layout_fd, const struct record *record, const void *document,
			  struct spec_layout_descriptor *out, struct err *e)
{
	char sum[HASH_TEXT];
	struct text json;
	struct hash h;

	text_init(&json, &c->arena);
	json_write(record, document, JSON_LINE, &json);
	hash_init(&h);
	hash_add(&h, json.at, json.length);
	hash_finish_text(&h, sum);
	own_fd fd = layout_open_blob(layout_fd, e);
	if (fd < 0 || write_whole(fd, json.at, json.length, e) || layout_keep_blob(layout_fd, take_fd(&fd), sum, e))
		return -1;
	out->digest = arena_format(&c->arena, "sha256:%s", sum);
	out->size = (struct opt_uint){ true, json.length };
	return 0;
}

static bool has_index(int layout_fd)
{
	return faccessat(layout_fd, "index.json", F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

int layout_add_manifest(struct conductor *c, int layout_fd, const struct spec_layout_descriptor *manifest, const char *name,
			struct err *e)
{
	struct layout_index *index = arena_alloc(&c->arena, sizeof *index);
	struct spec_layout_descriptor *kept;
	struct text json;
	size_t count = 0;

	if (has_index(layout_fd) && layout_read_index(c, layout_fd, &index, e))
		return -1;
	kept = arena_alloc(&c->arena, (index->manifests.count + 1) * sizeof *kept);
	for (size_t i = 0; i < index->manifests.count; i++) {
		const char *old = layout_find_annotation(&index->manifests.at[i], ANNOTATION_NAME);
		if (!old || strcmp(old, name) != 0)
			kept[count++] = index->manifests.at[i];
	}
	kept[count++] = *manifest;
	index->schema_version = (struct opt_uint){ true, 2 };
	index->media_type = MEDIA_INDEX;
	index->manifests.at = kept;
	index->manifests.count = count;
	text_init(&json, &c->arena);
	json_write(&record_layout_index, index, JSON_LINE, &json);
	return store_write_file(layout_fd, "index.json", json.at, json.length, WRITE_SYNCED, e);
}

/* --- reading -------------------------------------------------------------------------------------------------------- */

static int read_text(struct conductor *c, const struct record *record, const char *text, size_t length, const char *path,
		     void **out, struct err *e)
{
	struct problems problems;

	problems_init(&problems, &c->arena);
	*out = json_read(record, text, length, &problems);
	problems_place(&problems, text, length);
	return problems_err(&problems, path, e);
}

static int read_file(struct conductor *c, int layout_fd, const char *name, const struct record *record, void **out, struct err *e)
{
	const char *text;
	size_t length;

	return json_load(layout_fd, name, &c->arena, &text, &length, e) || read_text(c, record, text, length, name, out, e) ? -1 : 0;
}

int layout_check(struct conductor *c, int layout_fd, struct err *e)
{
	struct layout_version *version = NULL;
	void *document = NULL;

	if (faccessat(layout_fd, "oci-layout", F_OK, 0) && errno == ENOENT) {
		(void)err_set(e, "there is no file oci-layout: it is no OCI image layout");
		return err_hint(e, "`skopeo copy SOURCE oci:DIR` makes one of any other form");
	}
	if (read_file(c, layout_fd, "oci-layout", &record_layout_version, &document, e))
		return -1;
	version = document;
	if (strncmp(version->version, "1.", 2) != 0)
		return err_set(e, "the layout is of version %s, known is 1.0.0", version->version);
	return 0;
}

int layout_read_index(struct conductor *c, int layout_fd, struct layout_index **out, struct err *e)
{
	void *document = NULL;

	if (read_file(c, layout_fd, "index.json", &record_layout_index, &document, e))
		return -1;
	*out = document;
	return 0;
}

/* Its path and its sum; NULL with an error. */
static const char *find_blob(const struct spec_layout_descriptor *from, char path[BLOB_PATH], struct err *e)
{
	const char *sum = layout_read_digest(from->digest);

	if (sum)
		(void)snprintf(path, BLOB_PATH, BLOBS "/%s", sum);
	else
		(void)err_set(e, "\"%.100s\" is no digest by SHA-256", from->digest);
	return sum;
}

int layout_open(int layout_fd, const struct spec_layout_descriptor *from, struct err *e)
{
	char path[BLOB_PATH];
	struct stat st;

	if (!find_blob(from, path, e))
		return -1;
	own_fd fd = openat(layout_fd, path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &st))
		return err_sys(e, "open %s", path);
	if (!S_ISREG(st.st_mode))
		return err_set(e, "%s is no regular file", path);
	if ((uint64_t)st.st_size != from->size.value)
		return err_set(e, "%s has %lld bytes, %llu were promised", path, (long long)st.st_size,
			       (unsigned long long)from->size.value);
	return take_fd(&fd);
}

int layout_read_document(struct conductor *c, int layout_fd, const struct record *record, const struct spec_layout_descriptor *from,
			 void **out, struct err *e)
{
	char path[BLOB_PATH], sum[HASH_TEXT];
	const char *text;
	struct hash h;
	size_t length;

	const char *promised = find_blob(from, path, e);
	if (!promised || json_load(layout_fd, path, &c->arena, &text, &length, e))
		return -1;
	hash_init(&h);
	hash_add(&h, text, length);
	hash_finish_text(&h, sum);
	if (length != from->size.value || strcmp(sum, promised) != 0)
		return err_set(e, "%s has another content than its name says", path);
	return read_text(c, record, text, length, path, out, e);
}

const char *layout_find_annotation(const struct spec_layout_descriptor *d, const char *key)
{
	for (size_t i = 0; i < d->annotations.count; i++)
		if (strcmp(d->annotations.at[i].key, key) == 0)
			return d->annotations.at[i].value;
	return NULL;
}
