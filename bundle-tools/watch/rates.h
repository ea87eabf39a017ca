/* Owns what two looks at the same container say together: shares of time and amounts a second. */
#pragma once

#include "spec/stats.h"

/* Absent: what is not counted, the first look, and counters that fell because the name belongs to another container now. */
struct rates {
	struct opt_uint cpu, user, system, throttled; /* hundredths of a percent of the time; cpu of two processors: up to 20000 */
	struct opt_uint read, written, received, sent; /* bytes a second, all devices and all interfaces together */
};

extern const struct record record_rates;

/* `before` may be NULL. */
void rates_read(const struct stats *before, const struct stats *now, struct rates *out);

/* The same of one device and of one interface of `now`. */
void rates_read_device(const struct stats *before, const struct stats *now, size_t index, struct rates *out);
void rates_read_interface(const struct stats *before, const struct stats *now, size_t index, struct rates *out);
