/* Owns the watching of containers: `boxcar stats --json` runs beside us, and each round of its lines is shown as one. */
#pragma once

#include "bundle-tools/watch/targets.h"
#include "spec/stats.h"

#include <stdint.h>

struct sample {
	const char *name;           /* as the user named it */
	const struct stats *now;
	const struct stats *before; /* of the round before; NULL at the first */
};

struct watch_request {
	struct targets targets; /* none: all containers that there are, at each round anew */
	uint64_t interval;      /* milliseconds */
	uint64_t rounds;        /* 0: for ever */
	bool is_live;           /* a terminal: ends by a key, and shows that there is nothing */
	int (*show)(void *context, const struct sample *at, size_t count, struct err *e); /* a round's containers; may have none */
	void *context;
};

/* Until the rounds are over, all that was named has ended, or, live, the user has had enough. */
int watch(struct conductor *c, const struct watch_request *r, struct err *e);
