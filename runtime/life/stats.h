/* stats: what several containers and cgroups count, once or again and again. */
#pragma once

#include "runtime/life/boxcar.h"
#include "spec/stats.h"

enum { STATS_FOR_EVER = 0 };

struct stats_request {
	char **ids;             /* containers; none, and no cgroups: all that there are, at each round anew */
	size_t id_count;
	const char **cgroups;   /* paths below the hierarchies, or below /sys/fs/cgroup */
	size_t cgroup_count;
	uint64_t interval;      /* milliseconds from one round to the next */
	uint64_t rounds;        /* STATS_FOR_EVER: until nothing that was named is left */
	/* Gets each round's samples; they live until it returns. */
	int (*show)(void *context, const struct stats *at, size_t count, struct err *e);
	void *context;
};

/* A container that is named and does not run is an error; one that ends later is left out from then on. */
int life_stats(struct boxcar *b, const struct stats_request *request, struct err *e);
