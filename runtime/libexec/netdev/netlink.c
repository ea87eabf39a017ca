#include "runtime/libexec/netdev/netlink.h"

#include <errno.h>
#include <linux/netlink.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/socket.h>

enum { ANSWER_MAX = 32768 }; /* what the kernel puts into one datagram of a dump at most */

static int open_here(struct netlink *n)
{
	n->socket = mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC);
	if (!n->socket)
		return -errno;
	if (mnl_socket_bind(n->socket, 0, MNL_SOCKET_AUTOPID) == 0)
		return 0;
	int error = errno;
	netlink_close(n);
	return -error;
}

int netlink_open(struct netlink *n, int namespace_fd, int home_fd)
{
	if (setns(namespace_fd, CLONE_NEWNET) < 0)
		return -errno;
	int result = open_here(n);
	if (setns(home_fd, CLONE_NEWNET) < 0)
		abort(); /* in the wrong namespace nothing that follows would be right */
	return result;
}

void netlink_close(struct netlink *n)
{
	if (n->socket)
		(void)mnl_socket_close(n->socket); /* nothing is under way */
	n->socket = NULL;
}

void *netlink_begin(struct netlink_request *r, uint16_t type, uint16_t flags, size_t size)
{
	r->header = mnl_nlmsg_put_header(r->bytes);
	r->header->nlmsg_type = type;
	r->header->nlmsg_flags = (uint16_t)(NLM_F_REQUEST | flags);
	return mnl_nlmsg_put_extra_header(r->header, size);
}

int netlink_ask(struct netlink *n, struct netlink_request *r, mnl_cb_t take, void *data)
{
	_Alignas(8) char answer[ANSWER_MAX];
	int state = MNL_CB_OK;

	r->header->nlmsg_seq = ++n->sequence;
	if (mnl_socket_sendto(n->socket, r->header, r->header->nlmsg_len) < 0)
		return -errno;
	while (state > MNL_CB_STOP) {
		ssize_t length = mnl_socket_recvfrom(n->socket, answer, sizeof answer);
		if (length < 0 && errno == EINTR)
			continue;
		if (length < 0)
			return -errno;
		state = mnl_cb_run(answer, (size_t)length, n->sequence, mnl_socket_get_portid(n->socket), take, data);
	}
	return state < 0 ? -errno : 0;
}
