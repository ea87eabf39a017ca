/* Overlays of many layers. The system call takes one page of options: what does not fit has its "lowerdir" told layer by
 * layer, which fsconfig(2) takes (Linux 6.7), and which init can tell an older kernel in few bytes. */
#include "runtime/plan/planner.h"

#include <string.h>

enum { OPTIONS_MAX = 4095, LAYERS_MAX = 500 };

static bool fits(const struct mount_options *o)
{
	size_t length = 0;

	for (size_t i = 0; i < o->data_count; i++)
		length += strlen(o->data[i]) + 1;
	return length <= OPTIONS_MAX + 1;
}

/* Up to the next ':' that no '\' stands before, without those; moves behind it. NULL at the end. */
static char *take_layer(struct planner *p, const char **at)
{
	char *layer = arena_alloc(p->arena, strlen(*at) + 1), *to = layer;
	const char *c = *at;

	if (!*c)
		return NULL;
	for (; *c && *c != ':'; c++) {
		if (*c == '\\' && c[1])
			c++;
		*to++ = *c;
	}
	*at = c + (*c == ':');
	return layer;
}

/* Behind "::" there are layers for data only. */
static void add_layers(struct planner *p, const char *layers, const char **out, size_t *count)
{
	const char *key = "lowerdir+", *layer;

	while ((layer = take_layer(p, &layers))) {
		if (!layer[0])
			key = "datadir+";
		else
			out[(*count)++] = planner_text(p, "%s=%s", key, layer);
	}
}

static size_t count_layers(const struct mount_options *o)
{
	size_t count = o->data_count;

	for (size_t i = 0; i < o->data_count; i++)
		for (const char *c = o->data[i]; *c; c++)
			count += *c == ':';
	return count;
}

void plan_overlay_options(struct planner *p, const struct spec_mount *mount, struct mount_options *o)
{
	const char **data;
	size_t count = 0, others = 0;

	if (fits(o))
		return;
	data = arena_alloc(p->arena, count_layers(o) * sizeof *data);
	for (size_t i = 0; i < o->data_count; i++) {
		if (text_has_prefix(o->data[i], "lowerdir=")) {
			add_layers(p, o->data[i] + strlen("lowerdir="), data, &count);
		} else {
			data[count++] = o->data[i];
			others++;
		}
	}
	if (count - others > LAYERS_MAX)
		planner_refuse(p, &mount->options, planner_text(p, "the overlay has %zu layers", count - others),
			       "the kernel takes 500: merge some of them");
	o->data = data;
	o->data_count = count;
}
