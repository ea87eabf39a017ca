#include "bundle-tools/store/changes.h"

#include "bundle-tools/store/layer.h"
#include "spec/base/own.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>

/* The paths that exist so far: open addressing, removal by mark. */
struct path_set {
	struct arena *arena;
	struct {
		const char *path;
		bool is_there;
	} *at;
	size_t size, count;
};

struct laying {
	struct path_set set;
	struct layer_changes *now;
	size_t room;
	const char *opaque; /* the attribute of a directory that hides what is below */
	struct err *e;
};

static size_t find_slot(const struct path_set *s, const char *path)
{
	uint64_t hash = 14695981039346656037u; /* FNV-1a */

	for (const unsigned char *c = (const unsigned char *)path; *c; c++)
		hash = (hash ^ *c) * 1099511628211u;
	size_t slot = (size_t)hash & (s->size - 1);
	while (s->at[slot].path && strcmp(s->at[slot].path, path) != 0)
		slot = (slot + 1) & (s->size - 1);
	return slot;
}

static void grow(struct path_set *s)
{
	struct path_set bigger = { .arena = s->arena, .size = s->size ? 2 * s->size : 1024 };

	bigger.at = arena_alloc(s->arena, bigger.size * sizeof *bigger.at);
	for (size_t i = 0; i < s->size; i++) {
		if (!s->at[i].path || !s->at[i].is_there)
			continue;
		bigger.at[find_slot(&bigger, s->at[i].path)] = s->at[i];
		bigger.count++;
	}
	*s = bigger;
}

static void note(struct laying *l, char kind, const char *path)
{
	struct layer_changes *n = l->now;

	if (n->count == l->room) {
		size_t room = l->room ? 2 * l->room : 64;
		n->at = arena_grow(l->set.arena, n->at, l->room * sizeof *n->at, room * sizeof *n->at);
		l->room = room;
	}
	n->at[n->count++] = (struct change){ kind, path };
	n->added += kind == '+';
	n->changed += kind == '~';
	n->removed += kind == '-';
}

static void add_path(struct laying *l, const char *path, bool is_directory)
{
	if (2 * (l->set.count + 1) > l->set.size)
		grow(&l->set);
	size_t slot = find_slot(&l->set, path);
	bool was_there = l->set.at[slot].path && l->set.at[slot].is_there;
	if (!l->set.at[slot].path)
		l->set.count++;
	l->set.at[slot].path = path;
	l->set.at[slot].is_there = true;
	if (!is_directory)
		note(l, was_there ? '~' : '+', path);
}

/* All that is below a path, with the path itself or without. */
static void remove_paths(struct laying *l, const char *path, bool with_itself)
{
	size_t length = strlen(path);

	for (size_t i = 0; i < l->set.size; i++) {
		const char *other = l->set.at[i].path;
		if (!other || !l->set.at[i].is_there || strncmp(other, path, length) != 0)
			continue;
		if (other[length] == '/' || (with_itself && !other[length]))
			l->set.at[i].is_there = false;
	}
	if (with_itself)
		note(l, '-', path);
}

static bool is_opaque(const struct laying *l, int dir_fd, const char *name)
{
	char path[NAME_MAX + 40], value;

	(void)snprintf(path, sizeof path, "/proc/self/fd/%d/%s", dir_fd, name); /* names are shorter than the room */
	return lgetxattr(path, l->opaque, &value, 1) == 1 && value == 'y';
}

static int lay(struct laying *l, int dir_fd, const char *name, const char *path);

static int lay_entry(struct laying *l, int fd, const char *name, const char *below)
{
	const char *path = below[0] ? arena_format(l->set.arena, "%s/%s", below, name) : arena_text(l->set.arena, name);
	struct stat st;

	if (fstatat(fd, name, &st, AT_SYMLINK_NOFOLLOW))
		return err_sys(l->e, "stat %s", path);
	if (S_ISCHR(st.st_mode) && st.st_rdev == 0) { /* a whiteout */
		remove_paths(l, path, true);
		return 0;
	}
	if (S_ISDIR(st.st_mode) && is_opaque(l, fd, name))
		remove_paths(l, path, false);
	add_path(l, path, S_ISDIR(st.st_mode));
	return S_ISDIR(st.st_mode) ? lay(l, fd, name, path) : 0;
}

static int lay(struct laying *l, int dir_fd, const char *name, const char *path)
{
	int fd = openat(dir_fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	struct dirent *entry;

	own_directory directory = fd < 0 ? NULL : fdopendir(fd);
	if (!directory) {
		own_close(&fd);
		return err_sys(l->e, "read %s", path[0] ? path : "the layer");
	}
	while ((errno = 0, entry = readdir(directory)))
		if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0 && lay_entry(l, fd, entry->d_name, path))
			return -1;
	return errno ? err_sys(l->e, "read %s", path) : 0;
}

static int compare_paths(const void *a, const void *b)
{
	return strcmp(((const struct change *)a)->path, ((const struct change *)b)->path);
}

int changes_read(struct conductor *c, const struct spec_texts *layers, struct layer_changes *out, struct err *e)
{
	struct laying l = { .set = { .arena = &c->arena }, .e = e };

	l.opaque = c->is_rootless ? "user.overlay.opaque" : "trusted.overlay.opaque";

	for (size_t i = 0; i < layers->count; i++) {
		own_fd layer = layer_open(c, layers->at[i], e);
		if (layer < 0)
			return -1;
		out[i] = (struct layer_changes){ 0 };
		l.now = &out[i];
		l.room = 0;
		if (lay(&l, layer, ".", ""))
			return -1;
		if (out[i].count)
			qsort(out[i].at, out[i].count, sizeof *out[i].at, compare_paths);
	}
	return 0;
}
