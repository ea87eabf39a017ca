/* images, rmi, rmcache, gc, inspect-layers: what the store has. */
#include "bundle-tools/cli/commands.h"

#include "bundle-tools/build/build.h"
#include "bundle-tools/cli/show.h"
#include "bundle-tools/net/network.h"
#include "bundle-tools/run/container.h"
#include "bundle-tools/run/user_namespace.h"
#include "bundle-tools/store/changes.h"
#include "bundle-tools/store/clean.h"
#include "bundle-tools/store/layer.h"
#include "bundle-tools/store/references.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* Layers that were counted already, so that shared ones are counted once. */
struct counting {
	struct spec_texts seen;
	uint64_t total;
};

static bool has_seen(const struct counting *k, const char *key)
{
	for (size_t i = 0; i < k->seen.count; i++)
		if (strcmp(k->seen.at[i], key) == 0)
			return true;
	return false;
}

static int add_sizes(struct conductor *c, const struct image *image, struct counting *k, uint64_t *size, struct err *e)
{
	struct layer_meta *meta = NULL;

	*size = 0;
	for (size_t i = 0; i < image->layers.count; i++) {
		if (layer_read(c, image->layers.at[i], &meta, e))
			return err_add(e, "image %s", image->name);
		*size += meta->size.value;
		if (has_seen(k, image->layers.at[i]))
			continue;
		size_t bytes = k->seen.count * sizeof *k->seen.at;
		k->seen.at = arena_grow(&c->arena, k->seen.at, bytes, bytes + sizeof *k->seen.at);
		k->seen.at[k->seen.count++] = image->layers.at[i];
		k->total += meta->size.value;
	}
	return 0;
}

static int show_image(struct conductor *c, const char *file, struct counting *k, struct err *e)
{
	const char *name = arena_copy(&c->arena, file, strlen(file) - strlen(".json"));
	struct image *image = NULL;
	uint64_t size;
	int found = image_find(c, name, &image, e);

	if (found)
		return found < 0 ? -1 : 0; /* removed meanwhile */
	if (add_sizes(c, image, k, &size, e))
		return -1;
	(void)printf("%-24s %-10s %-20s %zu\n", image->name, show_size(&c->arena, size), show_time(&c->arena, image->created),
		     image->layers.count);
	return 0;
}

COMMAND(images)
{
	struct counting k = { 0 };
	struct names names = { 0 };

	(void)options;
	(void)line;
	(void)exit_code;
	if (user_namespace_open_store(c, NULL, e) || store_list(c, "images", &names, e))
		return -1;
	if (!names.count) {
		(void)printf("No images found\n");
		return 0;
	}
	(void)printf("%-24s %-10s %-20s %s\n", "Name", "Size", "Date", "Layers");
	for (size_t i = 0; i < names.count; i++)
		if (show_image(c, names.at[i], &k, e))
			return -1;
	(void)printf("%zu images, %s on disk in %zu layers\n", names.count, show_size(&c->arena, k.total), k.seen.count);
	return 0;
}

static int remove_image(struct conductor *c, const char *name, struct err *e)
{
	struct image *image = NULL;
	const char *user;

	if (image_read(c, name, &image, e) || references_find_container(c, name, &user, e))
		return -1;
	if (user) {
		(void)err_set(e, "image %s is used by container %s", name, user);
		return err_hint(e, "`conductor stop %s` first", user);
	}
	return image_remove(c, name, e);
}

COMMAND(rmi)
{
	int lock_fd = -1, result = 0;

	(void)options;
	(void)exit_code;
	/* nobody begins to use it meanwhile */
	if (user_namespace_open_store(c, NULL, e) || store_lock(c, "images", LOCK_WAIT, &lock_fd, e))
		return -1;
	for (int i = 0; i < line->count && result == 0; i++) {
		result = remove_image(c, line->at[i], e);
		if (result == 0)
			(void)printf("Image %s removed\n", line->at[i]);
	}
	store_unlock(c, "images", &lock_fd);
	return result;
}

COMMAND(rmcache)
{
	struct cleaned cleaned;

	(void)options;
	(void)line;
	(void)exit_code;
	if (build_open_store(c, e) || build_sweep(c, e) || clean_layers(c, &cleaned, e))
		return -1;
	(void)printf("%llu layers removed, %s\n", (unsigned long long)cleaned.layers, show_size(&c->arena, cleaned.bytes));
	return 0;
}

/* Who is not root has made none. */
static int sweep_networks(struct conductor *c, struct err *e)
{
	return c->is_rootless ? 0 : network_sweep(c, e);
}

COMMAND(gc)
{
	(void)options;
	(void)line;
	(void)exit_code;
	if (build_open_store(c, e) || build_sweep(c, e) || container_sweep(c, e))
		return -1;
	return sweep_networks(c, e) || clean_hints(c, e) ? -1 : 0;
}

static int show_layer(struct conductor *c, const char *key, const struct layer_changes *changes, bool has_files, struct err *e)
{
	struct layer_meta *meta = NULL;

	if (layer_read(c, key, &meta, e))
		return -1;
	(void)printf("%.12s  %-9s  +%-6zu ~%-6zu -%-6zu  %.*s\n", key, show_size(&c->arena, meta->size.value), changes->added,
		     changes->changed, changes->removed, (int)strcspn(meta->instruction, "\n"), meta->instruction);
	for (size_t i = 0; has_files && i < changes->count; i++)
		(void)printf("    %c /%s\n", changes->at[i].kind, changes->at[i].path);
	return 0;
}

COMMAND(inspect_layers)
{
	const struct inspect_layers_options *o = options;
	struct image *image = NULL;

	(void)exit_code;
	if (user_namespace_open_store(c, NULL, e) || image_read(c, line->at[0], &image, e))
		return -1;
	struct layer_changes *changes = arena_alloc(&c->arena, (image->layers.count + 1) * sizeof *changes);
	if (changes_read(c, &image->layers, changes, e))
		return -1;
	(void)printf("%-12s  %-9s  %-7s %-7s %-7s  %s\n", "Layer", "Size", "Added", "Changed", "Removed", "Instruction");
	for (size_t i = 0; i < image->layers.count; i++)
		if (show_layer(c, image->layers.at[i], &changes[i], o->has_files, e))
			return -1;
	return 0;
}
