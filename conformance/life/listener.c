/* listener: what a seccomp agent is, as small as can be.
 *
 *     listener SOCKET DIRECTORY continue|errno N|value N|leave
 *
 * Listens on the AF_UNIX stream socket. For each connection number N = 1, 2 ... it writes what is sent, up to the end, to
 * DIRECTORY/state.N and the number of passed descriptors to DIRECTORY/fds.N; then it answers every notification that comes from
 * the descriptor, each told by a line "PID CALL" in DIRECTORY/calls.N, where CALL is the number. With `leave` it hangs up
 * at once. Runs until it is ended; DIRECTORY/ready is there when it listens. */
#include <errno.h>
#include <fcntl.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

enum { FDS = 4 };

static _Noreturn void give_up(const char *what)
{
	(void)fprintf(stderr, "listener: %s: %s\n", what, strerror(errno));
	exit(1);
}

static int open_file(const char *directory, const char *name, int number)
{
	char path[4096];

	(void)snprintf(path, sizeof path, number ? "%s/%s.%d" : "%s/%s", directory, name, number);
	int fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
	if (fd < 0)
		give_up(path);
	return fd;
}

static int make_socket(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	char directory[4096];

	/* the path may be longer than an address */
	(void)snprintf(directory, sizeof directory, "%s", path);
	char *slash = strrchr(directory, '/');
	if (!slash)
		give_up("the socket's path has no directory");
	*slash = '\0';
	if (fd < 0 || chdir(directory) || strlen(slash + 1) >= sizeof address.sun_path)
		give_up(path);
	memcpy(address.sun_path, slash + 1, strlen(slash + 1));
	if (bind(fd, (const struct sockaddr *)&address, sizeof address) || listen(fd, 8))
		give_up(path);
	return fd;
}

/* All that is sent, into the file; the first passed descriptor, or -1. */
static int take_state(int connection, int out, int *count)
{
	int listener = -1;
	ssize_t got;

	for (*count = 0;;) {
		char bytes[4096];
		union {
			struct cmsghdr header;
			char bytes[CMSG_SPACE(FDS * sizeof(int))];
		} control;
		struct iovec part = { bytes, sizeof bytes };
		struct msghdr message = { .msg_iov = &part, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control };
		got = recvmsg(connection, &message, MSG_CMSG_CLOEXEC);
		if (got <= 0)
			return listener;
		if (write(out, bytes, (size_t)got) != got)
			give_up("write");
		struct cmsghdr *c = CMSG_FIRSTHDR(&message);
		if (!c || c->cmsg_type != SCM_RIGHTS)
			continue;
		*count += (int)((c->cmsg_len - CMSG_LEN(0)) / sizeof listener);
		memcpy(&listener, CMSG_DATA(c), sizeof listener);
	}
}

static void answer(int listener, int calls, char *const *how)
{
	struct pollfd waiting = { .fd = listener, .events = POLLIN };

	for (;;) {
		struct seccomp_notif asked = { 0 };
		struct seccomp_notif_resp said = { 0 };
		if (poll(&waiting, 1, -1) > 0 && !(waiting.revents & POLLIN))
			return; /* nobody has the filter any more */
		if (ioctl(listener, SECCOMP_IOCTL_NOTIF_RECV, &asked) < 0)
			continue;
		(void)dprintf(calls, "%u %d\n", asked.pid, asked.data.nr);
		said.id = asked.id;
		if (strcmp(how[0], "continue") == 0)
			said.flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE;
		else if (strcmp(how[0], "errno") == 0)
			said.error = -atoi(how[1]);
		else
			said.val = atoi(how[1]);
		(void)ioctl(listener, SECCOMP_IOCTL_NOTIF_SEND, &said); /* ENOENT: the caller is gone */
	}
}

static void serve(int connection, const char *directory, int number, char *const *how)
{
	int count, listener = take_state(connection, open_file(directory, "state", number), &count);

	(void)dprintf(open_file(directory, "fds", number), "%d\n", count);
	if (listener >= 0)
		answer(listener, open_file(directory, "calls", number), how);
	exit(0);
}

int main(int argc, char **argv)
{
	if (argc < 4 || (argc < 5 && (strcmp(argv[3], "errno") == 0 || strcmp(argv[3], "value") == 0))) {
		(void)fprintf(stderr, "usage: listener SOCKET DIRECTORY continue|errno N|value N|leave\n");
		return 2;
	}
	int fd = make_socket(argv[1]);
	(void)open_file(argv[2], "ready", 0);
	for (int number = 1;; number++) {
		int connection = accept4(fd, NULL, NULL, SOCK_CLOEXEC);
		if (connection < 0)
			give_up("accept");
		if (strcmp(argv[3], "leave") != 0 && fork() == 0) {
			(void)prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
			(void)close(fd);
			serve(connection, argv[2], number, argv + 3);
		}
		(void)close(connection);
	}
}
