#include "bundle-tools/net/netlink.h"

#include "spec/base/own.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <sys/socket.h>
#include <sys/time.h>

enum { WAIT_SECONDS = 10, TRIES = 20, SEND_ROOM = 8 << 20 };

static int open_socket(struct netlink *n, int family, struct err *e)
{
	const struct timeval wait = { WAIT_SECONDS, 0 };
	int room = SEND_ROOM;

	n->sequence = 0;
	n->socket = mnl_socket_open2(family, SOCK_CLOEXEC);
	if (!n->socket)
		return err_sys(e, "open a netlink socket");
	int fd = mnl_socket_get_fd(n->socket);
	if (mnl_socket_bind(n->socket, 0, MNL_SOCKET_AUTOPID) || setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof wait)) {
		(void)err_sys(e, "prepare a netlink socket");
		netlink_close(n);
		return -1;
	}
	(void)setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &room, sizeof room); /* only very large batches need it */
	return 0;
}

int netlink_open(struct netlink *n, int family, int netns_fd, struct err *e)
{
	n->socket = NULL;
	if (netns_fd < 0)
		return open_socket(n, family, e);
	own_fd own_netns = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	if (own_netns < 0)
		return err_sys(e, "open our network namespace");
	if (setns(netns_fd, CLONE_NEWNET))
		return err_sys(e, "enter the container's network namespace");
	int result = open_socket(n, family, e);
	if (setns(own_netns, CLONE_NEWNET)) {
		netlink_close(n);
		return err_sys(e, "return to our network namespace");
	}
	return result;
}

void netlink_close(struct netlink *n)
{
	if (n->socket)
		(void)mnl_socket_close(n->socket); /* only read and controlled by it */
	n->socket = NULL;
}

struct nlmsghdr *netlink_begin(char *buffer, unsigned type, unsigned flags, size_t extra)
{
	struct nlmsghdr *m = mnl_nlmsg_put_header(buffer);

	m->nlmsg_type = (uint16_t)type;
	m->nlmsg_flags = (uint16_t)(NLM_F_REQUEST | flags);
	if (extra)
		(void)mnl_nlmsg_put_extra_header(m, extra);
	return m;
}

/* Until the answer's end. -1 with errno. */
static int receive(struct netlink *n, mnl_cb_t each, void *context)
{
	unsigned port = mnl_socket_get_portid(n->socket);
	_Alignas(struct nlmsghdr) char answer[NETLINK_ROOM];
	int more = MNL_CB_OK;

	while (more > MNL_CB_STOP) {
		ssize_t got = mnl_socket_recvfrom(n->socket, answer, sizeof answer);
		if (got < 0)
			return -1;
		more = mnl_cb_run(answer, (size_t)got, n->sequence, port, each, context);
	}
	return more;
}

static int send_request(struct netlink *n, struct nlmsghdr *m)
{
	m->nlmsg_seq = ++n->sequence;
	return mnl_socket_sendto(n->socket, m, m->nlmsg_len) < 0 ? -1 : 0;
}

int netlink_request(struct netlink *n, struct nlmsghdr *m)
{
	m->nlmsg_flags |= NLM_F_ACK;
	return send_request(n, m) || receive(n, NULL, NULL) ? -1 : 0;
}

int netlink_read(struct netlink *n, struct nlmsghdr *m, mnl_cb_t each, void *context, size_t *count)
{
	int result = -1;

	if (!(m->nlmsg_flags & NLM_F_DUMP))
		m->nlmsg_flags |= NLM_F_ACK;
	for (int i = 0; i < TRIES && result < 0; i++) {
		*count = 0;
		result = send_request(n, m) || receive(n, each, context) ? -1 : 0;
		if (result && errno != EINTR)
			return -1;
	}
	return result;
}

/* The refused messages of a batch are answered before its mark; only their sequence numbers differ from the mark's. */
int netlink_send_batch(struct netlink *n, const void *batch, size_t length, struct nlmsghdr *mark, int *number)
{
	_Alignas(struct nlmsghdr) char answer[NETLINK_ROOM];

	*number = 0;
	if (mnl_socket_sendto(n->socket, batch, length) < 0 || send_request(n, mark))
		return -1;
	for (;;) {
		ssize_t got = mnl_socket_recvfrom(n->socket, answer, sizeof answer);
		int left = (int)got;
		if (got < 0)
			return -1;
		for (const struct nlmsghdr *m = (const void *)answer; mnl_nlmsg_ok(m, left); m = mnl_nlmsg_next(m, &left)) {
			const struct nlmsgerr *refused = mnl_nlmsg_get_payload(m);
			if (m->nlmsg_seq == n->sequence)
				return 0;
			if (m->nlmsg_type == NLMSG_ERROR && refused->error && !*number)
				*number = -refused->error;
		}
	}
}
