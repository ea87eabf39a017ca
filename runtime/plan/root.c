/* The root file system: where it comes from, what of it is hidden or read-only, and how it becomes the root. */
#include "runtime/plan/planner.h"

#include <linux/mount.h>
#include <sys/mount.h>

static uint64_t propagation_flag(const struct spec_linux *linux, uint64_t otherwise)
{
	static const uint64_t flags[] = { [PROPAGATION_PRIVATE] = MS_PRIVATE,
					  [PROPAGATION_SHARED] = MS_SHARED,
					  [PROPAGATION_SLAVE] = MS_SLAVE,
					  [PROPAGATION_UNBINDABLE] = MS_UNBINDABLE };

	return linux->rootfs_propagation.is_set ? flags[linux->rootfs_propagation.value] : otherwise;
}

const char *plan_host_path(struct planner *p, const char *path)
{
	return path[0] == '/' ? path : planner_text(p, "%s/%s", p->request->bundle, path);
}

void plan_root(struct planner *p)
{
	const struct spec_root *root = p->spec->root;

	/* What is mounted for the container must not travel to the host: the copied tree is cut off, as a slave unless the
	 * configuration wants less or more. */
	if (p->made & CLONE_NEWNS) {
		uint64_t flag = propagation_flag(p->linux, MS_SLAVE);
		PLAN_ADD(&p->w, PROPAGATION, propagation, 0,
			 p->linux->rootfs_propagation.is_set ? &p->linux->rootfs_propagation : NULL,
			 .flags = MS_REC | (flag == MS_PRIVATE || flag == MS_SHARED ? flag : MS_SLAVE));
	}
	if (root)
		PLAN_ADD(&p->w, ROOT, root, 0, &root->path, .path = plan_add_text(&p->w, plan_host_path(p, root->path)));
}

static uint64_t pivot_how(const struct planner *p)
{
	return !planner_has(p, CLONE_NEWNS) ? PIVOT_CHROOT : p->request->has_no_pivot ? PIVOT_MOVE : PIVOT_ROOT;
}

void plan_pivot(struct planner *p)
{
	if (p->spec->root)
		PLAN_ADD(&p->w, PIVOT, pivot, 0, NULL, .how = pivot_how(p));
}

void plan_root_mode(struct planner *p)
{
	const struct spec_root *root = p->spec->root;
	bool is_readonly = root && root->readonly.is_set && root->readonly.value;
	uint64_t propagation = propagation_flag(p->linux, 0);

	if (propagation != MS_SHARED && propagation != MS_UNBINDABLE)
		propagation = 0;
	if (!root || (!is_readonly && !propagation))
		return;
	if (pivot_how(p) == PIVOT_CHROOT)
		planner_refuse(p, root, "a read-only root and a root propagation need a mount namespace",
			       "add {\"type\": \"mount\"} to /linux/namespaces");
	PLAN_ADD(&p->w, ROOT_MODE, root_mode, 0,
		 is_readonly ? (const void *)&root->readonly : (const void *)&p->linux->rootfs_propagation,
		 .set = is_readonly ? MOUNT_ATTR_RDONLY : 0, .propagation = propagation);
}

void plan_hidden_paths(struct planner *p)
{
	const struct spec_texts *readonly = &p->linux->readonly_paths, *masked = &p->linux->masked_paths;

	for (size_t i = 0; i < readonly->count; i++)
		PLAN_ADD(&p->w, READONLY, readonly, OP_MAY_BE_MISSING, &readonly->at[i],
			 .path = plan_add_text(&p->w, readonly->at[i]));
	for (size_t i = 0; i < masked->count; i++)
		PLAN_ADD(&p->w, MASK, mask, OP_MAY_BE_MISSING, &masked->at[i], .path = plan_add_text(&p->w, masked->at[i]));
}
