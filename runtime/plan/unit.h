/* What the subjects of a systemd unit share: its name and place, and its properties. Private to plan/. */
#pragma once

#include "runtime/plan/planner.h"

enum { UNIT_NAME_MAX = 255 };

/* A transient scope, as linux.cgroupsPath ("slice:prefix:name") and the annotation for a cgroup below it name it. */
struct scope {
	const char *unit;  /* "libpod-abc.scope" */
	const char *slice; /* "machine.slice" */
	const char *path;  /* of its cgroup, below every hierarchy's mount point */
	const char *group; /* of the container's, which is that one or below it */
};

/* False with a mistake in `problems`. */
bool scope_read(const struct plan_request *request, struct problems *problems, struct scope *out);

/* "a-b.slice" -> "/a.slice/a-b.slice", "-.slice" -> ""; NULL when it is no slice's name. */
const char *scope_expand_slice(const char *slice, struct arena *a);

/* A unit's cgroup has its name, but where cgroupfs or systemd could mistake it: "_cpu.slice". */
const char *scope_escape(const char *unit, struct arena *a);

/* A value of a unit's property. */
struct unit_value {
	const char *signature; /* as D-Bus types it: "t", "as", "a(ss)" */
	const char **values;   /* each as its basic type prints */
	size_t count;
};

/* GVariant's text format, as far as properties of units need it: true, 'text', 5 (an int32), uint64 5, 1.5, [1, 2], ['a', 'b'],
 * [uint32 1], @as []. False when it is none of these, or the number does not fit its type. */
bool unit_value_read(const char *text, struct arena *a, struct unit_value *out);

/* A number of seconds, of whatever number type, as microseconds ("t"). */
bool unit_value_read_seconds(const char *text, struct arena *a, struct unit_value *out);

/* unit_properties.c: the limits and device rules of a plan as properties of the unit, added to the planner's. Those that cannot be
 * said to systemd hold in cgroupfs alone. */
void plan_unit_properties(struct planner *p, const struct plan *limits);
/* `values` are `count` texts. */
void plan_unit_property(struct planner *p, const void *origin, unsigned flags, const char *name, const char *signature,
			const char *const *values, size_t count);
