#include "bundle-tools/store/layer.h"

#include "bundle-tools/store/remove.h"
#include "spec/base/clock.h"
#include "spec/base/own.h"
#include "spec/field_rows.h"
#include "spec/json/read.h"
#include "spec/json/write.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#define OWNER struct layer_meta
static const struct field layer_meta_rows[] = {
	TEXT("key", key, FILLED, "Hash of all that its content follows from."),
	TEXT("parent", parent, NEEDED, "Key of the layer below, or nothing."),
	TEXT("instruction", instruction, NEEDED, "What made it."),
	TEXT("created", created, NEEDED, "When it was made."),
	UINT("size", size, NEEDED, "Bytes in its regular files.", ANY_UINT),
};
static RECORD(layer_meta);
#undef OWNER

static void write_path(char *path, size_t size, const char *directory, const char *key, const char *rest)
{
	(void)snprintf(path, size, "%s/%s%s", directory, key, rest); /* keys have one length */
}

bool layer_exists(const struct conductor *c, const char *key)
{
	char path[NAME_MAX];

	write_path(path, sizeof path, "layers", key, "/meta.json");
	return faccessat(c->root_fd, path, F_OK, 0) == 0;
}

static int make_room(struct layer_writer *w, struct err *e)
{
	char path[NAME_MAX];

	write_path(path, sizeof path, "tmp", w->key, "");
	w->had_remains = faccessat(w->conductor->root_fd, path, F_OK, 0) == 0;
	if (w->had_remains && remove_tree(w->conductor->root_fd, path, e))
		return err_add(e, "remove what a killed build left");
	if (mkdirat(w->conductor->root_fd, path, 0700))
		return err_sys(e, "make %s/%s", w->conductor->root, path);
	w->dir_fd = openat(w->conductor->root_fd, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (w->dir_fd < 0)
		return err_sys(e, "open %s/%s", w->conductor->root, path);
	own_fd layer_fd = store_open_directory(w->dir_fd, "layer", e);
	if (layer_fd < 0)
		return -1;
	w->diff_fd = store_open_directory(layer_fd, "diff", e);
	if (w->diff_fd < 0)
		return -1;
	return fchmod(w->diff_fd, 0755) ? err_sys(e, "set the mode of %s", path) : 0; /* whatever the umask */
}

int layer_begin(struct conductor *c, const char *key, struct layer_writer *out, struct err *e)
{
	struct layer_writer w = { .conductor = c, .key = key, .lock_fd = -1, .dir_fd = -1, .diff_fd = -1 };

	if (store_lock(c, key, LOCK_WAIT, &w.lock_fd, e))
		return -1;
	if (layer_exists(c, key)) {
		store_unlock(c, key, &w.lock_fd);
		return 1;
	}
	if (make_room(&w, e)) {
		layer_abandon(&w);
		return -1;
	}
	*out = w;
	return 0;
}

void layer_abandon(struct layer_writer *w)
{
	struct err ignored = ERR_NONE; /* what cannot be removed now, the next build of the layer removes */
	char path[NAME_MAX];

	drop_fd(&w->diff_fd);
	drop_fd(&w->dir_fd);
	write_path(path, sizeof path, "tmp", w->key, "");
	(void)remove_tree(w->conductor->root_fd, path, &ignored);
	store_unlock(w->conductor, w->key, &w->lock_fd);
}

/* --- commit --------------------------------------------------------------------------------------------------------- */

static int add_sizes(int fd, uint64_t *sum, struct err *e)
{
	own_directory directory = fdopendir(fd);
	struct dirent *entry;
	struct stat st;

	if (!directory)
		return err_sys(e, "read the layer");
	while ((errno = 0, entry = readdir(directory))) {
		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
			continue;
		if (fstatat(fd, entry->d_name, &st, AT_SYMLINK_NOFOLLOW))
			return err_sys(e, "stat %s", entry->d_name);
		if (S_ISREG(st.st_mode))
			*sum += (uint64_t)st.st_size / st.st_nlink;
		if (!S_ISDIR(st.st_mode))
			continue;
		int below = openat(fd, entry->d_name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		if (below < 0)
			return err_sys(e, "open %s", entry->d_name);
		if (add_sizes(below, sum, e))
			return -1;
	}
	return errno ? err_sys(e, "read the layer") : 0;
}

static int write_meta(struct layer_writer *w, struct layer_meta *meta, struct err *e)
{
	char now[CLOCK_TEXT];
	struct text json;
	uint64_t size = 0;
	int fd = fcntl(w->diff_fd, F_DUPFD_CLOEXEC, 3);

	if (fd < 0)
		return err_sys(e, "duplicate a descriptor");
	if (add_sizes(fd, &size, e))
		return -1;
	clock_write_now(now);
	meta->key = w->key;
	meta->created = arena_text(&w->conductor->arena, now);
	meta->size = (struct opt_uint){ true, size };
	text_init(&json, &w->conductor->arena);
	json_write(&record_layer_meta, meta, JSON_SPACES, &json);
	own_fd layer_fd = openat(w->dir_fd, "layer", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (layer_fd < 0)
		return err_sys(e, "open the layer");
	return store_write_file(layer_fd, "meta.json", json.at, json.length, WRITE_PLAIN, e);
}

static int put_in_place(struct layer_writer *w, struct err *e)
{
	char from[NAME_MAX], path[NAME_MAX];

	write_path(from, sizeof from, "tmp", w->key, "/layer");
	write_path(path, sizeof path, "layers", w->key, "");
	if (syncfs(w->diff_fd))
		return err_sys(e, "write the layer to disk");
	/* both by root_fd: w->dir_fd may belong to a mount namespace that has been left meanwhile */
	if (renameat2(w->conductor->root_fd, from, w->conductor->root_fd, path, RENAME_NOREPLACE))
		return err_sys(e, "put the layer in place");
	own_fd layers_fd = openat(w->conductor->root_fd, "layers", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return layers_fd < 0 || fsync(layers_fd) ? err_sys(e, "write the list of layers to disk") : 0;
}

int layer_commit(struct layer_writer *w, struct layer_meta *meta, struct err *e)
{
	int result = write_meta(w, meta, e);

	if (result == 0)
		result = put_in_place(w, e);
	layer_abandon(w); /* of a layer in place only the scratch directory and the lock are left */
	return result;
}

/* --- reading -------------------------------------------------------------------------------------------------------- */

int layer_read(struct conductor *c, const char *key, struct layer_meta **out, struct err *e)
{
	struct problems problems;
	const char *text;
	char path[NAME_MAX];
	size_t length;

	write_path(path, sizeof path, "layers", key, "/meta.json");
	if (json_load(c->root_fd, path, &c->arena, &text, &length, e))
		return -1;
	problems_init(&problems, &c->arena);
	*out = json_read(&record_layer_meta, text, length, &problems);
	problems_place(&problems, text, length);
	return problems_err(&problems, path, e);
}

int layer_open(const struct conductor *c, const char *key, struct err *e)
{
	char path[NAME_MAX];

	write_path(path, sizeof path, "layers", key, "/diff");
	int fd = openat(c->root_fd, path, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	return fd < 0 ? err_sys(e, "open the layer %s/%s", c->root, path) : fd;
}

/* Renamed away first: whoever looks sees a whole layer or none. */
int layer_remove(struct conductor *c, const char *key, struct err *e)
{
	char from[NAME_MAX], to[NAME_MAX];
	int lock_fd, busy = store_lock(c, key, LOCK_TRY, &lock_fd, e);

	if (busy)
		return busy < 0 ? -1 : err_set(e, "layer %s is being used by a build", key);
	write_path(from, sizeof from, "layers", key, "");
	write_path(to, sizeof to, "tmp", key, "");
	int result = remove_tree(c->root_fd, to, e);
	if (result == 0 && renameat(c->root_fd, from, c->root_fd, to) && errno != ENOENT)
		result = err_sys(e, "remove the layer %s", key);
	if (result == 0)
		result = remove_tree(c->root_fd, to, e);
	store_unlock(c, key, &lock_fd);
	return result;
}
