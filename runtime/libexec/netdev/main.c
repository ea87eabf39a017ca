/* boxcar-netdev: moves network devices into a container's network namespace, and back when the runtime fails or dies before the
 * container is made. Started by the runtime only, when the configuration has /linux/netDevices; see runtime/host/netdev_messages.h.
 *
 * I am a child of the runtime, in all of its namespaces but a session of my own. I hold: the channel (0), the network namespace I
 * began in, and those that I moved something into. Exit code 0 when all was said, 1 when I could not begin. */
#include "runtime/libexec/netdev/device.h"
#include "runtime/plan/messages.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

enum { CHANNEL = 0 };

/* False at the channel's end. */
static bool receive(struct netdev_message *m, int *passed_fd)
{
	struct iovec part = { m, sizeof *m };
	union {
		char bytes[CMSG_SPACE(sizeof(int))];
		struct cmsghdr align;
	} control;
	struct msghdr message = { .msg_iov = &part, .msg_iovlen = 1, .msg_control = control.bytes, .msg_controllen = sizeof control };
	ssize_t length;

	*passed_fd = -1;
	do
		length = recvmsg(CHANNEL, &message, MSG_CMSG_CLOEXEC);
	while (length < 0 && errno == EINTR);
	const struct cmsghdr *c = CMSG_FIRSTHDR(&message);
	if (length > 0 && c && c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_RIGHTS)
		memcpy(passed_fd, CMSG_DATA(c), sizeof *passed_fd);
	return length == (ssize_t)sizeof *m && m->version == NETDEV_VERSION;
}

static bool answer(struct netdev_message *m, int result)
{
	m->kind = result == 0 ? NETDEV_MOVED : NETDEV_FAILED;
	m->error = -result;
	return send(CHANNEL, m, sizeof *m, MSG_NOSIGNAL) == (ssize_t)sizeof *m;
}

/* Init is ready, and only this record makes it stay: from here on it needs neither the runtime nor us. */
static bool commit(struct netdev_message *m, int init_fd)
{
	const struct message told = { .version = MESSAGE_VERSION, .kind = MESSAGE_COMMIT };
	bool is_told = send(init_fd, &told, sizeof told, MSG_NOSIGNAL) == (ssize_t)sizeof told;

	m->part = NETDEV_COMMIT;
	(void)answer(m, is_told ? 0 : -errno); /* a runtime that is gone has nothing to hear */
	return is_told;
}

/* False when there was no KEEP: everything has to come back. */
static bool serve(struct devices *devices)
{
	struct netdev_message m;
	int passed_fd;

	while (receive(&m, &passed_fd)) {
		if (m.kind == NETDEV_KEEP)
			return commit(&m, passed_fd);
		if (m.kind != NETDEV_MOVE || passed_fd < 0 || !answer(&m, devices_move(devices, &m, passed_fd)))
			return false;
	}
	return false;
}

int main(void)
{
	struct devices devices = { .home_fd = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC) };

	(void)prctl(PR_SET_DUMPABLE, 0); /* nobody may look at what we hold; without it the kernel's default is the same for root */
	if (devices.home_fd < 0)
		return 1;
	if (!serve(&devices))
		devices_bring_back(&devices);
	return 0;
}
