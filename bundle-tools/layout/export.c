#include "bundle-tools/layout/export.h"

#include "bundle-tools/layout/archive.h"
#include "bundle-tools/layout/directory.h"
#include "bundle-tools/layout/pack.h"
#include "bundle-tools/layout/scratch.h"
#include "bundle-tools/run/user_namespace.h"
#include "bundle-tools/store/image.h"
#include "bundle-tools/store/interrupt.h"
#include "bundle-tools/store/layer.h"
#include "bundle-tools/store/remove.h"
#include "spec/base/clock.h"
#include "spec/base/own.h"
#include "spec/base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct exporting {
	struct conductor *c;
	const struct export_options *options;
	struct image *image;
	int layout_fd;
	bool has_epoch;
	uint64_t epoch; /* nothing is newer than that */
	struct spec_layout_descriptor *layers;
	const char **diff_ids;
};

static int read_epoch(struct exporting *x, struct err *e)
{
	const char *value = getenv("SOURCE_DATE_EPOCH");

	x->has_epoch = value && value[0];
	if (x->has_epoch && !text_read_uint(value, INT32_MAX * 64LL, &x->epoch))
		return err_set(e, "SOURCE_DATE_EPOCH is \"%s\": it must be a number of seconds since 1970", value);
	return 0;
}

static const char *choose_time(struct exporting *x, const char *time)
{
	char epoch[CLOCK_TEXT];

	if (!x->has_epoch)
		return time;
	clock_write(epoch, (long long)x->epoch, 0);
	return arena_text(&x->c->arena, epoch);
}

/* --- layers --------------------------------------------------------------------------------------------------------- */

static int compress_layer(struct exporting *x, const char *key, int blob_fd, struct stream_sums *sums, struct err *e)
{
	struct stream_writer *to = NULL;

	if (stream_writer_create(blob_fd, x->options->compression, &to, e))
		return -1;
	int result = pack_layer(x->c, key, x->has_epoch ? (int64_t)x->epoch : INT64_MAX, to, e);
	if (result == 0)
		result = stream_writer_finish(to, sums, e);
	stream_writer_destroy(to);
	return result;
}

static int export_layer(struct exporting *x, size_t i, struct err *e)
{
	static const char *const endings[] = { "+gzip", "+zstd", "" }; /* by enum compression */
	struct arena *a = &x->c->arena;
	struct stream_sums sums;
	own_fd blob_fd = layout_open_blob(x->layout_fd, e);

	if (blob_fd < 0 || compress_layer(x, x->image->layers.at[i], blob_fd, &sums, e) ||
	    layout_keep_blob(x->layout_fd, take_fd(&blob_fd), sums.blob, e))
		return err_add(e, "layer %.12s", x->image->layers.at[i]);
	x->diff_ids[i] = arena_format(a, "sha256:%s", sums.archive);
	x->layers[i] = (struct spec_layout_descriptor){
		.media_type = arena_format(a, "%s%s", MEDIA_LAYER, endings[x->options->compression]),
		.digest = arena_format(a, "sha256:%s", sums.blob),
		.size = { true, sums.blob_size },
	};
	return 0;
}

/* --- documents ------------------------------------------------------------------------------------------------------ */

static int read_created(struct exporting *x, const char *key, const char **out, struct err *e)
{
	struct layer_meta *meta = NULL;

	if (layer_read(x->c, key, &meta, e))
		return -1;
	*out = choose_time(x, meta->created);
	return 0;
}

/* Steps without a layer are as old as the image. */
static int fill_history(struct exporting *x, struct layout_image *document, struct err *e)
{
	const struct image *image = x->image;
	struct spec_layout_step *steps = arena_alloc(&x->c->arena, image->history.count * sizeof *steps);

	for (size_t i = 0; i < image->history.count; i++) {
		const struct spec_image_step *step = &image->history.at[i];
		steps[i] = (struct spec_layout_step){ choose_time(x, image->created), step->created_by, { !step->layer, !step->layer } };
		if (step->layer && read_created(x, step->layer, &steps[i].created, e))
			return -1;
	}
	document->history.at = steps;
	document->history.count = image->history.count;
	return 0;
}

static int write_config(struct exporting *x, struct spec_layout_descriptor *out, struct err *e)
{
	struct spec_layout_root root = { "layers", { x->diff_ids, x->image->layers.count } };
	struct layout_image document = {
		.created = choose_time(x, x->image->created),
		.author = x->image->author,
		.architecture = x->image->architecture,
		.os = "linux",
		.config = x->image->config,
		.root = &root,
	};

	out->media_type = MEDIA_CONFIG;
	return fill_history(x, &document, e) ? -1 : layout_write_document(x->c, x->layout_fd, &record_layout_image, &document, out, e);
}

static int write_manifest(struct exporting *x, struct spec_layout_descriptor *config, struct err *e)
{
	const char *name = x->options->name ? x->options->name : x->image->name;
	struct spec_pair note = { ANNOTATION_NAME, name };
	struct spec_layout_platform platform = { x->image->architecture, "linux", NULL };
	struct spec_layout_descriptor descriptor = { .media_type = MEDIA_MANIFEST, .annotations = { &note, 1 }, .platform = &platform };
	struct layout_manifest manifest = {
		.schema_version = { true, 2 },
		.media_type = MEDIA_MANIFEST,
		.config = config,
		.layers = { x->layers, x->image->layers.count },
	};

	if (layout_write_document(x->c, x->layout_fd, &record_layout_manifest, &manifest, &descriptor, e))
		return -1;
	return layout_add_manifest(x->c, x->layout_fd, &descriptor, name, e);
}

static int fill_layout(struct exporting *x, struct err *e)
{
	struct spec_layout_descriptor config = { 0 };
	size_t count = x->image->layers.count;

	x->layers = arena_alloc(&x->c->arena, count * sizeof *x->layers);
	x->diff_ids = arena_alloc(&x->c->arena, count * sizeof *x->diff_ids);
	if (layout_prepare(x->c, x->layout_fd, e))
		return -1;
	for (size_t i = 0; i < count; i++)
		if (export_layer(x, i, e))
			return -1;
	return write_config(x, &config, e) || write_manifest(x, &config, e) ? -1 : 0;
}

/* --- where to ------------------------------------------------------------------------------------------------------- */

/* What is neither empty nor a layout is somebody's. */
static int check_target(int fd, const char *path, struct err *e)
{
	struct dirent *entry;
	bool is_empty = true;
	int copy = openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	own_directory directory = copy < 0 ? NULL : fdopendir(copy);

	if (!directory)
		return err_sys(e, "read %s", path);
	if (faccessat(fd, "oci-layout", F_OK, 0) == 0)
		return 0;
	while ((errno = 0, entry = readdir(directory)))
		is_empty &= strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0;
	if (errno)
		return err_sys(e, "read %s", path);
	return is_empty ? 0 : err_set(e, "%s is neither empty nor an OCI image layout", path);
}

static int export_directory(struct exporting *x, struct err *e)
{
	const char *to = x->options->to;
	struct err ignored = ERR_NONE;
	bool is_ours = mkdir(to, 0755) == 0;

	if (!is_ours && errno != EEXIST)
		return err_sys(e, "make the directory %s", to);
	own_fd fd = open(to, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return err_sys(e, "open %s", to);
	x->layout_fd = fd;
	if (check_target(fd, to, e) == 0 && fill_layout(x, e) == 0)
		return 0;
	if (is_ours)
		(void)remove_tree(AT_FDCWD, to, &ignored); /* the first error is the one to tell */
	return -1;
}

static int write_to_file(int layout_fd, const char *to, struct err *e)
{
	size_t size = strlen(to) + 24;
	own_text hidden = malloc(size);

	if (!hidden)
		return err_sys(e, "write %s", to);
	(void)snprintf(hidden, size, "%s.%d", to, (int)getpid());
	own_fd fd = open(hidden, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
	if (fd < 0)
		return err_sys(e, "make %s", hidden);
	int result = archive_write(layout_fd, fd, e);
	if (result == 0 && (fsync(fd) || rename(hidden, to)))
		result = err_sys(e, "write %s", to);
	if (result)
		(void)unlink(hidden); /* the first error is the one to tell */
	return result;
}

static int export_archive(struct exporting *x, struct err *e)
{
	bool is_stdout = strcmp(x->options->to, "-") == 0;
	struct layer_writer scratch;

	if (is_stdout && isatty(STDOUT_FILENO))
		return err_set(e, "an archive is nothing for a terminal: redirect it");
	if (scratch_open(x->c, &scratch, e))
		return -1;
	x->layout_fd = scratch.diff_fd;
	int result = fill_layout(x, e);
	if (result == 0)
		result = is_stdout ? archive_write(x->layout_fd, STDOUT_FILENO, e) : write_to_file(x->layout_fd, x->options->to, e);
	layer_abandon(&scratch);
	return result;
}

static bool is_archive(const struct export_options *o)
{
	size_t length = strlen(o->to);

	if (o->format != EXPORT_BY_NAME)
		return o->format == EXPORT_ARCHIVE;
	return strcmp(o->to, "-") == 0 || (length > 4 && strcmp(o->to + length - 4, ".tar") == 0);
}

int export_run(struct conductor *c, const struct export_options *options, struct err *e)
{
	struct exporting x = { .c = c, .options = options, .layout_fd = -1 };
	sigset_t mask;

	if (read_epoch(&x, e) || user_namespace_open_store(c, NULL, e))
		return -1;
	own_fd layers_fd = store_hold_layers(c, HOLD_SHARED, e);
	if (layers_fd < 0 || image_read(c, options->image, &x.image, e))
		return -1;
	interrupt_block(&mask);
	if (is_archive(options) ? export_archive(&x, e) : export_directory(&x, e))
		return -1;
	if (strcmp(options->to, "-") != 0)
		(void)printf("Image %s exported to %s with %zu layers\n", options->image, options->to, x.image->layers.count);
	return 0;
}
