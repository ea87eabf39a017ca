/* Owns how a figure is written in few characters. What is not known is "-". */
#pragma once

#include "spec/base/text.h"
#include "spec/model.h"

enum { FIGURE = 24 };

/* "12.3M": at most five characters. */
const char *figure_bytes(struct opt_uint n, char out[FIGURE]);

/* "12.3": of hundredths of a percent. */
const char *figure_percent(struct opt_uint n, char out[FIGURE]);
const char *figure_count(struct opt_uint n, char out[FIGURE]);

/* "3.2s", "4m10s", "2h03m", "5d02h" of microseconds. */
const char *figure_time(struct opt_uint n, char out[FIGURE]);
