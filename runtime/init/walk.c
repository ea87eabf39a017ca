/* The walk: what openat2(2) with RESOLVE_IN_ROOT does, in user space, for kernels and filters that refuse that
 * call and for paths of which a part has to be made. The kernel is asked for one name in one directory at a time,
 * never through a symlink and never for "..": the directories above are those that were walked through, held by
 * descriptor, with the root as the first. */
#include "runtime/init/init.h"
#include "runtime/init/sys.h"

enum {
	WALK_DEPTH_MAX = 128,
	WALK_LINKS_MAX = 40, /* the kernel's own bound */
	WALK_TEXT_MAX = 4 * INIT_PATH_MAX,
	WALK_NOSYMFOLLOW = 0x2000, /* ST_NOSYMFOLLOW of statfs(2), 5.10 */
};

struct walk {
	int root_fd;
	enum path_make make;
	unsigned rules;
	unsigned depth, links;
	int stack[WALK_DEPTH_MAX]; /* the directories below the root that lead to where we are */
	int found_fd;              /* the last component when it is no directory; -1 */
	const char *found;         /* its name, in the directory where we are */
	size_t at;                 /* what is still to be walked begins here and ends with the text, */
	char text[WALK_TEXT_MAX];  /* so that a symlink's text goes in front of it */
};

/* One name. */
struct step {
	const char *name;
	bool is_last;   /* only slashes come after it */
	bool has_slash; /* must be a directory */
};

static int walk_where(const struct walk *w)
{
	return w->depth ? w->stack[w->depth - 1] : w->root_fd;
}

static long walk_down(struct walk *w, int fd)
{
	if (w->depth == WALK_DEPTH_MAX) {
		(void)sys_close(fd); /* here and below: only a reference */
		return -ENAMETOOLONG;
	}
	w->stack[w->depth++] = fd;
	return 0;
}

static void walk_up(struct walk *w)
{
	if (w->depth)
		(void)sys_close(w->stack[--w->depth]);
}

/* Cut off the next name; false at the end of the path. */
static bool walk_take(struct walk *w, struct step *out)
{
	while (w->text[w->at] == '/')
		w->at++;
	out->name = w->text + w->at;
	while (w->text[w->at] && w->text[w->at] != '/')
		w->at++;
	out->has_slash = w->text[w->at];
	if (out->has_slash)
		w->text[w->at++] = 0;
	while (w->text[w->at] == '/')
		w->at++;
	out->is_last = !w->text[w->at];
	return *out->name;
}

/* Links of procfs may lead to what has no path, or out of the root: their texts are only a picture of that. */
static long check_link(const struct walk *w, int fd)
{
	struct statfs fs;
	long result = sys_fstatfs(fd, &fs);

	if (result < 0)
		return result;
	return w->rules & PATH_NO_SYMLINKS || w->links >= WALK_LINKS_MAX || fs.f_type == PROC_SUPER_MAGIC ||
			       fs.f_flags & WALK_NOSYMFOLLOW
		       ? -ELOOP
		       : 0;
}

/* Put the link's text in front of what is still to be walked. */
static long walk_follow(struct walk *w, int fd, bool has_slash)
{
	size_t end = w->at - has_slash, begin = end > INIT_PATH_MAX ? end - INIT_PATH_MAX : 0;
	long length = check_link(w, fd);

	if (length == 0)
		length = sys_readlinkat(fd, "", w->text + begin, end - begin);
	if (length < 0)
		return length;
	if ((size_t)length == end - begin)
		return -ENAMETOOLONG;
	w->links++;
	memmove(w->text + end - length, w->text + begin, (size_t)length);
	w->at = end - (size_t)length;
	if (has_slash)
		w->text[end] = '/';
	while (w->text[w->at] == '/' && w->depth) /* an absolute one begins at the root */
		walk_up(w);
	return 0;
}

static long walk_make(const struct walk *w, const struct step *s)
{
	long result;

	if (!s->is_last || w->make == PATH_MAKE_DIRECTORY)
		return sys_mkdirat(walk_where(w), s->name, 0755);
	if (s->has_slash)
		return -EISDIR;
	result = sys_openat(walk_where(w), s->name, O_RDONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644);
	if (result >= 0)
		(void)sys_close((int)result); /* nothing was written */
	return result;
}

/* The component itself, made when it may be. */
static long walk_open(const struct walk *w, const struct step *s)
{
	long fd = sys_openat(walk_where(w), s->name, O_PATH | O_NOFOLLOW | O_CLOEXEC, 0);

	if (fd != -ENOENT || w->make == PATH_FIND)
		return fd;
	long made = walk_make(w, s);
	if (made < 0 && made != -EEXIST) /* EEXIST: somebody was faster */
		return made;
	return sys_openat(walk_where(w), s->name, O_PATH | O_NOFOLLOW | O_CLOEXEC, 0);
}

static bool is_followed(const struct walk *w, const struct step *s, const struct stat *st)
{
	return S_ISLNK(st->st_mode) && (!s->is_last || s->has_slash || !(w->rules & PATH_LAST_AS_IS));
}

static long walk_step(struct walk *w, const struct step *s)
{
	struct stat st;
	long fd = walk_open(w, s), result;

	if (fd < 0)
		return fd;
	result = sys_fstat((int)fd, &st);
	if (result == 0 && S_ISDIR(st.st_mode))
		return walk_down(w, (int)fd);
	if (result == 0 && is_followed(w, s, &st)) {
		result = walk_follow(w, (int)fd, s->has_slash);
	} else if (result == 0 && s->is_last && !s->has_slash && w->make != PATH_MAKE_DIRECTORY) {
		w->found_fd = (int)fd;
		w->found = s->name;
		return 0;
	} else if (result == 0) {
		result = -ENOTDIR;
	}
	(void)sys_close((int)fd);
	return result;
}

static long walk_all(struct walk *w)
{
	struct step s;
	long result = 0;

	while (result == 0 && walk_take(w, &s)) {
		if (text_equal(s.name, ".."))
			walk_up(w);
		else if (!text_equal(s.name, "."))
			result = walk_step(w, &s);
	}
	return result;
}

static long walk(struct walk *w, int root_fd, const char *path, enum path_make make, unsigned rules)
{
	size_t length = text_length(path);

	w->root_fd = root_fd;
	w->make = make;
	w->rules = rules;
	w->depth = w->links = 0;
	w->found_fd = -1;
	if (length >= INIT_PATH_MAX)
		return -ENAMETOOLONG;
	w->at = WALK_TEXT_MAX - length - 1;
	memcpy(w->text + w->at, path, length + 1);
	return length ? walk_all(w) : -ENOENT;
}

/* What was found, the caller's from now on. */
static long walk_found(struct walk *w)
{
	if (w->found_fd < 0 && w->depth == 0)
		return sys_openat(w->root_fd, ".", O_PATH | O_DIRECTORY | O_CLOEXEC, 0);
	if (w->found_fd < 0)
		return w->stack[--w->depth];
	int fd = w->found_fd;
	w->found_fd = -1;
	return fd;
}

static void walk_close(struct walk *w)
{
	while (w->depth)
		walk_up(w);
	if (w->found_fd >= 0)
		(void)sys_close(w->found_fd);
}

long path_walk(int root_fd, const char *path, enum path_make make, unsigned rules)
{
	__attribute__((uninitialized)) struct walk w; /* of four pages, most paths need one */
	long result = walk(&w, root_fd, path, make, rules);

	if (result == 0)
		result = walk_found(&w);
	walk_close(&w);
	return result;
}

/* The file may be exchanged at any time: hence no waiting for a FIFO, and a look at what was opened. */
static long open_found(const struct walk *w)
{
	struct stat st;
	long fd, result = sys_fstat(w->found_fd, &st);

	if (result < 0 || !S_ISREG(st.st_mode))
		return result < 0 ? result : -EINVAL;
	fd = sys_openat(walk_where(w), w->found, O_RDONLY | O_NONBLOCK | O_NOFOLLOW | O_NOCTTY | O_CLOEXEC, 0);
	if (fd < 0)
		return fd;
	result = sys_fstat((int)fd, &st);
	if (result == 0 && S_ISREG(st.st_mode))
		return fd;
	(void)sys_close((int)fd); /* nothing was written */
	return result < 0 ? result : -EINVAL;
}

long path_open_regular(int root_fd, const char *path)
{
	__attribute__((uninitialized)) struct walk w;
	long result = walk(&w, root_fd, path, PATH_FIND, PATH_FOLLOW);

	if (result == 0)
		result = w.found_fd < 0 ? -EISDIR : open_found(&w);
	walk_close(&w);
	return result;
}
