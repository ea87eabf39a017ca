#include "spec/stats.h"

#include "spec/field_rows.h"

#define PERCENT(key, member, text) ROW(key, FIELD_PERCENT, member, struct opt_uint, 0, text, )
#define COUNT(key, member, text) ROW(key, FIELD_UINT, member, struct opt_uint, 0, text, ANY_UINT)

#define OWNER struct stats_pressure_line
static const struct field pressure_line_rows[] = {
	PERCENT("avg10_percent", avg10, "Share of the last 10 seconds."),
	PERCENT("avg60_percent", avg60, "Share of the last minute."),
	PERCENT("avg300_percent", avg300, "Share of the last five minutes."),
	COUNT("total_us", total, "Since the cgroup was made."),
};
static RECORD(pressure_line);
#undef OWNER

#define OWNER struct stats_pressure
static const struct field pressure_rows[] = {
	{ .name = "some", .kind = FIELD_OBJECT, .offset = PLACE(some, struct stats_pressure_line *),
	  .record = &record_pressure_line, .doc = "At least one task waited." },
	{ .name = "full", .kind = FIELD_OBJECT, .offset = PLACE(full, struct stats_pressure_line *),
	  .record = &record_pressure_line, .doc = "Every task waited." },
};
static RECORD(pressure);
#undef OWNER

/* The model's structs are called stats_*, the rows' macros want spec_*. */
#define PART(key, member, type, text) \
	{ .name = key, .kind = FIELD_OBJECT, .offset = PLACE(member, struct stats_##type *), .record = &record_##type, .doc = text }
#define PARTS(key, member, type, text)                                                                                 \
	{ .name = key, .kind = FIELD_OBJECTS, .record = &record_##type, .doc = text,                                   \
	  .offset = offsetof(OWNER, member) + PLACE(member.at, struct stats_##type *) - offsetof(OWNER, member.at) }

#define OWNER struct stats_cpu
static const struct field cpu_rows[] = {
	COUNT("usage_us", usage, "Processor time used."),
	COUNT("user_us", user, "Of it in user mode."),
	COUNT("system_us", system, "Of it in the kernel."),
	COUNT("weight", weight, "Share among the neighbours; 100 is the default."),
	COUNT("quota_us", quota, "Processor time allowed in each period."),
	COUNT("period_us", period, "Length of a period."),
	COUNT("periods", periods, "Periods with something to do."),
	COUNT("throttled_periods", throttled_periods, "Of them those in which the quota was used up."),
	COUNT("throttled_us", throttled, "How long tasks were held back for it."),
	COUNT("bursts", bursts, "Periods that used saved time."),
	COUNT("burst_us", burst, "Saved time used."),
	PART("pressure", pressure, pressure, "Waiting for a processor."),
};
static RECORD(cpu);
#undef OWNER

#define OWNER struct stats_memory
static const struct field memory_rows[] = {
	COUNT("usage_bytes", usage, "Memory charged."),
	COUNT("working_bytes", working, "The same without inactive_file_bytes."),
	COUNT("limit_bytes", limit, "Its limit."),
	COUNT("peak_bytes", peak, "The most that was ever charged."),
	COUNT("low_bytes", low, "What is reclaimed last."),
	COUNT("anonymous_bytes", anonymous, "Memory without a file."),
	COUNT("file_bytes", file, "Page cache."),
	COUNT("inactive_file_bytes", inactive_file, "Page cache that is reclaimed first."),
	COUNT("kernel_bytes", kernel, "Memory of the kernel."),
	COUNT("swap_bytes", swap, "Swap used."),
	COUNT("swap_limit_bytes", swap_limit, "Limit of swap."),
	COUNT("swap_peak_bytes", swap_peak, "The most swap that was ever used."),
	COUNT("faults", faults, "Page faults."),
	COUNT("major_faults", major_faults, "Of them those that had to read."),
	COUNT("limit_hits", limit_hits, "How often the limit was reached."),
	COUNT("ooms", ooms, "How often memory ran out."),
	COUNT("oom_kills", oom_kills, "Processes killed for it."),
	PART("pressure", pressure, pressure, "Waiting for memory."),
};
static RECORD(memory);
#undef OWNER

#define OWNER struct stats_pids
static const struct field pids_rows[] = {
	COUNT("count", count, "Tasks."),
	COUNT("limit", limit, "Their limit."),
	COUNT("peak", peak, "The most there ever were."),
	COUNT("limit_hits", limit_hits, "Forks refused for the limit."),
};
static RECORD(pids);
#undef OWNER

#define OWNER struct stats_io_device
static const struct field io_device_rows[] = {
	COUNT("major", major, "Major number of the device."),
	COUNT("minor", minor, "Minor number of the device."),
	COUNT("read_bytes", read_bytes, "Bytes read."),
	COUNT("write_bytes", write_bytes, "Bytes written."),
	COUNT("discard_bytes", discard_bytes, "Bytes discarded."),
	COUNT("reads", reads, "Read operations."),
	COUNT("writes", writes, "Write operations."),
	COUNT("discards", discards, "Discard operations."),
};
static RECORD(io_device);
#undef OWNER

#define OWNER struct stats_io
static const struct field io_rows[] = {
	PARTS("devices", devices, io_device, "By device; those that were used."),
	PART("pressure", pressure, pressure, "Waiting for block devices."),
};
static RECORD(io);
#undef OWNER

#define OWNER struct stats_hugetlb
static const struct field hugetlb_rows[] = {
	TEXT("page_size", page_size, 0, "Size of the huge pages."),
	COUNT("usage_bytes", usage, "Huge pages used."),
	COUNT("limit_bytes", limit, "Their limit."),
	COUNT("peak_bytes", peak, "The most that was ever used."),
	COUNT("limit_hits", limit_hits, "Pages refused for the limit."),
};
static RECORD(hugetlb);
#undef OWNER

#define OWNER struct stats_interface
static const struct field interface_rows[] = {
	TEXT("name", name, 0, "Name inside the container."),
	COUNT("received_bytes", received_bytes, "Bytes received."),
	COUNT("received_packets", received_packets, "Packets received."),
	COUNT("received_errors", received_errors, "Packets that were bad."),
	COUNT("received_drops", received_drops, "Packets that were dropped."),
	COUNT("sent_bytes", sent_bytes, "Bytes sent."),
	COUNT("sent_packets", sent_packets, "Packets sent."),
	COUNT("sent_errors", sent_errors, "Packets that could not be sent."),
	COUNT("sent_drops", sent_drops, "Packets that were dropped."),
};
static RECORD(interface);
#undef OWNER

#define OWNER struct stats
static const struct field stats_rows[] = {
	TEXT("time", time, 0, "When it was looked at."),
	COUNT("monotonic_us", monotonic, "The same by a clock that never jumps."),
	TEXT("id", id, 0, "Name of the container."),
	TEXT("cgroup", cgroup, 0, "Its cgroup."),
	TEXT("status", status, 0, "What the container does."),
	INT("pid", pid, 0, "Its first process, outside.", RANGE(1, INT32_MAX)),
	PART("cpu", cpu, cpu, "Processors."),
	PART("memory", memory, memory, "Memory."),
	PART("pids", pids, pids, "Tasks."),
	PART("io", io, io, "Block devices."),
	PARTS("hugetlb", hugetlb, hugetlb, "Huge pages by size."),
	PARTS("network", network, interface, "Interfaces of the container's own network namespace."),
};
RECORD(stats);
#undef OWNER
