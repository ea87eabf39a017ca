#include "bundle-tools/build/ignore.h"

#include "bundle-tools/build/words.h"
#include "spec/json/read.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <string.h>
#include <unistd.h>

#define IGNORE_FILE ".dockerignore"

/* --- reading -------------------------------------------------------------------------------------------------------- */

/* Without blanks around it, and without the slashes and dots that say nothing. NULL: nothing is left. */
static char *clean(char *line)
{
	while (isspace((unsigned char)*line))
		line++;
	size_t length = strlen(line);
	while (length && (isspace((unsigned char)line[length - 1]) || line[length - 1] == '/'))
		line[--length] = '\0';
	while (line[0] == '/' || (line[0] == '.' && line[1] == '/'))
		line++;
	return line[0] && strcmp(line, ".") != 0 ? line : NULL;
}

static void add_line(struct conductor *c, struct ignore *i, char *line)
{
	bool takes_back = line[strspn(line, " \t")] == '!';
	char *pattern = line[0] == '#' ? NULL : clean(line);

	if (pattern && takes_back)
		pattern = clean(pattern + 1);
	if (!pattern)
		return;
	i->takes_back = i->takes_back || takes_back;
	words_add(&i->patterns, takes_back ? arena_format(&c->arena, "!%s", pattern) : pattern, &c->arena);
}

int ignore_read(struct conductor *c, int context_fd, struct ignore *out, struct err *e)
{
	struct ignore read = { 0 };
	const char *text;
	size_t length;

	*out = read;
	if (faccessat(context_fd, IGNORE_FILE, F_OK, AT_SYMLINK_NOFOLLOW) && errno == ENOENT)
		return 0;
	if (json_load(context_fd, IGNORE_FILE, &c->arena, &text, &length, e)) /* it loads any text */
		return -1;
	char *rest = arena_copy(&c->arena, text, length);
	for (char *line; (line = strsep(&rest, "\n"));)
		add_line(c, &read, line);
	*out = read;
	return 0;
}

/* --- matching ------------------------------------------------------------------------------------------------------- */

static bool match(const char *p, const char *path);

/* "**" and perhaps a slash: any directories, or none; at the end all that there is. */
static bool match_directories(const char *p, const char *path)
{
	p += strspn(p, "*");
	if (!*p)
		return true;
	bool is_whole = *p == '/';
	for (const char *at = path;; at++) {
		if ((at == path || !is_whole || at[-1] == '/') && match(p + is_whole, at))
			return true;
		if (!*at)
			return false;
	}
}

/* "[a-z]": the class alone is the C library's. Returns where it ends, or NULL when the character is not in it. */
static const char *match_class(const char *p, char c)
{
	const char *end = p[1] && p[2] ? strchr(p + 2 + (p[1] == '^' || p[1] == '!'), ']') : NULL;
	char class[64], text[2] = { c, '\0' };
	size_t length = end ? (size_t)(end + 1 - p) : 0;

	if (!length || length >= sizeof class)
		return c == '[' ? p + 1 : NULL; /* no class, but a bracket */
	memcpy(class, p, length);
	class[length] = '\0';
	if (class[1] == '^')
		class[1] = '!';
	return fnmatch(class, text, 0) == 0 ? end + 1 : NULL;
}

static bool match(const char *p, const char *path)
{
	for (; *p; path++) {
		if (p[0] == '*' && p[1] == '*')
			return match_directories(p, path);
		if (*p == '*') {
			do
				if (match(p + 1, path))
					return true;
			while (*path && *path++ != '/');
			return false;
		}
		const char *next = p + 1;
		if (*p == '?' || *p == '[')
			next = !*path || *path == '/' ? NULL : *p == '[' ? match_class(p, *path) : next;
		else if (*p == '\\' && p[1])
			next = p[1] == *path ? p + 2 : NULL;
		else if (*p != *path)
			next = NULL;
		if (!next)
			return false;
		p = next;
	}
	return !*path;
}

/* The path itself or a directory that it lies in. */
static bool match_any(struct arena *a, const char *pattern, const char *path)
{
	char *part = arena_text(a, path);

	for (char *slash; part[0]; *slash = '\0') {
		if (match(pattern, part))
			return true;
		slash = strrchr(part, '/');
		if (!slash)
			return false;
	}
	return false;
}

bool ignore_has(const struct ignore *ignore, struct arena *a, const char *path)
{
	bool is_ignored = false;

	for (size_t i = 0; i < ignore->patterns.count; i++) {
		const char *pattern = ignore->patterns.at[i];
		bool takes_back = pattern[0] == '!';
		size_t mark = arena_mark(a);
		if (is_ignored == takes_back && match_any(a, pattern + takes_back, path))
			is_ignored = !takes_back;
		arena_rewind(a, mark);
	}
	return is_ignored;
}
