#include "runtime/host/notify.h"

#include "spec/base/own.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

enum { MESSAGE_MAX = 4096, AT_ONCE = 64 };

void notify_init(struct notify *n)
{
	*n = (struct notify){ .fd = -1 };
}

void notify_close(struct notify *n)
{
	drop_fd(&n->fd);
}

int notify_make_directory(int entry_fd, struct err *e)
{
	if (mkdirat(entry_fd, "notify", 0755) < 0)
		return err_sys(e, "make the directory of the notify socket");
	/* whatever the umask: the payload may be anybody */
	return fchmodat(entry_fd, "notify", 0755, 0) < 0 ? err_sys(e, "make the directory of the notify socket") : 0;
}

int notify_open(struct notify *n, int entry_fd, const char *socket_path, pid_t pid, struct err *e)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	own_fd directory = socket_path ? openat(entry_fd, "notify", O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC) : -1;

	if (directory < 0)
		return 0;
	own_fd fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	(void)snprintf(address.sun_path, sizeof address.sun_path, "/proc/self/fd/%d/notify.sock", directory);
	if (unlinkat(directory, "notify.sock", 0) < 0 && errno != ENOENT)
		return err_sys(e, "remove an old notify socket");
	if (fd < 0 || bind(fd, (const struct sockaddr *)&address, sizeof address) < 0 ||
	    fchmodat(directory, "notify.sock", 0777, 0) < 0)
		return err_sys(e, "make the notify socket");
	*n = (struct notify){ .fd = take_fd(&fd), .socket = socket_path, .pid = pid };
	return 0;
}

static void send_on(const struct notify *n, const char *text, size_t length)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	size_t size = strlen(n->socket);
	own_fd fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd < 0 || size >= sizeof address.sun_path)
		return;
	memcpy(address.sun_path, n->socket, size);
	if (address.sun_path[0] == '@')
		address.sun_path[0] = '\0';
	(void)sendto(fd, text, length, MSG_NOSIGNAL | MSG_DONTWAIT, (const struct sockaddr *)&address,
		     (socklen_t)(offsetof(struct sockaddr_un, sun_path) + size)); /* nobody to tell of a manager that is gone */
}

static bool begins(const char *line, const char *with)
{
	return strncmp(line, with, strlen(with)) == 0;
}

/* Lines that are for us to hand on. */
static void translate(struct notify *n, char *text)
{
	char out[MESSAGE_MAX + 64];
	size_t length = 0;

	for (char *line = strtok_r(text, "\n", &text); line; line = strtok_r(NULL, "\n", &text)) {
		if (begins(line, "MAINPID") || begins(line, "FD") || begins(line, "BARRIER"))
			continue;
		if (strcmp(line, "READY=1") == 0) {
			length += (size_t)snprintf(out + length, sizeof out - length, "MAINPID=%d\n", (int)n->pid);
			n->is_ready = true;
		}
		length += (size_t)snprintf(out + length, sizeof out - length, "%s\n", line);
	}
	if (length)
		send_on(n, out, length);
}

void notify_forward(struct notify *n)
{
	char text[MESSAGE_MAX];
	ssize_t got;

	/* without room for them, descriptors that come along are closed: that is what a barrier waits for */
	for (int i = 0; i < AT_ONCE && (got = recv(n->fd, text, sizeof text - 1, MSG_DONTWAIT)) >= 0; i++) {
		text[got] = '\0';
		translate(n, text);
	}
}

int notify_wait(struct notify *n, int pidfd, struct err *e)
{
	struct pollfd p[] = { { .fd = n->fd, .events = POLLIN }, { .fd = pidfd, .events = POLLIN } };

	while (n->fd >= 0 && !n->is_ready) {
		if (poll(p, 2, -1) < 0) {
			if (errno == EINTR)
				continue;
			return err_sys(e, "wait until the container is ready");
		}
		notify_forward(n);
		if (!n->is_ready && p[1].revents)
			return err_set(e, "the container ended before it told that it is ready (READY=1)");
	}
	return 0;
}
