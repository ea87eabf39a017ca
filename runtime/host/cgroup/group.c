#include "runtime/host/cgroup/group.h"

#include "spec/base/own.h"
#include "spec/base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

struct group group_in(const struct cgroup *c, const struct facts_hierarchy *at)
{
	return (struct group){ at, c->path, strlen(c->path) };
}

struct group group_parent(struct group g)
{
	while (g.length && g.path[g.length - 1] != '/')
		g.length--;
	if (g.length)
		g.length--; /* the slash itself */
	return g;
}

struct group group_child_towards(struct group g, const char *path)
{
	g.length += 1 + strcspn(path + g.length + 1, "/");
	return g;
}

bool group_locate(const struct group *g, const char *file, char out[PATH_MAX])
{
	int length = snprintf(out, PATH_MAX, "%s%.*s%s%s", g->at->mount_point, (int)g->length, g->path, file[0] ? "/" : "",
			      file);

	if (length >= 0 && length < PATH_MAX)
		return true;
	errno = ENAMETOOLONG;
	return false;
}

static int open_file(const struct group *g, const char *file, int flags)
{
	char path[PATH_MAX];

	return group_locate(g, file, path) ? open(path, flags | O_CLOEXEC | O_NOFOLLOW | O_NOCTTY) : -1;
}

ssize_t group_read(const struct group *g, const char *file, char *out, size_t size)
{
	own_fd fd = open_file(g, file, O_RDONLY);
	size_t length = 0;
	ssize_t got = 1;

	if (fd < 0)
		return -1;
	while (got && length < size - 1) {
		got = read(fd, out + length, size - 1 - length);
		if (got < 0 && errno != EINTR)
			return -1;
		length += got > 0 ? (size_t)got : 0;
		if (got > 0 && length == (size_t)got && got < 2048) /* these files come by the page: that was all */
			break;
	}
	if (length && out[length - 1] == '\n')
		length--;
	out[length] = '\0';
	return (ssize_t)length;
}

int group_write(const struct group *g, const char *file, const char *value)
{
	own_fd fd = open_file(g, file, O_WRONLY);
	ssize_t done;

	if (fd < 0)
		return -1;
	do {
		done = write(fd, value, strlen(value));
	} while (done < 0 && errno == EINTR);
	return done < 0 ? -1 : 0;
}

uint64_t group_read_key(const struct group *g, const char *file, const char *key, uint64_t missing)
{
	char text[4096], *rest = text, *line;
	size_t length = strlen(key);
	uint64_t value;

	if (group_read(g, file, text, sizeof text) < 0)
		return missing;
	while ((line = strsep(&rest, "\n")))
		if (strncmp(line, key, length) == 0 && line[length] == ' ' &&
		    text_read_uint(line + length + 1, UINT64_MAX, &value))
			return value;
	return missing;
}

uint64_t group_read_number(const struct group *g, const char *file, uint64_t missing)
{
	char text[64];
	uint64_t value;

	if (group_read(g, file, text, sizeof text) < 0 || !text_read_uint(text, UINT64_MAX, &value))
		return missing;
	return value;
}

int cgroup_check_path(const struct cgroup *c, struct err *e)
{
	const char *at = c->path;

	if (!at || at[0] != '/')
		return err_set(e, "cgroup path %s: it must begin with '/'", at ? at : "");
	do {
		size_t span = strcspn(++at, "/");
		if (span == 0 || (span == 1 && at[0] == '.') || (span == 2 && at[0] == '.' && at[1] == '.'))
			return err_set(e, "cgroup path %s: it is the root or has an empty, \".\" or \"..\" component", c->path);
		at += span;
	} while (*at);
	return 0;
}
