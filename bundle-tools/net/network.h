/* Owns the networks of containers. Each is a wire between the host (NAME-outside, 192.168.N.1) and the container (NAME-inside,
 * 192.168.N.2), and elements in the table of net/ruleset.h, which say what may pass.
 *
 * The kernel is the record: elements are written before the device and the device is removed before them, so that whoever comes
 * after a killed command finds what is left. Everything happens under one lock of the host, /run/conductor.lock.
 *
 * Never touched: other tables, ip_forward, resolv.conf of the host. Where the host does not forward, forwarding is switched on for
 * devices that have an address, while any container needs it, and what arrives there goes only to containers: a rule of ours
 * drops the rest. Who lets the host itself be a router later does that with conductor's containers stopped. */
#pragma once

#include "bundle-tools/net/ports.h"
#include "spec/model.h"

struct network {
	const char *device, *address, *subnet; /* "web-outside", "192.168.1.2", "192.168" */
};

struct network_options {
	const char *name; /* of the container */
	int netns_fd;
	const char *subnet; /* "192.168": the first half of all addresses */
	bool has_internet;
	struct network_port *ports;
	size_t port_count;
};

/* Give a container a network, or an existing one more than it had. *address is the container's. */
int network_add(struct conductor *c, const struct network_options *options, const char **address, struct err *e);

/* Two containers with networks may talk to each other. */
int network_peer(struct conductor *c, const char *a, const char *b, struct err *e);

/* Remove all that belongs to a container's network; none is no error. */
int network_remove(struct conductor *c, const char *container, struct err *e);

/* Remove what is left of containers that have ended. */
int network_sweep(struct conductor *c, struct err *e);

/* NULL when the container has none. */
int network_read(struct conductor *c, const char *container, const struct network **out, struct err *e);
