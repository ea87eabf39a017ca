/* Mounts: each entry of config.json becomes a bind, a remount, a view of the cgroups or a new file system. */
#include "runtime/plan/planner.h"

#include <linux/mount.h>
#include <string.h>
#include <sys/mount.h>

static bool is_bind(const struct spec_mount *mount, const struct mount_options *o)
{
	return !o->is_remount && (o->is_bind || text_is_equal(mount->type, "bind"));
}

static void plan_bind(struct planner *p, const struct spec_mount *mount, const struct mount_options *o)
{
	if (!mount->source || !mount->source[0]) {
		planner_refuse(p, mount, "a bind mount needs a source", "give \"source\" the host path to show");
		return;
	}
	if (o->data_count && (text_has_prefix(o->data[0], "idmap=") || text_has_prefix(o->data[0], "ridmap=")))
		planner_refuse(p, &mount->options, planner_text(p, "%s: mappings are not told in an option", o->data[0]),
			       "give them as uidMappings and gidMappings of the mount");
	else if (o->data_count)
		planner_warn(p, &mount->options,
			     planner_text(p, "the option %s means nothing for a bind mount and is left out", o->data[0]), NULL);
	plan_add_bind(p, mount, plan_host_path(p, mount->source), plan_find_target(p, mount->destination), o);
}

static bool is_new_tmpfs(const struct spec_mount *mount, const struct mount_options *o)
{
	return text_is_equal(mount->type, "tmpfs") && !o->is_bind && !o->is_remount;
}

/* A tmpfs begins empty: mount points, devices and links are still to be made in it. */
static bool is_late_readonly(struct planner *p, const struct spec_mount *mount, const struct mount_options *o)
{
	return is_new_tmpfs(mount, o) && (o->set | o->set_below) & MOUNT_ATTR_RDONLY &&
	       !plan_is_late_target(p, plan_find_target(p, mount->destination));
}

void plan_late_readonly(struct planner *p)
{
	for (size_t i = 0; i < p->spec->mounts.count; i++) {
		const struct spec_mount *mount = &p->spec->mounts.at[i];
		struct mount_options o;
		if (!mount->destination)
			continue;
		mount_options_read(p->arena, &mount->options, &o);
		if (is_late_readonly(p, mount, &o))
			PLAN_ADD(&p->w, REMOUNT, remount, 0, mount,
				 .target = plan_add_text(&p->w, plan_find_target(p, mount->destination)), .set = MOUNT_ATTR_RDONLY);
	}
}

static uint64_t new_how(const struct planner *p, const struct mount_options *o)
{
	bool has_devices = !planner_has(p, CLONE_NEWUSER) && !p->facts->is_in_user_namespace;

	return (o->is_target_as_is ? NEW_TARGET_AS_IS : 0) |
	       (!o->has_tmpcopyup ? 0 : has_devices ? NEW_COPY_UP : NEW_COPY_UP | NEW_NO_DEVICES);
}

/* fsconfig(2), the one way to fill a mount before it is seen, knows no word for these two; to a tmpfs they mean nothing. */
static uint64_t find_superblock(const struct mount_options *o)
{
	return o->has_tmpcopyup ? o->superblock & ~(uint64_t)(MS_SILENT | MS_I_VERSION) : o->superblock;
}

/* sysfs belongs to a network namespace: a user namespace that owns none cannot mount it. One that is joined may be its own. */
static const char *find_stand_in(const struct planner *p, const struct spec_mount *mount)
{
	bool is_user_namespace = planner_has(p, CLONE_NEWUSER) || p->facts->is_in_user_namespace;

	return is_user_namespace && !(p->made & CLONE_NEWNET) && text_is_equal(mount->type, "sysfs") ? "/sys" : NULL;
}

/* runc's choice: what the kernel makes out of its own objects has their labels. */
static bool is_labelled(const struct spec_mount *mount, const struct mount_options *o)
{
	static const char *const unlabelled[] = { "proc", "sysfs", "mqueue" };

	for (size_t i = 0; i < sizeof unlabelled / sizeof *unlabelled; i++)
		if (strcmp(mount->type, unlabelled[i]) == 0)
			return false;
	for (size_t i = 0; i < o->data_count; i++)
		if (text_has_prefix(o->data[i], "context="))
			return false;
	return true;
}

static struct plan_texts add_options(struct planner *p, const struct spec_mount *mount, const struct mount_options *o)
{
	const char *label = plan_find_mount_label(p);
	const char **all = arena_alloc(p->arena, (o->data_count + 1) * sizeof *all);
	size_t count = 0;

	for (; count < o->data_count; count++)
		all[count] = o->data[count];
	if (label && is_labelled(mount, o))
		all[count++] = planner_text(p, "context=%s", label);
	return plan_add_texts(&p->w, all, count);
}

static void plan_file_system(struct planner *p, const struct spec_mount *mount, const struct mount_options *o)
{
	if (!mount->type || !mount->type[0]) {
		planner_refuse(p, mount, "the mount has no type", "give \"type\" a file system, or \"options\" a \"bind\"");
		return;
	}
	uint64_t set = (o->set | o->set_below) & ~(uint64_t)(is_late_readonly(p, mount, o) ? MOUNT_ATTR_RDONLY : 0);
	PLAN_ADD(&p->w, MOUNT, mount, 0, mount, .type = plan_add_text(&p->w, mount->type),
		 .source = plan_add_text(&p->w, mount->source && mount->source[0] ? mount->source : mount->type),
		 .target = plan_add_text(&p->w, plan_find_target(p, mount->destination)),
		 .options = add_options(p, mount, o),
		 .superblock = find_superblock(o) | (set & MOUNT_ATTR_RDONLY ? MS_RDONLY : 0), .set = set,
		 .propagation = o->propagation, .how = new_how(p, o), .instead = plan_add_text(&p->w, find_stand_in(p, mount)));
}

static void plan_overlay(struct planner *p, const struct spec_mount *mount, struct mount_options *o)
{
	plan_overlay_options(p, mount, o);
	plan_file_system(p, mount, o);
}

static void plan_mount(struct planner *p, const struct spec_mount *mount)
{
	struct mount_options o;

	mount_options_read(p->arena, &mount->options, &o);
	if (plan_is_mapped(mount, &o) && !is_bind(mount, &o))
		planner_refuse(p, mount, "only a bind mount can be id-mapped",
			       "leave idmap, ridmap, uidMappings and gidMappings out, or make it a bind");
	else if (o.has_tmpcopyup && !is_new_tmpfs(mount, &o))
		planner_refuse(p, &mount->options, "tmpcopyup is for a new tmpfs only",
			       "give \"type\" tmpfs, without bind and remount, or leave the option out");
	else if (!is_bind(mount, &o) && (o.has_copy_symlink || o.is_source_as_is))
		planner_refuse(p, &mount->options, "copy-symlink and src-nofollow are for binds only",
			       "add \"bind\" to the options, or leave them out");
	else if (o.is_remount)
		PLAN_ADD(&p->w, REMOUNT, remount, 0, mount,
			 .target = plan_add_text(&p->w, plan_find_target(p, mount->destination)), .set = o.set, .clear = o.clear,
			 .propagation = o.propagation, .how = o.is_target_as_is ? TREE_TARGET_AS_IS : 0);
	else if (is_bind(mount, &o))
		plan_bind(p, mount, &o);
	else if (text_is_equal(mount->type, "cgroup") || text_is_equal(mount->type, "cgroup2"))
		plan_cgroup_mount(p, mount, &o);
	else if (text_is_equal(mount->type, "overlay"))
		plan_overlay(p, mount, &o);
	else
		plan_file_system(p, mount, &o);
}

void plan_mounts(struct planner *p, bool is_late)
{
	for (size_t i = 0; i < p->spec->mounts.count; i++) {
		const struct spec_mount *mount = &p->spec->mounts.at[i];
		if (mount->destination && plan_is_late_target(p, plan_find_target(p, mount->destination)) == is_late)
			plan_mount(p, mount);
	}
}
