/* The figures page: one row for each number that a cgroup file holds, and for each file one row. Private to this room. */
#pragma once

#include "spec/stats.h"

struct figure_pressure {
	struct stats_pressure both; /* points to the next two once they are read */
	struct stats_pressure_line some, full;
};

/* What the rows fill: the parts of struct stats side by side, so that a place in them is one offset. Without pointers until the
 * end of the reading, so that a copy is a copy; but for io.devices, which is never kept. */
struct figures {
	struct stats_cpu cpu;
	struct stats_memory memory;
	struct stats_pids pids;
	struct stats_io io;
	struct figure_pressure cpu_pressure, memory_pressure, io_pressure;
	struct opt_uint swap_and_memory_limit, swap_and_memory_hits; /* v1 limits both together, too */
};

/* Each file costs the kernel two to ten microseconds. OFTEN, for each sample: how much is used. SELDOM, at most five times a
 * second: what only an administrator writes, high marks, how often a limit was hit, shares of ten seconds and more, and what kinds
 * of memory there are. THROTTLED: often with a quota of the processor's time, whose row must stand before; without one nothing
 * moves there. */
enum figure_rhythm { OFTEN, SELDOM, THROTTLED };

enum figure_form {
	FORM_NUMBER,   /* "4096", or "max" and v1's largest numbers for no limit */
	FORM_KEYS,     /* lines of "key number" */
	FORM_QUOTA,    /* "50000 100000" or "max 100000" */
	FORM_PRESSURE, /* "some avg10=0.00 avg60=0.00 avg300=0.00 total=0" and the same for full */
	FORM_IO,       /* v2: "8:0 rbytes=1 wbytes=2 rios=3 ..." */
	FORM_IO_BYTES, /* v1: "8:0 Read 1" */
	FORM_IO_COUNT,
};

/* A file: in which hierarchy, and how it is read. */
struct figure_file {
	enum figure_rhythm rhythm;
	int version;
	const char *controller; /* "": the v2 hierarchy itself */
	const char *file;
	enum figure_form form;
	size_t offset; /* in struct figures; FORM_NUMBER: of a struct opt_uint; FORM_PRESSURE: of a struct figure_pressure */
	unsigned divisor; /* FORM_NUMBER */
	const struct figure_key *keys; /* FORM_KEYS; ends with a NULL key */
};
struct figure_key {
	const char *key;
	size_t offset;    /* of a struct opt_uint in struct figures */
	unsigned divisor; /* 1000: the kernel counts nanoseconds */
};

extern const struct figure_file figure_files[];
extern const size_t figure_file_count;

/* Take what one file says into *out; what is there already stays. `text` is changed. Lists grow in the arena. */
void figures_take(const struct figure_file *file, char *text, struct arena *a, struct figures *out);

/* A number of decimal digits at the beginning of a text; false when there is none. */
bool figures_read_number(const char *text, uint64_t *out);
