#include "bundle-tools/watch/cgroups.h"

#include "spec/base/own.h"
#include "spec/base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { DEEPEST = 16, ID_LENGTH = 64, ID_LEAST = 4 };

struct search {
	struct conductor *c;
	const char *word;
	const char *found;
};

static bool is_id(const char *text, size_t length)
{
	return length == ID_LENGTH && strspn(text, "0123456789abcdef") >= ID_LENGTH;
}

/* "libpod-conmon-ID.scope" is the engine's own watcher beside the container. */
static bool is_match(const char *name, const char *word)
{
	size_t length = strlen(name), wanted = strlen(word);

	if (strcmp(name, word) == 0)
		return true;
	if (length > 6 && strcmp(name + length - 6, ".scope") == 0)
		length -= 6;
	if (length == wanted && memcmp(name, word, length) == 0)
		return true;
	if (length < ID_LENGTH || wanted < ID_LEAST || strstr(name, "conmon-"))
		return false;
	const char *id = name + length - ID_LENGTH;
	return is_id(id, ID_LENGTH) && (id == name || strchr("-:", id[-1])) && strncmp(id, word, wanted) == 0;
}

static int note(struct search *s, const char *path, struct err *e)
{
	if (!s->found)
		s->found = arena_text(&s->c->arena, path);
	if (strcmp(s->found, path) == 0)
		return 0;
	(void)err_set(e, "%s could be %s or %s", s->word, s->found, path);
	return err_hint(e, "say more of the id, or the whole path");
}

/* A cgroup that goes meanwhile, or is not ours to read, holds nothing that could be found. */
static int walk(struct search *s, int parent_fd, const char *name, const char *path, unsigned depth, struct err *e)
{
	own_fd fd = openat(parent_fd, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	own_directory directory = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *entry;
	int result = 0;

	if (!directory)
		return 0;
	int dir_fd = take_fd(&fd); /* the directory's now */
	while (result == 0 && (entry = readdir(directory))) {
		if (entry->d_type != DT_DIR || entry->d_name[0] == '.')
			continue;
		size_t mark = arena_mark(&s->c->arena);
		const char *below = arena_format(&s->c->arena, "%s/%s", path, entry->d_name), *before = s->found;
		if (is_match(entry->d_name, s->word))
			result = note(s, below, e);
		else if (depth < DEEPEST)
			result = walk(s, dir_fd, entry->d_name, below, depth + 1, e);
		if (s->found == before)
			arena_rewind(&s->c->arena, mark);
	}
	return result;
}

/* "36 35 0:31 / /sys/fs/cgroup/memory rw,nosuid - cgroup cgroup rw,memory" */
static char *read_mount_point(char *line)
{
	char *type = strstr(line, " - cgroup"), *rest, *word = NULL;

	if (!type)
		return NULL;
	word = strtok_r(line, " ", &rest);
	for (int i = 0; word && i < 4; i++)
		word = strtok_r(NULL, " ", &rest);
	return word;
}

int cgroups_find(struct conductor *c, const char *word, const char **out, struct err *e)
{
	own_stream mounts = fopen("/proc/self/mountinfo", "re");
	struct search s = { c, word, NULL };
	own_text line = NULL;
	size_t room = 0;
	int result = 0;

	if (!mounts)
		return err_sys(e, "open /proc/self/mountinfo");
	while (result == 0 && getline(&line, &room, mounts) > 0) {
		const char *at = read_mount_point(line);
		if (at)
			result = walk(&s, AT_FDCWD, at, "", 0, e);
	}
	if (result == 0)
		*out = s.found;
	return result;
}

int cgroups_of(struct conductor *c, pid_t pid, const char **out, struct err *e)
{
	own_stream groups = fopen(arena_format(&c->arena, "/proc/%d/cgroup", (int)pid), "re");
	const char *deepest = "/";
	own_text line = NULL;
	size_t room = 0;

	if (!groups)
		return err_sys(e, "open /proc/%d/cgroup", (int)pid);
	while (getline(&line, &room, groups) > 0) {
		const char *path = strchr(line, '/');
		line[strcspn(line, "\n")] = '\0';
		if (path && strlen(path) > strlen(deepest))
			deepest = arena_text(&c->arena, path);
	}
	*out = deepest;
	return 0;
}
