/* Owns what the kernel remembers of connections (ctnetlink): what has been forgotten cannot go on through rules that are gone. */
#pragma once

#include "spec/base/arena.h"
#include "spec/base/err.h"

#include <stdint.h>

/* Forget all connections from or to the address (in the host's byte order). A kernel without conntrack has none. */
int flows_forget(struct arena *a, uint32_t address, struct err *e);
