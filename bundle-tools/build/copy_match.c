/* Wildcards inside of a root: glob(7), without ever leaving it. */
#include "bundle-tools/build/copy.h"

#include "bundle-tools/build/words.h"
#include "bundle-tools/run/root.h"
#include "spec/base/own.h"

#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <string.h>

struct matching {
	struct conductor *c;
	int root_fd;
	struct spec_texts found;
	struct err *e;
};

static int compare_names(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* What is no directory has nothing in it. */
static int list_names(struct matching *m, const char *path, struct spec_texts *out)
{
	own_fd fd = root_open(m->root_fd, path[0] ? path : "/", O_RDONLY | O_DIRECTORY | O_NONBLOCK, 0);
	struct dirent *entry;

	if (fd < 0)
		return errno == ENOENT || errno == ENOTDIR ? 0 : err_sys(m->e, "open %s", path);
	own_directory directory = fdopendir(fd);
	if (!directory)
		return err_sys(m->e, "read %s", path);
	(void)take_fd(&fd); /* the directory's now */
	while ((errno = 0, entry = readdir(directory)))
		if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
			words_add(out, arena_text(&m->c->arena, entry->d_name), &m->c->arena);
	if (errno)
		return err_sys(m->e, "read %s", path);
	if (out->count)
		qsort(out->at, out->count, sizeof *out->at, compare_names);
	return 0;
}

static bool exists(const struct matching *m, const char *path)
{
	own_fd fd = root_open(m->root_fd, path, O_PATH | O_NOFOLLOW, 0);

	return fd >= 0;
}

/* `done` is a path without wildcards, `rest` what may have some. */
static int match(struct matching *m, const char *done, const char *rest)
{
	struct arena *a = &m->c->arena;
	struct spec_texts names = { 0 };

	rest += strspn(rest, "/");
	if (!*rest) {
		if (exists(m, done))
			words_add(&m->found, done, a);
		return 0;
	}
	size_t length = strcspn(rest, "/");
	const char *part = arena_copy(a, rest, length);
	if (!strpbrk(part, "*?["))
		return match(m, arena_format(a, "%s/%s", done, part), rest + length);
	if (list_names(m, done, &names))
		return -1;
	for (size_t i = 0; i < names.count; i++)
		if (fnmatch(part, names.at[i], FNM_PERIOD) == 0 && match(m, arena_format(a, "%s/%s", done, names.at[i]), rest + length))
			return -1;
	return 0;
}

int copy_match(struct conductor *c, int root_fd, const char *pattern, struct spec_texts *out, struct err *e)
{
	struct matching m = { .c = c, .root_fd = root_fd, .e = e };

	if (match(&m, "", pattern))
		return -1;
	*out = m.found;
	return m.found.count ? 0 : err_set(e, "no file matches %s", pattern);
}
