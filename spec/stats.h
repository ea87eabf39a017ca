/* Owns the form of what `boxcar stats --json` prints: one JSON object on one line for each container or cgroup and each sample,
 * at once and in the order asked for. Who reads it uses the same rows: json_read(&record_stats, line, length, &problems).
 *
 *     {"time":"2026-11-24T00:36:00.000000000Z","monotonic_us":8123456789,"id":"web","cgroup":"/web","status":"running","pid":4422,
 *      "cpu":{"usage_us":120034,"user_us":90012,"system_us":30022,"weight":100,"quota_us":50000,"period_us":100000,
 *             "periods":40,"throttled_periods":3,"throttled_us":1200,"bursts":0,"burst_us":0,
 *             "pressure":{"some":{"avg10_percent":0.21,"avg60_percent":0.78,"avg300_percent":2.14,"total_us":47718},"full":{...}}},
 *      "memory":{"usage_bytes":1048576,"working_bytes":917504,"limit_bytes":67108864,"peak_bytes":2097152,"low_bytes":0,
 *                "anonymous_bytes":524288,"file_bytes":393216,"inactive_file_bytes":131072,"kernel_bytes":98304,
 *                "swap_bytes":0,"swap_limit_bytes":0,"swap_peak_bytes":0,"faults":800,"major_faults":2,
 *                "limit_hits":0,"ooms":0,"oom_kills":0,"pressure":{...}},
 *      "pids":{"count":2,"limit":20,"peak":3,"limit_hits":0},
 *      "io":{"devices":[{"major":8,"minor":0,"read_bytes":4096,"write_bytes":0,"discard_bytes":0,
 *                        "reads":1,"writes":0,"discards":0}],"pressure":{...}},
 *      "hugetlb":[{"page_size":"2MB","usage_bytes":0,"limit_bytes":0,"peak_bytes":0,"limit_hits":0}],
 *      "network":[{"name":"eth0","received_bytes":0,"received_packets":0,"received_errors":0,"received_drops":0,
 *                  "sent_bytes":0,"sent_packets":0,"sent_errors":0,"sent_drops":0}]}
 *
 * Every figure is a number; its unit is the end of its key (_us: microseconds, _bytes, _percent), without one it is a count.
 * Counters (all of cpu, faults, hits, io, network, total_us) grow from the start of the cgroup: a rate is the difference
 * of two samples by the difference of their monotonic_us. What this host's kernel or cgroup version does not count is left
 * out, and so is a limit that is not set, and an object in which nothing is left: absent is not zero. With --cgroup there is
 * neither id, status, pid nor network; network is left out too for a container that shares the host's. With less than 200 ms
 * between two samples, limits, peaks, hits, pressure, hugetlb, kinds of memory and status may be those of up to 200 ms before. */
#pragma once

#include "spec/base/text.h"
#include "spec/json/write.h"
#include "spec/model.h"

/* PSI: how much of the time at least one (some) or every (full) task had to wait; percentages in hundredths */
struct stats_pressure_line {
	struct opt_uint avg10, avg60, avg300, total;
};
struct stats_pressure {
	struct stats_pressure_line *some, *full;
};

struct stats_cpu {
	struct opt_uint usage, user, system;                   /* us */
	struct opt_uint weight;                                /* v2's scale; on v1 converted from cpu.shares */
	struct opt_uint quota, period;                         /* us; both absent: no limit */
	struct opt_uint periods, throttled_periods, throttled; /* of bandwidth control; the last one in us */
	struct opt_uint bursts, burst;                         /* periods with a burst, us */
	struct stats_pressure *pressure;
};

struct stats_memory {
	struct opt_uint usage;
	struct opt_uint working; /* usage without inactive_file, as engines show it */
	struct opt_uint limit, peak, low;
	struct opt_uint anonymous, file, inactive_file, kernel;
	struct opt_uint swap, swap_limit, swap_peak; /* of swap alone, on v1 too */
	struct opt_uint faults, major_faults;
	struct opt_uint limit_hits; /* how often the limit was reached */
	struct opt_uint ooms, oom_kills;
	struct stats_pressure *pressure;
};

struct stats_pids {
	struct opt_uint count, limit, peak, limit_hits;
};

struct stats_io_device {
	struct opt_uint major, minor;
	struct opt_uint read_bytes, write_bytes, discard_bytes, reads, writes, discards;
};
struct stats_io {
	SPEC_LIST(stats_io_device) devices;
	struct stats_pressure *pressure;
};

struct stats_hugetlb {
	const char *page_size; /* "2MB" */
	struct opt_uint usage, limit, peak, limit_hits;
};

struct stats_interface {
	const char *name; /* inside the container */
	struct opt_uint received_bytes, received_packets, received_errors, received_drops;
	struct opt_uint sent_bytes, sent_packets, sent_errors, sent_drops;
};

struct stats {
	const char *time;          /* RFC 3339, UTC */
	struct opt_uint monotonic; /* us, CLOCK_MONOTONIC */
	const char *id;
	const char *cgroup;        /* below the hierarchies' mount points */
	const char *status;        /* of the container: created, running or paused */
	struct opt_int pid;
	struct stats_cpu *cpu;
	struct stats_memory *memory;
	struct stats_pids *pids;
	struct stats_io *io;
	SPEC_LIST(stats_hugetlb) hugetlb;
	SPEC_LIST(stats_interface) network;
};

extern const struct record record_stats;
