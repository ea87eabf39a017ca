/* Owns sealed memory files: what init, its plan and its filter are handed over in. Nobody can change one, however it was opened. */
#pragma once

#include "spec/base/err.h"

#include <stddef.h>

enum { SEALED_EXECUTABLE = 1 };

/* Its descriptor (close-on-exec), or -1. The name is what /proc shows. */
int sealed_make(const char *name, unsigned flags, const void *bytes, size_t length, struct err *e);
