/* Decides. Owns the order of everything that happens to a container: config.json and the facts of this host go in, a plan
 * comes out. Pure: no system call, the same input gives the same bytes. What the host cannot do, and what this
 * release does not carry out, is added to the problems with its JSON pointer; then there is no plan. */
#pragma once

#include "runtime/plan/encode.h"
#include "runtime/plan/facts.h"
#include "spec/base/log.h"
#include "spec/json/read.h"
#include "spec/model.h"

enum plan_cgroups { PLAN_CGROUPFS, PLAN_SYSTEMD, PLAN_NO_CGROUP };

struct plan_request {
	const struct spec *spec; /* in `arena` */
	const struct facts *facts;
	struct arena *arena;
	const char *id;
	const char *bundle;      /* absolute: relative paths of the configuration start here */
	enum plan_cgroups cgroups;
	bool has_unit;           /* update: the cgroup is that of a unit of systemd, whose properties change, too */
	unsigned preserve_fds;   /* those of socket activation included */
	unsigned listen_fds;     /* of these, what socket activation passes on; 0: none */
	const char *listen_names; /* LISTEN_FDNAMES, or NULL */
	const char *notify_directory; /* on the host, absolute: holds the socket for sd_notify(3); NULL: there is none */
	bool has_no_pivot, has_no_new_keyring;
};

/* create and run. False, with mistakes in `problems`, when there is no plan. Warnings may be added in any case. */
bool plan_container(const struct plan_request *request, struct problems *problems, struct plan *out);

/* exec: a shorter plan for the same executor. `process` is in the arena; `spec` is the container's own configuration.
 * SLOT_FIRST is the pidfd of the container's init. */
struct plan_exec_request {
	struct plan_request container;
	const struct spec_process *process;
	const struct record *process_root; /* record_spec or record_process: where pointers into `process` start */
	const void *process_model;         /* the model that process_root describes */
};
bool plan_exec(const struct plan_exec_request *request, struct problems *problems, struct plan *out);

/* Whether a plan for this process depends on the host's security modules. */
bool plan_has_labels(const struct spec *spec, const struct spec_process *process);

/* update: the UNIT_PROPERTY, LIMIT and DEVICE_RULE ops of what changes. `request->spec` is the container's kept configuration.
 * Origins are members of out->request.spec, so that pointers begin with /linux/resources. */
struct plan_update {
	struct plan plan;
	struct plan_request request;         /* for places in messages */
	const struct spec_resources *merged; /* what holds afterwards */
	size_t devices_in_force;             /* so many of the device rules hold already */
};
bool plan_update(const struct plan_request *request, const struct spec_resources *changes, struct problems *problems,
		 struct plan_update *out);

/* The container's cgroup below every hierarchy, from linux.cgroupsPath or the id: absolute ones as they are, relative ones and
 * the default below our own cgroup's parent (v2) or our own (v1); that of the scope where systemd makes it. NULL with a mistake in
 * `problems` when it climbs out. */
const char *plan_cgroup_path(const struct plan_request *request, struct problems *problems);

/* The spec's word for a kind of hook ("createRuntime"). */
const char *plan_hook_word(unsigned when);

/* A plan of nothing but the HOOK ops, of all kinds that the runtime runs: for start and delete. Needs no facts. */
struct plan plan_hooks(const struct plan_request *request);

/* What a hook reads on its stdin. */
const char *plan_hook_state(const struct plan_request *request, enum plan_hook when, int64_t pid);

/* Where the listener of SCMP_ACT_NOTIFY goes, or NULL; and what is sent with it (config-linux, "The Container Process State"): of
 * the process `pid` in the container whose first process is `init`, which is in this status. */
const char *plan_listener_path(const struct plan_request *request);
const char *plan_listener_state(const struct plan_request *request, const char *status, int64_t init, int64_t pid);

/* v1's cpu.shares on the scale of v2's cpu.weight. */
int64_t plan_weight_of_shares(uint64_t shares);

/* Controllers that the plan's limits need on v2, space-separated, for enabling them. */
const char *plan_find_controllers(const struct plan *plan, struct arena *a);

/* The plan as text, one op a line: what `explain` shows and what the golden files hold. Origins are shown as JSON pointers. */
void plan_print(const struct plan *plan, const struct plan_request *request, struct text *out);
void plan_print_json(const struct plan *plan, const struct plan_request *request, struct text *out);

/* The JSON pointer of an op's origin, or "" for a default. */
const char *plan_find_origin(const struct plan_request *request, const struct op *op);
/* The same for an op that came from the process that was given to exec: within that process. */
const char *plan_find_exec_origin(const struct plan_exec_request *request, const struct op *op);

/* Every mount option this release carries out, sorted, ends with NULL: for `features`. */
const char *const *plan_mount_options(struct arena *a);

/* SECCOMP_FILTER_FLAG_* of a word of words_seccomp_flag, with those that the kernel takes it only together with. */
uint64_t plan_seccomp_flag(size_t word);

/* MOUNT_ATTR_* as mount options: "ro,nosuid". */
const char *plan_name_attributes(struct arena *a, uint64_t attributes);
