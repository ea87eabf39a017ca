/* Namespaces: which are made in the clone, which are joined and by whom, and what is set inside them. */
#include "runtime/plan/planner.h"

#include "spec/annotations.h"
#include "spec/base/text.h"

#include <linux/capability.h>
#include <string.h>

static const uint64_t clone_flags[NAMESPACE_COUNT] = {
	[NAMESPACE_MOUNT] = CLONE_NEWNS,   [NAMESPACE_PID] = CLONE_NEWPID,   [NAMESPACE_NETWORK] = CLONE_NEWNET,
	[NAMESPACE_UTS] = CLONE_NEWUTS,    [NAMESPACE_IPC] = CLONE_NEWIPC,   [NAMESPACE_USER] = CLONE_NEWUSER,
	[NAMESPACE_CGROUP] = CLONE_NEWCGROUP, [NAMESPACE_TIME] = CLONE_NEWTIME,
};

void plan_find_namespaces(struct planner *p)
{
	for (size_t i = 0; i < p->linux->namespaces.count; i++) {
		const struct spec_namespace *n = &p->linux->namespaces.at[i];
		if (!n->type.is_set)
			continue;
		if (p->is_exec || !n->path || !n->path[0]) {
			*(p->is_exec ? &p->joined : &p->made) |= clone_flags[n->type.value];
			continue;
		}
		if (n->path[0] != '/')
			planner_refuse(p, &n->path, planner_text(p, "the namespace path %s is not absolute", n->path),
				       "give the path as the host sees it, such as /proc/PID/ns/net");
		p->joined |= clone_flags[n->type.value];
		p->slots[n->type.value] = plan_add_slot(&p->w);
	}
	/* A neighbour in the joined namespace could read the descriptors of a process there: the host's tree is left first. In
	 * a user namespace a neighbour has no power over a process that was started outside it. */
	p->has_late_proc = !p->is_exec && p->joined & CLONE_NEWPID && !planner_has(p, CLONE_NEWUSER);
}

void plan_open_namespaces(struct planner *p)
{
	for (size_t i = 0; i < p->linux->namespaces.count; i++) {
		const struct spec_namespace *n = &p->linux->namespaces.at[i];
		if (n->type.is_set && n->path && n->path[0])
			PLAN_ADD(&p->w, NAMESPACE_FILE, namespace_file, 0, n, .slot = p->slots[n->type.value],
				 .type = clone_flags[n->type.value], .path = plan_add_text(&p->w, n->path));
	}
}

/* --- id maps ------------------------------------------------------------------------------------------------------ */

const char *plan_map_lines(struct planner *p, const struct spec_id_mapping *at, size_t count)
{
	struct text t;

	text_init(&t, p->arena);
	for (size_t i = 0; i < count; i++)
		text_add(&t, "%llu %llu %llu\n", (unsigned long long)at[i].container_id.value,
			 (unsigned long long)at[i].host_id.value, (unsigned long long)at[i].size.value);
	return t.at;
}

/* The id that sets the container up: 0 where it is mapped, else the first mapped one. */
static uint64_t setup_id(const struct spec_id_mapping *at, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (at[i].container_id.value == 0)
			return 0;
	return count ? at[0].container_id.value : 0;
}

static bool may_map_any(const struct planner *p, unsigned capability)
{
	return p->facts->capabilities >> capability & 1;
}

/* user_namespaces(7): without the capability in the parent one may map one's own id alone. What is more is for the helpers, which
 * know the subordinate ids of /etc/subuid and /etc/subgid. */
static uint64_t find_mapper(const struct planner *p, const struct spec_id_mapping *at, size_t count, unsigned capability,
			    uint64_t own)
{
	bool is_own = count == 1 && at[0].size.value == 1 && at[0].host_id.value == own;

	return is_own || may_map_any(p, capability) ? MAPPER_WRITE : MAPPER_HELPER;
}

static uint64_t group_mapper(const struct planner *p)
{
	const struct spec_linux *linux = p->linux;

	return find_mapper(p, linux->gid_mappings.at, linux->gid_mappings.count, CAP_SETGID, p->facts->gid);
}

/* user_namespaces(7): without privilege over the parent, the gid map may be written only after setgroups is denied; a namespace
 * below one that denies it does so, too. */
uint64_t plan_setgroups(const struct planner *p)
{
	bool is_own = planner_has(p, CLONE_NEWUSER) && !may_map_any(p, CAP_SETGID) && group_mapper(p) == MAPPER_WRITE;

	if (is_own || p->facts->is_setgroups_denied)
		return SETGROUPS_DENY;
	return text_is_equal(annotation_find(p->spec, ANNOTATION_KEEP_GROUPS), "1") ? SETGROUPS_KEEP : SETGROUPS_ALLOW;
}

static void add_maps(struct planner *p)
{
	const struct spec_linux *linux = p->linux;
	const struct spec_id_mapping *users = linux->uid_mappings.at, *groups = linux->gid_mappings.at;
	size_t user_count = linux->uid_mappings.count, group_count = linux->gid_mappings.count;

	PLAN_ADD(&p->w, GID_MAP, gid_map, 0, &linux->gid_mappings,
		 .lines = plan_add_text(&p->w, plan_map_lines(p, groups, group_count)),
		 .by = group_mapper(p), .setgroups = plan_setgroups(p));
	PLAN_ADD(&p->w, UID_MAP, uid_map, 0, &linux->uid_mappings,
		 .lines = plan_add_text(&p->w, plan_map_lines(p, users, user_count)),
		 .by = find_mapper(p, users, user_count, CAP_SETUID, p->facts->uid));
}

void plan_maps(struct planner *p)
{
	const struct spec_linux *linux = p->linux;

	if (!planner_has(p, CLONE_NEWUSER))
		return;
	if (p->made & CLONE_NEWUSER)
		PLAN_ADD(&p->w, AWAIT, await, 0, &linux->uid_mappings, .what = AWAIT_MAPS);
	PLAN_ADD(&p->w, BECOME_ROOT, become_root, 0, NULL, .uid = setup_id(linux->uid_mappings.at, linux->uid_mappings.count),
		 .gid = setup_id(linux->gid_mappings.at, linux->gid_mappings.count), .setgroups = plan_setgroups(p));
	if (p->made & CLONE_NEWIPC) /* the root of its mqueue belongs to who makes it, and to nobody when that was the host's root */
		PLAN_ADD(&p->w, UNSHARE, unshare, 0, NULL, .type = CLONE_NEWIPC);
}

/* --- the clone ---------------------------------------------------------------------------------------------------- */

/* Inside a user namespace one cannot join what the host owns: a joiner does it before. For exec it joins all there is, so that
 * init is born inside and the container's processes never see the host's root in it. */
static bool has_joiner(const struct planner *p)
{
	return p->joined && (p->is_exec || planner_has(p, CLONE_NEWUSER));
}

static void add_clock(struct text *lines, const char *clock, const struct spec_time_offset *offset)
{
	if (offset)
		text_add(lines, "%s %lld %llu\n", clock, (long long)offset->secs.value, (unsigned long long)offset->nanosecs.value);
}

static void plan_clocks(struct planner *p)
{
	const struct spec_time_offsets *offsets = p->linux->time_offsets;
	struct text lines;

	if (!offsets || !(p->made & CLONE_NEWTIME))
		return;
	text_init(&lines, p->arena);
	add_clock(&lines, "monotonic", offsets->monotonic);
	add_clock(&lines, "boottime", offsets->boottime);
	if (lines.length)
		PLAN_ADD(&p->w, TIME_OFFSETS, time_offsets, 0, offsets, .offsets = plan_add_text(&p->w, lines.at));
}

void plan_clone(struct planner *p)
{
	bool is_born_in_cgroup = p->cgroup && facts_can_clone_into(p->facts);
	uint64_t made = p->made & ~(uint64_t)(is_born_in_cgroup || !p->cgroup ? 0 : CLONE_NEWCGROUP);
	uint64_t how = 0;

	made &= ~(uint64_t)(planner_has(p, CLONE_NEWUSER) ? CLONE_NEWIPC : 0); /* plan_maps */
	plan_clocks(p);
	if (made & CLONE_NEWPID && !(made & CLONE_NEWTIME) && !has_joiner(p))
		how |= PROCESS_SHARES_MEMORY;
	if (planner_has(p, CLONE_NEWUSER))
		how |= PROCESS_AMBIENT;
	PLAN_ADD(&p->w, CLONE, clone, 0, p->linux->namespaces.count ? &p->linux->namespaces : NULL, .new = made,
		 .joined = has_joiner(p) ? p->joined & ~(uint64_t)CLONE_NEWCGROUP : 0, .how = how,
		 .cgroup = plan_add_text(&p->w, is_born_in_cgroup ? p->cgroup : NULL));
	if (p->made & CLONE_NEWUSER)
		add_maps(p);
}

/* --- joining ------------------------------------------------------------------------------------------------------ */

void plan_join_namespaces(struct planner *p)
{
	static const int order[] = { NAMESPACE_NETWORK, NAMESPACE_IPC, NAMESPACE_UTS, NAMESPACE_TIME, NAMESPACE_MOUNT };

	if (p->is_exec || has_joiner(p))
		return;
	for (size_t i = 0; i < sizeof order / sizeof *order; i++)
		if (p->slots[order[i]])
			PLAN_ADD(&p->w, JOIN, join, 0, NULL, .slot = p->slots[order[i]], .type = clone_flags[order[i]]);
}

/* The cgroup namespace's root is where its maker is: it is made after the cgroup was entered. */
void plan_enter_cgroup_namespace(struct planner *p)
{
	bool is_born_in_cgroup = facts_can_clone_into(p->facts);

	if (p->has_entered_cgroup)
		return;
	p->has_entered_cgroup = true;
	if (p->cgroup && (!is_born_in_cgroup || p->delegation))
		PLAN_ADD(&p->w, AWAIT, await, 0, NULL, .what = AWAIT_CGROUP);
	if (p->cgroup && !is_born_in_cgroup && p->made & CLONE_NEWCGROUP)
		PLAN_ADD(&p->w, UNSHARE, unshare, 0, NULL, .type = CLONE_NEWCGROUP);
	if (p->joined & CLONE_NEWCGROUP)
		PLAN_ADD(&p->w, JOIN, join, 0, NULL, .slot = p->is_exec ? p->container : p->slots[NAMESPACE_CGROUP],
			 .type = CLONE_NEWCGROUP);
}

/* --- network devices ---------------------------------------------------------------------------------------------- */

void plan_net_devices(struct planner *p)
{
	const char *namespace = NULL;

	for (size_t i = 0; i < p->linux->namespaces.count; i++)
		if (p->slots[NAMESPACE_NETWORK] && p->linux->namespaces.at[i].type.value == NAMESPACE_NETWORK)
			namespace = p->linux->namespaces.at[i].path;
	for (size_t i = 0; i < p->linux->net_devices.count; i++) {
		const struct spec_net_device *d = &p->linux->net_devices.at[i];
		PLAN_ADD(&p->w, NET_DEVICE, net_device, 0, d, .device = plan_add_text(&p->w, d->key),
			 .name = plan_add_text(&p->w, d->name && d->name[0] ? d->name : NULL), .namespace = plan_add_text(&p->w, namespace));
	}
}

/* Kernel parameters may be those of a device. */
void plan_await_net_devices(struct planner *p)
{
	if (p->linux->net_devices.count)
		PLAN_ADD(&p->w, AWAIT, await, 0, &p->linux->net_devices, .what = AWAIT_DEVICES);
}

/* --- what is set inside ------------------------------------------------------------------------------------------- */

void plan_names(struct planner *p)
{
	if (p->spec->hostname && p->spec->hostname[0])
		PLAN_ADD(&p->w, HOSTNAME, hostname, 0, &p->spec->hostname, .name = plan_add_text(&p->w, p->spec->hostname));
	if (p->spec->domainname && p->spec->domainname[0])
		PLAN_ADD(&p->w, DOMAINNAME, domainname, 0, &p->spec->domainname,
			 .name = plan_add_text(&p->w, p->spec->domainname));
	if (p->made & CLONE_NEWNET)
		plan_add(&p->w, OP_LOOPBACK, 0, "", NULL);
}

/* sysctl(8): the first separator decides; with '/' first, dots are part of names (net/ipv4/conf/eth0.1/forwarding). */
static const char *sysctl_path(struct planner *p, const char *key)
{
	char *path = arena_text(p->arena, key);
	char *first = strpbrk(path, "./");

	if (first && *first == '.')
		for (char *c = path; *c; c++)
			*c = (char)(*c == '.' ? '/' : *c == '/' ? '.' : *c);
	return path;
}

void plan_sysctls(struct planner *p)
{
	for (size_t i = 0; i < p->linux->sysctl.count; i++) {
		const struct spec_pair *pair = &p->linux->sysctl.at[i];
		PLAN_ADD(&p->w, SYSCTL, sysctl, 0, &pair->value, .key = plan_add_text(&p->w, sysctl_path(p, pair->key)),
			 .value = plan_add_text(&p->w, pair->value));
	}
}
