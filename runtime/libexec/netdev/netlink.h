/* Owns the conversation with rtnetlink of one network namespace. Results are 0 or a negative errno. */
#pragma once

#include <libmnl/libmnl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct netlink {
	struct mnl_socket *socket; /* of the namespace it was opened in; NULL: closed */
	unsigned sequence;
};

/* A request in the making. */
struct netlink_request {
	_Alignas(8) char bytes[8192];
	struct nlmsghdr *header;
};

/* In the namespace of the descriptor, whose caller is in `home_fd` before and after. */
int netlink_open(struct netlink *n, int namespace_fd, int home_fd);
void netlink_close(struct netlink *n);

/* The fixed part that follows the header, zeroed. */
void *netlink_begin(struct netlink_request *r, uint16_t type, uint16_t flags, size_t size);

/* Send it and take the answers up to the end; each goes to `take`, which may be NULL. */
int netlink_ask(struct netlink *n, struct netlink_request *r, mnl_cb_t take, void *data);
