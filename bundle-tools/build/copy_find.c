/* The sources of a COPY: from words to files that have been read. */
#include "bundle-tools/build/copy.h"

#include "bundle-tools/run/root.h"
#include "spec/base/own.h"

#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <string.h>

enum { LINKS_MOST = 40 };

static struct copy_source *add_source(struct conductor *c, struct copy *copy)
{
	size_t size = copy->sources.count * sizeof *copy->sources.at;

	copy->sources.at = arena_grow(&c->arena, copy->sources.at, size, size + sizeof *copy->sources.at);
	struct copy_source *s = &copy->sources.at[copy->sources.count++];
	*s = (struct copy_source){ .dir_fd = AT_FDCWD };
	return s;
}

void copy_finish(struct copy *copy)
{
	for (size_t i = 0; i < copy->sources.count; i++)
		if (copy->sources.at[i].dir_fd != AT_FDCWD)
			drop_fd(&copy->sources.at[i].dir_fd);
}

/* Without slashes at the end. */
static char *trim(struct conductor *c, const char *path)
{
	size_t length = strlen(path);

	while (length > 1 && path[length - 1] == '/')
		length--;
	return arena_copy(&c->arena, path, length);
}

/* The directory of a path, opened: inside of root_fd, or, with AT_FDCWD, as everywhere. `*leaf` is its last part. */
static int open_parent(struct conductor *c, int root_fd, const char *path, const char **leaf, struct err *e)
{
	const char *slash = strrchr(path, '/');
	const char *parent = !slash ? "." : slash == path ? "/" : arena_copy(&c->arena, path, (size_t)(slash - path));

	*leaf = slash ? slash + 1 : path;
	if (!**leaf || strcmp(*leaf, "..") == 0) { /* a name that stands in no directory */
		parent = path;
		*leaf = ".";
	}
	int fd = root_fd == AT_FDCWD ? open(parent, O_PATH | O_DIRECTORY | O_CLOEXEC) :
				       root_open(root_fd, parent, O_PATH | O_DIRECTORY, 0);
	return fd < 0 ? err_sys(e, "open the directory of %s", path) : fd;
}

/* Docker follows a link that is itself the source; the course's cp -a copies it. */
static int follow(struct conductor *c, int root_fd, const char **path, struct err *e)
{
	char target[PATH_MAX];
	const char *leaf;

	for (int links = 0; links < LINKS_MOST; links++) {
		own_fd parent = open_parent(c, root_fd, *path, &leaf, e);
		if (parent < 0)
			return -1;
		ssize_t length = readlinkat(parent, leaf, target, sizeof target - 1);
		if (length < 0)
			return errno == EINVAL || errno == ENOENT ? 0 : err_sys(e, "read the link %s", *path);
		target[length] = '\0';
		const char *slash = strrchr(*path, '/');
		bool is_whole = target[0] == '/' || !slash;
		*path = trim(c, is_whole ? target : arena_format(&c->arena, "%.*s/%s", (int)(slash - *path), *path, target));
	}
	return err_set(e, "%s: too many symbolic links", *path);
}

/* What is ignored, seen from a source. */
struct ignoring {
	struct conductor *c;
	const struct ignore *ignore;
	const char *source; /* below the context; "" is the context itself */
};

static bool skips(const void *context, const char *path)
{
	const struct ignoring *x = context;
	size_t mark = arena_mark(&x->c->arena);
	const char *whole = x->source[0] && path[0] ? arena_format(&x->c->arena, "%s/%s", x->source, path) : path[0] ? path : x->source;
	bool is_ignored = ignore_has(x->ignore, &x->c->arena, whole);

	arena_rewind(&x->c->arena, mark);
	return is_ignored;
}

/* "a/./b", "./a", "a/": as the patterns see it. */
static const char *write_plainly(struct conductor *c, const char *path)
{
	char *rest = arena_text(&c->arena, path), *part;
	struct text plain;

	text_init(&plain, &c->arena);
	while ((part = strsep(&rest, "/")))
		if (part[0] && strcmp(part, ".") != 0)
			text_add(&plain, "%s%s", plain.length ? "/" : "", part);
	return plain.at;
}

/* 1: it is left out, and so is all in it. */
static int read_source(struct conductor *c, struct copy *copy, int root_fd, const char *shown, struct err *e)
{
	struct copy_source *s = add_source(c, copy);
	struct stat_cache cache;
	const char *path = trim(c, shown), *last = strrchr(path, '/');

	s->shown = shown;
	last = last ? last + 1 : path;
	s->name = strcmp(last, ".") == 0 || strcmp(last, "..") == 0 ? "" : last;
	if (copy->is_docker && follow(c, root_fd, &path, e))
		return -1;
	s->path = path;
	int dir_fd = open_parent(c, root_fd, path, &s->leaf, e);
	if (dir_fd < 0)
		return -1;
	s->dir_fd = dir_fd;
	own_text directory = root_fd == AT_FDCWD && path[0] != '/' ? get_current_dir_name() : NULL;
	stat_cache_load(c, arena_format(&c->arena, "%s//%s", directory ? directory : "", path), &cache);
	struct ignoring ignoring = { c, &copy->ignore, write_plainly(c, path) };
	const struct tree_filter filter = { skips, &ignoring, copy->ignore.takes_back };
	if (tree_read(c, &cache, copy->ignore.patterns.count ? &filter : NULL, dir_fd, s->leaf, &s->tree, e))
		return err_add(e, "read %s", shown);
	stat_cache_save(c, &cache);
	if (!copy->ignore.patterns.count || s->tree.entries.count > 1 || !ignoring.source[0] || !skips(&ignoring, ""))
		return 0;
	drop_fd(&s->dir_fd);
	copy->sources.count--;
	return 1;
}

static bool has_wildcard(const char *word)
{
	return strpbrk(word, "*?[");
}

/* Docker's paths begin at the context, whether they begin with / or not. */
static const char *confine(const struct copy *copy, const char *word)
{
	if (copy->is_docker)
		while (*word == '/')
			word++;
	return *word ? word : ".";
}

static int read_wildcard(struct conductor *c, struct copy *copy, int root_fd, const char *word, struct err *e)
{
	glob_t found;
	int result = glob(word, 0, NULL, &found), outcome = 0;

	if (result == GLOB_NOMATCH)
		return err_set(e, "no file matches %s", word);
	if (result)
		return err_set(e, "cannot look for %s", word);
	size_t before = copy->sources.count;
	for (size_t i = 0; i < found.gl_pathc && outcome >= 0; i++)
		outcome = read_source(c, copy, root_fd, arena_text(&c->arena, found.gl_pathv[i]), e);
	globfree(&found);
	return outcome < 0 ? -1 : copy->sources.count == before;
}

int copy_find(struct conductor *c, struct copy *copy, const struct spec_texts *words, struct err *e)
{
	own_fd context = copy->is_docker ? open(".", O_PATH | O_DIRECTORY | O_CLOEXEC) : -1;
	int root_fd = copy->is_docker ? context : AT_FDCWD;

	if (copy->is_docker && context < 0)
		return err_sys(e, "open the working directory");
	if (copy->is_docker && ignore_read(c, context, &copy->ignore, e))
		return -1;
	for (size_t i = 0; i < words->count; i++) {
		const char *word = confine(copy, words->at[i]);
		int result = has_wildcard(word) ? read_wildcard(c, copy, root_fd, word, e) : read_source(c, copy, root_fd, word, e);
		if (result)
			return result < 0 ? -1 : err_set(e, "%s is left out by .dockerignore", word);
	}
	return 0;
}

int copy_find_in_root(struct conductor *c, struct copy *copy, int root_fd, const struct spec_texts *words, struct err *e)
{
	for (size_t i = 0; i < words->count; i++) {
		struct spec_texts found = { &words->at[i], 1 };
		if (has_wildcard(words->at[i]) && copy_match(c, root_fd, words->at[i], &found, e))
			return -1;
		for (size_t k = 0; k < found.count; k++)
			if (read_source(c, copy, root_fd, found.at[k], e))
				return -1;
	}
	return 0;
}

void copy_add_body(struct conductor *c, struct copy *copy, const char *name, const char *body)
{
	struct copy_source *s = add_source(c, copy);

	s->shown = s->name = name;
	s->body = body;
}

mode_t copy_body_mode(const struct copy *copy)
{
	return copy->rules.has_mode ? copy->rules.mode : 0644;
}

void copy_write_manifest(const struct copy *copy, struct text *out)
{
	struct hash h;
	char digest[HASH_TEXT];

	for (size_t i = 0; i < copy->sources.count; i++) {
		const struct copy_source *s = &copy->sources.at[i];
		if (s->body) {
			hash_init(&h);
			hash_add(&h, s->body, strlen(s->body));
			hash_finish_text(&h, digest);
			text_add(out, "%s/ heredoc %o %s\n", s->name, copy_body_mode(copy), digest);
		} else {
			tree_write(&s->tree, &copy->rules, s->name, out);
		}
	}
}
