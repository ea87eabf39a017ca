/* How tables write sizes and times. */
#pragma once

#include "spec/base/arena.h"

#include <stdint.h>

/* "12.3 MB" */
const char *show_size(struct arena *a, uint64_t bytes);

/* "2026-11-22 02:13:04" of a time in RFC 3339. */
const char *show_time(struct arena *a, const char *time);
