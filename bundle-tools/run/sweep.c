/* What commands that were killed left of containers. */
#include "bundle-tools/run/container.h"

#include "bundle-tools/store/remove.h"
#include "spec/base/own.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/mount.h>
#include <unistd.h>

int container_lock(const char *directory, int *out, struct err *e)
{
	own_fd fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return err_sys(e, "open %s", directory);
	if (flock(fd, LOCK_EX | LOCK_NB))
		return errno == EWOULDBLOCK ? 1 : err_sys(e, "lock %s", directory);
	*out = take_fd(&fd);
	return 0;
}

int container_unmount(struct conductor *c, const char *directory, struct err *e)
{
	const char *path = arena_format(&c->arena, "%s/rootfs", directory);

	if (umount2(path, MNT_DETACH | UMOUNT_NOFOLLOW) && errno != EINVAL && errno != ENOENT)
		return err_sys(e, "unmount %s", path);
	return 0;
}

/* Without a record nothing was begun but the directory. */
static int sweep_locked(struct conductor *c, const char *name, const char *directory, struct err *e)
{
	struct runtime_state state;

	if (runtime_read_state(c, name, directory, &state, e))
		return -1;
	if (state.status != RUNTIME_NONE && state.status != RUNTIME_STOPPED)
		return 0;
	if (container_unmount(c, directory, e))
		return -1;
	bool is_begun = access(arena_format(&c->arena, "%s/container.json", directory), F_OK) == 0 || errno != ENOENT;
	return is_begun ? 0 : remove_tree(AT_FDCWD, directory, e);
}

static int sweep_one(struct conductor *c, const char *name, struct err *e)
{
	const char *directory = container_directory(c, name);
	struct err gone = ERR_NONE;
	own_fd fd = -1;
	int held = container_lock(directory, &fd, &gone);

	if (held < 0 && gone.number == ENOENT)
		return 0; /* stopped meanwhile */
	if (held < 0)
		*e = gone;
	return held ? (held < 0 ? -1 : 0) : sweep_locked(c, name, directory, e);
}

int container_sweep(struct conductor *c, struct err *e)
{
	struct names names = { 0 };
	int lock_fd = -1, result = 0;

	if (store_list(c, "containers", &names, e))
		return -1;
	for (size_t i = 0; i < names.count && result == 0; i++) {
		if (store_lock(c, "images", LOCK_WAIT, &lock_fd, e)) /* see make_directory */
			return -1;
		result = sweep_one(c, names.at[i], e);
		store_unlock(c, "images", &lock_fd);
	}
	return result;
}
