/* Making a container's cgroup, or taking over the one that systemd has made. */
#include "runtime/host/cgroup/group.h"

#include "runtime/host/mountinfo.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int make_directory(const struct group *g)
{
	char path[PATH_MAX];

	return group_locate(g, "", path) ? mkdir(path, 0755) : -1;
}

/* The whole path first, which is one call where the parent is there; else up until one can be made, and down again.
 * `kept` becomes the length of what was there before. */
static int make_path(const struct group *g, size_t *kept)
{
	struct group level = *g;
	bool is_made;

	while (!(is_made = make_directory(&level) == 0) && errno == ENOENT && level.length)
		level = group_parent(level);
	if (!is_made && errno != EEXIST)
		return -1;
	size_t before = is_made ? group_parent(level).length : level.length;
	*kept = before < *kept ? before : *kept;
	while (level.length < g->length) {
		level = group_child_towards(level, g->path);
		if (make_directory(&level) < 0 && errno != EEXIST)
			return -1;
	}
	return 0;
}

static int explain_make(const struct group *g, struct err *e)
{
	(void)err_sys(e, "make cgroup %s%s", g->at->mount_point, g->path);
	if (e->number == EROFS)
		return err_hint(e, "cgroups are mounted read-only here, as in a container; --cgroup-manager disabled does without one, and "
				   "so does --rootless=true where no limit is asked for");
	return -1;
}

/* Another container's failing create may take a parent away that it had made: then once more. */
static int make_directories(const struct group *g, size_t *kept, struct err *e)
{
	int failed = make_path(g, kept);

	for (int tries = 0; failed < 0 && errno == ENOENT && tries < 8; tries++)
		failed = make_path(g, kept);
	return failed < 0 ? explain_make(g, e) : 0;
}

static int make_group(const struct group *g, size_t *kept, struct arena *a, struct err *e)
{
	if (make_directories(g, kept, e) < 0)
		return -1;
	const char *members = *kept == g->length ? group_print_members(g, a) : "";
	if (members[0])
		return err_set(e, "cgroup %s%s is in use by %s", g->at->mount_point, g->path, members);
	return 0;
}

/* What others have put below in the meantime keeps a directory; it is theirs now. */
static void undo_groups(const struct cgroup *c, const size_t *kept)
{
	for (size_t i = 0; i < c->facts->hierarchy_count; i++) {
		struct group g = group_in(c, &c->facts->hierarchies[i]);
		for (; g.length > kept[i]; g = group_parent(g)) {
			char path[PATH_MAX];
			if (!group_locate(&g, "", path) || (rmdir(path) < 0 && errno != ENOENT))
				break;
		}
	}
}

static int make_groups(const struct cgroup *c, const char *controllers, size_t *kept, struct err *e)
{
	const struct facts *f = c->facts;

	for (size_t i = 0; i < f->hierarchy_count; i++) {
		struct group g = group_in(c, &f->hierarchies[i]);
		if (make_group(&g, &kept[i], c->arena, e) < 0)
			return -1;
		if (group_dialect(&g)->prepare(&g, controllers, e) < 0)
			return -1;
	}
	return 0;
}

int cgroup_make(const struct cgroup *c, const char *controllers, struct err *e)
{
	size_t kept[FACTS_MAX_HIERARCHIES];

	if (cgroup_check_path(c, e) < 0)
		return -1;
	for (size_t i = 0; i < c->facts->hierarchy_count; i++)
		kept[i] = strlen(c->path);
	if (make_groups(c, controllers, kept, e) == 0)
		return 0;
	undo_groups(c, kept);
	return -1;
}

/* --- what systemd has made ---------------------------------------------------------------------------------------- */

static int check_alone(const struct group *g, pid_t keeper, struct arena *a, struct err *e)
{
	struct group_members m = { .arena = a };

	if (members_read_sorted(g, &m, e) < 0)
		return -1;
	for (size_t i = 0; i < m.count; i++)
		if (m.at[i] != keeper)
			return err_set(e, "cgroup %s%s is in use by %s", g->at->mount_point, g->path, group_print_members(g, a));
	return 0;
}

/* v2 lets a cgroup with processes give no controllers to those below it. */
static int take_group(const struct group *g, size_t scope_length, pid_t keeper, const char *controllers, size_t *kept,
		      struct arena *a, struct err *e)
{
	if (make_directories(g, kept, e) < 0 || check_alone(g, keeper, a, e) < 0)
		return -1;
	if (g->at->version == 2 && g->length > scope_length && group_enter(g, keeper, e) < 0)
		return -1;
	return group_dialect(g)->prepare(g, controllers, e);
}

int cgroup_take(const struct cgroup *c, size_t scope_length, pid_t keeper, const char *controllers, struct err *e)
{
	const struct facts *f = c->facts;
	size_t kept[FACTS_MAX_HIERARCHIES];

	if (cgroup_check_path(c, e) < 0)
		return -1;
	for (size_t i = 0; i < f->hierarchy_count; i++)
		kept[i] = strlen(c->path);
	for (size_t i = 0; i < f->hierarchy_count; i++) {
		struct group g = group_in(c, &f->hierarchies[i]);
		if (take_group(&g, scope_length, keeper, controllers, &kept[i], c->arena, e) == 0)
			continue;
		undo_groups(c, kept);
		return -1;
	}
	return 0;
}

const char *cgroup_of_process(const struct facts *f, pid_t pid, struct arena *a)
{
	char *rest = mountinfo_read_file(arena_format(a, "/proc/%d/cgroup", pid), a), *line;
	const char *wanted = facts_find_controller(f, "") ? "" : "name=systemd";

	while (rest && (line = strsep(&rest, "\n"))) {
		const char *number = strsep(&line, ":"), *controllers = strsep(&line, ":");
		if (number && line && strcmp(controllers, wanted) == 0)
			return line;
	}
	return NULL;
}
