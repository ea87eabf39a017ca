/* What init says to the runtime and to `start`, and what it waits for. */
#include "runtime/init/init.h"
#include "runtime/init/sys.h"

int init_fail(struct init *i, long call, long error, int64_t number)
{
	i->failed_call = (uint32_t)call;
	i->failed_error = (int)error;
	i->failed_number = number;
	return -1;
}

int init_expect(struct init *i, long call, long result)
{
	return result < 0 ? init_fail(i, call, -result, 0) : 0;
}

void init_leave_if_alone(struct init *i)
{
	struct pollfd p = { .fd = i->channel };

	if (sys_poll_now(&p, 1) > 0)
		sys_exit_group(1); /* POLLHUP; nothing else was asked for */
}

/* The kernel forgets both at a change of ids. The signal alone is not enough: the runtime may be gone already. */
int init_guard(struct init *i)
{
	if (init_expect(i, __NR_prctl, sys_prctl(PR_SET_PDEATHSIG, SIGKILL, 0)) < 0)
		return -1;
	init_leave_if_alone(i);
	if (i->has_maps_to_await) /* a writer without root gets EACCES on the maps of a process that is not dumpable */
		return 0;
	return init_expect(i, __NR_prctl, sys_prctl(PR_SET_DUMPABLE, 0, 0));
}

/* --- records ------------------------------------------------------------------------------------------------------ */

static long send_record(int socket, const struct message *m, int fd)
{
	struct {
		struct sys_cmsghdr header;
		int fd, padding;
	} control = { { sizeof(struct sys_cmsghdr) + sizeof fd, SOL_SOCKET, SCM_RIGHTS }, fd, 0 };
	struct iovec part = { (void *)(uintptr_t)m, sizeof *m };
	struct sys_msghdr header = { .parts = &part, .part_count = 1 };
	long result;

	if (fd >= 0) {
		header.control = &control;
		header.control_length = sizeof control;
	}
	do
		result = sys_sendmsg(socket, &header, MSG_NOSIGNAL);
	while (result == -EINTR);
	return result;
}

static bool receive_record(int socket, struct message *out)
{
	long got;

	do
		got = sys_recvfrom(socket, out, sizeof *out, MSG_TRUNC);
	while (got == -EINTR);
	return got == (long)sizeof *out && out->version == MESSAGE_VERSION;
}

int init_send(struct init *i, int socket, enum message_kind kind, int64_t number, int fd)
{
	struct message m = { .version = MESSAGE_VERSION, .kind = kind, .number = number };

	return init_expect(i, __NR_sendmsg, send_record(socket, &m, fd));
}

void init_tell_failure(struct init *i)
{
	struct message m = { .version = MESSAGE_VERSION, .kind = MESSAGE_FAILED, .op = i->op, .call = i->failed_call,
			     .error = i->failed_error, .number = i->failed_number, .hook = i->failed_hook };

	/* A filter that is loaded already may forbid sendmsg, but hardly any forbids write. Else only our end tells. */
	if (send_record(i->reply, &m, i->tail_fd) < 0)
		(void)sys_write(i->reply, &m, sizeof m);
}

/* Before COMMIT a runtime that is gone has undone the container, or `delete` will: no need to tell anybody. */
static void receive_or_leave(struct init *i, struct message *out)
{
	if (!receive_record(i->channel, out))
		sys_exit_group(1);
}

/* --- ops ---------------------------------------------------------------------------------------------------------- */

int init_await(struct init *i, const struct op *op, const struct op_await *p)
{
	struct message m;

	(void)op;
	if (p->what == AWAIT_HOOKS && init_send(i, i->channel, MESSAGE_HOOKS_DUE, 0, -1) < 0)
		return -1;
	while (!(i->gone_ahead & 1u << p->what)) {
		receive_or_leave(i, &m);
		if (m.kind == MESSAGE_GO)
			i->gone_ahead |= 1u << (m.number & 31);
	}
	if (p->what != AWAIT_MAPS)
		return 0;
	i->has_maps_to_await = false;
	return init_guard(i);
}

static int read_peer(struct init *i, int socket, uint32_t *uid)
{
	struct sys_ucred peer;
	uint32_t size = sizeof peer;

	if (init_expect(i, __NR_getsockopt, sys_getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &peer, &size)) < 0)
		return -1;
	*uid = peer.uid;
	return 0;
}

/* While a container waits for `start` it holds the listening socket, the lock, the filter and what hooks write to: whoever gets
 * at the process has nothing of the host's that could be read. Descriptors are given from the lowest number on, so ours lie in
 * unused slots or just above them. */
static void let_go(struct init *i)
{
	const struct plan_header *header = (const void *)i->plan;
	unsigned first = i->base + (init_find_op(i, OP_SECCOMP) ? SLOT_FIRST : SLOT_FILTER);
	unsigned end = i->base + header->slots + 64;
	const int ours[] = { i->channel, i->root_fd, i->null_fd, i->null_tree_fd, i->mask_fd, i->parent_fd, i->proc_fd };

	(void)sys_close(init_slot(i, SLOT_PLAN)); /* close can fail only for what is not open */
	for (size_t n = 0; n < sizeof ours / sizeof *ours; n++)
		if (ours[n] >= 0)
			(void)sys_close(ours[n]);
	if (sys_close_range(first, ~0u, 0) < 0) /* filtered hosts */
		for (unsigned fd = first; fd < end; fd++)
			(void)sys_close((int)fd);
	i->channel = i->reply = i->root_fd = i->null_fd = i->null_tree_fd = i->mask_fd = i->parent_fd = i->proc_fd = -1;
}

/* From here on init lives without the runtime. For exec the channel stays open: that the payload's exec closes it
 * tells the runtime of success. The peer's uid is read only now, as this user namespace shows it. */
int init_commit(struct init *i, const struct op *op, const struct op_commit *p)
{
	struct message m;

	(void)op, (void)p;
	/* The runtime ends as soon as it has sent COMMIT: from here on only the channel's end tells that it is gone before. */
	if (init_expect(i, __NR_prctl, sys_prctl(PR_SET_PDEATHSIG, 0, 0)) < 0 ||
	    init_send(i, i->channel, MESSAGE_READY, 0, -1) < 0)
		return -1;
	do
		receive_or_leave(i, &m);
	while (m.kind != MESSAGE_COMMIT);
	if (!init_find_op(i, OP_START))
		return 0;
	if (read_peer(i, i->channel, &i->peer_uid) < 0)
		return -1;
	let_go(i);
	return 0;
}

/* In a user namespace all uids outside its maps look alike: there the state directory's mode alone keeps others
 * away. */
static bool is_start(struct init *i, int socket)
{
	struct message m;
	uint32_t uid;

	if (read_peer(i, socket, &uid) < 0 || uid != i->peer_uid)
		return false;
	return receive_record(socket, &m) && m.kind == MESSAGE_START;
}

int init_start(struct init *i, const struct op *op, const struct op_start *p)
{
	int listen = init_slot(i, SLOT_LISTEN);

	(void)op, (void)p;
	for (;;) {
		long socket = sys_accept4(listen, SOCK_CLOEXEC);
		if (socket == -EINTR || socket == -ECONNABORTED)
			continue;
		if (init_expect(i, __NR_accept4, socket) < 0)
			return -1;
		if (is_start(i, (int)socket)) {
			i->reply = (int)socket;
			return init_expect(i, __NR_close, sys_close(listen));
		}
		(void)sys_close((int)socket); /* no `start`, or one that died: another one may come */
	}
}
