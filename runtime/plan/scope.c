/* The transient scope that systemd makes for a container: which name, in which slice, with which properties. */
#include "runtime/plan/limits.h"
#include "runtime/plan/unit.h"

#include "spec/annotations.h"

#include <string.h>

#define POINTER "/linux/cgroupsPath"
#define FORM "cgroupsPath is slice:prefix:name, such as system.slice:boxcar:web, where systemd makes the cgroup"

static const char valid[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789:-_.\\";

/* --- names -------------------------------------------------------------------------------------------------------- */

/* "cpu.x" could be a file of cgroupfs. */
static bool begins_as_file(const char *unit)
{
	static const char *const taken[] = { "cgroup", "cpu", "cpuacct", "cpuset", "io", "blkio", "memory", "devices", "pids" };
	size_t length = strcspn(unit, ".");

	for (size_t i = 0; i < sizeof taken / sizeof *taken; i++)
		if (strlen(taken[i]) == length && strncmp(unit, taken[i], length) == 0 && unit[length] == '.')
			return true;
	return false;
}

const char *scope_escape(const char *unit, struct arena *a)
{
	return unit[0] == '_' || unit[0] == '.' || begins_as_file(unit) ? arena_format(a, "_%s", unit) : unit;
}

/* Such as "cpu.x.scope": what its cgroup is called depends on the release of systemd. */
static bool is_ambiguous(const char *unit)
{
	return begins_as_file(unit) && strchr(unit, '.') != strrchr(unit, '.') && !text_has_prefix(unit, "cgroup.");
}

const char *scope_expand_slice(const char *slice, struct arena *a)
{
	size_t length = strlen(slice), stem = length - strlen(".slice");
	struct text t;

	if (length <= strlen(".slice") || length > UNIT_NAME_MAX || strcmp(slice + stem, ".slice") != 0)
		return NULL;
	if (strspn(slice, valid) != length || is_ambiguous(slice))
		return NULL;
	if (strcmp(slice, "-.slice") == 0)
		return "";
	if (slice[0] == '-' || slice[stem - 1] == '-' || strstr(slice, "--"))
		return NULL;
	text_init(&t, a);
	for (size_t i = 0; i <= stem; i++)
		if (i == stem || slice[i] == '-')
			text_add(&t, "/%s", scope_escape(arena_format(a, "%.*s.slice", (int)i, slice), a));
	return t.at;
}

/* As systemd-escape has it: what may not be in a name is "\x2b". */
static const char *escape_id(const char *id, struct arena *a)
{
	struct text t;

	text_init(&t, a);
	for (; *id; id++)
		text_add(&t, strchr(valid, *id) ? "%c" : "\\x%02x", (unsigned char)*id);
	return t.at;
}

static bool refuse(struct problems *problems, const char *message, const char *advice)
{
	problems_add(problems, false, POINTER, message, advice);
	return false;
}

/* --- linux.cgroupsPath -------------------------------------------------------------------------------------------- */

struct parts {
	const char *slice, *prefix, *name; /* "" where it is left to us */
};

static bool read_parts(const struct plan_request *request, struct problems *problems, struct parts *out)
{
	const char *wanted = request->spec->linux ? request->spec->linux->cgroups_path : NULL;
	struct arena *a = request->arena;

	*out = (struct parts){ "", "", "" };
	if (!wanted || !wanted[0])
		return true;
	const char *first = strchr(wanted, ':'), *second = first ? strchr(first + 1, ':') : NULL;
	if (!second || strchr(second + 1, ':'))
		return refuse(problems, arena_format(a, "\"%s\" does not name a scope of systemd", wanted), FORM);
	*out = (struct parts){ arena_copy(a, wanted, (size_t)(first - wanted)), arena_copy(a, first + 1, (size_t)(second - first - 1)),
			       second + 1 };
	return true;
}

static bool check_unit(const char *unit, const char *name, struct arena *a, struct problems *problems)
{
	size_t length = strlen(unit), suffix = strlen(".slice"), name_length = strlen(name);

	if (name_length >= suffix && strcmp(name + name_length - suffix, ".slice") == 0)
		return refuse(problems, arena_format(a, "a container is in a scope, and %s is the name of a slice", name), FORM);
	if (strspn(unit, valid) != length)
		return refuse(problems, arena_format(a, "\"%s\" has a sign that a unit's name cannot have", unit),
			      "letters, digits and - _ . \\ are possible; `systemd-escape` writes others");
	if (is_ambiguous(unit))
		return refuse(problems, arena_format(a, "\"%s\" begins as a file of cgroups does", unit), "give another prefix in cgroupsPath");
	if (length > UNIT_NAME_MAX)
		return refuse(problems, arena_format(a, "the unit's name has %zu bytes, more than the %d that systemd takes", length,
						    UNIT_NAME_MAX), "give a shorter one in cgroupsPath (slice:prefix:name), or a shorter id");
	return true;
}

static bool read_group(const struct plan_request *request, struct problems *problems, struct scope *out)
{
	const char *below = annotation_find(request->spec, ANNOTATION_SUBGROUP);

	out->group = out->path;
	if (!below || !below[0])
		return true;
	if (strchr(below, '/') || strcmp(below, ".") == 0 || strcmp(below, "..") == 0 || strlen(below) > UNIT_NAME_MAX) {
		problems_add(problems, false, "/annotations", arena_format(request->arena, "%s is \"%s\", which is not the name of one cgroup",
									   annotation_rows[ANNOTATION_SUBGROUP].key, below),
			     "give a name without a slash, such as container");
		return false;
	}
	out->group = arena_format(request->arena, "%s/%s", out->path, below);
	return true;
}

bool scope_read(const struct plan_request *request, struct problems *problems, struct scope *out)
{
	const struct facts *f = request->facts;
	const char *root = f->systemd && f->systemd[1] ? f->systemd : "";
	struct arena *a = request->arena;
	struct parts parts;

	if (!read_parts(request, problems, &parts))
		return false;
	out->slice = parts.slice[0] ? parts.slice : f->is_users_systemd ? "user.slice" : "system.slice";
	const char *slice_path = scope_expand_slice(out->slice, a);
	if (!slice_path)
		return refuse(problems, arena_format(a, "\"%s\" is not the name of a slice", out->slice),
			      "a slice is called a.slice, and one in it a-b.slice");
	const char *name = parts.name[0] ? parts.name : escape_id(request->id, a);
	out->unit = arena_format(a, "%s-%s.scope", parts.prefix[0] ? parts.prefix : "boxcar", name);
	if (!check_unit(out->unit, name, a, problems))
		return false;
	out->path = arena_format(a, "%s%s/%s", root, slice_path, scope_escape(out->unit, a));
	return read_group(request, problems, out);
}

/* --- properties --------------------------------------------------------------------------------------------------- */

static void add_text(struct planner *p, unsigned flags, const char *name, const char *signature, const char *value)
{
	plan_unit_property(p, NULL, flags, name, signature, &value, 1);
}

/* Accounting has systemd give the controllers to the scope. */
static void add_own(struct planner *p, const struct scope *scope)
{
	const bool is_unified = facts_is_unified(p->facts);

	add_text(p, 0, "Description", "s", planner_text(p, "boxcar container %s", p->request->id));
	add_text(p, 0, "Slice", "s", scope->slice);
	add_text(p, 0, "Delegate", "b", "1");
	add_text(p, 0, "DefaultDependencies", "b", "0");
	add_text(p, OP_MAY_BE_MISSING, "CollectMode", "s", "inactive-or-failed");
	add_text(p, OP_MAY_BE_MISSING, "MemoryAccounting", "b", "1");
	add_text(p, OP_MAY_BE_MISSING, "CPUAccounting", "b", "1");
	add_text(p, OP_MAY_BE_MISSING, is_unified ? "IOAccounting" : "BlockIOAccounting", "b", "1");
	add_text(p, OP_MAY_BE_MISSING, "TasksAccounting", "b", "1");
}

static bool is_property_name(const char *name)
{
	size_t length = strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789");

	return name[0] >= 'A' && name[0] <= 'Z' && length >= 3 && !name[length];
}

static void add_annotation(struct planner *p, const char *key, const char *const *value, const char *name)
{
	size_t length = strlen(name);
	bool is_time = length > 3 && strcmp(name + length - 3, "Sec") == 0;
	struct unit_value read = { .count = 0 };

	if (!is_property_name(name) || strcmp(name, "PIDs") == 0 || strcmp(name, "Slice") == 0) {
		planner_refuse(p, value, planner_text(p, "%s does not name a property that can be set so", key),
			       strcmp(name, "Slice") == 0 ? "the slice is the first part of cgroupsPath (slice:prefix:name)"
							  : "systemd.scope(5) and systemd.resource-control(5) have their names");
		return;
	}
	if (!(is_time ? unit_value_read_seconds : unit_value_read)(*value, p->arena, &read)) {
		planner_refuse(p, value, planner_text(p, "%s has the value \"%s\", which is not that of a property", key, *value),
			       is_time ? "give a number of seconds, such as 5 or 1.5"
				       : "write it as true, 'text', 5 (an int32), uint64 5, 1.5, or ['a', 'b']");
		return;
	}
	if (is_time) /* on the bus times are microseconds, and called so */
		name = planner_text(p, "%.*sUSec", (int)length - 3, name);
	plan_unit_property(p, value, 0, name, read.signature, read.values, read.count);
}

static void add_annotations(struct planner *p)
{
	const char *prefix = annotation_rows[ANNOTATION_PROPERTY].key;
	const struct spec_map *map = &p->spec->annotations;

	for (size_t i = 0; i < map->count; i++)
		if (text_has_prefix(map->at[i].key, prefix))
			add_annotation(p, map->at[i].key, &map->at[i].value, map->at[i].key + strlen(prefix));
}

/* What the limits are is read off a plan of them alone. */
void plan_scope(struct planner *p)
{
	struct planner limits = *p;
	struct problems ignored; /* those limits are planned again, and then tell */
	struct scope scope;

	problems_init(&ignored, p->arena);
	if (!p->cgroup || !scope_read(p->request, &ignored, &scope))
		return;
	PLAN_ADD(&p->w, SCOPE, scope, 0, p->linux->cgroups_path ? &p->linux->cgroups_path : NULL,
		 .unit = plan_add_text(&p->w, scope.unit), .path = plan_add_text(&p->w, scope.path));
	add_own(p, &scope);
	limits.problems = &ignored;
	plan_begin(&limits.w, p->arena);
	plan_resources(&limits);
	struct plan planned = plan_finish(&limits.w);
	plan_unit_properties(p, &planned);
	add_annotations(p);
}
