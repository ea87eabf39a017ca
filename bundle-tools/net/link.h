/* Owns network devices, their addresses and routes, in the network namespace of a socket (rtnetlink). */
#pragma once

#include "bundle-tools/net/netlink.h"
#include "spec/base/arena.h"

#include <net/if.h>
#include <stdbool.h>

enum { LINK_ALIAS = 256, LINK_NAME_LONG = 128 };

struct link {
	int index;
	unsigned mtu;
	bool is_up, is_loopback, is_forwarding; /* is_forwarding: for IPv4 */
	bool has_address;                       /* only after links_read_addresses */
	char name[IFNAMSIZ], alias[LINK_ALIAS];
	uint64_t rx_bytes, tx_bytes, rx_packets, tx_packets;
};

struct links {
	struct arena *arena;
	struct link *at;
	size_t count;
};

/* IPv4 network in the host's byte order. */
struct subnet {
	uint32_t address;
	unsigned prefix;
};
struct subnets {
	struct arena *arena;
	struct subnet *at;
	int *device; /* index of the device, one for each */
	size_t count;
};

int links_read(struct netlink *n, struct arena *a, struct links *out, struct err *e);
const struct link *links_find(const struct links *all, const char *name);

/* All addresses of all devices, and all routes but default ones. */
int subnets_read_addresses(struct netlink *n, struct arena *a, struct subnets *out, struct err *e);
int subnets_read_routes(struct netlink *n, struct arena *a, struct subnets *out, struct err *e);
bool subnet_overlaps(struct subnet a, struct subnet b);

/* The device that leads to addresses which no nearer route has; 0 without a default route. */
int link_find_uplink(struct netlink *n, int *index, struct err *e);

/* One by its name: 1 when there is none. */
int link_find(struct netlink *n, const char *name, struct link *out, struct err *e);

/* Two ends of a wire: `outside` here, `inside` in another namespace. */
int link_make_pair(struct netlink *n, const char *outside, const char *inside, int netns_fd, unsigned mtu, struct err *e);
int link_delete(struct netlink *n, int index, struct err *e);

/* A further, longer name. */
int link_add_name(struct netlink *n, int index, const char *name, struct err *e);

/* What is 0 or NULL stays as it is. */
struct link_change {
	const char *alias;
	bool is_up, forwards, forwards_no_more, strict_sources, routes_localnet;
};
int link_change(struct netlink *n, int index, const struct link_change *change, struct err *e);

/* Those that are there already are no error. */
int link_add_address(struct netlink *n, int index, struct subnet address, struct err *e);
int link_add_route(struct netlink *n, int index, struct subnet to, uint32_t gateway, struct err *e);

const char *address_text(struct arena *a, uint32_t address);
