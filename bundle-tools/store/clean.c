#include "bundle-tools/store/clean.h"

#include "bundle-tools/store/layer.h"
#include "bundle-tools/store/references.h"
#include "bundle-tools/store/remove.h"
#include "spec/base/own.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

static int clean_one(struct conductor *c, const char *key, struct cleaned *sum, struct err *e)
{
	struct err ignored = ERR_NONE; /* a layer whose meta.json is damaged is removed all the same */
	struct layer_meta *meta = NULL;

	if (layer_read(c, key, &meta, &ignored) == 0)
		sum->bytes += meta->size.value;
	if (layer_remove(c, key, e))
		return -1;
	sum->layers++;
	return 0;
}

static bool has_prefix(const struct names *names, const char *prefix)
{
	for (size_t i = 0; i < names->count; i++)
		if (strncmp(names->at[i], prefix, strlen(prefix)) == 0)
			return true;
	return false;
}

/* An apt cache is named by the beginning of its base's key. */
static int clean_apt(struct conductor *c, struct err *e)
{
	struct names caches = { 0 }, layers = { 0 };

	if (store_list(c, "apt", &caches, e) || store_list(c, "layers", &layers, e))
		return -1;
	for (size_t i = 0; i < caches.count; i++)
		if (!has_prefix(&layers, caches.at[i]) && remove_tree(c->root_fd, arena_format(&c->arena, "apt/%s", caches.at[i]), e))
			return -1;
	return 0;
}

static int clean_unused(struct conductor *c, struct cleaned *out, struct err *e)
{
	struct references used = { 0 };
	struct names layers = { 0 };

	if (references_read(c, &used, e) || store_list(c, "layers", &layers, e))
		return -1;
	for (size_t i = 0; i < layers.count; i++)
		if (!references_find(&used, layers.at[i]) && clean_one(c, layers.at[i], out, e))
			return -1;
	return clean_apt(c, e);
}

int clean_layers(struct conductor *c, struct cleaned *out, struct err *e)
{
	int lock_fd = -1;

	*out = (struct cleaned){ 0 };
	own_fd layers_fd = store_hold_layers(c, HOLD_ALONE, e);
	if (layers_fd < 0)
		return -1;
	if (store_lock(c, "images", LOCK_WAIT, &lock_fd, e)) /* nobody begins to use one meanwhile */
		return -1;
	int result = clean_unused(c, out, e);
	store_unlock(c, "images", &lock_fd);
	return result;
}

int clean_locks(struct conductor *c, struct err *e)
{
	struct names names = { 0 };
	int lock_fd = -1;

	if (store_list(c, "locks", &names, e))
		return -1;
	for (size_t i = 0; i < names.count; i++) {
		int busy = store_lock(c, names.at[i], LOCK_TRY, &lock_fd, e);
		if (busy < 0)
			return -1;
		if (busy == 0)
			store_unlock(c, names.at[i], &lock_fd); /* takes the file away */
	}
	return 0;
}

int clean_hints(struct conductor *c, struct err *e)
{
	struct names names = { 0 };

	if (store_list(c, "stat-cache", &names, e))
		return -1;
	for (size_t i = 0; i < names.count; i++)
		if (unlinkat(c->root_fd, arena_format(&c->arena, "stat-cache/%s", names.at[i]), 0) && errno != ENOENT)
			return err_sys(e, "remove a stat cache");
	return clean_locks(c, e);
}
