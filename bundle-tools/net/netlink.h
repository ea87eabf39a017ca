/* Owns netlink sockets: requests that are answered by an error number, and dumps. Knows no message's meaning. */
#pragma once

#include "spec/base/err.h"

#include <libmnl/libmnl.h>
#include <stddef.h>
#include <stdint.h>

enum { NETLINK_ROOM = 32768 /* for one datagram of a dump */, NETLINK_MESSAGE = 4096 /* for one of our requests */ };

/* As libmnl's own, without its conversions that the compiler warns of. */
#define NETLINK_EACH(a, message, head)                                                                          \
	for ((a) = mnl_nlmsg_get_payload_offset((message), (head));                                              \
	     mnl_attr_ok((a), (int)((const char *)mnl_nlmsg_get_payload_tail(message) - (const char *)(a)));    \
	     (a) = mnl_attr_next(a))
#define NETLINK_EACH_INSIDE(a, nest)                                                                                           \
	for ((a) = mnl_attr_get_payload(nest);                                                                                 \
	     mnl_attr_ok((a), (int)((const char *)mnl_attr_get_payload(nest) + mnl_attr_get_payload_len(nest) - (const char *)(a))); \
	     (a) = mnl_attr_next(a))

struct netlink {
	struct mnl_socket *socket;
	unsigned sequence;
};

/* A socket stays in the network namespace in which it was made: netns_fd, or ours with -1. */
int netlink_open(struct netlink *n, int family, int netns_fd, struct err *e);
void netlink_close(struct netlink *n);
#define own_netlink __attribute__((cleanup(netlink_close))) struct netlink

/* The head of a request in a buffer of NETLINK_MESSAGE bytes; `extra` bytes of the family's own head follow, zeroed. */
struct nlmsghdr *netlink_begin(char *buffer, unsigned type, unsigned flags, size_t extra);

/* Send it and wait for the kernel's answer (at most a few seconds). -1 with errno. */
int netlink_request(struct netlink *n, struct nlmsghdr *m);

/* Send it and hand every message of the answer to `each`. A dump that was disturbed begins anew: *count, which `each` counts
 * with, is set to 0 before. */
int netlink_read(struct netlink *n, struct nlmsghdr *m, mnl_cb_t each, void *context, size_t *count);

/* Send a batch, and a request that marks its end: *number is the errno of the first message that was refused, or 0. */
int netlink_send_batch(struct netlink *n, const void *batch, size_t length, struct nlmsghdr *mark, int *number);
