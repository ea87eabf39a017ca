/* Owns what the runtime knows of a seccomp filter that is in force on itself: inside a container, an engine's. */
#pragma once

#include "spec/base/err.h"

#include <stdbool.h>

bool filter_is_in_force(void);

/* Where a call was refused as filters refuse (EPERM, ENOSYS), nobody knows better, and there is one: a hint that it may have been
 * it. */
void filter_explain(struct err *e);
