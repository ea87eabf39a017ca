#include "bundle-tools/store/remove.h"

#include "spec/base/own.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

static int remove_entries(int fd, dev_t device, const char *name, struct err *e);

static int remove_entry(int dir_fd, const char *name, dev_t device, struct err *e)
{
	struct stat st;

	if (unlinkat(dir_fd, name, 0) == 0 || errno == ENOENT)
		return 0;
	if (errno != EISDIR && errno != EPERM)
		return err_sys(e, "remove %s", name);
	own_fd fd = openat(dir_fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return err_sys(e, "open %s", name);
	if (fstat(fd, &st))
		return err_sys(e, "stat %s", name);
	if (st.st_dev != device)
		return err_set(e, "%s is the root of another file system: it is not removed", name);
	if (remove_entries(take_fd(&fd), device, name, e))
		return -1;
	return unlinkat(dir_fd, name, AT_REMOVEDIR) && errno != ENOENT ? err_sys(e, "remove %s", name) : 0;
}

/* Takes over the descriptor. */
static int remove_entries(int fd, dev_t device, const char *name, struct err *e)
{
	own_directory directory = fdopendir(fd);
	struct dirent *entry;

	if (!directory) {
		own_close(&fd);
		return err_sys(e, "read %s", name);
	}
	while ((errno = 0, entry = readdir(directory))) {
		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
			continue;
		if (remove_entry(fd, entry->d_name, device, e))
			return err_add(e, "%s", name);
	}
	return errno ? err_sys(e, "read %s", name) : 0;
}

int remove_tree(int dir_fd, const char *name, struct err *e)
{
	struct stat st;

	if (fstatat(dir_fd, name, &st, AT_SYMLINK_NOFOLLOW))
		return errno == ENOENT ? 0 : err_sys(e, "stat %s", name);
	return remove_entry(dir_fd, name, st.st_dev, e);
}
