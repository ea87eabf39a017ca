/* Resources: linux.resources is lowered to rows (controller, file, value) in the dialect that each controller speaks here. */
#include "runtime/plan/limits.h"
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

/* 0 is a valid limit (the specification says so). A process cannot be born into a v2 cgroup of that limit, and 1 forbids
 * the payload just the same: to fork. */
static void plan_pids(struct planner *p, const struct spec_pids *pids)
{
	bool is_limited = pids->limit.is_set && pids->limit.value >= 0;
	const struct facts_hierarchy *h = is_limited ? limit_find(p, "pids", pids) : facts_find_controller(p->facts, "pids");

	if (!pids->limit.is_set || !h || !p->cgroup)
		return;
	int64_t value = pids->limit.value == 0 && h->version == 2 ? 1 : pids->limit.value;
	unsigned flags = is_limited && value <= 1 && p->request->cgroups == PLAN_SYSTEMD ? OP_LATE : 0;
	limit_add(p, "pids", "pids.max", &pids->limit, flags, is_limited ? limit_number(p, value) : "max");
}

/* Reservation and use: runtimes limit both. Kernels before 5.7 do not count reservations. */
static void plan_hugepages(struct planner *p, const struct spec_hugepage_limit *huge)
{
	const struct facts_hierarchy *h = limit_find(p, "hugetlb", huge);
	const char *suffix = h && h->version == 2 ? "max" : "limit_in_bytes";
	const char *value = planner_text(p, "%llu", (unsigned long long)huge->limit.value);

	if (!h)
		return;
	limit_add(p, "hugetlb", planner_text(p, "hugetlb.%s.%s", huge->page_size, suffix), huge, 0, value);
	limit_add(p, "hugetlb", planner_text(p, "hugetlb.%s.rsvd.%s", huge->page_size, suffix), huge, OP_MAY_BE_MISSING, value);
}

static void plan_rdma(struct planner *p, const struct spec_rdma *rdma)
{
	const char *handles = rdma->hca_handles.is_set ? planner_text(p, " hca_handle=%u", (unsigned)rdma->hca_handles.value) : "";
	const char *objects = rdma->hca_objects.is_set ? planner_text(p, " hca_object=%u", (unsigned)rdma->hca_objects.value) : "";

	if (limit_find(p, "rdma", rdma))
		limit_add(p, "rdma", "rdma.max", rdma, 0, planner_text(p, "%s%s%s", rdma->key, handles, objects));
}

/* Both exist on v1 only, and nothing on v2 does the same. A class of 0 is none. */
static void plan_network(struct planner *p, const struct spec_network *network)
{
	bool has_class = limit_is_set(&network->class_id), has_any = has_class || network->priorities.count;

	if (has_any && facts_is_unified(p->facts) && p->facts->hierarchy_count) {
		planner_refuse(p, network, "cgroup v2 has neither network classes nor priorities",
			       "leave network out; nftables can match a cgroup's packets (socket cgroupv2)");
		return;
	}
	if (has_class && limit_find(p, "net_cls", &network->class_id))
		limit_add(p, "net_cls", "net_cls.classid", &network->class_id, 0,
			  limit_number(p, (int64_t)network->class_id.value));
	for (size_t i = 0; i < network->priorities.count; i++) {
		const struct spec_interface_priority *one = &network->priorities.at[i];
		if (limit_find(p, "net_prio", one))
			limit_add(p, "net_prio", "net_prio.ifpriomap", one, 0,
				  planner_text(p, "%s %llu", one->name, (unsigned long long)one->priority.value));
	}
}

/* A file with several lines, such as io.max, takes one line at a time. */
static void add_lines(struct planner *p, const char *controller, const struct spec_pair *pair)
{
	const char *line = pair->value;

	do {
		size_t length = strcspn(line, "\n");
		if (length || !pair->value[0])
			limit_add(p, controller, pair->key, &pair->value, 0, arena_copy(p->arena, line, length));
		line += length + (line[length] == '\n');
	} while (*line);
}

static void plan_unified(struct planner *p, const struct spec_pair *pair)
{
	const char *controller = arena_copy(p->arena, pair->key, strcspn(pair->key, "."));
	const struct facts_hierarchy *h = facts_find_controller(p->facts, controller);

	if (strchr(pair->key, '/') || pair->key[0] == '\0')
		planner_refuse(p, &pair->value, "the name of a cgroup file has a slash or is empty", "use names such as \"memory.high\"");
	else if (text_is_equal(controller, "cgroup") ? !facts_find_controller(p->facts, "") : !h || h->version != 2)
		planner_refuse(p, &pair->value,
			       planner_text(p, "%s is a file of cgroup v2, and this host has no v2 controller %s", pair->key, controller),
			       "boot with systemd.unified_cgroup_hierarchy=1, or use the v1 properties beside it");
	else
		add_lines(p, text_is_equal(controller, "cgroup") ? "" : controller, pair);
}

void plan_limits(struct planner *p, const struct spec_resources *r)
{
	if (r->memory)
		plan_memory(p, r->memory);
	if (r->cpu)
		plan_cpu(p, r->cpu);
	if (r->pids)
		plan_pids(p, r->pids);
	if (r->block_io)
		plan_block_io(p, r->block_io);
	for (size_t i = 0; i < r->hugepage_limits.count; i++)
		plan_hugepages(p, &r->hugepage_limits.at[i]);
	for (size_t i = 0; i < r->rdma.count; i++)
		plan_rdma(p, &r->rdma.at[i]);
	if (r->network)
		plan_network(p, r->network);
	for (size_t i = 0; i < r->unified.count; i++)
		plan_unified(p, &r->unified.at[i]);
}

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

void plan_resources(struct planner *p)
{
	const struct spec_resources *r = p->linux->resources;

	if (r)
		plan_limits(p, r);
	plan_device_rules(p, r);
}

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

const char *plan_find_controllers(const struct plan *plan, struct arena *a)
{
	struct text t;

	text_init(&t, a);
	for (size_t i = 0; i < plan_count(plan); i++) {
		const struct op *op = plan_find_op(plan, i);
		const struct op_limit *payload = plan_payload(plan, op);
		const char *name = op->kind == OP_LIMIT ? plan_get_text(plan, payload->controller) : "";
		if (name[0] && !strstr(t.at, arena_format(a, " %s ", name)))
			text_add(&t, " %s ", name);
	}
	return t.at;
}
