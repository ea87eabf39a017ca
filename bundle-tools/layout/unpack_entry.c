#include "bundle-tools/layout/unpack_entry.h"

#include "bundle-tools/layout/whiteout.h"
#include "bundle-tools/store/interrupt.h"
#include "spec/base/own.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>

enum { HOLE = 4096 };

/* Attributes have no calls by directory and name before 6.13; the directory is ours, and nobody else writes below it. */
static int set_xattr(int dir_fd, const char *name, const struct tree_xattr *xattr, struct err *e)
{
	char path[NAME_MAX + 40];

	(void)snprintf(path, sizeof path, "/proc/self/fd/%d/%s", dir_fd, name);
	return lsetxattr(path, xattr->name, xattr->value, xattr->size, 0) ? err_sys(e, "set the attribute %s", xattr->name) : 0;
}

int unpack_make_opaque(const struct conductor *c, int dir_fd, const char *name, struct err *e)
{
	const char *attribute = c->is_rootless ? OVERLAY_USER_OPAQUE : OVERLAY_OPAQUE;

	return set_xattr(dir_fd, name, &(struct tree_xattr){ attribute, "y", 1 }, e);
}

static int copy_xattrs(const struct unpack *u, int from_fd, int dir_fd, const char *name, struct err *e)
{
	char from[40], names[4096];

	(void)snprintf(from, sizeof from, "/proc/self/fd/%d", from_fd);
	ssize_t length = listxattr(from, names, sizeof names);
	if (length < 0)
		return errno == ENOTSUP ? 0 : err_sys(e, "list the attributes of the directory %s below", name);
	for (const char *n = names; n < names + length; n += strlen(n) + 1) {
		ssize_t size = tree_keeps_xattr(n) ? getxattr(from, n, u->block, UNPACK_BLOCK) : 0;
		if (size < 0)
			return err_sys(e, "read the attribute %s of the directory %s below", n, name);
		if (tree_keeps_xattr(n) && set_xattr(dir_fd, name, &(struct tree_xattr){ n, u->block, (size_t)size }, e))
			return -1;
	}
	return 0;
}

int unpack_copy_directory(const struct unpack *u, int from_fd, int dir_fd, const char *name, struct timespec *modified,
			  struct err *e)
{
	struct stat st;

	if (fstat(from_fd, &st))
		return err_sys(e, "stat the directory %s below", name);
	if (fchownat(dir_fd, name, st.st_uid, st.st_gid, AT_SYMLINK_NOFOLLOW) || fchmodat(dir_fd, name, st.st_mode & 07777, 0))
		return err_sys(e, "set owner and mode of %s", name);
	*modified = st.st_mtim;
	return copy_xattrs(u, from_fd, dir_fd, name, e);
}

int unpack_link(const struct unpack *u, int from_fd, const char *from, struct err *e)
{
	struct stat st;

	if (fstatat(from_fd, from, &st, AT_SYMLINK_NOFOLLOW))
		return err_sys(e, "find the link's target %s", from);
	if (S_ISDIR(st.st_mode) || (S_ISCHR(st.st_mode) && st.st_rdev == 0))
		return err_set(e, "%s cannot have another name", from);
	return linkat(from_fd, from, u->dir_fd, u->name, 0) ? err_sys(e, "link it to %s", from) : 0;
}

/* --- content -------------------------------------------------------------------------------------------------------- */

static bool is_zero(const char *bytes, size_t length)
{
	return length && bytes[0] == 0 && memcmp(bytes, bytes + 1, length - 1) == 0;
}

static int write_at(int fd, const char *bytes, size_t length, uint64_t at, struct err *e)
{
	while (length) {
		ssize_t done = pwrite(fd, bytes, length, (off_t)at);
		if (done < 0 && errno == EINTR)
			continue;
		if (done < 0)
			return err_sys(e, "write");
		bytes += done;
		at += (uint64_t)done;
		length -= (size_t)done;
	}
	return 0;
}

/* Blocks of zeros become holes: archives tell them in full. */
static int write_block(int fd, const char *bytes, size_t length, uint64_t at, struct err *e)
{
	for (size_t i = 0, some; i < length; i += some) {
		some = length - i < HOLE ? length - i : HOLE;
		if (!is_zero(bytes + i, some) && write_at(fd, bytes + i, some, at + i, e))
			return -1;
	}
	return 0;
}

static int copy_piece(const struct unpack *u, struct tar_reader *reader, int fd, struct tar_piece piece, struct err *e)
{
	while (piece.size) {
		ssize_t got = tar_read(reader, u->block, piece.size < UNPACK_BLOCK ? (size_t)piece.size : UNPACK_BLOCK, e);
		if (got <= 0)
			return got < 0 ? -1 : err_set(e, "the archive is cut off");
		if (write_block(fd, u->block, (size_t)got, piece.at, e) || interrupt_check(0, e))
			return -1;
		piece.at += (uint64_t)got;
		piece.size -= (uint64_t)got;
	}
	return 0;
}

static int write_content(const struct unpack *u, struct tar_reader *reader, const struct tar_entry *entry, struct err *e)
{
	own_fd fd = openat(u->dir_fd, u->name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);

	if (fd < 0)
		return err_sys(e, "make the file");
	if (!entry->is_sparse && copy_piece(u, reader, fd, (struct tar_piece){ 0, entry->size }, e))
		return -1;
	for (size_t i = 0; entry->is_sparse && i < entry->pieces.count; i++)
		if (copy_piece(u, reader, fd, entry->pieces.at[i], e))
			return -1;
	return ftruncate(fd, (off_t)entry->size) ? err_sys(e, "set the size") : 0;
}

/* --- devices -------------------------------------------------------------------------------------------------------- */

/* Those of every container's /dev, and its terminals: base systems have them as files. */
static const struct {
	uint32_t major, minor;
} common_devices[] = { { 1, 3 }, { 1, 5 }, { 1, 7 }, { 1, 8 }, { 1, 9 }, { 5, 0 }, { 5, 1 }, { 5, 2 } };

static int make_device(const struct unpack *u, const struct tar_entry *entry, struct err *e)
{
	bool is_block = entry->type == TAR_BLOCK_DEVICE, is_common = false;

	for (size_t i = 0; !is_block && i < sizeof common_devices / sizeof *common_devices; i++)
		is_common |= entry->major == common_devices[i].major && entry->minor == common_devices[i].minor;
	if (!is_block && !entry->major && !entry->minor)
		return err_set(e, "a device 0:0 would hide what is below it");
	if (!is_common && !u->rules->has_devices) {
		(void)err_set(e, "it is the device %c %u:%u", is_block ? 'b' : 'c', entry->major, entry->minor);
		return err_hint(e, "--allow-devices takes it");
	}
	if (mknodat(u->dir_fd, u->name, is_block ? S_IFBLK : S_IFCHR, makedev(entry->major, entry->minor)))
		return err_sys(e, "make the device");
	return 0;
}

/* --- the entry ------------------------------------------------------------------------------------------------------ */

static int make(const struct unpack *u, struct tar_reader *reader, const struct tar_entry *entry, struct err *e)
{
	switch (entry->type) {
	case TAR_DIRECTORY:
		return mkdirat(u->dir_fd, u->name, 0700) ? err_sys(e, "make the directory") : 0;
	case TAR_SYMLINK:
		return symlinkat(entry->link, u->dir_fd, u->name) ? err_sys(e, "make the link") : 0;
	case TAR_FIFO:
		return mknodat(u->dir_fd, u->name, S_IFIFO, 0) ? err_sys(e, "make the FIFO") : 0;
	case TAR_CHARACTER:
	case TAR_BLOCK_DEVICE:
		return make_device(u, entry, e);
	default:
		return write_content(u, reader, entry, e);
	}
}

/* overlayfs's own attributes would make a layer show what it does not have; labels are the host's. */
static int set_xattrs(const struct unpack *u, const struct tar_entry *entry, struct err *e)
{
	for (size_t i = 0; i < entry->xattrs.count; i++) {
		const struct tree_xattr *xattr = &entry->xattrs.at[i];
		if (tree_keeps_xattr(xattr->name) && set_xattr(u->dir_fd, u->name, xattr, e))
			return -1;
		if (!tree_keeps_xattr(xattr->name))
			log_warn(&u->c->log, "%s: the attribute %s is left out", entry->name, xattr->name);
	}
	return 0;
}

int unpack_make(const struct unpack *u, struct tar_reader *reader, const struct tar_entry *entry, bool is_there, struct err *e)
{
	struct timespec now = { entry->seconds, entry->nanoseconds };

	if (!is_there && make(u, reader, entry, e))
		return -1;
	/* in this order: a new owner takes file capabilities and set-id bits away */
	if (fchownat(u->dir_fd, u->name, entry->uid, entry->gid, AT_SYMLINK_NOFOLLOW))
		return err_sys(e, "set the owner to %u:%u", entry->uid, entry->gid);
	if (entry->type != TAR_SYMLINK && fchmodat(u->dir_fd, u->name, entry->mode, 0)) /* not a link: we have just made it */
		return err_sys(e, "set the mode");
	if (set_xattrs(u, entry, e) || (u->hides_below && unpack_make_opaque(u->c, u->dir_fd, u->name, e)))
		return -1;
	if (utimensat(u->dir_fd, u->name, (struct timespec[2]){ now, now }, AT_SYMLINK_NOFOLLOW))
		return err_sys(e, "set the time");
	return 0;
}
