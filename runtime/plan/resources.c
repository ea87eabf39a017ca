/* Resources: linux.resources is lowered to rows (controller, file, value) in the dialect that each controller speaks here. */
#include "runtime/plan/limits.h"

#include <string.h>

/* 0 is a valid limit (the specification says so). A process cannot be born into a v2 cgroup of that limit, and 1 forbids
 * the payload just the same: to fork. */
static void plan_pids(struct planner *p, const struct spec_pids *pids)
{
	bool is_limited = pids->limit.is_set && pids->limit.value >= 0;
	const struct facts_hierarchy *h = limit_find_bound(p, "pids", pids, is_limited);

	if (!pids->limit.is_set || !h)
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
	const char *name = arena_copy(p->arena, pair->key, strcspn(pair->key, "."));
	const char *controller = text_is_equal(name, "cgroup") ? "" : name;
	const struct facts_hierarchy *h = facts_find_controller(p->facts, controller);

	if (strchr(pair->key, '/') || pair->key[0] == '\0')
		planner_refuse(p, &pair->value, "the name of a cgroup file has a slash or is empty", "use names such as \"memory.high\"");
	else if (!h || h->version != 2)
		planner_refuse(p, &pair->value,
			       planner_text(p, "%s is a file of cgroup v2, and this host has no v2 controller %s", pair->key, name),
			       "boot with systemd.unified_cgroup_hierarchy=1, or use the v1 properties beside it");
	else if (limit_find(p, controller, &pair->value))
		add_lines(p, controller, pair);
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

void plan_resources(struct planner *p)
{
	const struct spec_resources *r = p->linux->resources;

	if (r)
		plan_limits(p, r);
	plan_device_rules(p, r);
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
