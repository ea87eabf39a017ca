#include "bundle-tools/monitor/targets.h"

#include "bundle-tools/store/store.h"
#include "spec/base/own.h"
#include "spec/json/read.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

enum { DEPTH_MOST = 12, ID_LEAST = 3, ID_LENGTH = 64 };

static void add(struct conductor *c, struct spec_texts *to, const char *word)
{
	size_t size = to->count * sizeof *to->at;

	to->at = arena_grow(&c->arena, to->at, size, size + sizeof *to->at);
	to->at[to->count++] = word;
}

/* --- engines' names ------------------------------------------------------------------------------------------------- */

/* Docker keeps a directory for each container, whose name is the id. */
static const char *find_docker_id(struct conductor *c, const char *name)
{
	own_directory all = opendir("/var/lib/docker/containers");
	const char *wanted = arena_format(&c->arena, "\"Name\":\"/%s\"", name), *text;
	struct dirent *entry;
	size_t length;

	while (all && (entry = readdir(all))) {
		struct err ignored = ERR_NONE; /* one that is being removed is not meant */
		const char *file = arena_format(&c->arena, "%s/config.v2.json", entry->d_name);
		if (entry->d_name[0] != '.' && json_load(dirfd(all), file, &c->arena, &text, &length, &ignored) == 0 && strstr(text, wanted))
			return arena_text(&c->arena, entry->d_name);
	}
	return NULL;
}

/* podman and CRI-O keep one list of all: {"id":"...","names":["web"],...} */
static const char *find_storage_id(struct conductor *c, const char *name)
{
	static const char list[] = "/var/lib/containers/storage/overlay-containers/containers.json", key[] = "\"id\":\"";
	const char *wanted = arena_format(&c->arena, "\"%s\"", name), *text;
	struct err ignored = ERR_NONE; /* not installed */
	size_t length;

	if (json_load(AT_FDCWD, list, &c->arena, &text, &length, &ignored))
		return NULL;
	for (const char *at = strstr(text, key), *next; at; at = next) {
		next = strstr(at + 1, key);
		const char *names = strstr(at, "\"names\":["), *end = names ? strchr(names, ']') : NULL;
		const char *found = end ? strstr(names, wanted) : NULL;
		if (found && found < end && (!next || names < next))
			return arena_copy(&c->arena, at + sizeof key - 1, strcspn(at + sizeof key - 1, "\""));
	}
	return NULL;
}

/* --- their cgroups -------------------------------------------------------------------------------------------------- */

static bool is_id(const char *word)
{
	size_t digits = strspn(word, "0123456789abcdef");

	return digits >= ID_LEAST && digits <= ID_LENGTH && !word[digits];
}

/* docker-ID.scope, libpod-ID, cri-containerd-ID.scope, or the ID alone. */
static bool is_cgroup_of(const char *name, const char *id)
{
	const char *at = strstr(name, id);

	if (!at || strstr(name, "conmon") || (at > name && at[-1] != '-' && at[-1] != ':'))
		return false;
	return strspn(at, "0123456789abcdef") == ID_LENGTH;
}

static const char *find_cgroup(struct conductor *c, int dir_fd, const char *path, const char *id, int depth)
{
	int fd = openat(dir_fd, path[0] ? path : ".", O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	own_directory directory = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *entry;

	while (directory && depth < DEPTH_MOST && (entry = readdir(directory))) {
		if (entry->d_type != DT_DIR || entry->d_name[0] == '.')
			continue;
		const char *below = arena_format(&c->arena, "%s%s%s", path, path[0] ? "/" : "", entry->d_name);
		if (is_cgroup_of(entry->d_name, id))
			return below;
		const char *found = find_cgroup(c, dir_fd, below, id, depth + 1);
		if (found)
			return found;
	}
	return NULL;
}

/* The hierarchy that every engine uses, whatever its version. */
static const char *find_in_hierarchy(struct conductor *c, const char *id)
{
	static const char *const places[] = { "/sys/fs/cgroup/memory", "/sys/fs/cgroup" };

	for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
		own_fd fd = open(places[i], O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		const char *found = fd < 0 ? NULL : find_cgroup(c, fd, "", id, 0);
		if (found)
			return arena_format(&c->arena, "/%s", found);
	}
	return NULL;
}

static int find_foreign(struct conductor *c, const char *word, struct targets *out, struct err *e)
{
	const char *id = find_docker_id(c, word);

	if (!id)
		id = find_storage_id(c, word);
	if (!id && is_id(word))
		id = word;
	const char *cgroup = id ? find_in_hierarchy(c, id) : NULL;
	if (!cgroup) {
		(void)err_set(e, "there is no running container %s, neither ours nor an engine's", word);
		return err_hint(e, "`conductor ps` lists ours; a cgroup is given as a path with a slash in it");
	}
	add(c, &out->cgroups, cgroup);
	return 0;
}

/* A path below a hierarchy, or of the file system. */
static const char *cgroup_path(const char *path)
{
	static const char top[] = "/sys/fs/cgroup/";

	if (strncmp(path, top, sizeof top - 1) != 0)
		return path;
	const char *below = path + sizeof top - 1, *slash = strchr(below, '/');
	bool has_hierarchies = access("/sys/fs/cgroup/cgroup.controllers", F_OK) != 0;
	return has_hierarchies && slash ? slash : below - 1;
}

int targets_find(struct conductor *c, char *const *words, int count, struct targets *out, struct err *e)
{
	*out = (struct targets){ 0 };
	for (int i = 0; i < count; i++) {
		const char *own = arena_format(&c->arena, "containers/%s", words[i]);
		if (strchr(words[i], '/'))
			add(c, &out->cgroups, cgroup_path(words[i]));
		else if (store_is_name(words[i]) && faccessat(c->root_fd, own, F_OK, 0) == 0)
			add(c, &out->ids, words[i]);
		else if (find_foreign(c, words[i], out, e))
			return -1;
	}
	return 0;
}
