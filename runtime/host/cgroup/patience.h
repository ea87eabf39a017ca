/* Waiting that doubles, from 100 microseconds to 10 milliseconds, until a deadline. v1 has no event to wait for. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct patience {
	uint64_t deadline, step; /* microseconds */
};

struct patience patience_begin(unsigned milliseconds);

/* A pause; false at the deadline. */
bool patience_wait(struct patience *p);
