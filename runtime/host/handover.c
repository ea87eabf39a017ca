#include "runtime/host/handover.h"

#include "spec/base/own.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

/* A path that is too long for sun_path is reached by way of a descriptor of the socket's file. */
static int connect_socket(int fd, const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	own_fd file = -1;

	if (strlen(path) < sizeof address.sun_path) {
		memcpy(address.sun_path, path, strlen(path));
	} else {
		file = open(path, O_PATH | O_CLOEXEC);
		if (file < 0)
			return -1;
		(void)snprintf(address.sun_path, sizeof address.sun_path, "/proc/self/fd/%d", file);
	}
	return connect(fd, (const struct sockaddr *)&address, sizeof address);
}

int handover_connect(const char *path, struct err *e)
{
	const struct timeval limit = { .tv_sec = 10 }; /* for connect() too */
	own_fd fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit) < 0 || connect_socket(fd, path) < 0)
		return err_sys(e, "connect to the socket %s", path);
	return take_fd(&fd);
}

static ssize_t send_first(int socket_fd, const char *bytes, size_t length, int fd)
{
	struct iovec part = { (void *)(uintptr_t)bytes, length };
	union {
		struct cmsghdr header;
		char bytes[CMSG_SPACE(sizeof fd)];
	} control = { .bytes = { 0 } };
	struct msghdr message = {
		.msg_iov = &part, .msg_iovlen = 1, .msg_control = control.bytes, .msg_controllen = sizeof control.bytes
	};

	control.header = (struct cmsghdr){ .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS, .cmsg_len = CMSG_LEN(sizeof fd) };
	memcpy(CMSG_DATA(&control.header), &fd, sizeof fd);
	return sendmsg(socket_fd, &message, MSG_NOSIGNAL);
}

/* All that is sent fits into the socket, so that it does not wait for who reads. An ordinary user gets as much as net.core.wmem_max
 * allows. */
static void make_room(int socket_fd, size_t length)
{
	const size_t usual = 64 << 10, most = 64 << 20;
	int size = (int)((length < most ? length : most) + usual);

	if (length > usual && setsockopt(socket_fd, SOL_SOCKET, SO_SNDBUFFORCE, &size, sizeof size) < 0)
		(void)setsockopt(socket_fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof size); /* it then waits for the reader */
}

int handover_send(int socket_fd, const char *bytes, size_t length, int fd, struct err *e)
{
	make_room(socket_fd, length);
	for (size_t done = 0; done < length;) {
		ssize_t sent = done ? send(socket_fd, bytes + done, length - done, MSG_NOSIGNAL) :
				      send_first(socket_fd, bytes, length, fd);
		if (sent < 0 && errno == EINTR)
			continue;
		if (sent < 0 && errno == EAGAIN)
			return err_number(e, ETIMEDOUT, "send a descriptor");
		if (sent <= 0)
			return err_sys(e, "send a descriptor");
		done += (size_t)sent;
	}
	return 0;
}
