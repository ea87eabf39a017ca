#include "bundle-tools/layout/choose.h"

#include "bundle-tools/build/base.h"

#include <string.h>

enum { DEPTH_MOST = 4 };

struct choosing {
	struct conductor *c;
	int layout_fd;
	const char *wanted;
	struct spec_layout_descriptor found;
	const char *name;
	unsigned count; /* of those that would do */
};

/* Without a platform it may be any. */
static bool is_for_us(const struct spec_layout_descriptor *d)
{
	const struct spec_layout_platform *p = d->platform;

	return !p || (strcmp(p->os, "linux") == 0 && strcmp(p->architecture, base_architecture()) == 0);
}

static int look(struct choosing *x, const struct layout_index *index, const char *name, unsigned depth, struct err *e);

static int look_below(struct choosing *x, const struct spec_layout_descriptor *d, const char *name, unsigned depth, struct err *e)
{
	void *document = NULL;

	if (depth == DEPTH_MOST)
		return err_set(e, "indexes lie in each other more than %d deep", DEPTH_MOST);
	if (layout_read_document(x->c, x->layout_fd, &record_layout_index, d, &document, e))
		return -1;
	return look(x, document, name, depth + 1, e);
}

/* The name of an index is that of the images in it. */
static int look(struct choosing *x, const struct layout_index *index, const char *name, unsigned depth, struct err *e)
{
	for (size_t i = 0; i < index->manifests.count; i++) {
		const struct spec_layout_descriptor *d = &index->manifests.at[i];
		const char *own = layout_find_annotation(d, ANNOTATION_NAME), *called = own ? own : name;
		enum media media = media_find(d->media_type);
		if (media == MEDIA_IS_INDEX && look_below(x, d, called, depth, e))
			return -1;
		if (media != MEDIA_IS_MANIFEST || !is_for_us(d) || (x->wanted && (!called || strcmp(called, x->wanted) != 0)))
			continue;
		if (x->count && strcmp(x->found.digest, d->digest) == 0)
			continue;
		x->found = *d;
		x->name = called;
		x->count++;
	}
	return 0;
}

int choose_manifest(struct conductor *c, int layout_fd, const char *wanted, struct spec_layout_descriptor *out, const char **name,
		    struct err *e)
{
	struct choosing x = { .c = c, .layout_fd = layout_fd, .wanted = wanted };
	struct layout_index *index = NULL;

	if (layout_read_index(c, layout_fd, &index, e) || look(&x, index, NULL, 0, e))
		return -1;
	if (x.count == 0 && wanted)
		return err_set(e, "the layout has no image \"%s\" for linux/%s", wanted, base_architecture());
	if (x.count == 0)
		return err_set(e, "the layout has no image for linux/%s", base_architecture());
	if (x.count > 1) {
		(void)err_set(e, "the layout has %u images", x.count);
		return err_hint(e, "--name NAME chooses one by its annotation " ANNOTATION_NAME);
	}
	*out = x.found;
	*name = x.name;
	return 0;
}
