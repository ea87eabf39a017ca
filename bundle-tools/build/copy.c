#include "bundle-tools/build/copy.h"

#include "bundle-tools/run/root.h"
#include "bundle-tools/store/interrupt.h"
#include "spec/base/own.h"
#include "spec/base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/xattr.h>
#include <unistd.h>

enum { BLOCK = 128 << 10 };

struct putting {
	struct conductor *c;
	const struct copy *copy;
	const struct copy_source *source;
	struct root_user owner;
	int *root_fd, upper_fd; /* the overlay, and where it writes */
	bool is_fresh;         /* all lands in one directory that the image did not have */
	int top_fd;            /* directory in which the source lands, as `name` */
	const char *name;      /* "" when the source's contents land in top_fd itself */
	int from_fd, to_fd;    /* directories of the entry in hand */
	const char *directory; /* its path below the source's top, or NULL before the first */
	char *block;
	struct err *e;
};

/* --- one entry ------------------------------------------------------------------------------------------------------ */

static int set_xattrs(const struct putting *p, const struct tree_entry *entry, const char *name)
{
	char path[NAME_MAX + 40];

	(void)snprintf(path, sizeof path, "/proc/self/fd/%d/%s", p->to_fd, name); /* names are shorter than the room */
	for (size_t i = 0; i < entry->xattrs.count; i++) {
		const struct tree_xattr *x = &entry->xattrs.at[i];
		if (lsetxattr(path, x->name, x->value, x->size, 0))
			return err_sys(p->e, "set the attribute %s of %s", x->name, entry->path);
	}
	return 0;
}

static struct root_user owner_of(const struct putting *p, const struct tree_entry *entry)
{
	return p->copy->rules.has_owner ? p->owner : (struct root_user){ .uid = entry->st.st_uid, .gid = entry->st.st_gid };
}

static mode_t mode_of(const struct putting *p, const struct tree_entry *entry)
{
	return p->copy->rules.has_mode ? p->copy->rules.mode : entry->st.st_mode & 07777;
}

/* Owner first, because it clears the set-user-id bit and capabilities. Of ten thousand files hardly one is not as it was made. */
static int set_file_attributes(const struct putting *p, const struct tree_entry *entry, const char *name, int fd)
{
	const struct timespec times[2] = { entry->st.st_atim, entry->st.st_mtim };
	const struct root_user owner = owner_of(p, entry);
	struct stat st;

	if (fstat(fd, &st))
		return err_sys(p->e, "stat %s", entry->path);
	bool has_owner = st.st_uid == owner.uid && st.st_gid == owner.gid;
	if (!has_owner && fchown(fd, owner.uid, owner.gid))
		return err_sys(p->e, "set the owner of %s", entry->path);
	if ((!has_owner || (st.st_mode & 07777) != mode_of(p, entry)) && fchmod(fd, mode_of(p, entry)))
		return err_sys(p->e, "set the mode of %s", entry->path);
	if (set_xattrs(p, entry, name))
		return -1;
	return futimens(fd, times) ? err_sys(p->e, "set the times of %s", entry->path) : 0;
}

/* The same of what cannot be opened. */
static int set_attributes(const struct putting *p, const struct tree_entry *entry, const char *name)
{
	const struct root_user owner = owner_of(p, entry);

	if (fchownat(p->to_fd, name, owner.uid, owner.gid, AT_SYMLINK_NOFOLLOW))
		return err_sys(p->e, "set the owner of %s", entry->path);
	if (!S_ISLNK(entry->st.st_mode) && fchmodat(p->to_fd, name, mode_of(p, entry), 0))
		return err_sys(p->e, "set the mode of %s", entry->path);
	if (set_xattrs(p, entry, name))
		return -1;
	const struct timespec times[2] = { entry->st.st_atim, entry->st.st_mtim };
	return utimensat(p->to_fd, name, times, AT_SYMLINK_NOFOLLOW) ? err_sys(p->e, "set the times of %s", entry->path) : 0;
}

static bool is_zero(const char *bytes, size_t length)
{
	return length && bytes[0] == 0 && memcmp(bytes, bytes + 1, length - 1) == 0;
}

/* A block of a file; holes stay holes. */
static int put_block(const struct putting *p, int fd, const char *bytes, size_t length, bool may_skip)
{
	if (may_skip && is_zero(bytes, length))
		return lseek(fd, (off_t)length, SEEK_CUR) < 0 ? err_sys(p->e, "seek") : 0;
	while (length) {
		ssize_t done = write(fd, bytes, length);
		if (done < 0 && errno != EINTR)
			return err_sys(p->e, "write");
		bytes += done > 0 ? done : 0;
		length -= done > 0 ? (size_t)done : 0;
	}
	return 0;
}

static int put_content(const struct putting *p, const struct tree_entry *entry, int from, int to)
{
	bool is_sparse = entry->st.st_blocks * 512 < entry->st.st_size;
	unsigned char digest[HASH_BYTES];
	struct hash h;

	hash_init(&h);
	for (;;) {
		ssize_t got = read(from, p->block, BLOCK);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return err_sys(p->e, "read");
		if (got == 0)
			break;
		hash_add(&h, p->block, (size_t)got);
		if (put_block(p, to, p->block, (size_t)got, is_sparse))
			return -1;
	}
	if (is_sparse && ftruncate(to, entry->st.st_size))
		return err_sys(p->e, "set the size");
	hash_finish(&h, digest);
	return memcmp(digest, entry->digest, HASH_BYTES) == 0 ? 0 : err_set(p->e, "it changed while it was copied");
}

static int make_way(const struct putting *p, const char *name)
{
	if (unlinkat(p->to_fd, name, 0) == 0 || errno == ENOENT)
		return 0;
	if (errno == EISDIR)
		return err_set(p->e, "%s is a directory in the image, and the source is none", name);
	return err_sys(p->e, "replace %s", name);
}

/* Most files replace nothing: a look before would be one call more for each of them. */
static int make_file(const struct putting *p, const struct tree_entry *entry, const char *name)
{
	const int flags = O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW;
	int fd = openat(p->to_fd, name, flags, mode_of(p, entry) & 0777);

	if (fd >= 0 || errno != EEXIST)
		return fd < 0 ? err_sys(p->e, "make %s", entry->path) : fd;
	if (make_way(p, name))
		return -1;
	fd = openat(p->to_fd, name, flags, mode_of(p, entry) & 0777);
	return fd < 0 ? err_sys(p->e, "make %s", entry->path) : fd;
}

static int put_file(const struct putting *p, const struct tree_entry *entry, const char *from_name, const char *name)
{
	own_fd from = openat(p->from_fd, from_name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);

	if (from < 0)
		return err_sys(p->e, "open %s", entry->path);
	own_fd to = make_file(p, entry, name);
	if (to < 0)
		return -1;
	if (put_content(p, entry, from, to))
		return err_add(p->e, "copy %s", entry->path);
	return set_file_attributes(p, entry, name, to);
}

/* 1: a directory that was there. */
static int put_directory(const struct putting *p, const struct tree_entry *entry, const char *name)
{
	struct stat st;

	if (mkdirat(p->to_fd, name, 0700) == 0)
		return 0;
	if (errno != EEXIST)
		return err_sys(p->e, "make %s", entry->path);
	if (fstatat(p->to_fd, name, &st, AT_SYMLINK_NOFOLLOW))
		return err_sys(p->e, "stat %s", name);
	return S_ISDIR(st.st_mode) ? 1 : err_set(p->e, "%s is no directory in the image, and the source is one", name);
}

static const char *target_path(const struct putting *p, const char *path)
{
	if (!p->name[0] || !path[0])
		return p->name[0] ? p->name : path;
	return arena_format(&p->c->arena, "%s/%s", p->name, path);
}

static int put_entry(const struct putting *p, const struct tree_entry *entry, const char *from_name, const char *name)
{
	mode_t type = entry->st.st_mode & S_IFMT;
	int result;

	if (type == S_IFDIR) {
		result = put_directory(p, entry, name);
		return result < 0 ? -1 : result == 1 && !entry->path[0] ? 0 : set_attributes(p, entry, name);
	}
	if (type == S_IFREG && !entry->linked)
		return put_file(p, entry, from_name, name);
	if (make_way(p, name))
		return -1;
	if (entry->linked)
		return linkat(p->top_fd, target_path(p, entry->linked), p->to_fd, name, 0) ? err_sys(p->e, "link %s", entry->path) : 0;
	if (type == S_IFLNK)
		result = symlinkat(entry->target, p->to_fd, name) ? err_sys(p->e, "make the link %s", entry->path) : 0;
	else
		result = mknodat(p->to_fd, name, type | 0600, entry->st.st_rdev) ? err_sys(p->e, "make the node %s", entry->path) : 0;
	return result ? -1 : set_attributes(p, entry, name);
}

/* --- one source ----------------------------------------------------------------------------------------------------- */

/* Entries of one directory follow each other: its descriptors are kept. */
static int enter(struct putting *p, const char *directory)
{
	if (p->directory && strcmp(p->directory, directory) == 0)
		return 0;
	drop_fd(&p->from_fd);
	drop_fd(&p->to_fd);
	if (interrupt_check(0, p->e))
		return -1;
	const char *from = directory[0] ? arena_format(&p->c->arena, "%s/%s", p->source->leaf, directory) : p->source->leaf;
	const char *to = target_path(p, directory);
	p->from_fd = openat(p->source->dir_fd, from, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	p->to_fd = openat(p->top_fd, to[0] ? to : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	p->directory = directory;
	return p->from_fd < 0 || p->to_fd < 0 ? err_sys(p->e, "open the directory %s", to) : 0;
}

/* The source itself: its directory is where it was found. A directory that was not there is empty, and the layer's own. */
static int put_top(struct putting *p, const struct tree_entry *top)
{
	if (!p->name[0]) /* only its contents: the destination stays what it is */
		return S_ISDIR(top->st.st_mode) ? 0 : err_set(p->e, "%s is no directory", p->source->shown);
	p->from_fd = openat(p->source->dir_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	p->to_fd = openat(p->top_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (p->from_fd < 0 || p->to_fd < 0)
		return err_sys(p->e, "open the directory of %s", p->source->shown);
	if (S_ISDIR(top->st.st_mode) && faccessat(p->to_fd, p->name, F_OK, AT_SYMLINK_NOFOLLOW))
		p->is_fresh = errno == ENOENT;
	return put_entry(p, top, p->source->leaf, p->name);
}

/* In a directory that no other layer has part in, the upper directory is all there is: a file made there, when nothing is mounted
 * any more, costs two thirds of one that is made through the overlay. What is top_fd there is below upper_fd by the same path. */
static int leave_overlay(struct putting *p)
{
	struct open_how how = { .flags = O_PATH | O_DIRECTORY | O_CLOEXEC, .resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS };
	char link[40], path[PATH_MAX];

	for (size_t i = 0; i < p->source->tree.entries.count; i++) {
		const struct stat *st = &p->source->tree.entries.at[i].st;
		if (S_ISCHR(st->st_mode) && st->st_rdev == 0)
			return 0; /* a whiteout: overlayfs itself refuses to make one */
	}
	(void)snprintf(link, sizeof link, "/proc/self/fd/%d", p->top_fd); /* of a mount that is nowhere: a path in the mount */
	ssize_t length = readlink(link, path, sizeof path - 1);
	if (length < 1 || path[0] != '/' || length == sizeof path - 1)
		return 0;
	path[length] = '\0';
	own_fd top = (int)syscall(SYS_openat2, p->upper_fd, length == 1 ? "." : path + 1, &how, sizeof how);
	if (top < 0)
		return err_sys(p->e, "open the layer's %s", path);
	drop_fd(&p->from_fd);
	drop_fd(&p->to_fd);
	drop_fd(&p->top_fd);
	drop_fd(p->root_fd); /* the last of it: unmounted */
	p->top_fd = take_fd(&top);
	return 0;
}

/* What was written into directories has changed their times. */
static int set_directory_times(struct putting *p)
{
	for (size_t i = p->source->tree.entries.count; i-- > 0;) {
		const struct tree_entry *entry = &p->source->tree.entries.at[i];
		const struct timespec times[2] = { entry->st.st_atim, entry->st.st_mtim };
		const char *path = target_path(p, entry->path);
		if (S_ISDIR(entry->st.st_mode) && path[0] && utimensat(p->top_fd, path, times, AT_SYMLINK_NOFOLLOW))
			return err_sys(p->e, "set the times of %s", path);
	}
	return 0;
}

static int put_entries(struct putting *p)
{
	const struct tree_entry *entries = p->source->tree.entries.at;

	if (put_top(p, &entries[0]) || (p->is_fresh && p->copy->sources.count == 1 && leave_overlay(p)))
		return -1;
	for (size_t i = 1; i < p->source->tree.entries.count; i++) {
		const char *slash = strrchr(entries[i].path, '/');
		const char *name = slash ? slash + 1 : entries[i].path;
		const char *directory = slash ? arena_copy(&p->c->arena, entries[i].path, (size_t)(slash - entries[i].path)) : "";
		if (enter(p, directory) || put_entry(p, &entries[i], name, name))
			return -1;
	}
	return set_directory_times(p);
}

static int put_body(struct putting *p)
{
	size_t length = strlen(p->source->body);
	mode_t mode = copy_body_mode(p->copy);

	p->to_fd = openat(p->top_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (p->to_fd < 0)
		return err_sys(p->e, "open the destination");
	if (make_way(p, p->name))
		return -1;
	own_fd fd = openat(p->to_fd, p->name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0)
		return err_sys(p->e, "make %s", p->name);
	if (put_block(p, fd, p->source->body, length, false))
		return -1;
	return fchown(fd, p->owner.uid, p->owner.gid) || fchmod(fd, mode) ? err_sys(p->e, "set owner and mode of %s", p->name) : 0;
}

/* --- where it lands ------------------------------------------------------------------------------------------------- */

/* The destination's parent directory, made when missing; `*leaf` is the last part. */
static int open_parent(struct putting *p, int root_fd, const char **leaf)
{
	const char *path = p->copy->destination, *slash = strrchr(path, '/');

	*leaf = slash + 1;
	const char *parent = arena_copy(&p->c->arena, path, (size_t)(slash - path) + 1);
	return root_make_directory(p->c, root_fd, parent, p->owner.uid, p->owner.gid, p->e);
}

/* Choose the directory and the name in it that the source gets. */
static int choose(struct putting *p)
{
	const struct copy *copy = p->copy;
	bool is_directory = !p->source->body && S_ISDIR(p->source->tree.entries.at[0].st.st_mode);
	bool has_many = copy->sources.count > 1;
	int root_fd = *p->root_fd;

	p->top_fd = root_open(root_fd, copy->destination, O_PATH | O_DIRECTORY, 0);
	if (p->top_fd < 0 && errno != ENOENT && errno != ENOTDIR)
		return err_sys(p->e, "open %s in the image", copy->destination);
	bool exists = p->top_fd >= 0;
	if (!exists && errno == ENOTDIR && (is_directory || has_many || copy->has_slash))
		return err_set(p->e, "%s is no directory in the image", copy->destination);
	bool goes_into = exists || has_many || (copy->has_slash && !is_directory) || (is_directory && copy->is_docker);
	if (goes_into) {
		p->name = is_directory && copy->is_docker ? "" : p->source->name;
		p->is_fresh = !exists && !p->name[0];
		if (!exists)
			p->top_fd = root_make_directory(p->c, root_fd, copy->destination, p->owner.uid, p->owner.gid, p->e);
	} else {
		p->top_fd = open_parent(p, root_fd, &p->name);
	}
	return p->top_fd < 0 ? -1 : 0;
}

static int put_source(struct conductor *c, const struct copy *copy, const struct copy_source *source, const struct root_user *owner,
		      int *root_fd, int upper_fd, char *block, struct err *e)
{
	struct putting p = { .c = c, .copy = copy, .source = source, .owner = *owner, .root_fd = root_fd, .upper_fd = upper_fd,
			     .top_fd = -1, .name = "", .from_fd = -1, .to_fd = -1, .block = block, .e = e };
	int result = choose(&p);

	if (result == 0)
		result = source->body ? put_body(&p) : put_entries(&p);
	drop_fd(&p.from_fd);
	drop_fd(&p.to_fd);
	drop_fd(&p.top_fd);
	return result ? err_add(e, "copy %s to %s", source->shown, copy->destination) : 0;
}

int copy_run(struct conductor *c, const struct copy *copy, int *root_fd, int upper_fd, struct err *e)
{
	char *block = arena_alloc(&c->arena, BLOCK);
	struct root_user owner = { 0 };

	if (copy->owner && root_find_user(c, *root_fd, copy->owner, &owner, e))
		return -1;
	if (copy->owner && !strchr(copy->owner, ':'))
		owner.gid = owner.uid; /* without a group both have the number, as with Docker */
	mode_t before = umask(0);
	int result = 0;
	for (size_t i = 0; i < copy->sources.count && result == 0; i++)
		result = put_source(c, copy, &copy->sources.at[i], &owner, root_fd, upper_fd, block, e);
	(void)umask(before);
	return result;
}
