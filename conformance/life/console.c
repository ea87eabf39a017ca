/* console: what an engine's monitor does with --console-socket. Listens, receives one terminal, and relays it.
 *
 *     console SOCKET [ROWSxCOLUMNS]
 *
 * Prints "listening", then "received NAME" with the name that came with the descriptor, then what the container prints; stdin
 * is typed in. Ends when the terminal does, or after ten quiet seconds (exit code 124). */
#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <termios.h>
#include <unistd.h>

static int fail(const char *what)
{
	(void)fprintf(stderr, "console: %s: %s\n", what, strerror(errno));
	return -1;
}

static int accept_one(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int listening = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	(void)snprintf(address.sun_path, sizeof address.sun_path, "%s", path);
	if (listening < 0 || bind(listening, (struct sockaddr *)&address, sizeof address) || listen(listening, 1))
		return fail(path);
	(void)printf("listening\n");
	(void)fflush(stdout);
	struct pollfd wait = { listening, POLLIN, 0 };
	if (poll(&wait, 1, 10000) != 1)
		return fail("nobody came");
	return accept4(listening, NULL, NULL, SOCK_CLOEXEC);
}

static int receive(int connection)
{
	char name[256] = "";
	union {
		struct cmsghdr header;
		char room[CMSG_SPACE(sizeof(int) * 8)];
	} control = { 0 };
	struct iovec part = { name, sizeof name - 1 };
	struct msghdr message = { .msg_iov = &part, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control };
	int fd = -1;

	if (recvmsg(connection, &message, MSG_CMSG_CLOEXEC) <= 0)
		return fail("no message");
	const struct cmsghdr *header = CMSG_FIRSTHDR(&message);
	if (!header || header->cmsg_type != SCM_RIGHTS || header->cmsg_len != CMSG_LEN(sizeof fd))
		return fail("not one descriptor");
	memcpy(&fd, CMSG_DATA(header), sizeof fd);
	(void)printf("received %s\n", name);
	(void)fflush(stdout);
	return fd;
}

static bool copy(int from, int to)
{
	char bytes[4096];
	ssize_t length = read(from, bytes, sizeof bytes);

	return length > 0 && write(to, bytes, (size_t)length) == length;
}

int main(int argc, char **argv)
{
	struct winsize size = { 0 };
	bool has_input = true;

	if (argc < 2)
		return 2;
	int connection = accept_one(argv[1]);
	int master = connection < 0 ? -1 : receive(connection);
	if (master < 0)
		return 1;
	if (!isatty(master))
		return fail("no terminal"), 1;
	if (argc > 2 && sscanf(argv[2], "%hux%hu", &size.ws_row, &size.ws_col) == 2)
		(void)ioctl(master, TIOCSWINSZ, &size);
	for (;;) {
		struct pollfd wait[] = { { master, POLLIN, 0 }, { has_input ? 0 : -1, POLLIN, 0 } };
		if (poll(wait, 2, 10000) <= 0)
			return 124;
		if (wait[0].revents && !copy(master, 1))
			return 0;
		if (wait[1].revents)
			has_input = copy(0, master);
	}
}
