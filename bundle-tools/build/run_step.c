#include "bundle-tools/build/run_step.h"

#include "bundle-tools/run/container.h"
#include "bundle-tools/run/mounts.h"
#include "bundle-tools/run/runtime.h"
#include "spec/base/own.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifndef MOVE_MOUNT_F_EMPTY_PATH
#define MOVE_MOUNT_F_EMPTY_PATH 0x00000004
#endif

/* What the runtime makes in the root for its mounts when it is missing, the inner ones first: it does not belong to the layer. */
static const char *const mount_points[] = { "/etc/resolv.conf", "/etc", "/proc", "/sys", "/dev" };
enum { MOUNT_POINTS = sizeof mount_points / sizeof *mount_points };

struct running {
	struct conductor *c;
	const struct run_step *r;
	const char *id, *directory; /* the bundle, as a path */
	int bundle_fd;
	bool was_missing[MOUNT_POINTS];
	const char *cache_lock; /* name of a lock, or NULL */
	int cache_fd;
	struct err *e;
};

const char *run_step_id(struct conductor *c, const char *key)
{
	return arena_format(&c->arena, "build-%s-%.16s", bundle_store_tag(c), key);
}

const char *run_step_bundle(struct conductor *c, const char *key)
{
	return arena_format(&c->arena, "%s/tmp/%s/bundle", c->root, key);
}

/* --- the root, visible to the runtime and to nobody else ------------------------------------------------------------ */

static int attach_root(struct running *x)
{
	if (mkdirat(x->bundle_fd, "rootfs", 0755) && errno != EEXIST)
		return err_sys(x->e, "make %s/rootfs", x->directory);
	if (mounts_leave(x->c, x->e))
		return -1;
	own_fd here = open(x->directory, O_PATH | O_DIRECTORY | O_CLOEXEC); /* bundle_fd is in the namespace that we have left */
	if (here < 0)
		return err_sys(x->e, "open %s", x->directory);
	if (syscall(SYS_move_mount, x->r->merged_fd, "", here, "rootfs", MOVE_MOUNT_F_EMPTY_PATH))
		return err_sys(x->e, "attach %s/rootfs", x->directory);
	return 0;
}

static void note_mount_points(struct running *x)
{
	for (size_t i = 0; i < MOUNT_POINTS; i++) {
		own_fd fd = root_open(x->r->merged_fd, mount_points[i], O_PATH, 0);
		x->was_missing[i] = fd < 0 && errno == ENOENT;
	}
}

/* Only what is empty goes: the command may have put something there. */
static void remove_mount_points(struct running *x)
{
	for (size_t i = 0; i < MOUNT_POINTS; i++) {
		const char *path = mount_points[i], *slash = strrchr(path, '/');
		const char *parent = slash == path ? "/" : arena_copy(&x->c->arena, path, (size_t)(slash - path));
		own_fd parent_fd = x->was_missing[i] ? root_open(x->r->merged_fd, parent, O_PATH | O_DIRECTORY, 0) : -1;
		struct stat st;
		if (parent_fd < 0 || fstatat(parent_fd, slash + 1, &st, AT_SYMLINK_NOFOLLOW))
			continue;
		if (S_ISDIR(st.st_mode) || st.st_size == 0)
			(void)unlinkat(parent_fd, slash + 1, S_ISDIR(st.st_mode) ? AT_REMOVEDIR : 0); /* not empty: the command's own */
	}
}

/* --- apt ------------------------------------------------------------------------------------------------------------ */

static int make_cache(struct running *x, const char *name, const char *destination, struct bundle_mount *out)
{
	const char *path = arena_format(&x->c->arena, "apt/%.32s", x->r->step->base_key);
	own_fd base_fd = -1;

	if (mkdirat(x->c->root_fd, path, 0755) && errno != EEXIST)
		return err_sys(x->e, "make %s/%s", x->c->root, path);
	base_fd = openat(x->c->root_fd, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (base_fd < 0)
		return err_sys(x->e, "open %s/%s", x->c->root, path);
	own_fd cache_fd = store_open_directory(base_fd, name, x->e);
	if (cache_fd < 0)
		return -1;
	*out = (struct bundle_mount){ arena_format(&x->c->arena, "%s/%s/%s", x->c->root, path, name), destination, false };
	return 0;
}

/* apt takes a lock of its own and does not wait for it: one RUN of a base at a time. */
static int add_caches(struct running *x, struct bundle_mount *mounts, size_t *count)
{
	if (!x->r->step->base_key[0])
		return 0;
	x->cache_lock = arena_format(&x->c->arena, "apt-%.32s", x->r->step->base_key);
	if (x->cache_fd < 0 && store_lock(x->c, x->cache_lock, LOCK_WAIT, &x->cache_fd, x->e)) /* held: by the command that failed */
		return -1;
	if (make_cache(x, "lists", "/var/lib/apt/lists", &mounts[*count]))
		return -1;
	if (make_cache(x, "archives", "/var/cache/apt", &mounts[*count + 1]))
		return -1;
	*count += 2;
	return 0;
}

/* --- a script ------------------------------------------------------------------------------------------------------- */

/* In /dev, which is no part of the layer. */
static int add_script(struct running *x, struct bundle_mount *mounts, size_t *count)
{
	const char *script = x->r->step->instruction->script;

	if (!script)
		return 0;
	if (store_write_file(x->bundle_fd, "script", script, strlen(script), WRITE_PLAIN, x->e))
		return -1;
	if (fchmodat(x->bundle_fd, "script", 0755, 0))
		return err_sys(x->e, "set the mode of %s/script", x->directory);
	mounts[(*count)++] = (struct bundle_mount){ arena_format(&x->c->arena, "%s/script", x->directory), STEP_SCRIPT, true };
	return 0;
}

/* --- the container -------------------------------------------------------------------------------------------------- */

static int write_bundle(struct running *x, const struct spec_texts *args, bool has_terminal)
{
	struct bundle_mount mounts[4] = { { "/etc/resolv.conf", "/etc/resolv.conf", true } };
	struct bundle b = {
		.args = *args,
		.env = x->r->step->env,
		.cwd = x->r->step->cwd,
		.hostname = "build",
		.has_terminal = has_terminal,
		.shares_network = true,
		.cgroups_path = arena_format(&x->c->arena, "/conductor-%s", x->id),
	};
	size_t count = access("/etc/resolv.conf", F_OK) == 0;

	if (add_caches(x, mounts, &count) || add_script(x, mounts, &count))
		return -1;
	b.mounts.at = mounts;
	b.mounts.count = count;
	if (root_find_user(x->c, x->r->merged_fd, x->r->step->user, &b.user, x->e))
		return -1;
	return bundle_write(x->c, x->bundle_fd, &b, x->e);
}

static int show_shell(struct running *x)
{
	struct spec_texts shell = x->r->step->shell;
	int exit_code = 0;

	if (!shell.count)
		container_read_command(x->c, x->r->merged_fd, &shell); /* bash, or sh */
	(void)dprintf(STDERR_FILENO, "a shell where it failed; the layer is given up when it ends\n");
	if (write_bundle(x, &shell, true))
		return -1;
	return runtime_run(x->c, x->id, x->directory, true, -1, -1, &exit_code, x->e);
}

static int run_command(struct running *x)
{
	own_fd nothing = open("/dev/null", O_RDWR | O_CLOEXEC);
	int exit_code = 0;

	if (nothing < 0)
		return err_sys(x->e, "open /dev/null");
	if (x->r->writer->had_remains && runtime_delete(x->c, x->id, x->directory, x->e))
		return -1;
	if (write_bundle(x, &x->r->step->args, false))
		return -1;
	if (runtime_run(x->c, x->id, x->directory, false, nothing, x->r->output_fd, &exit_code, x->e)) {
		struct err ignored = ERR_NONE; /* the reason is told already */
		(void)runtime_delete(x->c, x->id, x->directory, &ignored);
		return -1;
	}
	if (exit_code && x->r->has_shell_on_error && show_shell(x))
		return -1;
	return exit_code ? err_set(x->e, "the command ended with exit code %d", exit_code) : 0;
}

int run_step(struct conductor *c, const struct run_step *r, struct err *e)
{
	struct running x = { .c = c, .r = r, .cache_fd = -1, .e = e };
	own_fd bundle_fd = store_open_directory(r->writer->dir_fd, "bundle", e);

	if (bundle_fd < 0)
		return -1;
	x.bundle_fd = bundle_fd;
	x.id = run_step_id(c, r->writer->key);
	x.directory = run_step_bundle(c, r->writer->key);
	note_mount_points(&x);
	if (attach_root(&x))
		return -1;
	int result = run_command(&x);
	if (umount2(arena_format(&c->arena, "%s/rootfs", x.directory), MNT_DETACH) && result == 0)
		result = err_sys(e, "unmount %s/rootfs", x.directory);
	remove_mount_points(&x);
	if (x.cache_fd >= 0)
		store_unlock(c, x.cache_lock, &x.cache_fd);
	return result;
}
