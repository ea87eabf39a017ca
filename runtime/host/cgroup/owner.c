/* The container's user gets its cgroup, or one below it: the directory, and in it the files that the kernel lists as safe to give
 * away. */
#include "runtime/host/cgroup/group.h"

#include "spec/base/own.h"
#include "spec/base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#define DELEGATE "/sys/kernel/cgroup/delegate"

/* The kernel's list, from Linux 4.15 on; else the specification's. `out` is terminated. */
static int read_list(char *out, size_t size, struct err *e)
{
	static const char list[] = "cgroup.procs\ncgroup.subtree_control\ncgroup.threads\n";
	own_fd fd = open(DELEGATE, O_RDONLY | O_CLOEXEC);

	if (fd < 0 && errno != ENOENT)
		return err_sys(e, "open " DELEGATE);
	if (fd < 0) {
		memcpy(out, list, sizeof list);
		return 0;
	}
	ssize_t length = read(fd, out, size - 1);
	if (length < 0)
		return err_sys(e, "read " DELEGATE);
	out[length] = '\0';
	return 0;
}

int cgroup_own(const struct cgroup *c, uid_t uid, struct err *e)
{
	const struct facts_hierarchy *at = facts_find_controller(c->facts, "");
	char list[4096], path[PATH_MAX], *rest = list, *name;

	if (cgroup_check_path(c, e) < 0 || read_list(list, sizeof list, e) < 0)
		return -1;
	if (!at)
		return err_set(e, "this host has no cgroup v2");
	struct group g = group_in(c, at);
	own_fd fd = group_locate(&g, "", path) ? open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC) : -1;
	if (fd < 0 || fchown(fd, uid, (gid_t)-1) < 0)
		return err_sys(e, "give cgroup %s to user %u", c->path, (unsigned)uid);
	while ((name = strsep(&rest, "\n")))
		if (name[0] && fchownat(fd, name, uid, (gid_t)-1, AT_SYMLINK_NOFOLLOW) < 0 && errno != ENOENT)
			return err_sys(e, "give %s of cgroup %s to user %u", name, c->path, (unsigned)uid);
	return 0;
}

/* "cpu memory" becomes "+cpu +memory". */
static const char *add_all(struct arena *a, const char *controllers)
{
	struct text words;

	text_init(&words, a);
	for (const char *at = controllers; *at; at += strspn(at, " ")) {
		size_t length = strcspn(at, " ");
		text_add(&words, "%s+%.*s", words.length ? " " : "", (int)length, at);
		at += length;
	}
	return words.at ? words.at : "";
}

/* A cgroup that holds processes can give no controllers: ours has none any more. */
static int give_controllers(const struct cgroup *c, const struct cgroup *inner, const struct facts_hierarchy *at, struct err *e)
{
	struct group level = group_in(c, at), last = group_parent(group_in(inner, at));
	char has[4096];

	for (;; level = group_child_towards(level, inner->path)) {
		if (group_read(&level, "cgroup.controllers", has, sizeof has) < 0)
			return err_sys(e, "read cgroup.controllers of cgroup %.*s", (int)level.length, level.path);
		const char *all = add_all(c->arena, has);
		if (all[0] && group_write(&level, "cgroup.subtree_control", all) < 0)
			return err_sys(e, "write %s to cgroup.subtree_control of cgroup %.*s", all, (int)level.length, level.path);
		if (level.length == last.length)
			return 0;
	}
}

int cgroup_delegate(const struct cgroup *c, const char *path, uid_t uid, pid_t pid, struct err *e)
{
	const struct facts_hierarchy *at = facts_find_controller(c->facts, "");
	struct cgroup inner = { c->facts, path, c->arena };

	if (!at)
		return err_set(e, "this host has no cgroup v2");
	if (cgroup_make(&inner, "", e) < 0 || cgroup_enter(&inner, pid, e) < 0 || give_controllers(c, &inner, at, e) < 0)
		return -1;
	return cgroup_own(&inner, uid, e);
}
