#include "spec/check_rules.h"

enum { MAPPINGS_MAX = 340 }; /* UID_GID_MAP_MAX_EXTENTS, since Linux 4.15 */

const struct spec_namespace *check_find_namespace(const struct spec_linux *linux, int type)
{
	for (size_t i = 0; linux && i < linux->namespaces.count; i++)
		if (linux->namespaces.at[i].type.is_set && linux->namespaces.at[i].type.value == type)
			return &linux->namespaces.at[i];
	return NULL;
}

bool check_lacks_namespace(const struct spec_linux *linux, int type)
{
	for (size_t i = 0; linux && i < linux->namespaces.count; i++)
		if (!linux->namespaces.at[i].type.is_set || linux->namespaces.at[i].type.value == type)
			return false;
	return true;
}

static bool overlap(const struct opt_uint *a, const struct opt_uint *a_size, const struct opt_uint *b,
		    const struct opt_uint *b_size)
{
	return a->value < b->value + b_size->value && b->value < a->value + a_size->value;
}

static bool is_complete(const struct spec_id_mapping *m)
{
	return m->container_id.is_set && m->host_id.is_set && m->size.is_set;
}

static void check_range(const struct spec_id_mapping *m, const char *pointer, size_t index, struct problems *p)
{
	if (m->container_id.value + m->size.value > UINT32_MAX || m->host_id.value + m->size.value > UINT32_MAX)
		check_refuse(p, AT(p, "%s/%zu/size", pointer, index), "reaches beyond the last id",
			     "ids end at 4294967294");
}

void check_mappings(const struct spec_id_mapping *at, size_t count, const char *pointer, struct problems *p)
{
	if (count > MAPPINGS_MAX) {
		check_refuse(p, pointer, "has too many ranges", "the kernel takes at most 340");
		return;
	}
	for (size_t i = 0; i < count; i++) {
		if (!is_complete(&at[i]))
			continue;
		check_range(&at[i], pointer, i, p);
		for (size_t j = 0; j < i; j++) {
			bool is_inside = overlap(&at[i].container_id, &at[i].size, &at[j].container_id, &at[j].size);
			if (!is_complete(&at[j]) ||
			    (!is_inside && !overlap(&at[i].host_id, &at[i].size, &at[j].host_id, &at[j].size)))
				continue;
			check_refuse(p, AT(p, "%s/%zu/%s", pointer, i, is_inside ? "containerID" : "hostID"),
				     AT(p, "overlaps with range %zu", j), "each id is mapped once");
			break;
		}
	}
}

bool check_is_mapped(const struct spec_linux *linux, bool is_group, uint64_t id)
{
	const struct spec_namespace *user = check_find_namespace(linux, NAMESPACE_USER);

	if (!user || user->path)
		return true;
	size_t count = is_group ? linux->gid_mappings.count : linux->uid_mappings.count;
	const struct spec_id_mapping *at = is_group ? linux->gid_mappings.at : linux->uid_mappings.at;
	for (size_t i = 0; i < count; i++)
		if (!is_complete(&at[i]) ||
		    (id >= at[i].container_id.value && id < at[i].container_id.value + at[i].size.value))
			return true;
	return count == 0; /* then the missing list is the mistake */
}

static void check_duplicates(const struct spec_linux *linux, struct problems *p)
{
	for (size_t i = 0; i < linux->namespaces.count; i++) {
		const struct spec_namespace *n = &linux->namespaces.at[i];
		if (n->type.is_set && check_find_namespace(linux, n->type.value) != n)
			check_refuse(p, AT(p, "/linux/namespaces/%zu/type", i),
				     AT(p, "the namespace %s is there twice",
					words_find_text(&words_namespace, n->type.value)),
				     "keep one of them");
	}
}

static void check_user(const struct spec_linux *linux, struct problems *p)
{
	static const char need[] = "a namespace of type user is needed";
	const struct spec_namespace *user = check_find_namespace(linux, NAMESPACE_USER);
	bool is_new = user && !user->path, is_none = check_lacks_namespace(linux, NAMESPACE_USER);

	if (is_none && linux->uid_mappings.count)
		check_refuse(p, "/linux/uidMappings", "there is no user namespace to map ids in", need);
	if (is_none && linux->gid_mappings.count)
		check_refuse(p, "/linux/gidMappings", "there is no user namespace to map ids in", need);
	if (is_new && !linux->uid_mappings.count)
		check_refuse(p, "/linux/uidMappings", "is missing", "a new user namespace needs its user ids mapped");
	if (is_new && !linux->gid_mappings.count)
		check_refuse(p, "/linux/gidMappings", "is missing", "a new user namespace needs its group ids mapped");
	check_mappings(linux->uid_mappings.at, linux->uid_mappings.count, "/linux/uidMappings", p);
	check_mappings(linux->gid_mappings.at, linux->gid_mappings.count, "/linux/gidMappings", p);
}

static void check_clocks(const struct spec_linux *linux, struct problems *p)
{
	const struct spec_time_offsets *offsets = linux->time_offsets;
	const struct spec_namespace *time = check_find_namespace(linux, NAMESPACE_TIME);

	if (!offsets || (!offsets->boottime && !offsets->monotonic))
		return;
	if (check_lacks_namespace(linux, NAMESPACE_TIME))
		check_refuse(p, "/linux/timeOffsets", "there is no time namespace to set clocks in",
			     "a namespace of type time is needed");
	if (time && time->path)
		check_refuse(p, "/linux/timeOffsets", "the clocks of a time namespace that is joined are set already",
			     "leave it out, or let the time namespace be a new one");
}

void check_namespaces(const struct spec_linux *linux, struct problems *p)
{
	check_duplicates(linux, p);
	check_user(linux, p);
	check_clocks(linux, p);
}
