/* Owns the reading of what a cgroup counts, in every hierarchy and dialect, into spec/stats.h's form. A sampler keeps the files
 * open, so that a sample is little more than one read a file; when descriptors are short it opens them each time. */
#pragma once

#include "runtime/host/cgroup/cgroup.h"
#include "spec/stats.h"

enum {
	SAMPLER_MAX_FILES = 48,
	SAMPLER_MAX_PAGES = 8,
	SAMPLER_SELDOM_US = 200000, /* so old may be in a sample: limits, high marks, hits, pressure, huge pages, being frozen */
};

/* Huge pages of one size, in files whose names have the size in them. */
struct sampler_pages {
	const char *size; /* "2MB" */
	int fds[4];       /* usage, limit, peak, limit hits; owned; as below */
};

struct sampler {
	struct cgroup cgroup;
	int kept_below;             /* the first descriptor that is not kept open */
	int fds[SAMPLER_MAX_FILES]; /* by row of figure_files[]; owned; -1: this host has no such file, -2: opened each time */
	int network_fd;             /* /proc/PID/net/dev, or -1 */
	int frost_fds[2];           /* by version - 1: the files that tell whether it is frozen; -1 */
	struct sampler_pages pages[SAMPLER_MAX_PAGES];
	size_t page_count;

	/* what is read seldom, as it was at this time: us of CLOCK_MONOTONIC; 0: not yet */
	uint64_t kept_at;
	struct figures *kept;
	struct stats_hugetlb kept_pages[SAMPLER_MAX_PAGES];
	bool is_frozen; /* by itself or by an ancestor */
};

/* The path may also be "", the root of the hierarchies. `pid`: the container's first process, which must be known to live (a pidfd
 * is open); 0: a cgroup without a container. An error is a cgroup that does not exist in any hierarchy. */
int sampler_open(const struct cgroup *c, pid_t pid, struct sampler *out, struct err *e);
void sampler_close(struct sampler *s);

/* What the cgroup counts now, in the arena; `time` and all below `cgroup` of *out. False when the cgroup is gone. */
bool sampler_read(struct sampler *s, struct arena *a, struct stats *out);
