/* Into which cgroup exec's process goes. */
#include "runtime/life/exec.h"

#include "spec/base/own.h"

#include <fcntl.h>
#include <string.h>

/* The container's path and what is below it; "/" alone is the container's own. */
static const char *join(const struct cgroup *container, const char *below)
{
	size_t length;

	below += strspn(below, "/");
	length = strlen(below);
	while (length && below[length - 1] == '/')
		length--;
	if (!length)
		return container->path;
	return arena_format(container->arena, "%s/%.*s", container->path, (int)length, below);
}

static int read_one(const char *text, const struct cgroup *container, struct exec_cgroups *out, struct cgroup_below *more,
		    struct err *e)
{
	const char *colon = strchr(text, ':');
	struct cgroup at = *container;

	at.path = join(container, colon ? colon + 1 : text);
	if (cgroup_check_path(&at, e) < 0)
		return err_add(e, "--cgroup %s", text);
	if (!colon) {
		out->whole = at;
		return 0;
	}
	if (facts_is_unified(container->facts)) {
		(void)err_set(e, "--cgroup %s: cgroup v2 has no controllers apart", text);
		return err_hint(e, "give the path alone");
	}
	more[out->count++] = (struct cgroup_below){ arena_copy(container->arena, text, (size_t)(colon - text)), at.path };
	return 0;
}

int exec_find_cgroups(const struct exec_options *o, const struct cgroup *container, struct exec_cgroups *out, struct err *e)
{
	struct cgroup_below *more = arena_alloc(container->arena, (o->cgroups.count + 1) * sizeof *more);

	*out = (struct exec_cgroups){ .whole = *container, .more = more };
	if (o->cgroups.count && !container->path[0])
		return err_set(e, "--cgroup %s: the container has no cgroup", o->cgroups.at[0]);
	for (size_t i = 0; i < o->cgroups.count; i++)
		if (read_one(o->cgroups.at[i], container, out, more, e) < 0)
			return -1;
	return 0;
}

bool exec_find_inner_cgroup(const struct container *c, struct cgroup *out)
{
	const char *proc = arena_format(&c->b->arena, "/proc/%lld/cgroup", (long long)c->state->pid.value);
	own_fd fd = open(proc, O_RDONLY | O_CLOEXEC);
	size_t length = strlen(c->cgroup.path);
	char text[8192];

	ssize_t got = fd < 0 ? -1 : read(fd, text, sizeof text - 1);
	if (got <= 0)
		return false;
	text[got] = '\0';
	char *path = strstr(text, "0::");
	if (!path || (path != text && path[-1] != '\n'))
		return false;
	path += 3;
	path[strcspn(path, "\n")] = '\0';
	if (strncmp(path, c->cgroup.path, length) != 0 || path[length] != '/')
		return false;
	*out = (struct cgroup){ c->cgroup.facts, arena_text(&c->b->arena, path), c->cgroup.arena };
	return true;
}
