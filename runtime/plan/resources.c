/* Resources: linux.resources is lowered to rows (controller, file, value) in the dialect that each controller speaks here. */
#include "runtime/plan/planner.h"

#include <math.h>
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

/* Where relative paths begin. On v2 a cgroup with processes cannot have children with limits, so ours goes beside us. */
static const char *own_parent(struct arena *a, const struct facts *f)
{
	const struct facts_hierarchy *h = facts_find_controller(f, "memory");
	char *path;

	if (!h)
		h = f->hierarchy_count ? &f->hierarchies[0] : NULL;
	path = clean_path(a, h ? h->own_path : "");
	if (h && h->version == 2 && strrchr(path, '/'))
		*strrchr(path, '/') = '\0';
	return path;
}

const char *plan_cgroup_path(const struct plan_request *request, struct problems *problems)
{
	const struct spec_linux *linux = request->spec->linux;
	const char *wanted = linux ? linux->cgroups_path : NULL;
	const char *path;

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

/* --- rows --------------------------------------------------------------------------------------------------------- */

static const struct facts_hierarchy *find(struct planner *p, const char *controller, const void *member)
{
	const struct facts_hierarchy *h = facts_find_controller(p->facts, controller);

	if (!h || !p->cgroup) {
		planner_refuse(p, member,
			       planner_text(p, "the limit needs the cgroup controller %s, which %s", controller,
					    h ? "the caller may not use" : "this host does not have"),
			       h ? "run as root, or where a cgroup is delegated" : "enable it, or leave the limit out");
		return NULL;
	}
	return h;
}

static void limit(struct planner *p, const char *controller, const char *file, const void *member, unsigned flags,
		  const char *value)
{
	PLAN_ADD(&p->w, LIMIT, limit, flags, member, .controller = plan_add_text(&p->w, controller),
		 .file = plan_add_text(&p->w, file), .value = plan_add_text(&p->w, value));
}

static const char *number(struct planner *p, int64_t value)
{
	return planner_text(p, "%lld", (long long)value);
}

/* Zero means "not set" to every engine; -1 is unlimited, which v2 spells "max". */
static bool is_given(const struct opt_int *n)
{
	return n->is_set && n->value != 0;
}

static const char *bytes(struct planner *p, int version, int64_t value)
{
	return value < 0 ? (version == 2 ? "max" : "-1") : number(p, value);
}

static void memory_v1(struct planner *p, const struct spec_memory *m)
{
	if (is_given(&m->limit))
		limit(p, "memory", "memory.limit_in_bytes", &m->limit, 0, bytes(p, 1, m->limit.value));
	if (is_given(&m->swap))
		limit(p, "memory", "memory.memsw.limit_in_bytes", &m->swap, m->swap.value < 0 ? OP_MAY_BE_MISSING : 0,
		      bytes(p, 1, m->swap.value));
	if (is_given(&m->reservation))
		limit(p, "memory", "memory.soft_limit_in_bytes", &m->reservation, 0, bytes(p, 1, m->reservation.value));
	if (is_given(&m->kernel_tcp))
		limit(p, "memory", "memory.kmem.tcp.limit_in_bytes", &m->kernel_tcp, OP_MAY_BE_MISSING,
		      bytes(p, 1, m->kernel_tcp.value));
	if (m->swappiness.is_set)
		limit(p, "memory", "memory.swappiness", &m->swappiness, 0, number(p, (int64_t)m->swappiness.value));
	if (m->disable_oom_killer.is_set && m->disable_oom_killer.value)
		limit(p, "memory", "memory.oom_control", &m->disable_oom_killer, 0, "1");
	if (m->use_hierarchy.is_set && m->use_hierarchy.value)
		limit(p, "memory", "memory.use_hierarchy", &m->use_hierarchy, OP_MAY_BE_MISSING, "1");
}

/* config.md counts memory and swap together, v2 counts swap alone. */
static void swap_v2(struct planner *p, const struct spec_memory *m)
{
	if (m->swap.value < 0)
		limit(p, "memory", "memory.swap.max", &m->swap, OP_MAY_BE_MISSING, "max");
	else if (!is_given(&m->limit) || m->limit.value < 0)
		planner_refuse(p, &m->swap, "a swap limit counts memory and swap together, so it needs a memory limit",
			       "set \"limit\" too");
	else
		limit(p, "memory", "memory.swap.max", &m->swap, m->swap.value == m->limit.value ? OP_MAY_BE_MISSING : 0,
		      number(p, m->swap.value - m->limit.value));
}

static void memory_v2(struct planner *p, const struct spec_memory *m)
{
	static const char no_file[] = "cgroup v2 has no such setting; it is left out";

	if (is_given(&m->limit))
		limit(p, "memory", "memory.max", &m->limit, 0, bytes(p, 2, m->limit.value));
	if (is_given(&m->swap))
		swap_v2(p, m);
	if (is_given(&m->reservation))
		limit(p, "memory", "memory.low", &m->reservation, 0, bytes(p, 2, m->reservation.value));
	if (m->swappiness.is_set)
		planner_warn(p, &m->swappiness, no_file, NULL);
	if (m->disable_oom_killer.is_set && m->disable_oom_killer.value)
		planner_warn(p, &m->disable_oom_killer, no_file, NULL);
	if (is_given(&m->kernel_tcp))
		planner_warn(p, &m->kernel_tcp, no_file, NULL);
}

static void plan_memory(struct planner *p, const struct spec_memory *m)
{
	bool has_any = is_given(&m->limit) || is_given(&m->swap) || is_given(&m->reservation) || is_given(&m->kernel_tcp) ||
		       m->swappiness.is_set || (m->disable_oom_killer.is_set && m->disable_oom_killer.value) ||
		       (m->use_hierarchy.is_set && m->use_hierarchy.value);
	const struct facts_hierarchy *h = has_any ? find(p, "memory", m) : NULL;

	if (is_given(&m->kernel))
		planner_warn(p, &m->kernel, "the kernel has no separate limit for kernel memory since 6.1; it is left out", NULL);
	if (h && h->version == 1)
		memory_v1(p, m);
	else if (h)
		memory_v2(p, m);
}

/* Both scales are logarithmic in their middle: 2 -> 1, 1024 -> 100, 262144 -> 10000. */
int64_t plan_weight_of_shares(uint64_t shares)
{
	if (shares <= 2)
		return 1;
	if (shares >= 262144)
		return 10000;
	double l = log2((double)shares);
	return (int64_t)ceil(pow(10, (l * l + 125 * l) / 612.0 - 7.0 / 34.0));
}

static void uint_limit(struct planner *p, const char *file, const struct opt_uint *n)
{
	if (n->is_set && n->value)
		limit(p, "cpu", file, n, 0, planner_text(p, "%llu", (unsigned long long)n->value));
}

static void cpu_v1(struct planner *p, const struct spec_cpu *c)
{
	uint_limit(p, "cpu.shares", &c->shares);
	uint_limit(p, "cpu.cfs_period_us", &c->period);
	if (is_given(&c->quota))
		limit(p, "cpu", "cpu.cfs_quota_us", &c->quota, 0, number(p, c->quota.value));
	uint_limit(p, "cpu.cfs_burst_us", &c->burst);
	uint_limit(p, "cpu.rt_period_us", &c->realtime_period);
	if (is_given(&c->realtime_runtime))
		limit(p, "cpu", "cpu.rt_runtime_us", &c->realtime_runtime, 0, number(p, c->realtime_runtime.value));
}

static void cpu_v2(struct planner *p, const struct spec_cpu *c)
{
	if (c->shares.is_set && c->shares.value)
		limit(p, "cpu", "cpu.weight", &c->shares, 0, number(p, plan_weight_of_shares(c->shares.value)));
	if (is_given(&c->quota) || (c->period.is_set && c->period.value)) {
		const char *quota = is_given(&c->quota) && c->quota.value > 0 ? number(p, c->quota.value) : "max";
		unsigned long long period = c->period.is_set && c->period.value ? c->period.value : 100000;
		limit(p, "cpu", "cpu.max", is_given(&c->quota) ? (const void *)&c->quota : &c->period, 0,
		      planner_text(p, "%s %llu", quota, period));
	}
	uint_limit(p, "cpu.max.burst", &c->burst);
	if (is_given(&c->realtime_runtime) || (c->realtime_period.is_set && c->realtime_period.value))
		planner_refuse(p, c, "cgroup v2 has no limits for realtime processes", "leave realtimeRuntime and realtimePeriod out");
}

static void plan_cpu(struct planner *p, const struct spec_cpu *c)
{
	bool has_any = (c->shares.is_set && c->shares.value) || is_given(&c->quota) || (c->period.is_set && c->period.value) ||
		       (c->burst.is_set && c->burst.value) || is_given(&c->realtime_runtime) ||
		       (c->realtime_period.is_set && c->realtime_period.value) || is_given(&c->idle);
	const struct facts_hierarchy *h = has_any ? find(p, "cpu", c) : NULL;

	if (h && is_given(&c->idle))
		limit(p, "cpu", "cpu.idle", &c->idle, 0, number(p, c->idle.value));
	if (h && h->version == 1)
		cpu_v1(p, c);
	else if (h)
		cpu_v2(p, c);
	bool has_cpus = c->cpus && c->cpus[0], has_mems = c->mems && c->mems[0];
	if ((has_cpus || has_mems) && find(p, "cpuset", c)) {
		if (has_cpus)
			limit(p, "cpuset", "cpuset.cpus", &c->cpus, 0, c->cpus);
		if (has_mems)
			limit(p, "cpuset", "cpuset.mems", &c->mems, 0, c->mems);
	}
}

/* 0 is a valid limit (the specification says so). A process cannot be born into a v2 cgroup of that limit, and 1 forbids
 * the payload just the same: to fork. */
static void plan_pids(struct planner *p, const struct spec_pids *pids)
{
	bool is_limited = pids->limit.is_set && pids->limit.value >= 0;
	const struct facts_hierarchy *h = is_limited ? find(p, "pids", pids) : facts_find_controller(p->facts, "pids");

	if (!pids->limit.is_set || !h || !p->cgroup)
		return;
	int64_t value = pids->limit.value == 0 && h->version == 2 ? 1 : pids->limit.value;
	limit(p, "pids", "pids.max", &pids->limit, 0, is_limited ? number(p, value) : "max");
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
		limit(p, text_is_equal(controller, "cgroup") ? "" : controller, pair->key, &pair->value, 0, pair->value);
}

/* --- devices ------------------------------------------------------------------------------------------------------ */

static void device_rule(struct planner *p, const void *origin, unsigned flags, bool is_allowed, const char *type,
			const char *major, const char *minor, const char *access)
{
	PLAN_ADD(&p->w, DEVICE_RULE, device_rule, flags, origin, .is_allowed = is_allowed, .type = plan_add_text(&p->w, type),
		 .major = plan_add_text(&p->w, major), .minor = plan_add_text(&p->w, minor),
		 .access = plan_add_text(&p->w, access));
}

static const char *device_number(struct planner *p, const struct opt_int *n)
{
	return n->is_set && n->value >= 0 ? number(p, n->value) : "*";
}

/* What every container may use: its default devices, terminals, and making nodes (which gives no access). */
static void default_device_rules(struct planner *p, unsigned flags)
{
	static const struct {
		const char *type, *major, *minor, *access;
	} rows[] = {
		{ "c", "*", "*", "m" },   { "b", "*", "*", "m" },   { "c", "1", "3", "rwm" }, { "c", "1", "5", "rwm" },
		{ "c", "1", "7", "rwm" }, { "c", "1", "8", "rwm" }, { "c", "1", "9", "rwm" }, { "c", "5", "0", "rwm" },
		{ "c", "5", "2", "rwm" }, { "c", "136", "*", "rwm" },
	};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		device_rule(p, NULL, flags, true, rows[i].type, rows[i].major, rows[i].minor, rows[i].access);
}

static void plan_device_rules(struct planner *p, const struct spec_resources *r)
{
	unsigned flags = p->facts->uid != 0 || p->facts->is_in_user_namespace ? OP_MAY_BE_DENIED : 0;
	const struct facts_hierarchy *devices = facts_find_controller(p->facts, "devices");

	if (!p->cgroup || (!devices && !facts_is_unified(p->facts)))
		return;
	device_rule(p, NULL, flags, false, "a", "*", "*", "rwm");
	for (size_t i = 0; r && i < r->devices.count; i++) {
		const struct spec_device_rule *d = &r->devices.at[i];
		device_rule(p, d, flags, d->allow.value, d->type && d->type[0] ? d->type : "a", device_number(p, &d->major),
			    device_number(p, &d->minor), d->access && d->access[0] ? d->access : "rwm");
	}
	default_device_rules(p, flags);
}

void plan_cgroup(struct planner *p)
{
	const struct spec_resources *r = p->linux->resources;

	if (p->cgroup)
		PLAN_ADD(&p->w, CGROUP, cgroup, 0, p->linux->cgroups_path ? &p->linux->cgroups_path : NULL,
			 .path = plan_add_text(&p->w, p->cgroup));
	if (r && r->memory)
		plan_memory(p, r->memory);
	if (r && r->cpu)
		plan_cpu(p, r->cpu);
	if (r && r->pids)
		plan_pids(p, r->pids);
	for (size_t i = 0; r && i < r->unified.count; i++)
		plan_unified(p, &r->unified.at[i]);
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
