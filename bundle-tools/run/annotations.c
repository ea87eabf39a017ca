/* What the image says about itself, as annotations: chapter "Conversion to OCI Runtime Configuration" of the image-spec. */
#include "bundle-tools/run/configure.h"

#include "spec/base/text.h"

#include <string.h>

#define PREFIX "org.opencontainers.image."

static bool has_key(const struct spec_map *map, const char *key)
{
	for (size_t i = 0; i < map->count; i++)
		if (strcmp(map->at[i].key, key) == 0)
			return true;
	return false;
}

/* What a label says itself stays as it is. */
static void add(struct spec_map *map, const char *key, const char *value)
{
	if (value && value[0] && !has_key(map, key))
		map->at[map->count++] = (struct spec_pair){ key, value };
}

static const char *list_ports(const struct configuring *x, const struct spec_image_config *config)
{
	struct text ports;

	text_init(&ports, &x->c->arena);
	for (size_t i = 0; i < config->exposed_ports.count; i++)
		text_add(&ports, "%s%s", i ? "," : "", config->exposed_ports.at[i].key);
	return config->exposed_ports.count ? ports.at : NULL;
}

void configure_annotations(const struct configuring *x, struct spec_map *out)
{
	const struct image *image = x->image;
	enum { OURS = 6 };

	*out = (struct spec_map){ 0 };
	if (!image)
		return;
	const struct spec_map *labels = &image->config->labels;
	out->at = arena_alloc(&x->c->arena, (labels->count + OURS) * sizeof *out->at);
	for (size_t i = 0; i < labels->count; i++)
		out->at[out->count++] = labels->at[i];
	add(out, PREFIX "os", "linux");
	add(out, PREFIX "architecture", image->architecture);
	add(out, PREFIX "author", image->author);
	add(out, PREFIX "created", image->created);
	add(out, PREFIX "stopSignal", image->config->stop_signal);
	add(out, PREFIX "exposedPorts", list_ports(x, image->config));
}
