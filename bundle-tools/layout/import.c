#include "bundle-tools/layout/import.h"

#include "bundle-tools/build/base.h"
#include "bundle-tools/build/build.h"
#include "bundle-tools/layout/archive.h"
#include "bundle-tools/layout/choose.h"
#include "bundle-tools/layout/scratch.h"
#include "bundle-tools/layout/unpack.h"
#include "bundle-tools/store/image.h"
#include "bundle-tools/store/interrupt.h"
#include "spec/base/own.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct importing {
	struct conductor *c;
	const struct import_options *options;
	int layout_fd;
	const char *image;
	struct layout_manifest *manifest;
	struct layout_image *document;
	uint64_t left; /* bytes that may still be expanded */
	const char **keys;
	int *below; /* the layers that are there, the topmost first, ending at the array's end */
};

/* --- layers --------------------------------------------------------------------------------------------------------- */

/* A layer follows from what is below it and from its archive. */
static const char *make_key(struct importing *x, const char *parent, const char *diff_id)
{
	char *key = arena_alloc(&x->c->arena, HASH_TEXT);
	struct hash h;

	hash_init(&h);
	hash_add_text(&h, "import 1");
	hash_add_text(&h, parent);
	hash_add_text(&h, diff_id);
	hash_finish_text(&h, key);
	return key;
}

static int compare_sums(const struct stream_sums *sums, const struct spec_layout_descriptor *layer, const char *diff_id,
			struct err *e)
{
	if (strcmp(sums->blob, layout_read_digest(layer->digest)) != 0)
		return err_set(e, "its digest is sha256:%s", sums->blob);
	if (strcmp(sums->archive, layout_read_digest(diff_id)) != 0)
		return err_set(e, "expanded, its digest is sha256:%s; %s was promised", sums->archive, diff_id);
	return 0;
}

static int fill_layer(struct importing *x, size_t i, const struct layer_writer *w, struct err *e)
{
	const struct spec_layout_descriptor *layer = &x->manifest->layers.at[i];
	const struct unpack_rules rules = { x->below + x->manifest->layers.count - i, i, x->options->has_devices };
	struct stream_reader *from = NULL;
	struct stream_sums sums;
	own_fd blob_fd = layout_open(x->layout_fd, layer, e);

	if (blob_fd < 0 || stream_reader_create(blob_fd, x->left, &from, e))
		return -1;
	int result = unpack_layer(x->c, from, w->diff_fd, &rules, e);
	if (result == 0)
		result = stream_reader_finish(from, &sums, e);
	if (result == 0)
		x->left -= sums.archive_size;
	if (result == 0)
		result = compare_sums(&sums, layer, x->document->root->diff_ids.at[i], e);
	stream_reader_destroy(from);
	return result;
}

/* The instruction that made a layer, as the history tells it. */
static const char *find_instruction(const struct importing *x, size_t layer)
{
	size_t at = 0;

	for (size_t i = 0; i < x->document->history.count; i++) {
		const struct spec_layout_step *step = &x->document->history.at[i];
		if (!step->is_empty.value && at++ == layer)
			return step->created_by && step->created_by[0] ? step->created_by : "import";
	}
	return "import";
}

static int import_layer(struct importing *x, size_t i, struct err *e)
{
	const char *parent = i ? x->keys[i - 1] : "";
	struct layer_meta meta = { .parent = parent, .instruction = find_instruction(x, i) };
	struct layer_writer w;

	x->keys[i] = make_key(x, parent, x->document->root->diff_ids.at[i]);
	int begun = layer_begin(x->c, x->keys[i], &w, e); /* 1: it is there */
	if (begun == 0 && fill_layer(x, i, &w, e) == 0)
		begun = layer_commit(&w, &meta, e);
	else if (begun == 0) {
		layer_abandon(&w);
		begun = -1;
	}
	return begun < 0 ? err_add(e, "layer %s", x->manifest->layers.at[i].digest) : 0;
}

static int import_layers(struct importing *x, struct err *e)
{
	size_t count = x->manifest->layers.count;
	int result = 0;

	x->keys = arena_alloc(&x->c->arena, count * sizeof *x->keys);
	x->below = arena_alloc(&x->c->arena, count * sizeof *x->below);
	memset(x->below, -1, count * sizeof *x->below);
	for (size_t i = 0; i < count && result == 0; i++) {
		result = import_layer(x, i, e);
		if (result == 0 && (x->below[count - 1 - i] = layer_open(x->c, x->keys[i], e)) < 0)
			result = -1;
	}
	for (size_t i = 0; i < count; i++)
		own_close(&x->below[i]);
	return result;
}

/* --- documents ------------------------------------------------------------------------------------------------------ */

static int check_layers(const struct importing *x, struct err *e)
{
	const struct spec_texts *ids = &x->document->root->diff_ids;

	if (ids->count != x->manifest->layers.count)
		return err_set(e, "the manifest has %zu layers, the configuration %zu", x->manifest->layers.count, ids->count);
	for (size_t i = 0; i < ids->count; i++) {
		const struct spec_layout_descriptor *layer = &x->manifest->layers.at[i];
		if (media_find(layer->media_type) != MEDIA_IS_LAYER)
			return err_set(e, "layer %zu is of the type \"%.200s\", which is not known", i, layer->media_type);
		if (!layout_read_digest(layer->digest) || !layout_read_digest(ids->at[i]))
			return err_set(e, "layer %zu has no digest by SHA-256", i);
	}
	return 0;
}

static int read_documents(struct importing *x, struct err *e)
{
	struct spec_layout_descriptor manifest;
	const char *name = NULL;
	void *document = NULL;

	if (layout_check(x->c, x->layout_fd, e) ||
	    choose_manifest(x->c, x->layout_fd, x->options->name, &manifest, &name, e) ||
	    layout_read_document(x->c, x->layout_fd, &record_layout_manifest, &manifest, &document, e))
		return -1;
	x->manifest = document;
	if (layout_read_document(x->c, x->layout_fd, &record_layout_image, x->manifest->config, &document, e))
		return -1;
	x->document = document;
	if (strcmp(x->document->os, "linux") != 0)
		return err_set(e, "the image is for %s", x->document->os);
	if (strcmp(x->document->architecture, base_architecture()) != 0)
		return err_set(e, "the image is for linux/%s, this machine is linux/%s", x->document->architecture, base_architecture());
	x->image = x->options->image ? x->options->image : name;
	if (!x->image || !store_is_name(x->image) || strcmp(x->image, "scratch") == 0) {
		(void)err_set(e, "\"%.100s\" cannot be the name of an image", x->image ? x->image : "");
		return err_hint(e, "give it one: conductor import %s NAME", x->options->from);
	}
	return check_layers(x, e);
}

static int fill_history(struct importing *x, struct image *image, struct err *e)
{
	struct spec_image_step *steps = arena_alloc(&x->c->arena, (x->document->history.count + image->layers.count) * sizeof *steps);
	size_t count = 0, layer = 0;

	for (size_t i = 0; i < x->document->history.count; i++) {
		const struct spec_layout_step *step = &x->document->history.at[i];
		bool has_layer = !step->is_empty.value;
		if (has_layer && layer == image->layers.count)
			return err_set(e, "the history has more layers than the image");
		steps[count++] = (struct spec_image_step){ step->created_by ? step->created_by : "import", has_layer ? x->keys[layer] : NULL };
		layer += has_layer;
	}
	while (layer < image->layers.count)
		steps[count++] = (struct spec_image_step){ "import", x->keys[layer++] };
	image->history.at = steps;
	image->history.count = count;
	return 0;
}

static int write_image(struct importing *x, struct err *e)
{
	static struct spec_image_config nothing;
	struct image image = {
		.name = x->image,
		.created = x->document->created,
		.author = x->document->author,
		.architecture = x->document->architecture,
		.layers = { x->keys, x->manifest->layers.count },
		.base = "",
		.generation = "",
		.config = x->document->config ? x->document->config : &nothing,
	};
	int lock_fd = -1;

	if (fill_history(x, &image, e) || store_lock(x->c, "images", LOCK_WAIT, &lock_fd, e))
		return -1;
	int result = image_write(x->c, &image, e);
	store_unlock(x->c, "images", &lock_fd);
	return result;
}

static int import_layout(struct importing *x, struct err *e)
{
	return read_documents(x, e) || import_layers(x, e) ? -1 : write_image(x, e);
}

/* --- where from ----------------------------------------------------------------------------------------------------- */

static int import_archive(struct importing *x, int fd, struct err *e)
{
	struct stream_reader *from = NULL;
	struct layer_writer scratch;

	if (scratch_open(x->c, &scratch, e))
		return -1;
	x->layout_fd = scratch.diff_fd;
	int result = stream_reader_create(fd, x->left, &from, e);
	if (result == 0)
		result = archive_read(from, x->layout_fd, e);
	if (result == 0)
		result = import_layout(x, e);
	stream_reader_destroy(from);
	layer_abandon(&scratch);
	return result;
}

static int import_any(struct importing *x, struct err *e)
{
	const char *from = x->options->from;
	struct stat st;

	if (strcmp(from, "-") == 0)
		return isatty(STDIN_FILENO) ? err_set(e, "an archive is expected on stdin, not a terminal") : import_archive(x, STDIN_FILENO, e);
	own_fd fd = open(from, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0 || fstat(fd, &st))
		return err_sys(e, "open %s", from);
	if (S_ISREG(st.st_mode))
		return import_archive(x, fd, e);
	if (!S_ISDIR(st.st_mode))
		return err_set(e, "%s is neither a directory nor an archive", from);
	x->layout_fd = fd;
	return import_layout(x, e);
}

int import_run(struct conductor *c, const struct import_options *options, struct err *e)
{
	struct importing x = { .c = c, .options = options, .layout_fd = -1, .left = options->most };
	sigset_t mask;

	if (options->image && !store_is_name(options->image))
		return err_set(e, "%s cannot be the name of an image", options->image);
	if (build_open_store(c, e))
		return -1;
	own_fd layers_fd = store_hold_layers(c, HOLD_SHARED, e);
	if (layers_fd < 0)
		return -1;
	interrupt_block(&mask);
	if (build_sweep(c, e) || import_any(&x, e))
		return -1;
	(void)printf("Image %s imported with %zu layers\n", x.image, x.manifest->layers.count);
	return 0;
}
