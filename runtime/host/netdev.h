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

bool netdev_has_moved(const struct netdev *n);

/* The devices stay, and init, at the other end of the channel, is told COMMIT: both or none, also when we are killed meanwhile. */
int netdev_commit(struct netdev *n, int channel, struct err *e);

/* The program has ended; without netdev_commit() before, the devices have come back. Bounded. */
void netdev_end(struct netdev *n);
