#include "bundle-tools/layout/pack.h"

#include "bundle-tools/layout/tar.h"
#include "bundle-tools/layout/whiteout.h"
#include "bundle-tools/store/interrupt.h"
#include "bundle-tools/store/layer.h"
#include "spec/base/own.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>

enum { CONTENT_BLOCK = 128 << 10 };

struct packing {
	struct conductor *c;
	int diff_fd;
	int64_t newest;
	struct stream_writer *to;
	struct arena scratch; /* for one entry */
	char *block;
};

static int64_t choose_time(const struct packing *p, const struct stat *st)
{
	return st->st_mtim.tv_sec < p->newest ? st->st_mtim.tv_sec : p->newest;
}

static const char *join(struct packing *p, const char *directory, const char *name)
{
	return directory[0] ? arena_format(&p->scratch, "%s/%s", directory, name) : name;
}

/* --- whiteouts ------------------------------------------------------------------------------------------------------ */

static int write_mark(struct packing *p, const char *name, const struct stat *st, struct err *e)
{
	struct tar_entry entry = { .type = TAR_FILE, .name = name, .mode = 0, .seconds = choose_time(p, st) };

	return tar_write_entry(p->to, &p->scratch, &entry, e);
}

static int write_whiteout(struct packing *p, const struct tree_entry *from, struct err *e)
{
	const char *slash = strrchr(from->path, '/'), *name = slash ? slash + 1 : from->path;
	int directory = slash ? (int)(slash - from->path) + 1 : 0;

	return write_mark(p, arena_format(&p->scratch, "%.*s" WHITEOUT_PREFIX "%s", directory, from->path, name), &from->st, e);
}

static bool is_opaque(const struct packing *p, const char *path)
{
	char value, full[PATH_MAX + 40];

	(void)snprintf(full, sizeof full, "/proc/self/fd/%d/%s", p->diff_fd, path);
	return lgetxattr(full, p->c->is_rootless ? OVERLAY_USER_OPAQUE : OVERLAY_OPAQUE, &value, 1) == 1 && value == 'y';
}

/* --- entries -------------------------------------------------------------------------------------------------------- */

static int write_content(struct packing *p, const struct tree_entry *from, struct err *e)
{
	uint64_t left = (uint64_t)from->st.st_size;
	own_fd fd = openat(p->diff_fd, from->path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);

	if (fd < 0)
		return err_sys(e, "open %s", from->path);
	while (left) {
		ssize_t got = read(fd, p->block, left < CONTENT_BLOCK ? (size_t)left : CONTENT_BLOCK);
		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return got < 0 ? err_sys(e, "read %s", from->path) : err_set(e, "%s became shorter while it was read", from->path);
		if (stream_write(p->to, p->block, (size_t)got, e) || interrupt_check(0, e))
			return -1;
		left -= (uint64_t)got;
	}
	return tar_write_padding(p->to, (uint64_t)from->st.st_size, e);
}

static enum tar_type choose_type(const struct tree_entry *from)
{
	mode_t mode = from->st.st_mode;

	if (from->linked)
		return TAR_HARD_LINK;
	return S_ISDIR(mode) ? TAR_DIRECTORY
	     : S_ISLNK(mode) ? TAR_SYMLINK
	     : S_ISCHR(mode) ? TAR_CHARACTER
	     : S_ISBLK(mode) ? TAR_BLOCK_DEVICE
	     : S_ISFIFO(mode) ? TAR_FIFO : TAR_FILE;
}

static int write_entry(struct packing *p, const struct tree_entry *from, struct err *e)
{
	bool is_directory = S_ISDIR(from->st.st_mode), is_device = S_ISCHR(from->st.st_mode) || S_ISBLK(from->st.st_mode);
	const char *path = from->path[0] ? from->path : ".";
	struct tar_entry entry = {
		.type = choose_type(from),
		.name = is_directory ? arena_format(&p->scratch, "%s/", path) : path,
		.link = from->linked ? from->linked : from->target,
		.mode = from->st.st_mode & 07777,
		.uid = from->st.st_uid,
		.gid = from->st.st_gid,
		.seconds = choose_time(p, &from->st),
		.size = (uint64_t)from->st.st_size,
		.major = is_device ? major(from->st.st_rdev) : 0,
		.minor = is_device ? minor(from->st.st_rdev) : 0,
	};

	entry.xattrs.at = from->xattrs.at;
	entry.xattrs.count = from->xattrs.count;
	if (tar_write_entry(p->to, &p->scratch, &entry, e))
		return -1;
	if (is_directory && is_opaque(p, path))
		return write_mark(p, join(p, from->path, WHITEOUT_OPAQUE), &from->st, e);
	return entry.type == TAR_FILE ? write_content(p, from, e) : 0;
}

/* A new directory of a layer has these anyway when it is made. */
static bool is_plain_top(const struct tree_entry *from)
{
	return !from->path[0] && (from->st.st_mode & 07777) == 0755 && !from->st.st_uid && !from->st.st_gid && !from->xattrs.count;
}

static bool is_mark(const char *path)
{
	const char *slash = strrchr(path, '/');

	return strncmp(slash ? slash + 1 : path, WHITEOUT_PREFIX, strlen(WHITEOUT_PREFIX)) == 0;
}

static int pack_entry(struct packing *p, const struct tree_entry *from, struct err *e)
{
	arena_reset(&p->scratch);
	if (is_mark(from->path))
		return err_set(e, "/%s cannot be told: in an image, names that begin with " WHITEOUT_PREFIX " mean something else",
			       from->path);
	if (S_ISSOCK(from->st.st_mode) || (is_plain_top(from) && !is_opaque(p, ".")))
		return 0;
	if (S_ISCHR(from->st.st_mode) && from->st.st_rdev == 0)
		return write_whiteout(p, from, e);
	return write_entry(p, from, e);
}

int pack_layer(struct conductor *c, const char *key, int64_t newest, struct stream_writer *to, struct err *e)
{
	struct packing p = { .c = c, .newest = newest, .to = to, .block = arena_alloc(&c->arena, CONTENT_BLOCK) };
	struct tree tree = { 0 };
	int result;
	own_fd diff_fd = layer_open(c, key, e);

	if (diff_fd < 0 || tree_read(c, NULL, NULL, diff_fd, ".", &tree, e))
		return -1;
	p.diff_fd = diff_fd;
	arena_init(&p.scratch, 4 << 20);
	result = 0;
	for (size_t i = 0; i < tree.entries.count && result == 0; i++)
		result = pack_entry(&p, &tree.entries.at[i], e);
	arena_finish(&p.scratch);
	return result ? -1 : tar_write_end(to, e);
}
