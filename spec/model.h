/* What config.json says, as plain structs: one struct per JSON object of the runtime-spec, one member per property,
 * with the specification's names in snake case. Filled by spec/json/read.c from the rows of spec/fields.c; read only by
 * runtime/plan/ and by spec/check.c. Everything lies in one arena.
 *
 * Absent and empty differ. A text, object, list or map that the file does not have (or has as null) is NULL resp. a
 * list with at == NULL; an empty one is "" resp. a list with at != NULL and count 0. Optional numbers and booleans say
 * is_set. Units are the specification's (bytes, microseconds, decimal modes). Source: runtime-spec 1.3, config.md and
 * config-linux.md; each struct names its JSON pointer. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#undef linux /* GNU C defines it as 1 */

struct opt_bool {
	bool is_set, value;
};
struct opt_int {
	bool is_set;
	int64_t value;
};
struct opt_uint {
	bool is_set;
	uint64_t value;
};
/* A closed set of words: value is the index into the row's words. */
struct opt_word {
	bool is_set;
	int value;
};

struct spec_texts {
	const char **at;
	size_t count;
};
struct spec_ids { /* list of numbers */
	uint64_t *at;
	size_t count;
};
struct spec_words { /* list of indices into the row's words */
	int *at;
	size_t count;
};
struct spec_pair {
	const char *key, *value;
};
struct spec_map { /* object with text values; keys in file order */
	struct spec_pair *at;
	size_t count;
};

#define SPEC_LIST(type)             \
	struct {                    \
		struct type *at;    \
		size_t count;       \
	}

/* /linux/uidMappings/N, /mounts/N/uidMappings/N ... */
struct spec_id_mapping {
	struct opt_uint container_id, host_id, size; /* all required; uint32 */
};

/* /root */
struct spec_root {
	const char *path; /* required */
	struct opt_bool readonly;
};

/* /mounts/N */
struct spec_mount {
	const char *destination; /* required */
	const char *source, *type;
	struct spec_texts options;
	SPEC_LIST(spec_id_mapping) uid_mappings, gid_mappings;
};

/* /process/consoleSize */
struct spec_console_size {
	struct opt_uint height, width; /* required; characters */
};

/* /process/user */
struct spec_user {
	struct opt_uint uid, gid, umask;
	struct spec_ids additional_gids;
	const char *username; /* Windows only */
};

/* /process/capabilities: names as in the file; plan/caps.c resolves them, an unknown one warns */
struct spec_capabilities {
	struct spec_texts bounding, permitted, effective, inheritable, ambient;
};

/* /process/rlimits/N */
struct spec_rlimit {
	const char *type; /* "RLIMIT_NOFILE"; required */
	struct opt_uint soft, hard; /* required */
};

/* /process/ioPriority */
struct spec_io_priority {
	struct opt_word class; /* words_io_class; required */
	struct opt_int priority;
};

/* /process/scheduler */
struct spec_scheduler {
	struct opt_word policy; /* words_scheduler_policy; required */
	struct opt_int nice, priority;
	struct spec_words flags; /* words_scheduler_flag */
	struct opt_uint runtime, deadline, period; /* nanoseconds */
};

/* /process/execCPUAffinity */
struct spec_exec_cpu_affinity {
	const char *initial, *final;
};

/* /process, and the whole of a process.json given to exec */
struct spec_process {
	struct opt_bool terminal;
	struct spec_console_size *console_size;
	struct spec_user *user;
	struct spec_texts args;
	const char *command_line; /* Windows only */
	struct spec_texts env;
	const char *cwd; /* required */
	struct spec_capabilities *capabilities;
	SPEC_LIST(spec_rlimit) rlimits;
	struct opt_bool no_new_privileges;
	const char *apparmor_profile;
	struct opt_int oom_score_adj;
	const char *selinux_label;
	struct spec_io_priority *io_priority;
	struct spec_scheduler *scheduler;
	struct spec_exec_cpu_affinity *exec_cpu_affinity;
};

/* /hooks/KIND/N */
struct spec_hook {
	const char *path; /* required, absolute */
	struct spec_texts args, env;
	struct opt_int timeout; /* seconds, at least 1 */
};

/* /hooks */
typedef SPEC_LIST(spec_hook) spec_hook_list;
struct spec_hooks {
	spec_hook_list prestart, create_runtime, create_container, start_container, poststart, poststop;
};

/* /linux/namespaces/N */
struct spec_namespace {
	struct opt_word type; /* words_namespace; required */
	const char *path;
};

/* /linux/devices/N */
struct spec_device {
	const char *type, *path; /* required; type is one of c b u p */
	struct opt_uint file_mode, uid, gid;
	struct opt_int major, minor;
};

/* /linux/netDevices/NAME */
struct spec_net_device {
	const char *key; /* name of the device on the host */
	const char *name;
};

/* /linux/timeOffsets/{boottime,monotonic} */
struct spec_time_offset {
	struct opt_int secs;
	struct opt_uint nanosecs;
};
struct spec_time_offsets {
	struct spec_time_offset *boottime, *monotonic;
};

/* /linux/resources/devices/N */
struct spec_device_rule {
	struct opt_bool allow; /* required */
	const char *type;      /* a c b; absent: a */
	struct opt_int major, minor; /* absent or -1: all */
	const char *access;    /* of r w m; absent or empty: all */
};

/* /linux/resources/blockIO/... */
struct spec_weight_device {
	struct opt_int major, minor; /* required */
	struct opt_uint weight, leaf_weight;
};
struct spec_throttle_device {
	struct opt_int major, minor; /* required */
	struct opt_uint rate; /* bytes or operations per second */
};
typedef SPEC_LIST(spec_throttle_device) spec_throttle_list;
struct spec_block_io {
	struct opt_uint weight, leaf_weight;
	SPEC_LIST(spec_weight_device) weight_device;
	spec_throttle_list throttle_read_bps_device, throttle_write_bps_device, throttle_read_iops_device,
		throttle_write_iops_device;
};

/* /linux/resources/cpu; times in microseconds */
struct spec_cpu {
	struct opt_uint shares;
	struct opt_int quota;
	struct opt_uint burst, period;
	struct opt_int realtime_runtime;
	struct opt_uint realtime_period;
	const char *cpus, *mems;
	struct opt_int idle;
};

/* /linux/resources/memory; bytes, -1 is unlimited */
struct spec_memory {
	struct opt_int limit, reservation, swap, kernel, kernel_tcp;
	struct opt_uint swappiness;
	struct opt_bool disable_oom_killer, use_hierarchy, check_before_update;
};

/* /linux/resources/hugepageLimits/N */
struct spec_hugepage_limit {
	const char *page_size; /* "2MB"; required */
	struct opt_uint limit; /* bytes; required */
};

/* /linux/resources/network */
struct spec_interface_priority {
	const char *name; /* required */
	struct opt_uint priority; /* required */
};
struct spec_network {
	struct opt_uint class_id;
	SPEC_LIST(spec_interface_priority) priorities;
};

/* /linux/resources/pids */
struct spec_pids {
	struct opt_int limit; /* required */
};

/* /linux/resources/rdma/NAME */
struct spec_rdma {
	const char *key;
	struct opt_uint hca_handles, hca_objects;
};

/* /linux/resources, and the whole of a file given to update */
struct spec_resources {
	SPEC_LIST(spec_device_rule) devices;
	struct spec_memory *memory;
	struct spec_cpu *cpu;
	struct spec_pids *pids;
	struct spec_block_io *block_io;
	SPEC_LIST(spec_hugepage_limit) hugepage_limits;
	struct spec_network *network;
	SPEC_LIST(spec_rdma) rdma;
	struct spec_map unified;
};

/* /linux/seccomp */
struct spec_syscall_arg {
	struct opt_uint index, value, value_two; /* index and value required */
	struct opt_word op; /* words_seccomp_operator; required */
};
struct spec_syscall {
	struct spec_texts names; /* required, at least one */
	struct opt_word action;  /* words_seccomp_action; required */
	struct opt_uint errno_ret;
	SPEC_LIST(spec_syscall_arg) args;
};
struct spec_seccomp {
	struct opt_word default_action; /* words_seccomp_action; required */
	struct opt_uint default_errno_ret;
	struct spec_words architectures; /* words_seccomp_arch */
	struct spec_words flags;         /* words_seccomp_flag */
	const char *listener_path, *listener_metadata;
	SPEC_LIST(spec_syscall) syscalls;
};

/* /linux/intelRdt */
struct spec_intel_rdt {
	const char *clos_id;
	struct spec_texts schemata;
	const char *l3_cache_schema, *mem_bw_schema;
	struct opt_bool enable_monitoring;
};

/* /linux/memoryPolicy */
struct spec_memory_policy {
	struct opt_word mode; /* words_memory_policy_mode */
	const char *nodes;
	struct spec_words flags; /* words_memory_policy_flag */
};

/* /linux/personality */
struct spec_personality {
	struct opt_word domain; /* words_personality_domain */
	struct spec_texts flags;
};

/* /linux */
struct spec_linux {
	SPEC_LIST(spec_namespace) namespaces;
	SPEC_LIST(spec_id_mapping) uid_mappings, gid_mappings;
	struct spec_time_offsets *time_offsets;
	SPEC_LIST(spec_device) devices;
	SPEC_LIST(spec_net_device) net_devices;
	const char *cgroups_path;
	struct spec_resources *resources;
	struct spec_intel_rdt *intel_rdt;
	struct spec_memory_policy *memory_policy;
	struct spec_map sysctl;
	struct spec_seccomp *seccomp;
	struct opt_word rootfs_propagation; /* words_propagation */
	struct spec_texts masked_paths, readonly_paths;
	const char *mount_label;
	struct spec_personality *personality;
};

/* the file */
struct spec {
	const char *oci_version; /* required */
	struct spec_root *root;
	SPEC_LIST(spec_mount) mounts;
	struct spec_process *process;
	const char *hostname, *domainname;
	struct spec_hooks *hooks;
	struct spec_linux *linux;
	struct spec_map annotations;
};
