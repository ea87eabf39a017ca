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

static int take_descriptor(struct msghdr *header)
{
	struct cmsghdr *c = CMSG_FIRSTHDR(header);
	int fd = -1;

	if (c && c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_RIGHTS && c->cmsg_len == CMSG_LEN(sizeof fd))
		memcpy(&fd, CMSG_DATA(c), sizeof fd);
	return fd;
}

enum message_outcome message_receive(int channel, int milliseconds, struct message *out, int *fd, struct err *e)
{
	_Alignas(struct cmsghdr) char control[CMSG_SPACE(sizeof(int))];
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
	*fd = take_descriptor(&header);
	if (got == (ssize_t)sizeof *out && out->version == MESSAGE_VERSION)
		return MESSAGE_ARRIVED;
	(void)err_set(e, "init sent a message of an unknown version or size");
	return MESSAGE_ERROR;
}
