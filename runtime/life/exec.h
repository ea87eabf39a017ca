/* What the files of exec share. */
#pragma once

#include "runtime/life/container.h"

/* The process as the options want it, made from `base`: the container's own, or the one of the options' file. NULL with an
 * error that names the option. */
struct spec_process *exec_make_process(const struct exec_options *o, const struct spec_process *base, struct arena *a,
				       struct err *e);

/* The option that has set the member which a JSON pointer ends in, as "--apparmor"; NULL: none. */
const char *exec_find_option(const struct exec_options *o, const char *pointer);

/* Where the process goes: into the container's cgroup, or as --cgroup says below it. */
struct exec_cgroups {
	struct cgroup whole;                       /* in every hierarchy */
	const struct cgroup_below *more;           /* and then, for some controllers */
	size_t count;
};
int exec_find_cgroups(const struct exec_options *o, const struct cgroup *container, struct exec_cgroups *out, struct err *e);

/* Where its init is by now, when it has moved itself below its cgroup (cgroup v2). False when that is not so. */
bool exec_find_inner_cgroup(const struct container *c, struct cgroup *out);
