#include "bundle-tools/store/tree.h"

#include "bundle-tools/store/interrupt.h"
#include "spec/base/own.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>

#ifndef SYS_listxattrat
#define SYS_listxattrat 465
#endif

enum { BLOCK = 128 << 10 };

struct reading {
	struct conductor *c;
	struct stat_cache *cache;
	const struct tree_filter *filter;
	struct tree tree;
	size_t room;
	uint32_t *names; /* a table by inode of the entries that have further names: their number + 1; 0: free */
	size_t name_room, name_count;
	char *block;
	bool has_no_listxattrat;
	struct err *e;
};

/* --- one entry ------------------------------------------------------------------------------------------------------ */

static int sum_file(struct reading *r, int dir_fd, const char *name, unsigned char digest[HASH_BYTES])
{
	own_fd fd = openat(dir_fd, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	struct hash h;

	if (fd < 0)
		return err_sys(r->e, "open %s", name);
	hash_init(&h);
	for (;;) {
		ssize_t got = read(fd, r->block, BLOCK);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return err_sys(r->e, "read %s", name);
		if (got == 0)
			break;
		hash_add(&h, r->block, (size_t)got);
	}
	hash_finish(&h, digest);
	return 0;
}

static int read_content(struct reading *r, int dir_fd, const char *name, struct tree_entry *entry)
{
	const unsigned char *known = stat_cache_find(r->cache, &entry->st);

	if (known)
		memcpy(entry->digest, known, HASH_BYTES);
	else if (sum_file(r, dir_fd, name, entry->digest))
		return -1;
	stat_cache_add(r->cache, &entry->st, entry->digest, known);
	return 0;
}

static int read_target(struct reading *r, int dir_fd, const char *name, struct tree_entry *entry)
{
	ssize_t length = readlinkat(dir_fd, name, r->block, BLOCK);

	if (length < 0)
		return err_sys(r->e, "read the link %s", name);
	entry->target = arena_copy(&r->c->arena, r->block, (size_t)length);
	return 0;
}

bool tree_keeps_xattr(const char *name)
{
	return strncmp(name, "trusted.overlay.", 16) != 0 && strncmp(name, "user.overlay.", 13) != 0 &&
	       strcmp(name, "security.selinux") != 0;
}

static int compare_xattrs(const void *a, const void *b)
{
	return strcmp(((const struct tree_xattr *)a)->name, ((const struct tree_xattr *)b)->name);
}

static int read_xattr(struct reading *r, const char *path, const char *name, struct tree_entry *entry)
{
	struct arena *a = &r->c->arena;
	ssize_t size = lgetxattr(path, name, r->block, BLOCK);

	if (size < 0)
		return errno == ENODATA ? 0 : err_sys(r->e, "read the attribute %s", name);
	size_t bytes = entry->xattrs.count * sizeof *entry->xattrs.at;
	void *value = arena_copy(a, r->block, (size_t)size);
	const char *kept = arena_text(a, name);
	entry->xattrs.at = arena_grow(a, entry->xattrs.at, bytes, bytes + sizeof *entry->xattrs.at);
	entry->xattrs.at[entry->xattrs.count++] = (struct tree_xattr){ kept, value, (size_t)size };
	return 0;
}

/* By directory and name, a call that is there from 6.13 on; before, by way of /proc, which is three times the work. */
static ssize_t list_xattrs(struct reading *r, int dir_fd, const char *name, const char *path, char *names, size_t size)
{
	ssize_t length = r->has_no_listxattrat ? -1 : syscall(SYS_listxattrat, dir_fd, name, AT_SYMLINK_NOFOLLOW, names, size);

	if (!r->has_no_listxattrat && (length >= 0 || (errno != ENOSYS && errno != EPERM))) /* EPERM: of a sandbox that does not know it */
		return length;
	r->has_no_listxattrat = true;
	return llistxattr(path, names, size);
}

static int read_xattrs(struct reading *r, int dir_fd, const char *name, struct tree_entry *entry)
{
	char path[PATH_MAX + 40], names[4096];

	if (dir_fd == AT_FDCWD)
		(void)snprintf(path, sizeof path, "%s", name);
	else
		(void)snprintf(path, sizeof path, "/proc/self/fd/%d/%s", dir_fd, name);
	ssize_t length = list_xattrs(r, dir_fd, name, path, names, sizeof names);
	if (length < 0)
		return errno == ENOTSUP ? 0 : err_sys(r->e, "list the attributes of %s", name);
	for (const char *n = names; n < names + length; n += strlen(n) + 1)
		if (tree_keeps_xattr(n) && read_xattr(r, path, n, entry))
			return err_add(r->e, "%s", name);
	if (entry->xattrs.count > 1)
		qsort(entry->xattrs.at, entry->xattrs.count, sizeof *entry->xattrs.at, compare_xattrs);
	return 0;
}

/* Where the entry with the inode is noted, or would be. */
static uint32_t *find_name(const struct reading *r, const struct stat *st)
{
	for (size_t i = (size_t)(st->st_ino * 0x9e3779b97f4a7c15u >> 20);; i++) {
		uint32_t *slot = &r->names[i & (r->name_room - 1)];
		const struct stat *other = *slot ? &r->tree.entries.at[*slot - 1].st : st;
		if (other->st_ino == st->st_ino && other->st_dev == st->st_dev)
			return slot;
	}
}

static const char *find_linked(const struct reading *r, const struct stat *st)
{
	uint32_t number = r->name_room ? *find_name(r, st) : 0;

	return number ? r->tree.entries.at[number - 1].path : NULL;
}

/* The entry that was added last; trees of packages may have nothing but files with several names. */
static void note_name(struct reading *r)
{
	if (2 * r->name_count >= r->name_room) {
		uint32_t *old = r->names;
		size_t count = r->name_room;
		r->name_room = count ? 2 * count : 64;
		r->names = arena_alloc(&r->c->arena, r->name_room * sizeof *r->names);
		for (size_t i = 0; i < count; i++)
			if (old[i])
				*find_name(r, &r->tree.entries.at[old[i] - 1].st) = old[i];
	}
	*find_name(r, &r->tree.entries.at[r->tree.entries.count - 1].st) = (uint32_t)r->tree.entries.count;
	r->name_count++;
}

static void add_entry(struct reading *r, const struct tree_entry *entry)
{
	if (r->tree.entries.count == r->room) {
		size_t room = r->room ? 2 * r->room : 64, size = sizeof *r->tree.entries.at;
		r->tree.entries.at = arena_grow(&r->c->arena, r->tree.entries.at, r->room * size, room * size);
		r->room = room;
	}
	r->tree.entries.at[r->tree.entries.count++] = *entry;
}

static int read_directory(struct reading *r, int dir_fd, const char *name, const char *path);

static int read_entry(struct reading *r, int dir_fd, const char *name, const char *path)
{
	struct tree_entry entry = { .path = path };

	if (fstatat(dir_fd, name, &entry.st, AT_SYMLINK_NOFOLLOW))
		return err_sys(r->e, "stat %s", name);
	bool is_skipped = r->filter && path[0] && r->filter->skips(r->filter->context, path);
	if (is_skipped && !(S_ISDIR(entry.st.st_mode) && r->filter->may_keep_below))
		return 0;
	if (S_ISREG(entry.st.st_mode) && entry.st.st_nlink > 1)
		entry.linked = find_linked(r, &entry.st);
	if (r->cache && !entry.linked && S_ISREG(entry.st.st_mode) && read_content(r, dir_fd, name, &entry))
		return -1;
	if (S_ISLNK(entry.st.st_mode) && read_target(r, dir_fd, name, &entry))
		return -1;
	if (!entry.linked && read_xattrs(r, dir_fd, name, &entry))
		return -1;
	add_entry(r, &entry);
	if (S_ISREG(entry.st.st_mode) && entry.st.st_nlink > 1 && !entry.linked)
		note_name(r);
	size_t count = r->tree.entries.count;
	if (S_ISDIR(entry.st.st_mode) && read_directory(r, dir_fd, name, path))
		return -1;
	if (is_skipped && r->tree.entries.count == count)
		r->tree.entries.count--; /* nothing below was kept */
	return 0;
}

/* --- directories ---------------------------------------------------------------------------------------------------- */

static int compare_names(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static int read_names(struct reading *r, DIR *directory, const char *name, struct names *out)
{
	struct arena *a = &r->c->arena;
	struct names names = { 0 };
	struct dirent *entry;
	size_t room = 0;

	while ((errno = 0, entry = readdir(directory))) {
		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
			continue;
		const char *copy = arena_text(a, entry->d_name);
		if (names.count == room) {
			size_t more = room ? 2 * room : 32;
			names.at = arena_grow(a, names.at, room * sizeof *names.at, more * sizeof *names.at);
			room = more;
		}
		names.at[names.count++] = copy;
	}
	if (errno)
		return err_sys(r->e, "read the directory %s", name);
	if (names.count)
		qsort(names.at, names.count, sizeof *names.at, compare_names);
	*out = names;
	return 0;
}

static int read_directory(struct reading *r, int dir_fd, const char *name, const char *path)
{
	struct names names = { 0 };
	int fd = openat(dir_fd, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);

	if (fd < 0)
		return err_sys(r->e, "open %s", name);
	own_directory directory = fdopendir(fd);
	if (!directory) {
		own_close(&fd);
		return err_sys(r->e, "read the directory %s", name);
	}
	if (interrupt_check(0, r->e) || read_names(r, directory, name, &names))
		return -1;
	for (size_t i = 0; i < names.count; i++) {
		const char *below = path[0] ? arena_format(&r->c->arena, "%s/%s", path, names.at[i]) : names.at[i];
		if (read_entry(r, fd, names.at[i], below))
			return err_add(r->e, "%s", name);
	}
	return 0;
}

int tree_read(struct conductor *c, struct stat_cache *cache, const struct tree_filter *filter, int dir_fd, const char *path,
	      struct tree *out, struct err *e)
{
	struct reading r = { .c = c, .cache = cache, .filter = filter, .block = arena_alloc(&c->arena, BLOCK), .e = e };

	if (read_entry(&r, dir_fd, path, ""))
		return -1;
	*out = r.tree;
	return 0;
}

/* --- manifest ------------------------------------------------------------------------------------------------------- */

/* One word, whatever bytes it has. */
static void write_word(const char *bytes, size_t length, struct text *out)
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < length; i++) {
		unsigned char byte = (unsigned char)bytes[i];
		char escaped[3] = { '%', digits[byte >> 4], digits[byte & 15] };
		bool is_plain = byte > ' ' && byte != '%' && byte != 0x7f;
		text_add_bytes(out, is_plain ? &bytes[i] : escaped, is_plain ? 1 : 3);
	}
}

static char type_letter(mode_t mode)
{
	static const struct {
		mode_t type;
		char letter;
	} letters[] = { { S_IFREG, 'f' }, { S_IFDIR, 'd' }, { S_IFLNK, 'l' }, { S_IFCHR, 'c' }, { S_IFBLK, 'b' }, { S_IFIFO, 'p' } };

	for (size_t i = 0; i < sizeof letters / sizeof *letters; i++)
		if ((mode & S_IFMT) == letters[i].type)
			return letters[i].letter;
	return 's';
}

static void write_content(const struct tree_entry *entry, struct text *out)
{
	char digest[HASH_TEXT];

	if (entry->linked) {
		text_add(out, " same=");
		write_word(entry->linked, strlen(entry->linked), out);
	} else if (S_ISREG(entry->st.st_mode)) {
		hash_write(entry->digest, digest);
		text_add_bytes(out, " ", 1);
		text_add_bytes(out, digest, HASH_TEXT - 1);
	} else if (entry->target) {
		text_add(out, " to=");
		write_word(entry->target, strlen(entry->target), out);
	} else if (S_ISCHR(entry->st.st_mode) || S_ISBLK(entry->st.st_mode)) {
		text_add(out, " %u:%u", major(entry->st.st_rdev), minor(entry->st.st_rdev));
	}
	for (size_t i = 0; i < entry->xattrs.count; i++) {
		text_add(out, " %s=", entry->xattrs.at[i].name);
		write_word(entry->xattrs.at[i].value, entry->xattrs.at[i].size, out);
	}
}

/* "PATH TYPE MODE UID:GID CONTENT ATTRIBUTES"; the path first, so that two manifests can be compared line by line. */
void tree_write(const struct tree *tree, const struct tree_rules *rules, const char *prefix, struct text *out)
{
	for (const struct tree_entry *entry = tree->entries.at; entry < tree->entries.at + tree->entries.count; entry++) {
		mode_t mode = rules->has_mode ? rules->mode : entry->st.st_mode & 07777;
		write_word(prefix, strlen(prefix), out);
		text_add_bytes(out, "/", 1);
		write_word(entry->path, strlen(entry->path), out);
		text_add(out, " %c %o ", type_letter(entry->st.st_mode), S_ISLNK(entry->st.st_mode) ? 0777 : mode);
		if (rules->has_owner)
			text_add(out, "-");
		else
			text_add(out, "%u:%u", entry->st.st_uid, entry->st.st_gid);
		write_content(entry, out);
		text_add_bytes(out, "\n", 1);
	}
}
