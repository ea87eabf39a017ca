#include "spec/field_rows.h"

/* the kernel's dev_t has 12 bits of major and 20 bits of minor number */
#define MAJOR UP_TO(4095)
#define MINOR UP_TO(1048575)
#define RULE_NUMBER RANGE(-1, UINT32_MAX - 1) /* -1 is all */

#define OWNER struct spec_device_rule
static const struct field device_rule_rows[] = {
	BOOL("allow", allow, NEEDED, "Whether the rule allows or denies."),
	TEXT("type", type, 0, "Kind of device: c, b, or a for all; all when absent.", RULE_TYPE),
	INT("major", major, 0, "Major number; all when absent or -1.", RULE_NUMBER),
	INT("minor", minor, 0, "Minor number; all when absent or -1.", RULE_NUMBER),
	TEXT("access", access, 0, "What is meant: r read, w write, m mknod; all when absent.", ACCESS),
};
static RECORD(device_rule);
#undef OWNER

#define OWNER struct spec_memory
static const struct field memory_rows[] = {
	INT("limit", limit, 0, "Bytes of memory at most; -1 is no limit.", BYTES),
	INT("reservation", reservation, 0, "Bytes that are reclaimed last; -1 is no limit.", BYTES),
	INT("swap", swap, 0, "Bytes of memory and swap together at most; -1 is no limit.", BYTES, NEEDS("CONFIG_SWAP")),
	INT("kernel", kernel, 0, "Bytes of kernel memory; left out with a warning: no kernel from 5.16 on has this limit.", BYTES),
	INT("kernelTCP", kernel_tcp, 0, "Bytes of TCP buffers at most.", BYTES,
	    NEEDS("cgroup v1, else it is left out with a warning")),
	UINT("swappiness", swappiness, 0, "How readily memory is swapped out.", UP_TO(100),
	     NEEDS("cgroup v1, else it is left out with a warning")),
	BOOL("disableOOMKiller", disable_oom_killer, 0, "Let processes wait when memory runs out, end none.",
	     NEEDS("cgroup v1, else it is left out with a warning")),
	BOOL("useHierarchy", use_hierarchy, 0, "Count the memory of child cgroups too; always so from kernel 5.11 on."),
	BOOL("checkBeforeUpdate", check_before_update, 0, "Refuse a new limit that is below the present usage."),
};
static RECORD(memory);
#undef OWNER

#define OWNER struct spec_cpu
static const struct field cpu_rows[] = {
	UINT("shares", shares, 0, "Relative share of processor time.", ANY_UINT),
	INT("quota", quota, 0, "Microseconds of processor time in each period; negative is no limit.", ANY_INT,
	    NEEDS("CONFIG_CFS_BANDWIDTH")),
	UINT("burst", burst, 0, "Microseconds that may be saved up for later periods.", ANY_UINT,
	     NEEDS("Linux 5.14 and CONFIG_CFS_BANDWIDTH")),
	UINT("period", period, 0, "Microseconds of a period.", ANY_UINT, NEEDS("CONFIG_CFS_BANDWIDTH")),
	INT("realtimeRuntime", realtime_runtime, 0, "Microseconds of real-time work in each such period.", ANY_INT,
	    NEEDS("cgroup v1 and CONFIG_RT_GROUP_SCHED")),
	UINT("realtimePeriod", realtime_period, 0, "Microseconds of a real-time period.", ANY_UINT,
	     NEEDS("cgroup v1 and CONFIG_RT_GROUP_SCHED")),
	TEXT("cpus", cpus, 0, "Processors that may be used, as 0-3,7.", NEEDS("CONFIG_CPUSETS")),
	TEXT("mems", mems, 0, "Memory nodes that may be used, as 0-3,7.", NEEDS("CONFIG_CPUSETS")),
	INT("idle", idle, 0, "1 gives the cgroup the lowest weight of all.", RANGE(0, 1), NEEDS("Linux 5.15")),
};
static RECORD(cpu);
#undef OWNER

#define OWNER struct spec_pids
static const struct field pids_rows[] = {
	INT("limit", limit, NEEDED, "Number of tasks at most; -1 is no limit.", BYTES),
};
static RECORD(pids);
#undef OWNER

#define OWNER struct spec_weight_device
static const struct field weight_device_rows[] = {
	INT("major", major, NEEDED, "Major number of the device.", MAJOR),
	INT("minor", minor, NEEDED, "Minor number of the device.", MINOR),
	UINT("weight", weight, 0, "Weight on this device.", UINT16),
	UINT("leafWeight", leaf_weight, 0, "Refused: a weight against child cgroups, which no kernel from 5.0 on has.", UINT16),
};
static RECORD(weight_device);
#undef OWNER

#define OWNER struct spec_throttle_device
static const struct field throttle_device_rows[] = {
	INT("major", major, NEEDED, "Major number of the device.", MAJOR),
	INT("minor", minor, NEEDED, "Minor number of the device.", MINOR),
	UINT("rate", rate, NEEDED, "Bytes or operations in a second.", ANY_UINT),
};
static RECORD(throttle_device);
#undef OWNER

#define OWNER struct spec_block_io
static const struct field block_io_rows[] = {
	UINT("weight", weight, 0, "Weight on all devices without one of their own.", UINT16,
	     NEEDS("bfq (CONFIG_BFQ_GROUP_IOSCHED); on cgroup v2 CONFIG_BLK_CGROUP_IOCOST will do")),
	UINT("leafWeight", leaf_weight, 0, "Refused: a weight against child cgroups, which no kernel from 5.0 on has.", UINT16),
	OBJECTS("weightDevice", weight_device, 0, weight_device, "Weights by device.", NEEDS("as weight")),
	OBJECTS("throttleReadBpsDevice", throttle_read_bps_device, 0, throttle_device, "Bytes read in a second.",
		NEEDS("CONFIG_BLK_DEV_THROTTLING")),
	OBJECTS("throttleWriteBpsDevice", throttle_write_bps_device, 0, throttle_device, "Bytes written in a second.",
		NEEDS("CONFIG_BLK_DEV_THROTTLING")),
	OBJECTS("throttleReadIOPSDevice", throttle_read_iops_device, 0, throttle_device, "Reads in a second.",
		NEEDS("CONFIG_BLK_DEV_THROTTLING")),
	OBJECTS("throttleWriteIOPSDevice", throttle_write_iops_device, 0, throttle_device, "Writes in a second.",
		NEEDS("CONFIG_BLK_DEV_THROTTLING")),
};
static RECORD(block_io);
#undef OWNER

#define OWNER struct spec_hugepage_limit
static const struct field hugepage_limit_rows[] = {
	TEXT("pageSize", page_size, FILLED, "Size of the huge pages, as 2MB.", PAGE_SIZE),
	UINT("limit", limit, NEEDED, "Bytes of such pages at most.", ANY_UINT),
};
static RECORD(hugepage_limit);
#undef OWNER

#define OWNER struct spec_interface_priority
static const struct field interface_priority_rows[] = {
	TEXT("name", name, FILLED, "Interface outside the container."),
	UINT("priority", priority, NEEDED, "Priority of what the container sends through it.", UINT32),
};
static RECORD(interface_priority);
#undef OWNER

#define OWNER struct spec_network
static const struct field network_rows[] = {
	UINT("classID", class_id, 0, "Class that the container's packets are tagged with.", UINT32,
	     NEEDS("CONFIG_CGROUP_NET_CLASSID")),
	OBJECTS("priorities", priorities, 0, interface_priority, "Priorities by interface.", NEEDS("CONFIG_CGROUP_NET_PRIO")),
};
static RECORD(network);
#undef OWNER

#define OWNER struct spec_rdma
static const struct field rdma_rows[] = {
	UINT("hcaHandles", hca_handles, 0, "Handles at most.", UINT32),
	UINT("hcaObjects", hca_objects, 0, "Objects at most.", UINT32),
};
static RECORD(rdma);
#undef OWNER

#define OWNER struct spec_resources
static const struct field resources_rows[] = {
	OBJECTS("devices", devices, 0, device_rule, "Which devices may be used; applied in this order.",
		NEEDS("CONFIG_CGROUP_DEVICE with cgroup v1, CONFIG_CGROUP_BPF with v2")),
	OBJECT("memory", memory, 0, memory, "Limits of memory.", NEEDS("CONFIG_MEMCG")),
	OBJECT("cpu", cpu, 0, cpu, "Limits of processor time, processors and memory nodes."),
	OBJECT("pids", pids, 0, pids, "Limit of the number of tasks.", NEEDS("CONFIG_CGROUP_PIDS")),
	OBJECT("blockIO", block_io, 0, block_io, "Weights and limits of block devices.", NEEDS("CONFIG_BLK_CGROUP")),
	OBJECTS("hugepageLimits", hugepage_limits, 0, hugepage_limit, "Limits of huge pages, by their size.",
		NEEDS("CONFIG_CGROUP_HUGETLB")),
	OBJECT("network", network, 0, network, "Class and priorities of the network.", NEEDS("cgroup v1")),
	NAMED("rdma", rdma, 0, rdma, "Limits of RDMA devices, by their name.", NEEDS("CONFIG_CGROUP_RDMA")),
	MAP("unified", unified, 0, "Files of the cgroup v2 directory and what is written into them.", NEEDS("cgroup v2")),
};
RECORD(resources);
#undef OWNER
