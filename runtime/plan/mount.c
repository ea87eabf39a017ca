/* Mounts: config.json's option words are lowered to attributes, superblock flags and file system options. */
#include "runtime/plan/planner.h"

#include <linux/mount.h>
#include <string.h>
#include <sys/mount.h>

#ifndef MOUNT_ATTR_NOSYMFOLLOW
#define MOUNT_ATTR_NOSYMFOLLOW 0x00200000
#endif

enum option_effect { SUPERBLOCK, ATTRIBUTE, BELOW, PROPAGATION, BIND, REMOUNT, TMPCOPYUP, IDMAP, NOTHING };

/* An attribute option sets `set` and clears `clear`; the recursive twin (rro of ro) does so for the whole tree. */
static const struct mount_option {
	const char *name;
	enum option_effect effect;
	uint64_t set, clear;
} mount_option_rows[] = {
	{ "async", SUPERBLOCK, 0, MS_SYNCHRONOUS },
	{ "atime", ATTRIBUTE, 0, MOUNT_ATTR_NOATIME },
	{ "bind", BIND, 0, 0 },
	{ "defaults", NOTHING, 0, 0 },
	{ "dev", ATTRIBUTE, 0, MOUNT_ATTR_NODEV },
	{ "diratime", ATTRIBUTE, 0, MOUNT_ATTR_NODIRATIME },
	{ "dirsync", SUPERBLOCK, MS_DIRSYNC, 0 },
	{ "exec", ATTRIBUTE, 0, MOUNT_ATTR_NOEXEC },
	{ "idmap", IDMAP, 0, 0 },
	{ "iversion", SUPERBLOCK, MS_I_VERSION, 0 },
	{ "lazytime", SUPERBLOCK, MS_LAZYTIME, 0 },
	{ "loud", SUPERBLOCK, 0, MS_SILENT },
	{ "mand", SUPERBLOCK, MS_MANDLOCK, 0 },
	{ "noatime", ATTRIBUTE, MOUNT_ATTR_NOATIME, MOUNT_ATTR__ATIME },
	{ "nodev", ATTRIBUTE, MOUNT_ATTR_NODEV, 0 },
	{ "nodiratime", ATTRIBUTE, MOUNT_ATTR_NODIRATIME, 0 },
	{ "noexec", ATTRIBUTE, MOUNT_ATTR_NOEXEC, 0 },
	{ "noiversion", SUPERBLOCK, 0, MS_I_VERSION },
	{ "nolazytime", SUPERBLOCK, 0, MS_LAZYTIME },
	{ "nomand", SUPERBLOCK, 0, MS_MANDLOCK },
	{ "norelatime", ATTRIBUTE, 0, MOUNT_ATTR_RELATIME },
	{ "nostrictatime", ATTRIBUTE, 0, MOUNT_ATTR_STRICTATIME },
	{ "nosuid", ATTRIBUTE, MOUNT_ATTR_NOSUID, 0 },
	{ "nosymfollow", ATTRIBUTE, MOUNT_ATTR_NOSYMFOLLOW, 0 },
	{ "private", PROPAGATION, MS_PRIVATE, 0 },
	{ "ratime", BELOW, 0, MOUNT_ATTR_NOATIME },
	{ "rbind", BIND, MS_REC, 0 },
	{ "rdev", BELOW, 0, MOUNT_ATTR_NODEV },
	{ "rdiratime", BELOW, 0, MOUNT_ATTR_NODIRATIME },
	{ "relatime", ATTRIBUTE, MOUNT_ATTR_RELATIME, MOUNT_ATTR__ATIME },
	{ "remount", REMOUNT, 0, 0 },
	{ "rexec", BELOW, 0, MOUNT_ATTR_NOEXEC },
	{ "ridmap", IDMAP, MS_REC, 0 },
	{ "rnoatime", BELOW, MOUNT_ATTR_NOATIME, MOUNT_ATTR__ATIME },
	{ "rnodev", BELOW, MOUNT_ATTR_NODEV, 0 },
	{ "rnodiratime", BELOW, MOUNT_ATTR_NODIRATIME, 0 },
	{ "rnoexec", BELOW, MOUNT_ATTR_NOEXEC, 0 },
	{ "rnorelatime", BELOW, 0, MOUNT_ATTR_RELATIME },
	{ "rnostrictatime", BELOW, 0, MOUNT_ATTR_STRICTATIME },
	{ "rnosuid", BELOW, MOUNT_ATTR_NOSUID, 0 },
	{ "rnosymfollow", BELOW, MOUNT_ATTR_NOSYMFOLLOW, 0 },
	{ "ro", ATTRIBUTE, MOUNT_ATTR_RDONLY, 0 },
	{ "rprivate", PROPAGATION, MS_PRIVATE | MS_REC, 0 },
	{ "rrelatime", BELOW, MOUNT_ATTR_RELATIME, MOUNT_ATTR__ATIME },
	{ "rro", BELOW, MOUNT_ATTR_RDONLY, 0 },
	{ "rrw", BELOW, 0, MOUNT_ATTR_RDONLY },
	{ "rshared", PROPAGATION, MS_SHARED | MS_REC, 0 },
	{ "rslave", PROPAGATION, MS_SLAVE | MS_REC, 0 },
	{ "rstrictatime", BELOW, MOUNT_ATTR_STRICTATIME, MOUNT_ATTR__ATIME },
	{ "rsuid", BELOW, 0, MOUNT_ATTR_NOSUID },
	{ "rsymfollow", BELOW, 0, MOUNT_ATTR_NOSYMFOLLOW },
	{ "runbindable", PROPAGATION, MS_UNBINDABLE | MS_REC, 0 },
	{ "rw", ATTRIBUTE, 0, MOUNT_ATTR_RDONLY },
	{ "shared", PROPAGATION, MS_SHARED, 0 },
	{ "silent", SUPERBLOCK, MS_SILENT, 0 },
	{ "slave", PROPAGATION, MS_SLAVE, 0 },
	{ "strictatime", ATTRIBUTE, MOUNT_ATTR_STRICTATIME, MOUNT_ATTR__ATIME },
	{ "suid", ATTRIBUTE, 0, MOUNT_ATTR_NOSUID },
	{ "symfollow", ATTRIBUTE, 0, MOUNT_ATTR_NOSYMFOLLOW },
	{ "sync", SUPERBLOCK, MS_SYNCHRONOUS, 0 },
	{ "tmpcopyup", TMPCOPYUP, 0, 0 },
	{ "unbindable", PROPAGATION, MS_UNBINDABLE, 0 },
};

enum { MOUNT_OPTION_COUNT = sizeof mount_option_rows / sizeof *mount_option_rows };

static const struct mount_option *find_option(const char *name)
{
	size_t low = 0, high = MOUNT_OPTION_COUNT;

	while (low < high) {
		size_t middle = (low + high) / 2;
		int order = strcmp(name, mount_option_rows[middle].name);
		if (order == 0)
			return &mount_option_rows[middle];
		if (order < 0)
			high = middle;
		else
			low = middle + 1;
	}
	return NULL;
}

const char *const *plan_mount_options(struct arena *a)
{
	const char **names = arena_alloc(a, (MOUNT_OPTION_COUNT + 1) * sizeof *names);
	size_t count = 0;

	for (size_t i = 0; i < MOUNT_OPTION_COUNT; i++)
		names[count++] = mount_option_rows[i].name;
	return names;
}

static void change(uint64_t *set, uint64_t *clear, const struct mount_option *row)
{
	*set = (*set & ~row->clear) | row->set;
	*clear = (*clear & ~row->set) | row->clear;
}

static void apply_option(struct mount_options *out, const struct mount_option *row)
{
	switch (row->effect) {
	case SUPERBLOCK:
		out->superblock = (out->superblock & ~row->clear) | row->set;
		break;
	case ATTRIBUTE:
		change(&out->set, &out->clear, row);
		break;
	case BELOW:
		change(&out->set_below, &out->clear_below, row);
		break;
	case PROPAGATION:
		out->propagation = row->set;
		break;
	case BIND:
		out->is_bind = true;
		out->is_recursive |= row->set & MS_REC;
		break;
	case REMOUNT:
		out->is_remount = true;
		break;
	case TMPCOPYUP:
		out->has_tmpcopyup = true;
		break;
	case IDMAP:
		out->has_idmap = true;
		out->has_idmap_below |= row->set & MS_REC;
		break;
	case NOTHING:
		break;
	}
}

void mount_options_read(struct arena *a, const struct spec_texts *options, struct mount_options *out)
{
	*out = (struct mount_options){ 0 };
	out->data = arena_alloc(a, (options->count + 1) * sizeof *out->data);
	for (size_t i = 0; i < options->count; i++) {
		const struct mount_option *row = find_option(options->at[i]);
		if (row)
			apply_option(out, row);
		else if (options->at[i][0])
			out->data[out->data_count++] = options->at[i];
	}
}

/* Relative destinations are below "/" (deprecated by the specification, and wanted by it). */
const char *plan_find_target(struct planner *p, const char *destination)
{
	return destination[0] == '/' ? destination : planner_text(p, "/%s", destination);
}

bool plan_is_below(const char *path, const char *directory)
{
	size_t length = strlen(directory);

	while (length > 0 && directory[length - 1] == '/')
		length--;
	return strncmp(path, directory, length) == 0 && (path[length] == '/' || path[length] == '\0');
}

/* init cannot reach a source as root of a user namespace, from a joined mount namespace or after the pivot: there the runtime
 * clones the tree and passes it in. */
static bool needs_tree(const struct planner *p, bool is_late)
{
	bool has_reach = p->facts->uid == 0; /* without root the runtime reaches no more than init, and may clone no tree */

	return (has_reach && planner_has(p, CLONE_NEWUSER)) || p->joined & CLONE_NEWNS || is_late;
}

static bool is_late_target(const struct planner *p, const char *target)
{
	if (!p->has_late_proc)
		return false;
	for (size_t i = 0; i < p->spec->mounts.count; i++) {
		const struct spec_mount *mount = &p->spec->mounts.at[i];
		if (text_is_equal(mount->type, "proc") && mount->destination && plan_is_below(target, mount->destination))
			return true;
	}
	return false;
}

/* Mappings of its own make a mount id-mapped without the option, too. */
static bool has_own_maps(const struct spec_mount *mount)
{
	return mount->uid_mappings.count || mount->gid_mappings.count;
}

static bool is_mapped(const struct spec_mount *mount, const struct mount_options *o)
{
	return o->has_idmap || has_own_maps(mount);
}

/* By its own mappings, else as the container's user namespace is. */
static void find_maps(struct planner *p, const struct spec_mount *mount, struct op_tree *tree)
{
	const char *uids = plan_map_lines(p, p->linux->uid_mappings.at, p->linux->uid_mappings.count);
	const char *gids = plan_map_lines(p, p->linux->gid_mappings.at, p->linux->gid_mappings.count);

	if (has_own_maps(mount)) {
		uids = plan_map_lines(p, mount->uid_mappings.at, mount->uid_mappings.count);
		gids = plan_map_lines(p, mount->gid_mappings.at, mount->gid_mappings.count);
	} else if (p->slots[NAMESPACE_USER]) {
		tree->namespace = p->slots[NAMESPACE_USER];
		return;
	}
	tree->uid_map = plan_add_text(&p->w, uids);
	tree->gid_map = plan_add_text(&p->w, gids);
}

static plan_index add_tree(struct planner *p, const struct spec_mount *mount, const char *source, const struct mount_options *o)
{
	struct op_tree tree = { .slot = plan_add_slot(&p->w), .source = plan_add_text(&p->w, source) };

	tree.how = (o->is_recursive ? TREE_RECURSIVE : 0) | (o->has_idmap_below ? TREE_MAP_BELOW : 0);
	if (is_mapped(mount, o))
		find_maps(p, mount, &tree);
	plan_add(&p->w, OP_TREE, 0, &tree, mount);
	return tree.slot;
}

void plan_add_bind(struct planner *p, const struct spec_mount *origin, const char *source, const char *target,
		   const struct mount_options *o)
{
	plan_index slot = 0;
	uint64_t how = o->is_recursive ? TREE_RECURSIVE : 0;

	if (needs_tree(p, is_late_target(p, target)) || is_mapped(origin, o))
		slot = add_tree(p, origin, source, o);
	PLAN_ADD(&p->w, BIND, bind, 0, origin, .source = slot ? 0 : plan_add_text(&p->w, source), .slot = slot,
		 .target = plan_add_text(&p->w, target), .how = how, .set = o->set, .clear = o->clear,
		 .set_below = o->set_below, .clear_below = o->clear_below, .propagation = o->propagation);
}

static void plan_bind(struct planner *p, const struct spec_mount *mount, const struct mount_options *o)
{
	if (!mount->source || !mount->source[0]) {
		planner_refuse(p, mount, "a bind mount needs a source", "give \"source\" the host path to show");
		return;
	}
	if (o->data_count)
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
	       !is_late_target(p, plan_find_target(p, mount->destination));
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

static uint64_t find_copy(const struct planner *p, const struct mount_options *o)
{
	bool has_devices = !planner_has(p, CLONE_NEWUSER) && !p->facts->is_in_user_namespace;

	return !o->has_tmpcopyup ? 0 : has_devices ? COPY_UP : COPY_UP | COPY_NO_DEVICES;
}

/* fsconfig(2), the one way to fill a mount before it is seen, knows no word for these two; to a tmpfs they mean nothing. */
static uint64_t find_superblock(const struct mount_options *o)
{
	return o->has_tmpcopyup ? o->superblock & ~(uint64_t)(MS_SILENT | MS_I_VERSION) : o->superblock;
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
		 .options = plan_add_texts(&p->w, o->data, o->data_count),
		 .superblock = find_superblock(o) | (set & MOUNT_ATTR_RDONLY ? MS_RDONLY : 0), .set = set,
		 .propagation = o->propagation, .how = find_copy(p, o));
}

static void plan_mount(struct planner *p, const struct spec_mount *mount)
{
	struct mount_options o;

	mount_options_read(p->arena, &mount->options, &o);
	if (is_mapped(mount, &o) && (o.is_remount || !(o.is_bind || text_is_equal(mount->type, "bind"))))
		planner_refuse(p, mount, "only a bind mount can be id-mapped",
			       "leave idmap, ridmap, uidMappings and gidMappings out, or make it a bind");
	else if (o.has_tmpcopyup && !is_new_tmpfs(mount, &o))
		planner_refuse(p, &mount->options, "tmpcopyup is for a new tmpfs only",
			       "give \"type\" tmpfs, without bind and remount, or leave the option out");
	else if (o.is_remount)
		PLAN_ADD(&p->w, REMOUNT, remount, 0, mount,
			 .target = plan_add_text(&p->w, plan_find_target(p, mount->destination)), .set = o.set, .clear = o.clear,
			 .propagation = o.propagation);
	else if (o.is_bind || text_is_equal(mount->type, "bind"))
		plan_bind(p, mount, &o);
	else if (text_is_equal(mount->type, "cgroup") || text_is_equal(mount->type, "cgroup2"))
		plan_cgroup_mount(p, mount, &o);
	else
		plan_file_system(p, mount, &o);
}

void plan_mounts(struct planner *p, bool is_late)
{
	for (size_t i = 0; i < p->spec->mounts.count; i++) {
		const struct spec_mount *mount = &p->spec->mounts.at[i];
		if (mount->destination && is_late_target(p, plan_find_target(p, mount->destination)) == is_late)
			plan_mount(p, mount);
	}
}
