/* Owns the picture of a sample: a table of containers, or all of a single one. Rates come from the sample before. */
#pragma once

#include "spec/stats.h"

#include <stdbool.h>

struct sample {
	const struct stats **at;
	size_t count;
};

/* `before` may be empty: then rates are not known yet. `is_wide`: bars and colours, for a terminal. */
void screen_write(const struct sample *now, const struct sample *before, bool is_wide, struct text *out);
