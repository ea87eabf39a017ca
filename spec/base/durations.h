/* Owns lengths of time on the command line. */
#pragma once

#include "spec/base/err.h"

#include <stdint.h>

/* "5", "5s", "0.5", "500ms", "2m", "1h", "1m30s": in milliseconds, at least 1 and at most a year. NULL is `missing`. `name` is the
 * option's, for the error. */
int duration_read(const char *name, const char *text, uint64_t missing, uint64_t *out, struct err *e);
