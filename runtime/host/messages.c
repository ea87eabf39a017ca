#include "runtime/host/messages.h"

#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

int message_send(int channel, enum message_kind kind, int64_t number, struct err *e)
{
	struct message m = { .version = MESSAGE_VERSION, .kind = kind, .number = number };
	ssize_t done;

	do
		done = send(channel, &m, sizeof m, MSG_NOSIGNAL);
	while (done < 0 && errno == EINTR);
	if (done != (ssize_t)sizeof m)
		return err_sys(e, "send a message to init");
	return 0;
}

static int64_t now_ms(void)
{
	struct timespec t = { 0 };

	(void)clock_gettime(CLOCK_MONOTONIC, &t); /* cannot fail for this clock */
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static int wait_readable(int fd, int milliseconds)
{
	int64_t end = now_ms() + milliseconds;
	struct pollfd p = { .fd = fd, .events = POLLIN };

	for (;;) {
		int64_t left = milliseconds < 0 ? -1 : end - now_ms();
		int ready = poll(&p, 1, left < -1 ? 0 : (int)left);
		if (ready >= 0 || errno != EINTR)
			return ready;
	}
}

int message_expect_child(int channel, struct err *e)
{
	if (setsockopt(channel, SOL_SOCKET, SO_PASSCRED, &(int){ 1 }, sizeof(int)) < 0)
		return err_sys(e, "ask for the sender's pid on the channel to init");
	return 0;
}

/* What comes with a message: a descriptor, and the sender's pid where it was asked for. */
struct beside {
	int fd;
	pid_t pid;
};

static struct beside take_beside(struct msghdr *header)
{
	struct beside found = { -1, 0 };
	struct ucred sender;

	for (struct cmsghdr *c = CMSG_FIRSTHDR(header); c; c = CMSG_NXTHDR(header, c)) {
		if (c->cmsg_level != SOL_SOCKET)
			continue;
		if (c->cmsg_type == SCM_RIGHTS && c->cmsg_len == CMSG_LEN(sizeof found.fd))
			memcpy(&found.fd, CMSG_DATA(c), sizeof found.fd);
		if (c->cmsg_type == SCM_CREDENTIALS && c->cmsg_len == CMSG_LEN(sizeof sender)) {
			memcpy(&sender, CMSG_DATA(c), sizeof sender);
			found.pid = sender.pid;
		}
	}
	return found;
}

enum message_outcome message_receive(int channel, int milliseconds, struct message *out, int *fd, struct err *e)
{
	_Alignas(struct cmsghdr) char control[CMSG_SPACE(sizeof(int)) + CMSG_SPACE(sizeof(struct ucred))];
	struct iovec part = { out, sizeof *out };
	struct msghdr header = { .msg_iov = &part, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control };
	int ready = wait_readable(channel, milliseconds);

	*fd = -1;
	if (ready == 0)
		return MESSAGE_TIMEOUT;
	ssize_t got = ready < 0 ? -1 : recvmsg(channel, &header, MSG_CMSG_CLOEXEC);
	bool is_reset = got < 0 && errno == ECONNRESET;
	if (is_reset) /* told once, and before what the other end had still sent */
		got = recvmsg(channel, &header, MSG_CMSG_CLOEXEC | MSG_DONTWAIT);
	if (got <= 0 && is_reset)
		return MESSAGE_RESET;
	if (got == 0)
		return MESSAGE_END;
	if (got < 0) {
		(void)err_sys(e, "receive a message from init");
		return MESSAGE_ERROR;
	}
	struct beside beside = take_beside(&header);
	*fd = beside.fd;
	if (got == (ssize_t)sizeof *out && out->version == MESSAGE_VERSION) {
		if (out->kind == MESSAGE_CHILD)
			out->number = beside.pid;
		return MESSAGE_ARRIVED;
	}
	(void)err_set(e, "init sent a message of an unknown version or size");
	return MESSAGE_ERROR;
}
