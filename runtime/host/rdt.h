/* Owns classes and monitoring groups of resctrl (Documentation/filesystems/resctrl.rst): made, written, entered, removed.
 * Source: config-linux.md, "IntelRdt". */
#pragma once

#include "spec/base/arena.h"
#include "spec/base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct rdt_class {
	const char *path;    /* directory of the class; its parent, or itself for the default class, is resctrl's mount point */
	const char *monitor; /* name of the monitoring group in it, or NULL */
	bool is_own;         /* named after the container: must not exist yet, and goes with it */
	bool must_exist;
	const char *const *lines; /* for its schemata file, in order */
	size_t line_count;
	size_t compared;          /* so many of the first lines are only compared when the class exists already */
};

/* What must be removed with the container: the class when it is the container's own, else the monitoring group; NULL: nothing. Not
 * made yet: this is the intent, written down first. */
const char *rdt_find_mark(const struct rdt_class *c, struct arena *a);

/* On failure what was made is removed. The kernel's own words (info/last_cmd_status) are in the error. *is_new: the class was not
 * there before. */
int rdt_make(const struct rdt_class *c, bool *is_new, struct arena *a, struct err *e);

/* New lines for a class that exists. */
int rdt_write(const char *path, const char *const *lines, size_t count, struct arena *a, struct err *e);

/* Put a process, with what it will fork, into the class and its monitoring group (`monitor` may be NULL). */
int rdt_enter(const char *path, const char *monitor, pid_t pid, struct arena *a, struct err *e);

/* Remove what rdt_find_mark() named, with a monitoring group of `id` in it. Not there: success. */
int rdt_remove(const char *mark, const char *id, struct arena *a, struct err *e);

/* Undo a new class with a name of its own when its container does not come to be: unless somebody else has gone into it meanwhile,
 * whom the kernel would not keep it for. */
void rdt_remove_unused(const char *path, struct arena *a);
