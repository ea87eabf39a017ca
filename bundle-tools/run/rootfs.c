#include "bundle-tools/run/rootfs.h"

#include "bundle-tools/run/spawn.h"
#include "bundle-tools/store/overlay.h"
#include "spec/base/own.h"

#include <fcntl.h>
#include <sys/stat.h>

static int copy_attributes(int lower_fd, int upper_fd, struct err *e)
{
	struct stat st;

	if (fstat(lower_fd, &st) || fchown(upper_fd, st.st_uid, st.st_gid) || fchmod(upper_fd, st.st_mode & 07777))
		return err_sys(e, "give the root its mode and owner");
	return 0;
}

/* The topmost first, as overlayfs wants them; without layers an empty directory is below. Returns how many are open. */
static size_t open_layers(struct conductor *c, const struct rootfs *r, int *fds, struct err *e)
{
	size_t count = 0;

	if (r->directory) {
		fds[0] = open(r->directory, O_PATH | O_DIRECTORY | O_CLOEXEC);
		return fds[0] < 0 ? (size_t)(err_sys(e, "open %s", r->directory) + 1) : 1;
	}
	for (size_t i = r->layers.count; i-- > 0; count++) {
		fds[count] = layer_open(c, r->layers.at[i], e);
		if (fds[count] < 0)
			return count;
	}
	if (count == 0 && (fds[0] = store_open_directory(r->dir_fd, "empty", e)) >= 0)
		count = 1;
	return count;
}

static int open_overlay(const struct conductor *c, const struct rootfs *r, const int *fds, size_t count, struct err *e)
{
	own_fd upper = store_open_directory(r->dir_fd, r->upper, e);
	own_fd work = upper < 0 ? -1 : store_open_directory(r->dir_fd, r->work, e);
	struct overlay o = { fds, count, upper, work, r->is_volatile, c->is_rootless, false };

	if (work < 0)
		return -1;
	if ((r->layers.count || r->directory) && copy_attributes(fds[0], upper, e))
		return -1;
	return overlay_open(&o, e);
}

int rootfs_open(struct conductor *c, const struct rootfs *r, struct err *e)
{
	int *fds = arena_alloc(&c->arena, (r->layers.count + 1) * sizeof *fds);
	size_t wanted = r->layers.count ? r->layers.count : 1, count = open_layers(c, r, fds, e);
	int mounted = count == wanted ? open_overlay(c, r, fds, count, e) : -1;

	for (size_t i = 0; i < count; i++)
		drop_fd(&fds[i]);
	return mounted;
}

/* By its descriptor: no path in an image is resolved. */
int rootfs_copy(int from_fd, const char *to, struct err *e)
{
	const char *const argv[] = { "cp", "-a", "--", "/proc/self/fd/0/.", to, NULL };
	struct spawn s = { .argv = argv, .in = from_fd, .out = -1, .error = -1 };
	int exit_code = 0;

	if (spawn_wait(&s, &exit_code, e))
		return -1;
	return exit_code ? err_set(e, "cp to %s ended with %d", to, exit_code) : 0;
}
