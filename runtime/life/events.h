/* events: what one container uses, from time to time, and when its memory runs out; in runc's JSON. */
#pragma once

#include "runtime/life/container.h"
#include "spec/stats.h"

struct events_request {
	uint64_t interval; /* milliseconds between two statistics */
	bool is_once;      /* one statistic, and the end */
	int (*show)(const struct text *line, struct err *e);
};

/* Until the container has stopped. */
int life_events(struct container *c, const struct events_request *request, struct err *e);

/* {"type":"stats","id":ID,"data":{...}}: runc's names and units (nanoseconds, bytes), from a sample and, for what that does not
 * have, from the cgroup's files. */
void events_print_stats(const struct container *c, const struct stats *s, struct text *out);
