/* How the container sees its cgroups: cgroup2 as one mount; v1 as a tmpfs with one directory per hierarchy. With a cgroup
 * namespace each hierarchy is mounted anew and begins at the container's cgroup; without one that directory is bound. */
#include "runtime/plan/planner.h"

#include <linux/mount.h>
#include <string.h>
#include <sys/mount.h>

static void mount_hierarchy(struct planner *p, const struct spec_mount *origin, const struct facts_hierarchy *h,
			    const char *target, const struct mount_options *o)
{
	const char *options[2] = { h->controllers, NULL };
	size_t count = 0;

	if (h->version == 1 && text_has_prefix(h->controllers, "name=")) {
		options[0] = "none";
		options[1] = h->controllers;
		count = 2;
	} else if (h->version == 1) {
		count = 1;
	}
	PLAN_ADD(&p->w, MOUNT, mount, 0, origin, .type = plan_add_text(&p->w, h->version == 1 ? "cgroup" : "cgroup2"),
		 .source = plan_add_text(&p->w, "cgroup"), .target = plan_add_text(&p->w, target),
		 .options = plan_add_texts(&p->w, options, count), .set = o->set | o->set_below, .propagation = o->propagation);
}

static void show_hierarchy(struct planner *p, const struct spec_mount *origin, const struct facts_hierarchy *h,
			   const char *target, const struct mount_options *o)
{
	if (planner_has(p, CLONE_NEWCGROUP) || (h->version == 2 && !planner_has(p, CLONE_NEWUSER)))
		mount_hierarchy(p, origin, h, target, o);
	else
		plan_add_bind(p, origin, planner_text(p, "%s%s", h->mount_point, p->cgroup ? p->cgroup : h->own_path), target, o);
}

/* "cpu,cpuacct" is also found as cpu and as cpuacct. */
static void link_controllers(struct planner *p, const struct spec_mount *origin, const char *controllers, const char *directory,
			     const char *base)
{
	if (!strchr(controllers, ','))
		return;
	for (const char *c = controllers; *c;) {
		size_t length = strcspn(c, ",");
		const char *name = arena_copy(p->arena, c, length);
		if (strcmp(name, base) != 0)
			PLAN_ADD(&p->w, LINK, link, OP_MAY_EXIST, origin, .target = plan_add_text(&p->w, base),
				 .path = plan_add_text(&p->w, planner_text(p, "%s/%s", directory, name)));
		c += length + (c[length] == ',');
	}
}

static void show_v1(struct planner *p, const struct spec_mount *mount, const struct mount_options *o, const char *target)
{
	static const char *const tmpfs_options[] = { "mode=755" };
	struct mount_options below = { .set = o->set, .clear = o->clear, .is_recursive = true };
	bool is_readonly = o->set & MOUNT_ATTR_RDONLY;

	PLAN_ADD(&p->w, MOUNT, mount, 0, mount, .type = plan_add_text(&p->w, "tmpfs"), .source = plan_add_text(&p->w, "tmpfs"),
		 .target = plan_add_text(&p->w, target), .options = plan_add_texts(&p->w, tmpfs_options, 1),
		 .set = (o->set | o->set_below) & ~(uint64_t)MOUNT_ATTR_RDONLY, .propagation = o->propagation,
		 .how = o->is_target_as_is ? NEW_TARGET_AS_IS : 0);
	for (size_t i = 0; i < p->facts->hierarchy_count; i++) {
		const struct facts_hierarchy *h = &p->facts->hierarchies[i];
		const char *base = strrchr(h->mount_point, '/');
		if (h->version != 1 || !base)
			continue;
		show_hierarchy(p, mount, h, planner_text(p, "%s%s", target, base), &below);
		link_controllers(p, mount, h->controllers, target, base + 1);
	}
	if (is_readonly)
		PLAN_ADD(&p->w, REMOUNT, remount, 0, mount, .target = plan_add_text(&p->w, target), .set = MOUNT_ATTR_RDONLY);
}

void plan_cgroup_mount(struct planner *p, const struct spec_mount *mount, const struct mount_options *o)
{
	const char *target = plan_find_target(p, mount->destination);
	const struct facts_hierarchy *unified = facts_find_controller(p->facts, "");

	plan_enter_cgroup_namespace(p);
	if (!p->facts->hierarchy_count)
		planner_refuse(p, mount, "this host shows no cgroup hierarchy to mount", "mount cgroup2 on /sys/fs/cgroup, or drop the mount");
	else if (facts_is_unified(p->facts) || (text_is_equal(mount->type, "cgroup2") && unified))
		show_hierarchy(p, mount, unified, target, o);
	else if (text_is_equal(mount->type, "cgroup2"))
		planner_refuse(p, mount, "this host has no cgroup v2 hierarchy", "use the type \"cgroup\"");
	else
		show_v1(p, mount, o, target);
}
