/* What the subjects of plan/ share while a plan is made. Only files of plan/ include this. */
#pragma once

#include "runtime/plan/plan.h"

#include <linux/sched.h>

struct planner {
	struct plan_writer w;
	struct arena *arena;
	const struct spec *spec;
	const struct spec_linux *linux; /* never NULL: an empty one when absent */
	const struct facts *facts;
	const struct plan_request *request;
	struct problems *problems;
	const struct record *process_root; /* exec: where pointers into a process begin that is not the configuration's; else NULL */
	const void *process_model;
	const char *cgroup;     /* NULL without cgroups */
	const struct spec_pair *delegation; /* the annotation that hands out a cgroup below, or NULL */
	uint64_t made, joined;  /* CLONE_NEW* */
	plan_index slots[NAMESPACE_COUNT]; /* of joined namespaces; 0: not joined */
	bool is_exec;                      /* every namespace of the container is joined by its init's pidfd */
	plan_index container;              /* exec: slot of that pidfd */
	bool has_entered_cgroup;           /* the AWAIT for it is already in the plan */
	bool is_update;
	bool has_late_proc; /* a pid namespace is joined by a last fork after the pivot, and proc is mounted only then */
};

void planner_init(struct planner *p, const struct plan_request *request, struct problems *problems);

/* A mistake or a warning at a member of the model. */
void planner_refuse(struct planner *p, const void *member, const char *message, const char *advice);
void planner_warn(struct planner *p, const void *member, const char *message, const char *advice);
#define planner_text(p, ...) arena_format((p)->arena, __VA_ARGS__)

static inline bool planner_has(const struct planner *p, uint64_t namespace)
{
	return (p->made | p->joined) & namespace;
}

/* namespace.c */
void plan_find_namespaces(struct planner *p);
void plan_open_namespaces(struct planner *p);
void plan_clone(struct planner *p);
void plan_maps(struct planner *p);
const char *plan_map_lines(struct planner *p, const struct spec_id_mapping *at, size_t count);
uint64_t plan_setgroups(const struct planner *p);
void plan_join_namespaces(struct planner *p);
void plan_enter_cgroup_namespace(struct planner *p);
void plan_net_devices(struct planner *p);
void plan_await_net_devices(struct planner *p);
void plan_names(struct planner *p);
void plan_sysctls(struct planner *p);

/* rdt.c */
void plan_rdt(struct planner *p);
void plan_enter_rdt(struct planner *p);

/* cgroup.c */
void plan_cgroup(struct planner *p);
void plan_delegation(struct planner *p);

/* resources.c */
void plan_resources(struct planner *p); /* only what is limited */

/* scope.c */
void plan_scope(struct planner *p);

/* mount_options.c, mount.c, bind.c, overlay.c, cgroup_mount.c, root.c */
struct mount_options {
	uint64_t superblock, propagation; /* MS_* */
	uint64_t set, clear, set_below, clear_below; /* MOUNT_ATTR_* */
	bool is_bind, is_recursive, is_remount, has_tmpcopyup, has_idmap, has_idmap_below;
	bool has_copy_symlink, is_source_as_is, is_target_as_is; /* crun's: what to do where the path ends in a symlink */
	const char **data; /* what is for the file system */
	size_t data_count;
};
void mount_options_read(struct arena *a, const struct spec_texts *options, struct mount_options *out);
void plan_mounts(struct planner *p, bool is_late);
void plan_late_readonly(struct planner *p);
/* A bind; `source` is absolute. The runtime clones the tree where init could not reach the source. */
void plan_add_bind(struct planner *p, const struct spec_mount *origin, const char *source, const char *target,
		   const struct mount_options *options);
const char *plan_find_target(struct planner *p, const char *destination);
/* Mounted after the pivot only: at or below a proc that shows a joined pid namespace. */
bool plan_is_late_target(const struct planner *p, const char *target);
/* id-mapped: by the option, or by mappings of its own. */
bool plan_is_mapped(const struct spec_mount *mount, const struct mount_options *options);
bool plan_is_below(const char *path, const char *directory);
void plan_overlay_options(struct planner *p, const struct spec_mount *mount, struct mount_options *options);
void plan_cgroup_mount(struct planner *p, const struct spec_mount *mount, const struct mount_options *options);
void plan_root(struct planner *p);
void plan_hidden_paths(struct planner *p);
void plan_pivot(struct planner *p);
void plan_root_mode(struct planner *p);
const char *plan_host_path(struct planner *p, const char *path);

/* device.c */
void plan_devices(struct planner *p);

/* service.c: what a service manager's environment asks for */
void plan_notify(struct planner *p);
struct spec_texts plan_environment(struct planner *p, const struct spec_process *process);

/* process.c */
void plan_terminal(struct planner *p, const struct spec_process *process, unsigned how);
void plan_directory(struct planner *p, const struct spec_process *process);
void plan_process(struct planner *p, const struct spec_process *process);
void plan_exec_payload(struct planner *p, const struct spec_process *process);

/* schedule.c */
void plan_first_cpus(struct planner *p, const struct spec_process *process);
void plan_schedule(struct planner *p, const struct spec_process *process);
void plan_inherited(struct planner *p);
const char *plan_memory_word(uint64_t mode); /* the spec's word for an MPOL_* */

/* label.c */
void plan_labels(struct planner *p, const struct spec_process *process);
const char *plan_find_label(struct planner *p, const struct spec_process *process); /* NULL: none, or no SELinux here */
const char *plan_find_mount_label(struct planner *p);

/* caps.c */
struct capability_sets {
	uint64_t bounding, permitted, effective, inheritable, ambient;
};
void plan_read_capabilities(struct planner *p, const struct spec_process *process, struct capability_sets *out);
void plan_bounding(struct planner *p, const struct spec_process *process, const struct capability_sets *sets);
void plan_capabilities(struct planner *p, const struct spec_process *process, const struct capability_sets *sets);

/* hooks.c */
void plan_outside_hooks(struct planner *p);
void plan_hooks_before_pivot(struct planner *p);
void plan_hooks_before_payload(struct planner *p);

/* seccomp.c */
void plan_filter(struct planner *p);
void plan_seccomp(struct planner *p);
