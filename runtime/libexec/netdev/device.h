/* Owns the devices that were moved: each can be brought back, with its name and addresses. */
#pragma once

#include "runtime/host/netdev_messages.h"

struct device;

struct devices {
	int home_fd;         /* the network namespace we began in */
	struct device *last; /* the one moved last; NULL: none */
};

/* Take the descriptor and move the device into its namespace. 0 with the name it has there in m->name, or a negative errno with
 * m->part; then it is where it was. */
int devices_move(struct devices *d, struct netdev_message *m, int namespace_fd);

/* The last one first; what cannot be done is left undone. */
void devices_bring_back(struct devices *d);
