/* Owns boxcar-netdev as the runtime sees it: started when the first device is to be moved, told to keep what it did, or left to
 * undo it. See netdev_messages.h for what is said. */
#pragma once

#include "runtime/host/libexec.h"

#include <stdbool.h>

struct netdev {
	struct libexec program;
};

void netdev_init(struct netdev *n);

/* Move a device into the network namespace of the file; `name` is what it is called there, NULL: the same. Starts the program. */
int netdev_move(struct netdev *n, const char *device, const char *name, const char *namespace_path, struct arena *a, struct err *e);

/* The devices stay (or, without is_kept, have come back when this returns); the program has ended. Bounded. */
void netdev_end(struct netdev *n, bool is_kept);
