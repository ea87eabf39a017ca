#include "bundle-tools/store/stat_cache.h"

#include "spec/base/own.h"
#include "spec/base/text.h"

#include <fcntl.h>
#include <string.h>
#include <time.h>

struct header {
	char magic[8];
	uint64_t count;
	unsigned char digest[HASH_BYTES]; /* of the entries */
};

static const char magic[8] = "cstat-1";
static const int64_t second = 1000000000;

static int64_t to_nanoseconds(const struct timespec *t)
{
	return (int64_t)t->tv_sec * second + t->tv_nsec;
}

static void sum_entries(const struct stat_cache_entry *entries, size_t count, unsigned char digest[HASH_BYTES])
{
	struct hash h;

	hash_init(&h);
	hash_add(&h, entries, count * sizeof *entries);
	hash_finish(&h, digest);
}

static size_t find_slot(const struct stat_cache *s, uint64_t inode)
{
	return (size_t)(inode * 0x9e3779b97f4a7c15u >> 20) & (s->table_size - 1);
}

static void fill_table(struct stat_cache *s)
{
	s->table_size = 16;
	while (s->table_size < 2 * s->old_count)
		s->table_size *= 2;
	s->table = arena_alloc(s->arena, s->table_size * sizeof *s->table);
	for (size_t i = 0; i < s->old_count; i++) {
		size_t slot = find_slot(s, s->old[i].inode);
		while (s->table[slot])
			slot = (slot + 1) & (s->table_size - 1);
		s->table[slot] = (uint32_t)i + 1;
	}
}

static void read_entries(struct stat_cache *s, int fd)
{
	unsigned char digest[HASH_BYTES];
	struct header h;
	struct stat st;

	if (fstat(fd, &st) || pread(fd, &h, sizeof h, 0) != (ssize_t)sizeof h || memcmp(h.magic, magic, sizeof magic) != 0)
		return;
	if (h.count > UINT32_MAX / 2 || (uint64_t)st.st_size != sizeof h + h.count * sizeof *s->old)
		return;
	size_t size = (size_t)h.count * sizeof *s->old;
	struct stat_cache_entry *entries = arena_alloc(s->arena, size);
	if (pread(fd, entries, size, sizeof h) != (ssize_t)size)
		return;
	sum_entries(entries, (size_t)h.count, digest);
	if (memcmp(digest, h.digest, HASH_BYTES) != 0)
		return;
	s->old = entries;
	s->old_count = (size_t)h.count;
}

void stat_cache_load(struct conductor *c, const char *source, struct stat_cache *out)
{
	struct stat_cache s = { .arena = &c->arena };
	struct timespec now;
	char name[HASH_TEXT];
	struct hash h;

	hash_init(&h);
	hash_add_text(&h, source);
	hash_finish_text(&h, name);
	s.name = arena_text(&c->arena, name);
	(void)clock_gettime(CLOCK_REALTIME, &now); /* cannot fail for this clock */
	s.began = to_nanoseconds(&now);
	own_fd fd = openat(c->root_fd, arena_format(&c->arena, "stat-cache/%s", name), O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (fd >= 0)
		read_entries(&s, fd);
	fill_table(&s);
	*out = s;
}

static bool is_same(const struct stat_cache_entry *entry, const struct stat *st)
{
	return entry->device == st->st_dev && entry->inode == st->st_ino && entry->size == (uint64_t)st->st_size &&
	       entry->modified == to_nanoseconds(&st->st_mtim) && entry->changed == to_nanoseconds(&st->st_ctim);
}

const unsigned char *stat_cache_find(const struct stat_cache *s, const struct stat *st)
{
	for (size_t slot = find_slot(s, st->st_ino); s->table[slot]; slot = (slot + 1) & (s->table_size - 1)) {
		const struct stat_cache_entry *entry = &s->old[s->table[slot] - 1];
		if (is_same(entry, st))
			return entry->digest;
	}
	return NULL;
}

void stat_cache_add(struct stat_cache *s, const struct stat *st, const unsigned char digest[HASH_BYTES], bool was_known)
{
	struct stat_cache_entry entry = { st->st_dev, st->st_ino, (uint64_t)st->st_size, to_nanoseconds(&st->st_mtim),
					  to_nanoseconds(&st->st_ctim), { 0 } };

	s->is_changed = s->is_changed || !was_known;
	if (entry.changed > s->began - 2 * second || entry.modified > s->began - 2 * second)
		return;
	if (s->now_count == s->now_room) {
		size_t room = s->now_room ? 2 * s->now_room : 64;
		s->now = arena_grow(s->arena, s->now, s->now_room * sizeof *s->now, room * sizeof *s->now);
		s->now_room = room;
	}
	memcpy(entry.digest, digest, HASH_BYTES);
	s->now[s->now_count++] = entry;
}

void stat_cache_save(struct conductor *c, struct stat_cache *s)
{
	struct err ignored = ERR_NONE;
	struct header h = { .count = s->now_count };
	struct text all;

	if (!s->is_changed && s->now_count == s->old_count)
		return;
	memcpy(h.magic, magic, sizeof magic);
	sum_entries(s->now, s->now_count, h.digest);
	text_init(&all, &c->arena);
	text_add_bytes(&all, &h, sizeof h);
	text_add_bytes(&all, s->now, s->now_count * sizeof *s->now);
	own_fd directory = openat(c->root_fd, "stat-cache", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (directory >= 0)
		(void)store_write_file(directory, s->name, all.at, all.length, WRITE_PLAIN, &ignored); /* only a hint */
}
