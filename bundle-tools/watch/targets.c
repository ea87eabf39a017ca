#include "bundle-tools/watch/targets.h"

#include "bundle-tools/run/container.h"
#include "bundle-tools/watch/cgroups.h"
#include "bundle-tools/watch/engines.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

static bool is_ours(struct conductor *c, const char *word)
{
	return store_is_name(word) && c->root_fd >= 0 &&
	       faccessat(c->root_fd, arena_format(&c->arena, "containers/%s", word), F_OK, 0) == 0;
}

/* Made by the runtime that counts, so that it knows it by its id. */
static bool is_native(struct conductor *c, const char *name)
{
	return strcmp(runtime_program(c, container_directory(c, name)), c->counter) == 0;
}

static int find_ours(struct conductor *c, const char *word, struct target *out, struct err *e)
{
	struct runtime_state state;

	*out = (struct target){ .name = word };
	if (runtime_read_state(c, word, container_directory(c, word), &state, e))
		return -1;
	if (state.status != RUNTIME_RUNNING && state.status != RUNTIME_CREATED)
		return err_set(e, "container %s does not run", word);
	if (is_native(c, word)) {
		out->id = word;
		return 0;
	}
	return cgroups_of(c, state.pid, &out->cgroup, e);
}

static int find_foreign(struct conductor *c, const char *word, struct target *out, struct err *e)
{
	const char *id = engines_find(c, word);

	*out = (struct target){ .name = word };
	if (cgroups_find(c, id ? id : word, &out->cgroup, e))
		return -1;
	if (out->cgroup)
		return 0;
	if (id)
		return err_set(e, "container %s, of an engine, does not run", word);
	(void)err_set(e, "there is no container %s", word);
	return err_hint(e, "`conductor ps` lists ours; an engine's has a name or an id, and any cgroup a path, such as /system.slice");
}

static int find(struct conductor *c, const char *word, struct target *out, struct err *e)
{
	if (strchr(word, '/')) {
		*out = (struct target){ word, NULL, word[0] == '/' ? word : arena_format(&c->arena, "/%s", word) };
		return 0;
	}
	if (!word[0])
		return err_set(e, "a container's name cannot be empty");
	return is_ours(c, word) ? find_ours(c, word, out, e) : find_foreign(c, word, out, e);
}

/* All of them come and go as the counting runtime sees it; with others among them it is what runs now. */
static int find_all(struct conductor *c, struct targets *out, struct err *e)
{
	struct names names = { 0 };
	size_t native = 0;

	if (c->root_fd < 0)
		return 0;
	if (store_list(c, "containers", &names, e))
		return -1;
	for (size_t i = 0; i < names.count; i++)
		native += is_native(c, names.at[i]);
	if (native == names.count)
		return 0;
	out->at = arena_alloc(&c->arena, names.count * sizeof *out->at);
	for (size_t i = 0; i < names.count; i++) {
		struct err ignored = ERR_NONE; /* it has ended */
		if (find_ours(c, names.at[i], &out->at[out->count], &ignored) == 0)
			out->count++;
	}
	return out->count ? 0 : err_set(e, "no container runs");
}

int targets_find(struct conductor *c, char *const *words, size_t count, struct targets *out, struct err *e)
{
	*out = (struct targets){ 0 };
	if (!count)
		return find_all(c, out, e);
	out->at = arena_alloc(&c->arena, count * sizeof *out->at);
	for (size_t i = 0; i < count; i++)
		if (find(c, words[i], &out->at[out->count++], e))
			return -1;
	return 0;
}
