/* The image's volumes: directories of the container that are no part of its root, with what the image has there to begin with. */
#include "bundle-tools/run/configure.h"

#include "bundle-tools/run/rootfs.h"
#include "spec/base/own.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

static int compare_keys(const void *a, const void *b)
{
	return strcmp(((const struct spec_image_empty *)a)->key, ((const struct spec_image_empty *)b)->key);
}

/* -v puts something of the user's there. */
static bool is_given(const struct configuring *x, const char *destination)
{
	for (size_t i = 0; i < x->options->volumes.count; i++)
		if (strcmp(x->options->volumes.at[i].destination, destination) == 0)
			return true;
	return false;
}

static int copy_content(const struct configuring *x, const char *destination, const char *source, struct err *e)
{
	own_fd from_fd = root_open(x->root_fd, destination, O_RDONLY | O_DIRECTORY | O_NONBLOCK, 0);

	if (from_fd < 0)
		return errno == ENOENT || errno == ENOTDIR ? 0 : err_sys(e, "open %s in the image", destination);
	return rootfs_copy(from_fd, source, e);
}

static int make_volume(const struct configuring *x, const char *destination, size_t number, struct bundle_mount *out, struct err *e)
{
	const char *name = arena_format(&x->c->arena, "volumes/%zu", number);
	const char *source = arena_format(&x->c->arena, "%s/%s", x->directory, name);

	if (destination[0] != '/' || !destination[strspn(destination, "/.")])
		return err_set(e, "the image has a volume at \"%.200s\", which can be none", destination);
	if (mkdirat(x->dir_fd, name, 0755) || fchmodat(x->dir_fd, name, 0755, 0)) /* whatever the umask */
		return err_sys(e, "make the directory %s", source);
	*out = (struct bundle_mount){ source, destination, false };
	return copy_content(x, destination, source, e) ? err_add(e, "fill the volume %s", destination) : 0;
}

int configure_volumes(const struct configuring *x, struct bundle_mount *out, size_t *count, struct err *e)
{
	const struct spec_image_config *config = x->image ? x->image->config : NULL;
	size_t all = config ? config->volumes.count : 0;
	struct spec_image_empty *volumes = arena_alloc(&x->c->arena, (all + 1) * sizeof *volumes);

	*count = 0;
	if (!all)
		return 0;
	memcpy(volumes, config->volumes.at, all * sizeof *volumes);
	qsort(volumes, all, sizeof *volumes, compare_keys); /* what lies in another one is mounted after that */
	if (mkdirat(x->dir_fd, "volumes", 0711) && errno != EEXIST)
		return err_sys(e, "make the directory %s/volumes", x->directory);
	for (size_t i = 0; i < all; i++)
		if (!is_given(x, volumes[i].key) && make_volume(x, volumes[i].key, i, &out[(*count)++], e))
			return -1;
	return 0;
}
