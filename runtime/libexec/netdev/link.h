/* Owns what rtnetlink says and does about one device: its name, its place, its addresses. Results are 0 or a negative errno. */
#pragma once

#include "runtime/libexec/netdev/netlink.h"

#include <linux/if.h>

struct link {
	int index;
	bool is_up;
	char name[IFNAMSIZ]; /* its own: it may have been found by another one of its names (5.5) */
};

/* -ENODEV when there is none of this name. */
int link_find(struct netlink *n, const char *name, struct link *out);

/* The first name that is free: `pattern` ends with "%d", for which numbers from 0 on are tried. */
int link_find_name(struct netlink *n, const char *pattern, char *out);

/* Into the namespace of the descriptor, and renamed on the way: one request, which happens or does not. */
int link_move(struct netlink *n, int index, int namespace_fd, const char *name);
int link_set_up(struct netlink *n, int index);

/* The device's permanent addresses of global scope, as the kernel tells them. */
struct addresses {
	char *bytes; /* owned: messages, one after the other */
	size_t length;
};

int addresses_read(struct netlink *n, int index, struct addresses *out);
/* Give them to a device; labels ("eth0:1") follow the device's name. Those it has are fine. */
int addresses_add(struct netlink *n, const struct addresses *a, int index, const char *name);
void addresses_free(struct addresses *a);
