#include "bundle-tools/net/names.h"

#include "bundle-tools/run/bundle.h"
#include "bundle-tools/store/hash.h"

#include <stdio.h>
#include <string.h>

enum { STEM_MOST = IFNAMSIZ - sizeof "-outside" };

void names_choose(struct conductor *c, const char *container, struct network_names *out)
{
	char stem[STEM_MOST + 1], sum[HASH_TEXT];
	struct hash h;

	*out = (struct network_names){ .alias = arena_format(&c->arena, "conductor %s %s", bundle_store_tag(c), container) };
	if (strlen(container) <= STEM_MOST) {
		(void)snprintf(stem, sizeof stem, "%s", container);
	} else {
		hash_init(&h);
		hash_add_text(&h, container);
		hash_finish_text(&h, sum);
		(void)snprintf(stem, sizeof stem, "%.3s%.4s", container, sum);
		out->outside_long = arena_format(&c->arena, "%s-outside", container);
		out->inside_long = arena_format(&c->arena, "%s-inside", container);
	}
	(void)snprintf(out->outside, sizeof out->outside, "%s-outside", stem);
	(void)snprintf(out->inside, sizeof out->inside, "%s-inside", stem);
}
