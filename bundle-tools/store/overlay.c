#include "bundle-tools/store/overlay.h"

#include "spec/base/own.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/mount.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>

/* The C library's own <sys/mount.h> cannot stand beside <linux/mount.h>. */
static int fs_config(int fs_fd, unsigned command, const char *key, const void *value, int aux)
{
	return (int)syscall(SYS_fsconfig, fs_fd, command, key, value, aux);
}

/* What the kernel's overlayfs wrote about its reasons: "e overlay: ...", without the newline. */
static int err_kernel(int fs_fd, struct err *e)
{
	char said[256];
	int number = errno;
	ssize_t length = read(fs_fd, said, sizeof said - 1);

	errno = number;
	(void)err_sys(e, "mount an overlay");
	if (length > 2) {
		said[length] = '\0';
		(void)err_hint(e, "the kernel says: %s", said + 2);
	}
	e->number = number;
	return -1;
}

static int set_directories(int fs_fd, const struct overlay *o)
{
	for (size_t i = 0; i < o->count; i++)
		if (fs_config(fs_fd, FSCONFIG_SET_FD, "lowerdir+", NULL, o->lower[i]))
			return -1;
	return fs_config(fs_fd, FSCONFIG_SET_FD, "upperdir", NULL, o->upper) ||
	       fs_config(fs_fd, FSCONFIG_SET_FD, "workdir", NULL, o->work);
}

/* A layer must stand for itself: no redirects and no files that have only metadata. */
static int set_options(int fs_fd, const struct overlay *o)
{
	if (o->has_user_xattrs) /* it has neither, and takes no word about them */
		return fs_config(fs_fd, FSCONFIG_SET_FLAG, "userxattr", NULL, 0) ||
		       fs_config(fs_fd, FSCONFIG_SET_STRING, "index", "off", 0) ||
		       (o->is_volatile && fs_config(fs_fd, FSCONFIG_SET_FLAG, "volatile", NULL, 0));
	return fs_config(fs_fd, FSCONFIG_SET_STRING, "redirect_dir", "off", 0) ||
	       fs_config(fs_fd, FSCONFIG_SET_STRING, "metacopy", "off", 0) || fs_config(fs_fd, FSCONFIG_SET_STRING, "index", "off", 0) ||
	       (o->is_volatile && fs_config(fs_fd, FSCONFIG_SET_FLAG, "volatile", NULL, 0));
}

/* 1: this kernel's overlayfs does not take descriptors. */
static int open_by_descriptors(const struct overlay *o, int *out, struct err *e)
{
	own_fd fs_fd = (int)syscall(SYS_fsopen, "overlay", FSOPEN_CLOEXEC);

	if (fs_fd < 0)
		return errno == ENOSYS || errno == EPERM ? 1 : err_sys(e, "open overlayfs");
	if (set_directories(fs_fd, o))
		return 1;
	if (set_options(fs_fd, o) || fs_config(fs_fd, FSCONFIG_CMD_CREATE, NULL, NULL, 0))
		return err_kernel(fs_fd, e);
	*out = (int)syscall(SYS_fsmount, fs_fd, FSMOUNT_CLOEXEC, 0);
	return *out < 0 ? err_kernel(fs_fd, e) : 0;
}

/* --- kernels before 6.13 -------------------------------------------------------------------------------------------- */

/* mount(2) takes one page of options. Descriptors' names are short enough for about 180 layers. */
static int write_options(const struct overlay *o, char *options, size_t size, struct err *e)
{
	int used = snprintf(options, size,
			    "%s,index=off%s,upperdir=/proc/self/fd/%d,workdir=/proc/self/fd/%d,lowerdir",
			    o->has_user_xattrs ? "userxattr" : "redirect_dir=off,metacopy=off", o->is_volatile ? ",volatile" : "", o->upper, o->work);

	for (size_t i = 0; i < o->count; i++) {
		used += snprintf(options + used, size - (size_t)used, "%c/proc/self/fd/%d", i ? ':' : '=', o->lower[i]);
		if ((size_t)used >= size)
			return err_set(e, "%zu layers are more than this kernel's mount(2) takes", o->count);
	}
	return 0;
}

/* Mounted on the work directory for a moment, cloned away from there. */
static int open_by_names(const struct overlay *o, int *out, struct err *e)
{
	char options[4096], target[32];

	if (write_options(o, options, sizeof options, e))
		return -1;
	own_fd place = -1;
	if (mkdirat(o->work, "place", 0700) && errno != EEXIST)
		return err_sys(e, "make a mount point");
	place = openat(o->work, "place", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (place < 0)
		return err_sys(e, "open a mount point");
	(void)snprintf(target, sizeof target, "/proc/self/fd/%d", place);
	if (syscall(SYS_mount, "overlay", target, "overlay", 0, options))
		return err_sys(e, "mount an overlay");
	*out = (int)syscall(SYS_open_tree, o->work, "place", OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
	int number = errno;
	own_fd mounted = openat(o->work, "place", O_PATH | O_DIRECTORY | O_CLOEXEC);
	(void)snprintf(target, sizeof target, "/proc/self/fd/%d", mounted);
	if (syscall(SYS_umount2, target, 2 /* MNT_DETACH */))
		(void)err_sys(e, "detach the mount point");
	errno = number;
	return *out < 0 ? err_sys(e, "clone the overlay") : 0;
}

int overlay_open(const struct overlay *o, struct err *e)
{
	int fd = -1, result = o->is_old_way ? 1 : open_by_descriptors(o, &fd, e);

	if (result == 1)
		result = open_by_names(o, &fd, e);
	if (result && e->number == EINVAL && o->has_user_xattrs)
		(void)err_hint(e, "without root nothing may be mounted below the directory, as it is below /; give another --rootfs");
	else if (result && e->number == EINVAL)
		(void)err_hint(e, "the store must be on a file system that overlayfs can write to: not on an overlay, NFS or FAT");
	return result ? -1 : fd;
}
