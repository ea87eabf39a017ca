#include "bundle-tools/layout/unpack.h"

#include "bundle-tools/layout/unpack_entry.h"
#include "bundle-tools/layout/whiteout.h"
#include "bundle-tools/store/interrupt.h"
#include "bundle-tools/store/remove.h"
#include "spec/base/own.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>

struct directory_time { /* set at the end: what is made in a directory changes it */
	const char *path;
	struct timespec modified;
};

struct unpacking {
	struct conductor *c;
	struct tar_reader reader;
	struct unpack u;
	SPEC_LIST(directory_time) times;
	size_t time_room;
	char parent[PATH_MAX]; /* the directory that was walked to last; most entries have the same one as the entry before */
	int parent_fd;         /* -1: none */
};

/* --- names ---------------------------------------------------------------------------------------------------------- */

/* Relative, without "." and empty components; "" is the top. */
static int clean_name(const char *name, char *out, struct err *e)
{
	size_t length = 0;

	if (name[0] == '/')
		return err_set(e, "it is an absolute name");
	for (const char *c = name; *c;) {
		size_t part = strcspn(c, "/");
		if (part == 2 && strncmp(c, "..", 2) == 0)
			return err_set(e, "it leads out of the layer");
		if (part > NAME_MAX || length + part + 2 > PATH_MAX)
			return err_number(e, ENAMETOOLONG, "the name");
		if (part && !(part == 1 && *c == '.')) {
			if (length)
				out[length++] = '/';
			memcpy(out + length, c, part);
			length += part;
		}
		c += part + (c[part] == '/');
	}
	out[length] = '\0';
	return 0;
}

static int walk(struct unpacking *x, int top_fd, const char *path, bool may_make, struct err *e);

static void remember_time(struct unpacking *x, const char *path, struct timespec modified)
{
	struct arena *a = &x->c->arena;

	if (x->times.count == x->time_room) {
		size_t room = x->time_room ? 2 * x->time_room : 256, size = sizeof *x->times.at;
		x->times.at = arena_grow(a, x->times.at, x->time_room * size, room * size);
		x->time_room = room;
	}
	x->times.at[x->times.count++] = (struct directory_time){ arena_text(a, path), modified };
}

/* A directory that the archive does not tell, but something in it: as it is below, if it is there. */
static int make_parent(struct unpacking *x, int fd, const char *part, const char *path, size_t length, bool hides_below,
		       struct err *e)
{
	char whole[PATH_MAX];
	struct timespec modified;

	if (mkdirat(fd, part, 0755))
		return err_sys(e, "make the directory %s", part);
	if (fchmodat(fd, part, 0755, 0)) /* whatever the umask */
		return err_sys(e, "set the mode of %s", part);
	if (hides_below)
		return unpack_make_opaque(x->u.c, fd, part, e);
	memcpy(whole, path, length);
	whole[length] = '\0';
	for (size_t i = 0; i < x->u.rules->below_count; i++) {
		struct err missing = ERR_NONE; /* one layer further down, then */
		own_fd below_fd = walk(x, x->u.rules->below[i], whole, false, &missing);
		if (below_fd >= 0 && unpack_copy_directory(&x->u, below_fd, fd, part, &modified, e))
			return -1;
		if (below_fd >= 0)
			remember_time(x, whole, modified);
		if (below_fd >= 0 || missing.number != ENOENT) /* or it is something else there */
			return 0;
	}
	return 0;
}

static bool is_whiteout(int fd, const char *part)
{
	struct stat st;

	return fstatat(fd, part, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISCHR(st.st_mode) && st.st_rdev == 0;
}

static bool is_symlink(int fd, const char *part)
{
	struct stat st;

	return fstatat(fd, part, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISLNK(st.st_mode);
}

/* One step down; never by a symbolic link. `length` is where the path as far as `part` ends. */
static int step_down(struct unpacking *x, int fd, const char *part, const char *path, size_t length, bool may_make, struct err *e)
{
	int flags = O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC, next = openat(fd, part, flags);
	bool was_hidden = next < 0 && errno == ENOTDIR && may_make && is_whiteout(fd, part);

	if (next >= 0)
		return next;
	if (was_hidden && unlinkat(fd, part, 0))
		return err_sys(e, "replace the whiteout of %s", part);
	if (was_hidden || (errno == ENOENT && may_make)) {
		if (make_parent(x, fd, part, path, length, was_hidden, e))
			return -1;
		next = openat(fd, part, flags);
	}
	if (next < 0 && errno == ENOTDIR && is_symlink(fd, part))
		return err_set(e, "it leads through the symbolic link %s", part);
	return next < 0 ? err_sys(e, "open the directory %s", part) : next;
}

/* An O_PATH descriptor of a cleaned directory's name. */
static int walk(struct unpacking *x, int top_fd, const char *path, bool may_make, struct err *e)
{
	own_fd fd = fcntl(top_fd, F_DUPFD_CLOEXEC, 3);
	char part[NAME_MAX + 1];

	if (fd < 0)
		return err_sys(e, "duplicate a descriptor");
	for (const char *c = path; *c;) {
		size_t length = strcspn(c, "/");
		memcpy(part, c, length);
		part[length] = '\0';
		int next = step_down(x, fd, part, path, (size_t)(c - path) + length, may_make, e);
		if (next < 0)
			return -1;
		own_close(&fd);
		fd = next;
		c += length + (c[length] == '/');
	}
	return take_fd(&fd);
}

/* The directory that an entry lies in, and its name there. */
static int find_parent(struct unpacking *x, const char *path, struct err *e)
{
	const char *slash = strrchr(path, '/');
	size_t length = slash ? (size_t)(slash - path) : 0;

	x->u.name = slash ? slash + 1 : path;
	if (x->parent_fd < 0 || strlen(x->parent) != length || strncmp(x->parent, path, length) != 0) {
		drop_fd(&x->parent_fd);
		memcpy(x->parent, path, length);
		x->parent[length] = '\0';
		x->parent_fd = walk(x, x->u.top_fd, x->parent, true, e);
	}
	x->u.dir_fd = x->parent_fd;
	return x->parent_fd < 0 ? -1 : 0;
}

/* --- whiteouts ------------------------------------------------------------------------------------------------------ */

/* Something of that name in this same layer stays, and only hides what is below: a directory by being opaque. */
static int make_whiteout(struct unpacking *x, const char *name, struct err *e)
{
	struct stat st;

	if (!name[0] || strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
		return err_set(e, "it hides nothing that could be named");
	x->u.name = name;
	if (mknodat(x->u.dir_fd, name, S_IFCHR, 0) == 0)
		return 0;
	if (errno != EEXIST || fstatat(x->u.dir_fd, name, &st, AT_SYMLINK_NOFOLLOW))
		return err_sys(e, "make a whiteout");
	return S_ISDIR(st.st_mode) ? unpack_make_opaque(x->u.c, x->u.dir_fd, name, e) : 0;
}

static int take_mark(struct unpacking *x, struct err *e)
{
	if (strcmp(x->u.name, WHITEOUT_OPAQUE) == 0)
		return unpack_make_opaque(x->u.c, x->u.dir_fd, ".", e);
	if (strncmp(x->u.name, WHITEOUT_OTHERS, strlen(WHITEOUT_OTHERS)) == 0)
		return 0;
	return make_whiteout(x, x->u.name + strlen(WHITEOUT_PREFIX), e);
}

/* --- entries -------------------------------------------------------------------------------------------------------- */

/* What an earlier entry of the same name made gives way, but a directory to a directory. */
static int make_way(struct unpacking *x, const struct tar_entry *entry, bool *is_there, struct err *e)
{
	struct stat st;

	*is_there = false;
	if (fstatat(x->u.dir_fd, x->u.name, &st, AT_SYMLINK_NOFOLLOW))
		return errno == ENOENT ? 0 : err_sys(e, "stat it");
	bool was_whiteout = S_ISCHR(st.st_mode) && st.st_rdev == 0;
	if (entry->type == TAR_DIRECTORY && S_ISDIR(st.st_mode)) {
		*is_there = true;
		return 0;
	}
	x->u.hides_below = was_whiteout && entry->type == TAR_DIRECTORY;
	return remove_tree(x->u.dir_fd, x->u.name, e);
}

static int find_link(struct unpacking *x, const struct tar_entry *entry, struct err *e)
{
	char path[PATH_MAX];

	if (clean_name(entry->link, path, e))
		return err_add(e, "the link's target %s", entry->link);
	char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
	if (slash)
		*slash = '\0';
	own_fd fd = walk(x, x->u.top_fd, slash ? path : "", false, e);
	if (fd < 0)
		return err_add(e, "the link's target %s", entry->link);
	return unpack_link(&x->u, fd, name, e);
}

static int take_entry(struct unpacking *x, const struct tar_entry *entry, const char *path, struct err *e)
{
	bool is_there = false;

	x->u.hides_below = false;
	if (!path[0]) {
		if (entry->type != TAR_DIRECTORY)
			return err_set(e, "the top of a layer must be a directory");
		x->u.dir_fd = x->u.top_fd;
		x->u.name = ".";
		is_there = true;
	} else {
		if (find_parent(x, path, e))
			return -1;
		if (strncmp(x->u.name, WHITEOUT_PREFIX, strlen(WHITEOUT_PREFIX)) == 0)
			return take_mark(x, e);
		if (make_way(x, entry, &is_there, e))
			return -1;
	}
	if (entry->type == TAR_DIRECTORY)
		remember_time(x, path, (struct timespec){ entry->seconds, entry->nanoseconds });
	if (entry->type == TAR_HARD_LINK)
		return find_link(x, entry, e);
	return unpack_make(&x->u, &x->reader, entry, is_there, e);
}

static int set_times(struct unpacking *x, struct err *e)
{
	for (size_t i = x->times.count; i-- > 0;) {
		const struct directory_time *t = &x->times.at[i];
		struct timespec times[2] = { t->modified, t->modified };
		char path[PATH_MAX];
		memcpy(path, t->path, strlen(t->path) + 1); /* a cleaned name is shorter than PATH_MAX */
		char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
		if (slash)
			*slash = '\0';
		struct err gone = ERR_NONE; /* a later entry of the same name took its place */
		own_fd fd = walk(x, x->u.top_fd, slash ? path : "", false, &gone);
		if (fd >= 0 && utimensat(fd, name[0] ? name : ".", times, AT_SYMLINK_NOFOLLOW) && errno != ENOENT)
			return err_sys(e, "set the time of %s", t->path);
	}
	return 0;
}

static int take_all(struct unpacking *x, struct err *e)
{
	struct tar_entry entry;
	char path[PATH_MAX];
	int more;

	for (unsigned count = 0; (more = tar_next(&x->reader, &entry, e)) > 0; count++) {
		if (count == UNPACK_ENTRIES_MOST)
			return err_set(e, "it has more than %d entries", UNPACK_ENTRIES_MOST);
		if (interrupt_check(0, e))
			return -1;
		if (clean_name(entry.name, path, e) || take_entry(x, &entry, path, e))
			return err_add(e, "%.1000s", entry.name);
	}
	return more < 0 ? -1 : set_times(x, e);
}

int unpack_layer(struct conductor *c, struct stream_reader *from, int diff_fd, const struct unpack_rules *rules, struct err *e)
{
	struct unpacking x = { .c = c, .parent_fd = -1, .u = { .c = c, .top_fd = diff_fd, .rules = rules } };

	tar_reader_init(&x.reader, from);
	x.u.block = arena_alloc(&c->arena, UNPACK_BLOCK);
	int result = take_all(&x, e);
	tar_reader_finish(&x.reader);
	drop_fd(&x.parent_fd);
	return result;
}
