#include "spec/field_rows.h"

#define OWNER struct spec_namespace
static const struct field namespace_rows[] = {
	WORD("type", type, NEEDED, namespace, "Which namespace.", NEEDS("CONFIG_USER_NS for user, CONFIG_TIME_NS for time")),
	TEXT("path", path, NOT_EMPTY, "Path outside of one to join; a new one is made when absent.", ABSOLUTE),
};
static RECORD(namespace);
#undef OWNER

#define OWNER struct spec_device
static const struct field device_rows[] = {
	TEXT("type", type, FILLED, "Kind of node: c or u character, b block, p FIFO.", NODE_TYPE),
	TEXT("path", path, FILLED, "Where the node is, as a path in the container.", ABSOLUTE),
	INT("major", major, 0, "Major number; needed unless the type is p.", RANGE(-1, 4095)),
	INT("minor", minor, 0, "Minor number; needed unless the type is p.", RANGE(-1, 1048575)),
	/* the schema ends at 0777; engines copy st_mode as it is, type bits included */
	UINT("fileMode", file_mode, 0, "Mode of the node, as a decimal number.", UP_TO(0177777)),
	UINT("uid", uid, 0, "Its owner in the container.", ID),
	UINT("gid", gid, 0, "Its group in the container.", ID),
};
static RECORD(device);
#undef OWNER

#define OWNER struct spec_net_device
static const struct field net_device_rows[] = {
	TEXT("name", name, 0, "Name of the interface in the container; the same when absent."),
};
static RECORD(net_device);
#undef OWNER

#define OWNER struct spec_time_offset
static const struct field time_offset_rows[] = {
	INT("secs", secs, 0, "Seconds of the offset.", ANY_INT),
	UINT("nanosecs", nanosecs, 0, "Nanoseconds of the offset.", UP_TO(999999999)),
};
static RECORD(time_offset);
#undef OWNER

#define OWNER struct spec_time_offsets
static const struct field time_offsets_rows[] = {
	OBJECT("monotonic", monotonic, 0, time_offset, "Offset of CLOCK_MONOTONIC."),
	OBJECT("boottime", boottime, 0, time_offset, "Offset of CLOCK_BOOTTIME."),
};
static RECORD(time_offsets);
#undef OWNER

#define OWNER struct spec_intel_rdt
static const struct field intel_rdt_rows[] = {
	TEXT("closID", clos_id, 0, "Class of service, a directory of resctrl; the container's id when absent."),
	TEXTS("schemata", schemata, 0, "Lines for the class's schemata file.", ONE_LINE),
	TEXT("l3CacheSchema", l3_cache_schema, 0, "Line of the L3 cache for the schemata file.", ONE_LINE),
	TEXT("memBwSchema", mem_bw_schema, 0, "Line of the memory bandwidth for the schemata file.", MB_SCHEMA),
	BOOL("enableMonitoring", enable_monitoring, 0, "Make a monitoring group for the container."),
};
static RECORD(intel_rdt);
#undef OWNER

#define OWNER struct spec_memory_policy
static const struct field memory_policy_rows[] = {
	WORD("mode", mode, NEEDED, memory_policy_mode, "The policy of set_mempolicy(2).",
	     NEEDS("Linux 5.15 for MPOL_PREFERRED_MANY, 6.9 for MPOL_WEIGHTED_INTERLEAVE")),
	TEXT("nodes", nodes, 0, "Memory nodes of the policy, as 0-3,7.", CPU_LIST),
	WORD_LIST("flags", flags, 0, memory_policy_flag, "Flags of set_mempolicy(2).",
		  NEEDS("Linux 5.12 and CONFIG_NUMA_BALANCING for MPOL_F_NUMA_BALANCING")),
};
static RECORD(memory_policy);
#undef OWNER

#define OWNER struct spec_personality
static const struct field personality_rows[] = {
	WORD("domain", domain, NEEDED, personality_domain, "LINUX32 makes uname(2) name a 32-bit machine."),
	TEXTS("flags", flags, 0, "Further flags; there are none so far.", NO_VALUE_YET),
};
static RECORD(personality);
#undef OWNER

#define OWNER struct spec_linux
static const struct field linux_rows[] = {
	OBJECTS("namespaces", namespaces, 0, namespace, "Namespaces to make or join; the runtime's when not named."),
	OBJECTS("uidMappings", uid_mappings, 0, id_mapping, "User ids of a new user namespace.", NEEDS("CONFIG_USER_NS")),
	OBJECTS("gidMappings", gid_mappings, 0, id_mapping, "Group ids of a new user namespace.", NEEDS("CONFIG_USER_NS")),
	OBJECT("timeOffsets", time_offsets, 0, time_offsets, "Clock offsets of a new time namespace.", NEEDS("CONFIG_TIME_NS")),
	OBJECTS("devices", devices, 0, device, "Device nodes besides the default ones."),
	NAMED("netDevices", net_devices, 0, net_device, "Network interfaces moved into the container, by name."),
	TEXT("cgroupsPath", cgroups_path, 0, "Path of the container's cgroup."),
	OBJECT("resources", resources, 0, resources, "Limits, kept by cgroups."),
	OBJECT("intelRdt", intel_rdt, 0, intel_rdt, "Limits of caches and memory bandwidth, kept by resctrl.",
	       NEEDS("CONFIG_X86_CPU_RESCTRL, a processor that has it, and resctrl mounted")),
	OBJECT("memoryPolicy", memory_policy, 0, memory_policy, "NUMA memory policy of the process.", NEEDS("CONFIG_NUMA")),
	MAP("sysctl", sysctl, 0, "Kernel parameters of the container's namespaces."),
	OBJECT("seccomp", seccomp, 0, seccomp, "Filter of system calls.", NEEDS("CONFIG_SECCOMP_FILTER")),
	WORD("rootfsPropagation", rootfs_propagation, 0, propagation, "How mounts spread to the root and back."),
	TEXTS("maskedPaths", masked_paths, 0, "Paths that cannot be read in the container.", ABSOLUTE),
	TEXTS("readonlyPaths", readonly_paths, 0, "Paths that cannot be written in the container.", ABSOLUTE),
	TEXT("mountLabel", mount_label, 0, "SELinux label of the container's mounts.",
	     NEEDS("SELinux in force, else it is left out with a warning")),
	OBJECT("personality", personality, 0, personality, "Execution domain of the process."),
};
RECORD(linux);
#undef OWNER
