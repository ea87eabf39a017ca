#include "bundle-tools/store/references.h"

#include "bundle-tools/store/hash.h"
#include "spec/base/own.h"
#include "spec/base/text.h"
#include "spec/field_rows.h"
#include "spec/json/read.h"
#include "spec/json/write.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* What images, containers and bundles have in common. */
struct holder {
	const char *image, *directory;
	struct spec_texts layers;
};

#define OWNER struct holder
static const struct field holder_rows[] = {
	TEXT("image", image, 0, "Image of a container."),
	TEXT("directory", directory, 0, "Where a bundle is."),
	TEXTS("layers", layers, NEEDED, "Keys of the layers."),
};
static RECORD(holder);
#undef OWNER

/* NULL without an error: it has gone meanwhile. */
static int read_holder(struct conductor *c, const char *path, struct holder **out, struct err *e)
{
	struct problems problems;
	const char *text;
	size_t length;

	*out = NULL;
	if (faccessat(c->root_fd, path, F_OK, 0) && errno == ENOENT)
		return 0;
	if (json_load(c->root_fd, path, &c->arena, &text, &length, e))
		return -1;
	problems_init(&problems, &c->arena);
	*out = json_read(&record_holder, text, length, &problems);
	problems_place(&problems, text, length);
	return problems_err(&problems, path, e);
}

static void add(struct conductor *c, struct references *r, const char *owner, const struct holder *h)
{
	size_t size = r->count * sizeof *r->at;

	r->at = arena_grow(&c->arena, r->at, size, size + sizeof *r->at);
	r->at[r->count++] = (struct reference){ owner, h->layers };
}

/* A bundle that was removed holds nothing. It has its record from the beginning. */
static bool is_gone(struct conductor *c, const struct holder *h, const char *path)
{
	if (!h->directory || access(arena_format(&c->arena, "%s/container.json", h->directory), F_OK) == 0 || errno != ENOENT)
		return false;
	(void)unlinkat(c->root_fd, path, 0); /* the note is found and judged again otherwise */
	return true;
}

static int add_all(struct conductor *c, const char *directory, const char *file, const char *kind, struct references *r,
		   struct err *e)
{
	struct names names = { 0 };
	struct holder *h;

	if (store_list(c, directory, &names, e))
		return -1;
	for (size_t i = 0; i < names.count; i++) {
		const char *path = arena_format(&c->arena, "%s/%s%s", directory, names.at[i], file);
		if (read_holder(c, path, &h, e))
			return -1;
		if (h && !is_gone(c, h, path))
			add(c, r, arena_format(&c->arena, "%s %s", kind, h->directory ? h->directory : names.at[i]), h);
	}
	return 0;
}

/* As the kernel writes it into the options of a mount. Without /proc, as we know it ourselves. */
static const char *write_as_option(struct conductor *c)
{
	char path[PATH_MAX];
	ssize_t length = readlink(arena_format(&c->arena, "/proc/self/fd/%d", c->root_fd), path, sizeof path - 1);
	struct text out;

	path[length < 0 ? 0 : length] = '\0';
	text_init(&out, &c->arena);
	for (const char *at = length > 0 ? path : c->root; *at; at++)
		text_add(&out, strchr(", \t\n\\", *at) ? "\\%03o" : "%c", (unsigned char)*at);
	text_add(&out, "/layers/");
	return out.at;
}

/* Overlays tell their layers by path: of a bundle that was moved, or a container whose record is lost, that is what there is. */
static int read_mounts(struct conductor *c, struct references *r, struct err *e)
{
	own_stream mounts = fopen("/proc/self/mountinfo", "re");
	own_text line = NULL;
	size_t room = 0;
	struct text all;

	if (!mounts)
		return err_sys(e, "open /proc/self/mountinfo");
	text_init(&all, &c->arena);
	while (getline(&line, &room, mounts) > 0)
		if (strstr(line, " - overlay "))
			text_add(&all, "%s", line);
	r->mounts = all.at;
	r->layers = write_as_option(c);
	return 0;
}

int references_read(struct conductor *c, struct references *out, struct err *e)
{
	struct references r = { 0 };

	if (read_mounts(c, &r, e))
		return err_add(e, "find what is mounted");
	if (add_all(c, "images", "", "image", &r, e) || add_all(c, "containers", "/container.json", "container", &r, e) ||
	    add_all(c, "bundles", "", "bundle", &r, e))
		return err_add(e, "find what is used");
	*out = r;
	return 0;
}

const char *references_find(const struct references *r, const char *key)
{
	for (size_t i = 0; i < r->count; i++)
		for (size_t l = 0; l < r->at[i].layers.count; l++)
			if (strcmp(r->at[i].layers.at[l], key) == 0)
				return r->at[i].owner;
	for (const char *at = r->mounts; (at = strstr(at, r->layers));) {
		at += strlen(r->layers);
		if (strncmp(at, key, strlen(key)) == 0)
			return "a mount";
	}
	return NULL;
}

int references_find_container(struct conductor *c, const char *image, const char **out, struct err *e)
{
	struct names names = { 0 };
	struct holder *h;

	*out = NULL;
	if (store_list(c, "containers", &names, e))
		return -1;
	for (size_t i = 0; i < names.count && !*out; i++) {
		if (read_holder(c, arena_format(&c->arena, "containers/%s/container.json", names.at[i]), &h, e))
			return -1;
		if (h && h->image && strcmp(h->image, image) == 0)
			*out = names.at[i];
	}
	return 0;
}

int references_add_bundle(struct conductor *c, const char *directory, const struct spec_texts *layers, struct err *e)
{
	struct holder h = { .directory = directory, .layers = *layers };
	char name[HASH_TEXT];
	struct text json;
	struct hash sum;

	hash_init(&sum);
	hash_add_text(&sum, directory);
	hash_finish_text(&sum, name);
	text_init(&json, &c->arena);
	json_write(&record_holder, &h, JSON_SPACES, &json);
	own_fd bundles_fd = openat(c->root_fd, "bundles", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (bundles_fd < 0)
		return err_sys(e, "open %s/bundles", c->root);
	return store_write_file(bundles_fd, name, json.at, json.length, WRITE_SYNCED, e);
}
