#include "bundle-tools/run/container.h"

#include "bundle-tools/run/configure.h"
#include "bundle-tools/run/rootfs.h"
#include "bundle-tools/store/interrupt.h"
#include "bundle-tools/store/references.h"
#include "bundle-tools/store/remove.h"
#include "runtime/life/steps.h"
#include "spec/base/clock.h"
#include "spec/base/own.h"
#include "spec/json/read.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/mount.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { LOCK_POLLS = 1000, LOCK_POLL_MS = 5 };

struct life {
	struct conductor *c;
	const struct container_options *options;
	const char *directory; /* as a path */
	struct image *image;
	int dir_fd;
	int *exit_code;
	bool is_bundle; /* outside of the store */
};

/* --- steps ---------------------------------------------------------------------------------------------------------- */

static int make_locked(struct life *l, struct err *e)
{
	if (mkdir(l->directory, 0711)) {
		if (errno != EEXIST)
			return err_sys(e, "make the directory %s", l->directory);
		(void)err_set(e, "there is a container %s already", l->options->name);
		return err_hint(e, "`conductor stop %s` removes it", l->options->name);
	}
	int held = container_lock(l->directory, &l->dir_fd, e);
	for (int i = 0; i < LOCK_POLLS && held == 1; i++) { /* `stop` looks whether it is free */
		if (interrupt_check(LOCK_POLL_MS, e))
			break;
		held = container_lock(l->directory, &l->dir_fd, e);
	}
	if (held == 0)
		return 0;
	(void)rmdir(l->directory); /* the first error is the one to tell */
	return held == 1 && !e->text[0] ? err_set(e, "somebody else holds %s", l->directory) : -1;
}

/* Under the lock of those who sweep: nobody sees the directory without its own lock, as if it had been left by somebody killed. */
static int make_directory(void *context, struct err *e)
{
	struct life *l = context;
	int lock_fd = -1;

	if (store_lock(l->c, "images", LOCK_WAIT, &lock_fd, e))
		return -1;
	int result = make_locked(l, e);
	store_unlock(l->c, "images", &lock_fd);
	return result;
}

static void remove_directory(void *context)
{
	struct life *l = context;
	struct err ignored = ERR_NONE; /* `conductor stop` removes what is left */

	drop_fd(&l->dir_fd);
	(void)remove_tree(AT_FDCWD, l->directory, &ignored);
}

static int write_record(struct life *l, struct err *e)
{
	char now[CLOCK_TEXT];
	struct container record = {
		.name = l->options->name,
		.image = l->image ? l->image->name : "",
		.created = now,
		.layers = l->image ? l->image->layers : (struct spec_texts){ .at = arena_alloc(&l->c->arena, sizeof(char *)) },
		.rootfs = l->options->rootfs ? l->options->rootfs : "",
		.network = l->options->network,
		.stop_signal = l->image && l->image->config->stop_signal ? l->image->config->stop_signal : "",
	};

	clock_write_now(now);
	return container_write(l->c, l->dir_fd, &record, e);
}

static int note_bundle(struct life *l, struct err *e)
{
	struct spec_texts none = { .at = arena_alloc(&l->c->arena, sizeof(char *)) };

	return references_add_bundle(l->c, l->directory, l->image ? &l->image->layers : &none, e);
}

/* Under the lock of those who remove layers: from now on the container's record, or the bundle's note, keeps them. */
static int take_image(void *context, struct err *e)
{
	struct life *l = context;
	int lock_fd = -1;

	if (store_lock(l->c, "images", LOCK_WAIT, &lock_fd, e))
		return -1;
	int result = l->options->image ? image_read(l->c, l->options->image, &l->image, e) : 0;
	if (result == 0)
		result = write_record(l, e);
	if (result == 0 && l->is_bundle && !l->c->has_own_ids) /* else it is a copy */
		result = note_bundle(l, e);
	store_unlock(l->c, "images", &lock_fd);
	return result;
}

static int mount_root(void *context, struct err *e)
{
	struct life *l = context;
	struct rootfs r = { .directory = l->options->rootfs, .dir_fd = l->dir_fd, .upper = "upper", .work = "work" };

	if (l->image)
		r.layers = l->image->layers;
	own_fd mounted = rootfs_open(l->c, &r, e);
	if (mounted < 0)
		return -1;
	if (mkdirat(l->dir_fd, "rootfs", 0755) || symlinkat("rootfs", l->dir_fd, "merged"))
		return err_sys(e, "make %s/rootfs", l->directory);
	if (syscall(SYS_move_mount, mounted, "", l->dir_fd, "rootfs", MOVE_MOUNT_F_EMPTY_PATH))
		return err_sys(e, "mount %s/rootfs", l->directory);
	return 0;
}

static void unmount_root(void *context)
{
	struct life *l = context;
	struct err ignored = ERR_NONE; /* the directory then stays, and `conductor stop` tells why */

	(void)container_unmount(l->c, l->directory, &ignored);
}

static int write_config(void *context, struct err *e)
{
	struct life *l = context;
	own_fd root_fd = openat(l->dir_fd, "rootfs", O_PATH | O_DIRECTORY | O_CLOEXEC);
	struct configuring x = { l->c, l->options, l->image, root_fd, l->dir_fd, l->directory, l->is_bundle && l->c->has_own_ids };

	if (root_fd < 0)
		return err_sys(e, "open %s/rootfs", l->directory);
	return configure(&x, e);
}

static int start_detached(struct life *l, struct err *e)
{
	own_fd log_fd = openat(l->dir_fd, "log", O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0640);
	const char *said;
	size_t length;

	if (log_fd < 0)
		return err_sys(e, "make %s/log", l->directory);
	if (runtime_run_detached(l->c, l->options->name, l->directory, log_fd, e) == 0)
		return 0;
	struct err ignored = ERR_NONE; /* without its words the exit code must do */
	if (json_load(l->dir_fd, "log", &l->c->arena, &said, &length, &ignored) == 0 && length)
		(void)err_hint(e, "it said: %.400s", said);
	(void)runtime_delete(l->c, l->options->name, l->directory, &ignored);
	return -1;
}

static int start(void *context, struct err *e)
{
	struct life *l = context;

	if (l->options->is_detached)
		return start_detached(l, e);
	if (runtime_run(l->c, l->options->name, l->directory, true, -1, -1, l->exit_code, e))
		return -1;
	if (!*l->exit_code || !runtime_has_failed(l->c, l->directory))
		return 0;
	e->exit_code = *l->exit_code;
	return err_set(e, "the runtime could not run it, and has said why");
}

static const struct step run_steps[] = {
	{ "take the name", make_directory, remove_directory },
	{ "take the image", take_image, NULL },
	{ "mount the root", mount_root, unmount_root },
	{ "write config.json", write_config, NULL },
	{ "start it", start, NULL },
};

int container_run(struct conductor *c, const struct container_options *options, int *exit_code, struct err *e)
{
	struct life l = { .c = c, .options = options, .dir_fd = -1, .exit_code = exit_code };

	if (!store_is_name(options->name))
		return err_set(e, "%s cannot be the name of a container: letters, digits and . _ - are allowed", options->name);
	l.directory = container_directory(c, options->name);
	if (steps_run(run_steps, sizeof run_steps / sizeof *run_steps, &l, e))
		return -1;
	if (!options->is_detached)
		unmount_root(&l);
	drop_fd(&l.dir_fd);
	return !options->is_detached && options->is_removed ? container_stop(c, options->name, 0, e) : 0;
}

/* --- a bundle in another place -------------------------------------------------------------------------------------- */

/* Nobody else would see a mount of ours. */
static int copy_root(void *context, struct err *e)
{
	struct life *l = context;
	struct rootfs r = { .directory = l->options->rootfs, .dir_fd = l->dir_fd, .upper = "upper", .work = "work" };

	if (l->image)
		r.layers = l->image->layers;
	own_fd merged = rootfs_open(l->c, &r, e), root_fd = merged < 0 ? -1 : store_open_directory(l->dir_fd, "rootfs", e);
	if (root_fd < 0 || rootfs_copy(merged, arena_format(&l->c->arena, "%s/rootfs", l->directory), e))
		return -1;
	drop_fd(&merged);
	return remove_tree(l->dir_fd, "upper", e) || remove_tree(l->dir_fd, "work", e) || remove_tree(l->dir_fd, "empty", e) ? -1 : 0;
}

static const struct step copied_bundle_steps[] = {
	{ "make the directory", make_directory, remove_directory },
	{ "take the image", take_image, NULL },
	{ "copy the root", copy_root, NULL },
	{ "write config.json", write_config, NULL },
};

static const struct step bundle_steps[] = {
	{ "make the directory", make_directory, remove_directory },
	{ "take the image", take_image, NULL },
	{ "mount the root", mount_root, unmount_root },
	{ "write config.json", write_config, NULL },
};

int container_write_bundle(struct conductor *c, const struct container_options *options, const char *directory, struct err *e)
{
	struct life l = { .c = c, .options = options, .dir_fd = -1, .directory = directory, .is_bundle = true };

	if (access(directory, F_OK) == 0)
		return err_set(e, "%s exists already", directory);
	if (c->has_own_ids ? steps_run(copied_bundle_steps, sizeof copied_bundle_steps / sizeof *copied_bundle_steps, &l, e) :
			     steps_run(bundle_steps, sizeof bundle_steps / sizeof *bundle_steps, &l, e))
		return -1;
	drop_fd(&l.dir_fd);
	return 0;
}
