#include "runtime/host/netdev.h"

#include "runtime/host/netdev_messages.h"
#include "spec/base/own.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>

enum { PATIENCE_MS = 30000 };

void netdev_init(struct netdev *n)
{
	libexec_init(&n->program);
}

bool netdev_has_moved(const struct netdev *n)
{
	return n->program.pid > 0;
}

void netdev_end(struct netdev *n)
{
	libexec_end(&n->program);
}

/* --- what is said ------------------------------------------------------------------------------------------------- */

static int explain(const struct netdev_message *m, const char *device, const char *name, struct err *e)
{
	static const char *const words[NETDEV_PARTS] = {
		[NETDEV_ASK] = "ask the kernel about the network device",
		[NETDEV_FIND] = "find the network device",
		[NETDEV_ENTER] = "enter the container's network namespace for the network device",
		[NETDEV_NAME] = "find a name in the container for the network device",
		[NETDEV_TRANSFER] = "move the network device",
		[NETDEV_ADDRESSES] = "keep the addresses of the network device",
		[NETDEV_UP] = "set up in the container the network device",
	};

	if (m->part == NETDEV_NAME && m->error == EEXIST) {
		(void)err_number(e, EEXIST, "call the network device %s %s in the container", device, name);
		return err_hint(e, "its network namespace has one of that name: give another /name, or one that ends in %%d");
	}
	(void)err_number(e, m->error, "%s %s", m->part < NETDEV_PARTS ? words[m->part] : words[NETDEV_ASK], device);
	if (m->part == NETDEV_ENTER && m->error == EINVAL)
		return err_hint(e, "the namespace that it is to be moved to is the one where it is");
	if (m->part == NETDEV_TRANSFER && m->error == EINVAL)
		return err_hint(e, "the kernel leaves devices of some kinds, such as lo and bridges, where they are");
	return m->error == EPERM ? err_hint(e, "this needs CAP_NET_ADMIN and CAP_SYS_ADMIN here and in the container's namespace") : -1;
}

static int tell(const struct netdev *n, const struct netdev_message *m, int passed_fd, struct err *e)
{
	struct iovec part = { (void *)(uintptr_t)m, sizeof *m };
	union {
		char bytes[CMSG_SPACE(sizeof(int))];
		struct cmsghdr align;
	} control = { .bytes = { 0 } };
	struct msghdr message = { .msg_iov = &part, .msg_iovlen = 1, .msg_control = control.bytes, .msg_controllen = sizeof control };
	struct cmsghdr *c = CMSG_FIRSTHDR(&message);

	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(c), &passed_fd, sizeof passed_fd);
	/* when it is gone already, what it has said, or its end, tells more */
	return sendmsg(n->program.channel, &message, MSG_NOSIGNAL) < 0 && errno != EPIPE ? err_sys(e, "write to boxcar-netdev") : 0;
}

static int hear(const struct netdev *n, struct netdev_message *m, struct err *e)
{
	ssize_t length = libexec_hear(&n->program, m, sizeof *m, PATIENCE_MS, e);

	if (length < 0)
		return -1;
	if (length != (ssize_t)sizeof *m || m->version != NETDEV_VERSION)
		return err_set(e, "boxcar-netdev is gone, or not of this release");
	return 0;
}

int netdev_move(struct netdev *n, const char *device, const char *name, const char *namespace_path, struct arena *a, struct err *e)
{
	struct netdev_message m = { .version = NETDEV_VERSION, .kind = NETDEV_MOVE };
	own_fd namespace_fd = open(namespace_path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

	if (namespace_fd < 0)
		return err_sys(e, "open the network namespace %s", namespace_path);
	(void)strncpy(m.device, device, sizeof m.device - 1); /* the check has seen to their lengths */
	(void)strncpy(m.name, name ? name : "", sizeof m.name - 1);
	if (n->program.pid <= 0 && libexec_start(&n->program, "boxcar-netdev", NULL, (char *[]){ NULL }, a, e) < 0)
		return -1;
	if (tell(n, &m, namespace_fd, e) < 0 || hear(n, &m, e) < 0)
		return -1;
	return m.kind == NETDEV_MOVED ? 0 : explain(&m, device, name ? name : device, e);
}

int netdev_commit(struct netdev *n, int channel, struct err *e)
{
	struct netdev_message m = { .version = NETDEV_VERSION, .kind = NETDEV_KEEP };

	if (tell(n, &m, channel, e) < 0 || hear(n, &m, e) < 0)
		return -1;
	return m.kind == NETDEV_MOVED ? 0 : err_number(e, m.error, "write to the channel to init");
}
