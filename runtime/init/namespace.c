/* Entering namespaces, and what a new one needs. */
#include "runtime/init/init.h"
#include "runtime/init/sys.h"

#include <linux/keyctl.h>
#include <linux/sockios.h>

int init_join(struct init *i, const struct op *op, const struct op_join *p)
{
	(void)op;
	if (init_expect(i, __NR_setns, sys_setns(init_slot(i, p->slot), p->type)) < 0)
		return -1;
	return p->type & CLONE_NEWUSER ? init_guard(i) : 0;
}

int init_unshare(struct init *i, const struct op *op, const struct op_unshare *p)
{
	(void)op;
	return init_expect(i, __NR_unshare, sys_unshare(p->type));
}

/* The child becomes the runtime's, says so before all else, and goes on; the one before it leaves. */
int init_take_over(struct init *i, uint64_t new_namespaces)
{
	long pid = sys_clone(CLONE_PARENT | new_namespaces, NULL);

	if (init_expect(i, __NR_clone, pid) < 0)
		return -1;
	if (pid > 0)
		sys_exit_group(0);
	return init_send(i, i->channel, MESSAGE_CHILD, 0, -1);
}

/* A pid namespace is entered by one's children. The child needs a session of its own: the one it was born in ends. */
int init_enter_pid(struct init *i, const struct op *op, const struct op_enter_pid *p)
{
	(void)op;
	if (init_expect(i, __NR_setns, sys_setns(init_slot(i, p->slot), CLONE_NEWPID)) < 0 || init_take_over(i, 0) < 0)
		return -1;
	if (init_expect(i, __NR_setsid, sys_setsid()) < 0)
		return -1;
	return init_guard(i);
}

/* Filtered hosts answer EPERM or EACCES, kernels without keyrings ENOSYS: the container then keeps the caller's
 * keyring, as it does with --no-new-keyring. A used-up quota is an error that a person can act on. */
int init_keyring(struct init *i, const struct op *op, const struct op_keyring *p)
{
	long result;

	(void)op;
	if (p->label && label_keys(i, init_text(i, p->label)) < 0)
		return -1;
	result = sys_keyctl(KEYCTL_JOIN_SESSION_KEYRING, init_text(i, p->name));
	if (result == -ENOSYS || result == -EPERM || result == -EACCES)
		return 0;
	return init_expect(i, __NR_keyctl, result);
}

int init_hostname(struct init *i, const struct op *op, const struct op_hostname *p)
{
	const char *name = init_text(i, p->name);

	(void)op;
	return init_expect(i, __NR_sethostname, sys_sethostname(name, text_length(name)));
}

int init_domainname(struct init *i, const struct op *op, const struct op_domainname *p)
{
	const char *name = init_text(i, p->name);

	(void)op;
	return init_expect(i, __NR_setdomainname, sys_setdomainname(name, text_length(name)));
}

/* linux/if.h includes a C library's header. */
struct interface_request {
	char name[16];
	short flags;
	char rest[22];
};
enum { INTERFACE_UP = 1 };

static int bring_up(struct init *i, int socket)
{
	struct interface_request request = { .name = "lo" };

	if (init_expect(i, __NR_ioctl, sys_ioctl(socket, SIOCGIFFLAGS, &request)) < 0)
		return -1;
	request.flags = (short)(request.flags | INTERFACE_UP);
	return init_expect(i, __NR_ioctl, sys_ioctl(socket, SIOCSIFFLAGS, &request));
}

int init_loopback(struct init *i, const struct op *op, const struct op_loopback *p)
{
	long socket = sys_socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	(void)op, (void)p;
	if (socket == -EAFNOSUPPORT) /* a kernel without IPv4: every socket takes these requests */
		socket = sys_socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (init_expect(i, __NR_socket, socket) < 0)
		return -1;
	int result = bring_up(i, (int)socket);
	(void)sys_close((int)socket); /* a socket's close has nothing to tell */
	return result;
}
