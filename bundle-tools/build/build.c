#include "bundle-tools/build/build.h"

#include "bundle-tools/build/explain.h"
#include "bundle-tools/build/progress.h"
#include "bundle-tools/build/run_step.h"
#include "bundle-tools/run/root.h"
#include "bundle-tools/run/rootfs.h"
#include "bundle-tools/run/runtime.h"
#include "bundle-tools/run/user_namespace.h"
#include "bundle-tools/store/clean.h"
#include "bundle-tools/store/interrupt.h"
#include "bundle-tools/store/remove.h"
#include "spec/base/own.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <sys/wait.h>
#include <unistd.h>

struct building {
	struct conductor *c;
	const struct build_options *options;
	struct conductorfile file;
	struct plan plan;
	struct progress progress;
	struct explainer explainer;
	struct err *e;
};

/* --- making one layer ----------------------------------------------------------------------------------------------- */

static int write_manifest(const struct layer_writer *w, const char *manifest, struct err *e)
{
	own_fd layer_fd = openat(w->dir_fd, "layer", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (layer_fd < 0)
		return err_sys(e, "open the layer");
	return store_write_file(layer_fd, "manifest", manifest, strlen(manifest), WRITE_PLAIN, e);
}

/* The other stage or image, mounted for the time of the copy. Its upper directory stays empty. */
static int copy_from(struct conductor *c, const struct step *s, const struct layer_writer *w, int *merged_fd, int upper_fd,
		     struct err *e)
{
	struct rootfs r = { s->from_layers, NULL, w->dir_fd, "from", "from-work", true };
	struct copy copy = s->copy;
	own_fd from_fd = rootfs_open(c, &r, e);

	if (from_fd < 0)
		return -1;
	int result = copy_find_in_root(c, &copy, from_fd, &s->from_words, e);
	if (result == 0)
		result = copy_run(c, &copy, merged_fd, upper_fd, e);
	copy_finish(&copy);
	return result;
}

static int make_directory(struct conductor *c, const char *path, int merged_fd, struct err *e)
{
	own_fd fd = root_make_directory(c, merged_fd, path, 0, 0, e);

	return fd < 0 ? -1 : 0;
}

static int fill_on_top(struct building *b, const struct step *s, struct layer_writer *w)
{
	struct rootfs r = { s->below, NULL, w->dir_fd, "layer/diff", "work", true };
	own_fd merged_fd = rootfs_open(b->c, &r, b->e);
	own_fd upper_fd = openat(w->dir_fd, "layer/diff", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct run_step run = { s, w, merged_fd, -1, b->options->has_shell_on_error };

	if (merged_fd < 0)
		return -1;
	if (upper_fd < 0)
		return err_sys(b->e, "open the layer's directory");
	switch (s->kind) {
	case STEP_COPY:
		return write_manifest(w, s->manifest, b->e) ? -1 : copy_run(b->c, &s->copy, &merged_fd, upper_fd, b->e);
	case STEP_COPY_FROM:
		return copy_from(b->c, s, w, &merged_fd, upper_fd, b->e);
	case STEP_RUN:
		return run_step(b->c, &run, b->e);
	default:
		return make_directory(b->c, s->cwd, merged_fd, b->e);
	}
}

static int make_layer(struct building *b, const struct step *s, struct layer_writer *w)
{
	struct layer_meta meta = { .parent = s->parent, .instruction = s->instruction->shown };
	int result = s->kind == STEP_BASE ? base_make(b->c, &s->base, w, b->e) : fill_on_top(b, s, w);

	if (result == 0 && interrupt_check(0, b->e))
		result = -1;
	if (result == 0)
		return layer_commit(w, &meta, b->e);
	layer_abandon(w);
	return -1;
}

/* --- the steps ------------------------------------------------------------------------------------------------------ */

static void explain(struct building *b, const struct step *s)
{
	if (!b->options->explains_cache)
		return;
	(void)printf("    not cached: %s\n", b->options->has_no_cache ? "--no-cache" : explain_step(b->c, &b->explainer, s));
	(void)fflush(stdout); /* before what a RUN says; a failure is seen at the end of the command */
}

static int do_step(struct building *b, const struct step *s)
{
	struct layer_writer w;

	if (interrupt_check(0, b->e))
		return -1;
	if (!s->key || layer_exists(b->c, s->key)) {
		progress_begin(&b->progress, s->instruction->shown, false);
		progress_end(&b->progress, s->key ? "cached" : "set", false);
		return 0;
	}
	progress_begin(&b->progress, s->instruction->shown, s->kind == STEP_RUN || s->kind == STEP_BASE || b->options->explains_cache);
	explain(b, s);
	if (b->options->is_dry_run) {
		progress_end(&b->progress, "would be made", false);
		return 0;
	}
	int begun = layer_begin(b->c, s->key, &w, b->e);
	if (begun == 0)
		begun = make_layer(b, s, &w);
	else if (begun == 1)
		progress_end(&b->progress, "made by another build", true);
	if (begun == 0)
		progress_end(&b->progress, "done", true);
	return begun < 0 ? -1 : 0;
}

static int do_steps(struct building *b)
{
	for (size_t i = 0; i < b->plan.steps.count; i++) {
		const struct step *s = &b->plan.steps.at[i];
		b->explainer.step = i;
		if (do_step(b, s))
			return err_add(b->e, "%s:%u: %.60s", b->file.path, s->instruction->line, s->instruction->shown);
	}
	return 0;
}

/* --- the whole ------------------------------------------------------------------------------------------------------ */

/* --no-cache gives the image a generation of its own: its layers get other keys, and what exists stays as it is until the image
 * is replaced. Later builds of the image stay in that generation. */
static int choose_generation(struct building *b)
{
	unsigned long long number;

	b->plan.generation = b->explainer.before && b->explainer.before->generation ? b->explainer.before->generation : "";
	if (!b->options->has_no_cache)
		return 0;
	if (getrandom(&number, sizeof number, 0) != (ssize_t)sizeof number)
		return err_sys(b->e, "get a random number");
	b->plan.generation = arena_format(&b->c->arena, "%016llx", number);
	return 0;
}

static int read_file(struct building *b)
{
	const char *path = b->options->file ? b->options->file : "Conductorfile";

	if (conductorfile_read(path, &b->c->arena, &b->file, b->e)) {
		if (!b->options->file && b->e->number == ENOENT)
			(void)err_hint(b->e, "name the file: conductor build IMAGE FILE");
		return -1;
	}
	return plan_read(b->c, &b->file, b->options, &b->plan, b->e);
}

/* An image whose layers are all there, written under a lock: rmcache must not remove them in between. */
static int write_image(struct building *b)
{
	int lock_fd = -1;

	if (store_lock(b->c, "images", LOCK_WAIT, &lock_fd, b->e))
		return -1;
	int result = 0;
	for (size_t i = 0; i < b->plan.image.layers.count && result == 0; i++)
		if (!layer_exists(b->c, b->plan.image.layers.at[i]))
			result = err_set(b->e, "layer %s was removed while the image was built; build it again", b->plan.image.layers.at[i]);
	if (result == 0)
		result = image_write(b->c, &b->plan.image, b->e);
	store_unlock(b->c, "images", &lock_fd);
	return result;
}

static int check_options(const struct build_options *options, struct err *e)
{
	if (!store_is_name(options->image)) {
		(void)err_set(e, "%s cannot be the name of an image", options->image);
		return err_hint(e, "letters, digits and . _ - are allowed, at most 64, the first a letter or digit");
	}
	if (strcmp(options->image, "scratch") == 0)
		return err_set(e, "scratch is the name of the empty image");
	for (size_t i = 0; i < options->arguments.count; i++)
		if (!strchr(options->arguments.at[i], '=') || options->arguments.at[i][0] == '=')
			return err_set(e, "--build-arg %s is not NAME=VALUE", options->arguments.at[i]);
	if (options->has_shell_on_error && !(isatty(STDIN_FILENO) && isatty(STDOUT_FILENO)))
		return err_set(e, "--shell-on-error needs a terminal");
	return 0;
}

int build_run(struct conductor *c, const struct build_options *options, struct err *e)
{
	struct building b = { .c = c, .options = options, .e = e };
	struct image *before = NULL;
	sigset_t mask;

	if (check_options(options, e) || build_open_store(c, e))
		return -1;
	own_fd layers_fd = store_hold_layers(c, HOLD_SHARED, e);
	if (layers_fd < 0)
		return -1;
	interrupt_block(&mask);
	if (build_sweep(c, e) || image_find(c, options->image, &before, e) < 0)
		return -1;
	b.explainer.before = before;
	if (choose_generation(&b) || read_file(&b))
		return -1;
	progress_init(&b.progress, b.plan.steps.count, options->is_quiet);
	if (do_steps(&b))
		return -1;
	for (size_t i = 0; i < b.plan.steps.count; i++)
		copy_finish(&b.plan.steps.at[i].copy);
	if (options->is_dry_run)
		return 0;
	if (write_image(&b))
		return -1;
	(void)printf("Image %s built with %zu layers\n", options->image, b.plan.image.layers.count);
	return 0;
}

/* --- what killed builds left ---------------------------------------------------------------------------------------- */

static int sweep_one(struct conductor *c, const char *key, struct err *e)
{
	int lock_fd = -1, busy = store_lock(c, key, LOCK_TRY, &lock_fd, e);

	if (busy)
		return busy < 0 ? -1 : 0;
	int result = 0;
	if (access(run_step_bundle(c, key), F_OK) == 0)
		result = runtime_delete(c, run_step_id(c, key), run_step_bundle(c, key), e);
	if (result == 0)
		result = remove_tree(c->root_fd, arena_format(&c->arena, "tmp/%s", key), e);
	store_unlock(c, key, &lock_fd);
	return result;
}

int build_sweep(struct conductor *c, struct err *e)
{
	struct names left = { 0 };

	if (store_list(c, "tmp", &left, e))
		return -1;
	for (size_t i = 0; i < left.count; i++)
		if (sweep_one(c, left.at[i], e))
			return err_add(e, "remove what a killed build left");
	return clean_locks(c, e);
}

/* A child, because a process enters only one user namespace. What it cannot do is told by the sweep that follows. */
static int sweep_apart(struct conductor *c, const char *key, struct err *e)
{
	pid_t pid = fork();

	if (pid < 0)
		return err_sys(e, "fork");
	if (pid == 0)
		_exit(user_namespace_enter(c, run_step_id(c, key), run_step_bundle(c, key), e) || sweep_one(c, key, e) ? 1 : 0);
	while (waitpid(pid, NULL, 0) < 0)
		if (errno != EINTR)
			return err_sys(e, "wait for the end of what a killed build left");
	return 0;
}

int build_open_store(struct conductor *c, struct err *e)
{
	struct names left = { 0 };

	if (geteuid() != 0 && (store_open(c, e) || store_list(c, "tmp", &left, e)))
		return -1;
	for (size_t i = 0; i < left.count; i++)
		if (sweep_apart(c, left.at[i], e))
			return -1;
	drop_fd(&c->root_fd);
	return user_namespace_open_store(c, NULL, e);
}
