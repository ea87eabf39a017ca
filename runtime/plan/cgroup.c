/* The container's cgroup: its path, who makes it, and to whom it is given. */
#include "runtime/plan/planner.h"
#include "runtime/plan/unit.h"

#include "spec/annotations.h"

#include <string.h>

/* --- the path ----------------------------------------------------------------------------------------------------- */

static bool climbs_out(const char *path)
{
	for (const char *c = path; c; c = strchr(c, '/')) {
		c += *c == '/';
		if (strncmp(c, "..", 2) == 0 && (c[2] == '/' || c[2] == '\0'))
			return true;
	}
	return false;
}

/* Without empty and "." components: what is left is what cgroupfs shows. */
static char *clean_path(struct arena *a, const char *path)
{
	struct text t;

	text_init(&t, a);
	while (*path) {
		size_t length = strcspn(path, "/");
		if (length && !(length == 1 && path[0] == '.'))
			text_add(&t, "/%.*s", (int)length, path);
		path += length + (path[length] == '/');
	}
	return t.at;
}

/* Where relative paths begin. On v2 a cgroup with processes cannot have children with limits, so ours goes beside us; but where our
 * own cgroup is all that was delegated, in it. */
static const char *own_parent(struct arena *a, const struct facts *f)
{
	const struct facts_hierarchy *h = facts_find_controller(f, "memory");
	char *path;

	if (!h)
		h = f->hierarchy_count ? &f->hierarchies[0] : NULL;
	path = clean_path(a, h ? h->own_path : "");
	if (h && h->version == 2 && !f->has_closed_parent && strrchr(path, '/'))
		*strrchr(path, '/') = '\0';
	return path;
}

const char *plan_cgroup_path(const struct plan_request *request, struct problems *problems)
{
	const struct spec_linux *linux = request->spec->linux;
	const char *wanted = linux ? linux->cgroups_path : NULL;
	struct scope scope;
	const char *path;

	if (request->cgroups == PLAN_SYSTEMD)
		return scope_read(request, problems, &scope) ? scope.group : NULL;
	if (wanted && climbs_out(wanted)) {
		problems_add(problems, false, "/linux/cgroupsPath", "the cgroup path has a \"..\"", "name the cgroup itself");
		return NULL;
	}
	if (wanted && wanted[0] == '/')
		path = clean_path(request->arena, wanted);
	else
		path = clean_path(request->arena, arena_format(request->arena, "%s/%s", own_parent(request->arena, request->facts),
							       wanted && wanted[0] ? wanted : request->id));
	if (path[0])
		return path;
	problems_add(problems, false, "/linux/cgroupsPath", "the cgroup path is the root of the hierarchy", "name a cgroup below it");
	return NULL;
}

/* --- whose it is -------------------------------------------------------------------------------------------------- */

/* The specification's "Cgroup ownership": only on v2, in a cgroup namespace of its own, where cgroupfs is mounted to be written. */
static bool is_delegated(const struct planner *p)
{
	bool is_writable = false;

	for (size_t i = 0; i < p->spec->mounts.count; i++) {
		const struct spec_mount *m = &p->spec->mounts.at[i];
		bool is_ro = false;
		if (!text_is_equal(m->source, "cgroup") || !text_is_equal(m->destination, "/sys/fs/cgroup"))
			continue;
		for (size_t k = 0; k < m->options.count; k++)
			is_ro |= text_is_equal(m->options.at[k], "ro");
		is_writable |= !is_ro;
	}
	return is_writable && p->made & CLONE_NEWCGROUP && p->facts->hierarchy_count && facts_is_unified(p->facts);
}

/* The process's user as the host sees it. */
static uint64_t find_host_uid(const struct planner *p)
{
	const struct spec_process *process = p->spec->process;
	uint64_t uid = process && process->user ? process->user->uid.value : 0;

	for (size_t i = 0; i < p->linux->uid_mappings.count; i++) {
		const struct spec_id_mapping *m = &p->linux->uid_mappings.at[i];
		if (uid >= m->container_id.value && uid - m->container_id.value < m->size.value)
			return uid - m->container_id.value + m->host_id.value;
	}
	return uid;
}

static void plan_owner(struct planner *p)
{
	uint64_t uid = find_host_uid(p);

	if (is_delegated(p) && uid != p->facts->uid)
		PLAN_ADD(&p->w, CGROUP_OWNER, cgroup_owner, 0, NULL, .uid = uid);
}

/* crun's annotation. Whoever may write into a v1 cgroup can raise its own limits: only v2 has delegation. */
static void find_delegation(struct planner *p)
{
	const struct spec_pair *pair = annotation_find_pair(p->spec, ANNOTATION_DELEGATE_CGROUP);

	if (!pair)
		return;
	if (!p->cgroup)
		planner_refuse(p, &pair->value, "the container has no cgroup to give a part of", "leave it out, or let the cgroup be made");
	else if (!facts_is_unified(p->facts))
		planner_refuse(p, &pair->value, "only cgroup v2 can be handed out, and this host has v1 hierarchies",
			       "boot with systemd.unified_cgroup_hierarchy=1");
	else if (!facts_can_clone_into(p->facts)) /* the cgroup namespace is made late, and its root would be the cgroup below */
		planner_refuse(p, &pair->value, "systemd has to put the process into its cgroup, and then none below it can be handed out",
			       "start from inside of the user's own slice, as by systemd-run --user --scope");
	else
		p->delegation = pair;
}

void plan_delegation(struct planner *p)
{
	if (p->delegation)
		PLAN_ADD(&p->w, DELEGATE, delegate, 0, &p->delegation->value,
			 .path = plan_add_text(&p->w, planner_text(p, "%s/%s", p->cgroup, p->delegation->value)), .uid = find_host_uid(p));
}

/* --- the order ---------------------------------------------------------------------------------------------------- */

void plan_cgroup(struct planner *p)
{
	find_delegation(p);
	if (p->request->cgroups == PLAN_SYSTEMD)
		plan_scope(p);
	if (p->cgroup)
		PLAN_ADD(&p->w, CGROUP, cgroup, 0, p->linux->cgroups_path ? &p->linux->cgroups_path : NULL,
			 .path = plan_add_text(&p->w, p->cgroup));
	plan_resources(p);
	if (p->cgroup)
		plan_owner(p);
}
