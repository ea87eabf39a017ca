/* Binds: where a mount goes, who can reach its source, and whose ids its files show. */
#include "runtime/plan/planner.h"

#include <linux/capability.h>
#include <string.h>

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
	/* without root, the runtime reaches no more than init, and it may clone no tree of mounts that are another's */
	bool has_reach = p->facts->uid == 0 && p->facts->capabilities >> CAP_SYS_ADMIN & 1 && !p->facts->has_foreign_mounts;

	return (has_reach && planner_has(p, CLONE_NEWUSER)) || p->joined & CLONE_NEWNS || is_late;
}

bool plan_is_late_target(const struct planner *p, const char *target)
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

bool plan_is_mapped(const struct spec_mount *mount, const struct mount_options *o)
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

static uint64_t source_how(const struct mount_options *o)
{
	return (o->is_recursive ? TREE_RECURSIVE : 0) | (o->is_source_as_is || o->has_copy_symlink ? TREE_NO_FOLLOW : 0);
}

static plan_index add_tree(struct planner *p, const struct spec_mount *mount, const char *source, const struct mount_options *o)
{
	struct op_tree tree = { .slot = plan_add_slot(&p->w), .source = plan_add_text(&p->w, source) };

	tree.how = source_how(o) | (o->has_idmap_below ? TREE_MAP_BELOW : 0);
	if (plan_is_mapped(mount, o))
		find_maps(p, mount, &tree);
	plan_add(&p->w, OP_TREE, 0, &tree, mount);
	return tree.slot;
}

void plan_add_bind(struct planner *p, const struct spec_mount *origin, const char *source, const char *target,
		   const struct mount_options *o)
{
	plan_index slot = 0;
	uint64_t how = source_how(o) | (o->has_copy_symlink ? TREE_COPY_LINK : 0) | (o->is_target_as_is ? TREE_TARGET_AS_IS : 0);

	if (needs_tree(p, plan_is_late_target(p, target)) || plan_is_mapped(origin, o))
		slot = add_tree(p, origin, source, o);
	PLAN_ADD(&p->w, BIND, bind, 0, origin, .source = slot ? 0 : plan_add_text(&p->w, source), .slot = slot,
		 .target = plan_add_text(&p->w, target), .how = how, .set = o->set, .clear = o->clear,
		 .set_below = o->set_below, .clear_below = o->clear_below, .propagation = o->propagation);
}
