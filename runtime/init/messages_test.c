/* What init waits for, whom it obeys, and that it leaves when nobody is there. */
#include "runtime/init/init.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

enum { BASE = 400, PEER = 300, OPS = 8 };

/* A plan of a header and ops without payloads, and the runtime's end of the channel. */
struct talk {
	_Alignas(8) char plan[sizeof(struct plan_header) + OPS * sizeof(struct op)];
	struct init init;
	int peer;
};

static int talk_make(void **state)
{
	struct talk *t = calloc(1, sizeof *t);
	struct plan_header *header = (void *)t->plan;
	int ends[2];

	header->ops = sizeof *header;
	header->slots = SLOT_FIRST + 1;
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends), 0);
	t->peer = dup3(ends[0], PEER, O_CLOEXEC);
	t->init = (struct init){ .plan = t->plan, .base = BASE, .channel = BASE + SLOT_CHANNEL, .reply = BASE + SLOT_CHANNEL,
				 .root_fd = -1, .null_fd = -1, .null_tree_fd = -1, .mask_fd = -1, .parent_fd = -1, .proc_fd = -1,
				 .has_maps_to_await = true };
	assert_int_equal(dup3(ends[1], t->init.channel, O_CLOEXEC), t->init.channel);
	close(ends[0]);
	close(ends[1]);
	*state = t;
	return 0;
}

static int talk_end(void **state)
{
	struct talk *t = *state;

	close(t->peer);
	for (int fd = BASE; fd < BASE + 10; fd++)
		close(fd);
	free(t);
	return 0;
}

static void add_op(struct talk *t, enum plan_kind kind)
{
	struct plan_header *header = (void *)t->plan;
	struct op *op = (void *)(t->plan + header->ops);

	op[header->count++].kind = (uint16_t)kind;
}

static void say(int socket, uint32_t version, uint32_t kind, int64_t number)
{
	struct message m = { .version = version, .kind = kind, .number = number };

	assert_int_equal(send(socket, &m, sizeof m, MSG_NOSIGNAL), sizeof m);
}

static struct message hear(int socket)
{
	struct message m = { 0 };

	assert_int_equal(recv(socket, &m, sizeof m, MSG_DONTWAIT), sizeof m);
	return m;
}

/* The exit status of a child that does `what`; 77 when it comes back with 0, 99 when it is still waiting after a
 * while. */
static int run_for(struct talk *t, int (*what)(struct talk *t), int milliseconds)
{
	int status = 0;
	pid_t pid = fork();

	if (pid == 0) {
		close(t->peer);
		_exit(what(t) == 0 ? 77 : 78);
	}
	for (; milliseconds > 0; milliseconds -= 5) {
		if (waitpid(pid, &status, WNOHANG) == pid)
			return WEXITSTATUS(status);
		(void)poll(NULL, 0, 5);
	}
	(void)kill(pid, SIGKILL);
	(void)waitpid(pid, &status, 0);
	return 99;
}

static int run(struct talk *t, int (*what)(struct talk *t))
{
	return run_for(t, what, 20000);
}

static bool is_waiting(struct talk *t, int (*what)(struct talk *t))
{
	return run_for(t, what, 200) == 99;
}

static int await_cgroup(struct talk *t)
{
	return init_await(&t->init, NULL, &(struct op_await){ .what = AWAIT_CGROUP });
}

static int await_both(struct talk *t)
{
	if (await_cgroup(t) < 0 || !t->init.has_maps_to_await)
		return -1;
	if (init_await(&t->init, NULL, &(struct op_await){ .what = AWAIT_MAPS }) < 0 || t->init.has_maps_to_await)
		return -1;
	return prctl(PR_GET_DUMPABLE);
}

static void remembers_what_came_first(void **state)
{
	struct talk *t = *state;

	say(t->peer, MESSAGE_VERSION, MESSAGE_GO, AWAIT_MAPS);
	assert_true(is_waiting(t, await_cgroup));
	say(t->peer, MESSAGE_VERSION, MESSAGE_GO, AWAIT_MAPS); /* the child before took the first */
	say(t->peer, MESSAGE_VERSION, MESSAGE_GO, AWAIT_CGROUP);
	assert_int_equal(run(t, await_both), 77);
}

static int guard(struct talk *t)
{
	return init_guard(&t->init);
}

static int commit(struct talk *t)
{
	return init_commit(&t->init, NULL, NULL);
}

static void leaves_when_alone(void **state)
{
	struct talk *t = *state;

	assert_int_equal(run(t, guard), 77);
	close(t->peer);
	assert_int_equal(run(t, guard), 1);
	assert_int_equal(run(t, await_cgroup), 1);
	assert_int_equal(run(t, commit), 78); /* there is nobody to hear READY */
}

static void sends_with_a_descriptor(void **state)
{
	struct talk *t = *state;
	_Alignas(struct cmsghdr) char control[CMSG_SPACE(sizeof(int))];
	struct message m;
	struct iovec part = { &m, sizeof m };
	struct msghdr header = { .msg_iov = &part, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control };
	int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);

	assert_int_equal(init_send(&t->init, t->init.channel, MESSAGE_CONSOLE, 5, fd), 0);
	assert_int_equal(recvmsg(t->peer, &header, MSG_CMSG_CLOEXEC), sizeof m);
	assert_int_equal(m.version, MESSAGE_VERSION);
	assert_int_equal(m.kind, MESSAGE_CONSOLE);
	assert_int_equal(m.number, 5);
	struct cmsghdr *c = CMSG_FIRSTHDR(&header);
	assert_non_null(c);
	assert_int_equal(c->cmsg_len, CMSG_LEN(sizeof fd));
	close(*(int *)(void *)CMSG_DATA(c));
	close(fd);
}

static void tells_a_failure(void **state)
{
	struct talk *t = *state;

	t->init.op = 3;
	assert_int_equal(init_fail(&t->init, 17, EPERM, -5), -1);
	init_tell_failure(&t->init);
	struct message m = hear(t->peer);
	assert_int_equal(m.kind, MESSAGE_FAILED);
	assert_int_equal(m.op, 3);
	assert_int_equal(m.call, 17);
	assert_int_equal(m.error, EPERM);
	assert_int_equal(m.number, -5);
}

/* --- after COMMIT ------------------------------------------------------------------------------------------------- */

static bool is_open(int fd)
{
	return fcntl(fd, F_GETFD) >= 0;
}

static int commit_and_look(struct talk *t)
{
	int death = -1;

	for (int fd = BASE; fd < BASE + 9; fd++)
		if (!is_open(fd) && dup3(STDERR_FILENO, fd, O_CLOEXEC) < 0)
			return -1;
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0 || init_commit(&t->init, NULL, NULL) < 0)
		return -1;
	if (prctl(PR_GET_PDEATHSIG, &death) < 0 || death != 0)
		return -1;
	int open = 0;
	for (int fd = BASE; fd < BASE + 9; fd++)
		open |= is_open(fd) << (fd - BASE);
	_exit(open & 0xff);
}

static void holds_little_while_it_waits(void **state)
{
	struct talk *t = *state;

	say(t->peer, MESSAGE_VERSION, MESSAGE_COMMIT, 0);
	assert_int_equal(run(t, commit_and_look), 0xff); /* exec: everything is left to the payload's exec */
	assert_int_equal(hear(t->peer).kind, MESSAGE_READY);
	add_op(t, OP_START);
	say(t->peer, MESSAGE_VERSION, MESSAGE_COMMIT, 0);
	const int kept = 1 << SLOT_LISTEN | 1 << SLOT_LOCK | 1 << SLOT_OUTPUT | 1 << SLOT_ERRORS;
	assert_int_equal(run(t, commit_and_look), kept);
	add_op(t, OP_SECCOMP);
	say(t->peer, MESSAGE_VERSION, MESSAGE_COMMIT, 0);
	assert_int_equal(run(t, commit_and_look), kept | 1 << SLOT_FILTER);
}

static int start(struct talk *t)
{
	if (init_start(&t->init, NULL, NULL) < 0 || is_open(BASE + SLOT_LISTEN))
		return -1;
	return fcntl(t->init.reply, F_GETFD) == FD_CLOEXEC ? 0 : -1;
}

/* An abstract address of the kernel's choice. */
static int listen_somewhere(struct sockaddr *address, socklen_t *length)
{
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);

	memset(address, 0, sizeof *address);
	address->sa_family = AF_UNIX;
	assert_int_equal(bind(fd, address, sizeof(sa_family_t)), 0);
	assert_int_equal(getsockname(fd, address, length), 0);
	assert_int_equal(listen(fd, 8), 0);
	assert_int_equal(dup3(fd, BASE + SLOT_LISTEN, O_CLOEXEC), BASE + SLOT_LISTEN);
	close(fd);
	return BASE + SLOT_LISTEN;
}

/* The connections are made before init looks: each is in the queue, with what it says. */
static int connect_and_say(const struct sockaddr *address, socklen_t length, const void *bytes, size_t size)
{
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);

	assert_int_equal(connect(fd, address, length), 0);
	if (size)
		assert_int_equal(send(fd, bytes, size, MSG_NOSIGNAL), size);
	return fd;
}

static void obeys_only_start(void **state)
{
	const struct message wrong[] = {
		{ .version = MESSAGE_VERSION, .kind = MESSAGE_COMMIT },
		{ .version = MESSAGE_VERSION + 1, .kind = MESSAGE_START },
	};
	const struct message right = { .version = MESSAGE_VERSION, .kind = MESSAGE_START };
	const struct message longer[2] = { right, right };
	struct talk *t = *state;
	char address[sizeof(struct sockaddr) + 32];
	socklen_t length = sizeof address;
	int fd[5];

	(void)listen_somewhere((void *)address, &length);
	close(connect_and_say((void *)address, length, NULL, 0)); /* a `start` that died */
	fd[0] = connect_and_say((void *)address, length, &wrong[0], sizeof wrong[0]);
	fd[1] = connect_and_say((void *)address, length, &wrong[1], sizeof wrong[1]);
	fd[2] = connect_and_say((void *)address, length, "x", 1);
	fd[3] = connect_and_say((void *)address, length, longer, sizeof longer);
	t->init.peer_uid = getuid();
	assert_true(is_waiting(t, start));
	fd[4] = connect_and_say((void *)address, length, &right, sizeof right);
	t->init.peer_uid = getuid() + 1;
	assert_true(is_waiting(t, start)); /* another user's */
	close(fd[4]);
	fd[4] = connect_and_say((void *)address, length, &right, sizeof right);
	t->init.peer_uid = getuid();
	assert_int_equal(run(t, start), 77);
	for (size_t i = 0; i < sizeof fd / sizeof *fd; i++)
		close(fd[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(remembers_what_came_first, talk_make, talk_end),
		cmocka_unit_test_setup_teardown(leaves_when_alone, talk_make, talk_end),
		cmocka_unit_test_setup_teardown(sends_with_a_descriptor, talk_make, talk_end),
		cmocka_unit_test_setup_teardown(tells_a_failure, talk_make, talk_end),
		cmocka_unit_test_setup_teardown(holds_little_while_it_waits, talk_make, talk_end),
		cmocka_unit_test_setup_teardown(obeys_only_start, talk_make, talk_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
