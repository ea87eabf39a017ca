#include "runtime/host/console.h"

#include "spec/base/own.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <utmp.h>

#include <cmocka.h>

/* A foreground run without a container: the runtime is a child with the given stdin and stdout, the payload its child. */
struct scene {
	pid_t runtime;
	int to_runtime, from_runtime; /* our ends of its stdin and stdout */
	int terminal;                 /* its stdin's other side when that is a terminal, for looking at its modes */
};

static uint64_t now_ms(void)
{
	struct timespec t;

	assert_int_equal(clock_gettime(CLOCK_MONOTONIC, &t), 0);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

static pid_t start_payload(int slave_fd, void (*body)(void))
{
	pid_t pid = fork();

	if (pid == 0) {
		sigset_t none;
		(void)sigemptyset(&none);
		(void)sigprocmask(SIG_SETMASK, &none, NULL);
		(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (slave_fd >= 0 && login_tty(slave_fd) < 0)
			_exit(99);
		body();
		_exit(0);
	}
	return pid;
}

/* Ends with the payload's exit code, or 100 when the relay failed. */
static _Noreturn void be_runtime(bool has_terminal, void (*body)(void))
{
	struct console c;
	struct err e = ERR_NONE;
	int master = -1, slave = -1, status;

	if (console_prepare(&c, &e) < 0 || (has_terminal && openpty(&master, &slave, NULL, NULL, NULL) < 0))
		_exit(101);
	if (master >= 0)
		(void)fcntl(master, F_SETFD, FD_CLOEXEC);
	pid_t pid = start_payload(slave, body);
	if (slave >= 0)
		(void)close(slave);
	c.master_fd = master;
	c.pidfd = pidfd_open(pid, 0);
	if (console_relay(&c, &e) < 0)
		_exit(100);
	if (c.signal_fd >= 0 || c.is_raw)
		_exit(103);
	console_restore(&c); /* again: nothing */
	_exit(waitpid(pid, &status, 0) == pid && WIFEXITED(status) ? WEXITSTATUS(status) : 102);
}

static void run_runtime(struct scene *s, int in, int out, bool has_terminal, void (*body)(void))
{
	s->runtime = fork();
	assert_true(s->runtime >= 0);
	if (s->runtime == 0) {
		(void)setsid();
		(void)dup2(in, STDIN_FILENO);
		(void)dup2(out, STDOUT_FILENO);
		(void)close_range(3, ~0U, 0);
		be_runtime(has_terminal, body);
	}
}

static struct scene on_terminal(void (*body)(void))
{
	struct scene s = { 0 };
	struct winsize size = { .ws_row = 33, .ws_col = 77 };
	int master, slave;

	assert_int_equal(openpty(&master, &slave, NULL, NULL, &size), 0);
	run_runtime(&s, slave, slave, true, body);
	s.to_runtime = s.from_runtime = master;
	s.terminal = slave;
	return s;
}

static struct scene on_pipes(bool has_terminal, void (*body)(void))
{
	struct scene s = { .terminal = -1 };
	int in[2], out[2];

	assert_int_equal(pipe2(in, O_CLOEXEC), 0);
	assert_int_equal(pipe2(out, O_CLOEXEC), 0);
	run_runtime(&s, in[0], out[1], has_terminal, body);
	(void)close(in[0]);
	(void)close(out[1]);
	s.to_runtime = in[1];
	s.from_runtime = out[0];
	return s;
}

static int end_of(struct scene *s)
{
	int status = -1;

	assert_int_equal(waitpid(s->runtime, &status, 0), s->runtime);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static void close_scene(struct scene *s)
{
	(void)close(s->to_runtime);
	if (s->from_runtime != s->to_runtime)
		(void)close(s->from_runtime);
	own_close(&s->terminal);
}

/* What comes until `wanted` is among it; fails after five seconds. */
static void expect(struct scene *s, const char *wanted)
{
	char bytes[4096] = "";
	size_t length = 0;
	struct pollfd p = { .fd = s->from_runtime, .events = POLLIN };

	while (!strstr(bytes, wanted)) {
		if (poll(&p, 1, 5000) <= 0)
			fail_msg("'%s' and not '%s'", bytes, wanted);
		ssize_t got = read(s->from_runtime, bytes + length, sizeof bytes - 1 - length);
		if (got <= 0)
			fail_msg("'%s' and then the end, not '%s'", bytes, wanted);
		length += (size_t)got;
		bytes[length] = '\0';
	}
}

static bool is_raw(const struct scene *s)
{
	struct termios t;

	assert_int_equal(tcgetattr(s->terminal, &t), 0);
	return !(t.c_lflag & (ICANON | ECHO));
}

/* --- the socket --------------------------------------------------------------------------------------------------- */

static void sends_to(const char *directory, const char *name, int master)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	char path[600], text[32] = "";
	char control[CMSG_SPACE(sizeof(int))] __attribute__((aligned(8)));
	struct iovec v = { text, sizeof text - 1 };
	struct msghdr message = { .msg_iov = &v, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control };
	struct err e = ERR_NONE;
	struct stat sent, received;
	int fd;

	own_fd at = open(directory, O_PATH | O_DIRECTORY | O_CLOEXEC);
	own_fd listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	(void)snprintf(address.sun_path, sizeof address.sun_path, "/proc/self/fd/%d/%s", at, name);
	assert_int_equal(bind(listener, (struct sockaddr *)&address, sizeof address), 0);
	assert_int_equal(listen(listener, 1), 0);
	(void)snprintf(path, sizeof path, "%s/%s", directory, name);
	if (console_send(path, master, &e) < 0)
		fail_msg("%s", e.text);
	own_fd server = accept(listener, NULL, NULL);
	assert_int_equal(recvmsg(server, &message, MSG_CMSG_CLOEXEC), 9);
	assert_string_equal(text, "/dev/ptmx");
	struct cmsghdr *header = CMSG_FIRSTHDR(&message);
	assert_non_null(header);
	assert_int_equal(header->cmsg_type, SCM_RIGHTS);
	memcpy(&fd, CMSG_DATA(header), sizeof fd);
	assert_int_equal(fstat(fd, &received), 0);
	assert_int_equal(fstat(master, &sent), 0);
	assert_int_equal(received.st_rdev, sent.st_rdev);
	(void)close(fd);
	assert_int_equal(recv(server, text, 1, 0), 0); /* nothing else, and the connection is closed */
	assert_int_equal(unlink(path), 0);
}

static void sends_the_master(void **state)
{
	char directory[300] = "/tmp/boxcar-console-XXXXXX";
	struct err e = ERR_NONE;
	int master, slave;

	(void)state;
	assert_non_null(mkdtemp(directory));
	assert_int_equal(openpty(&master, &slave, NULL, NULL, NULL), 0);
	sends_to(directory, "sock", master);
	size_t length = strlen(directory);
	(void)snprintf(directory + length, sizeof directory - length, "/%0200d", 1);
	assert_int_equal(mkdir(directory, 0700), 0);
	sends_to(directory, "sock", master);
	assert_int_equal(console_send("/nonexistent/sock", master, &e), -1);
	assert_int_equal(e.number, ENOENT);
	assert_non_null(strstr(e.text, "/nonexistent/sock"));
	assert_int_equal(rmdir(directory), 0);
	directory[length] = '\0';
	assert_int_equal(rmdir(directory), 0);
	(void)close(master);
	(void)close(slave);
}

/* --- the relay ---------------------------------------------------------------------------------------------------- */

static void answer(void)
{
	char line[64];
	struct winsize size = { 0 };

	(void)setvbuf(stdout, NULL, _IONBF, 0);
	for (int tries = 0; tries < 100 && size.ws_row == 0; tries++) { /* the relay may begin after us */
		(void)ioctl(STDIN_FILENO, TIOCGWINSZ, &size);
		(void)usleep(size.ws_row ? 0 : 10000);
	}
	(void)printf("ready %u x %u\n", size.ws_row, size.ws_col);
	while (fgets(line, sizeof line, stdin) && strcmp(line, "end\n") != 0)
		(void)printf("got %s", line);
	(void)printf("bye\n");
	_exit(7);
}

static void relays_both_ways(void **state)
{
	(void)state;
	struct scene s = on_terminal(answer);

	expect(&s, "ready 33 x 77\r\n");
	assert_true(is_raw(&s));
	assert_int_equal(write(s.to_runtime, "hello\r", 6), 6);
	expect(&s, "got hello\r\n");
	assert_int_equal(write(s.to_runtime, "end\r", 4), 4);
	expect(&s, "bye\r\n");
	assert_int_equal(end_of(&s), 7);
	assert_false(is_raw(&s));
	close_scene(&s);
}

/* Ctrl-C is a byte for the payload's terminal, which makes the signal. */
static void interrupts_the_payload_only(void **state)
{
	(void)state;
	struct scene s = on_terminal(answer);

	expect(&s, "ready");
	assert_int_equal(write(s.to_runtime, "\3", 1), 1);
	assert_int_equal(end_of(&s), 102); /* ended by a signal */
	assert_false(is_raw(&s));
	close_scene(&s);
}

static void end_of_stdin_ends_nothing(void **state)
{
	(void)state;
	struct scene s = on_pipes(true, answer);

	expect(&s, "ready");
	assert_int_equal(write(s.to_runtime, "a\n", 2), 2);
	(void)close(s.to_runtime);
	s.to_runtime = -1;
	expect(&s, "got a\r\n");
	assert_int_equal(waitpid(s.runtime, NULL, WNOHANG), 0);
	(void)usleep(50000);
	assert_int_equal(waitpid(s.runtime, NULL, WNOHANG), 0);
	assert_int_equal(kill(s.runtime, SIGTERM), 0); /* forwarded */
	assert_int_equal(end_of(&s), 102);
	(void)close(s.from_runtime);
}

enum { MANY = 1 << 20 };

static void write_much(void)
{
	static char bytes[MANY];

	memset(bytes, 'x', sizeof bytes);
	for (size_t done = 0; done < sizeof bytes;) {
		ssize_t more = write(STDOUT_FILENO, bytes + done, sizeof bytes - done);
		if (more <= 0)
			_exit(1);
		done += (size_t)more;
	}
}

static void loses_nothing_of_a_lot(void **state)
{
	static char bytes[65536];
	size_t total = 0;
	ssize_t got;

	(void)state;
	struct scene s = on_pipes(true, write_much);
	(void)usleep(100000); /* the pipe is full by now */
	while ((got = read(s.from_runtime, bytes, sizeof bytes)) > 0)
		total += (size_t)got;
	assert_int_equal(total, MANY);
	assert_int_equal(end_of(&s), 0);
	close_scene(&s);
}

/* The reader is gone: the payload must neither hang nor be ended by it. */
static void survives_a_lost_stdout(void **state)
{
	(void)state;
	struct scene s = on_pipes(true, write_much);

	(void)close(s.from_runtime);
	assert_int_equal(end_of(&s), 0);
	(void)close(s.to_runtime);
}

static void write_and_stay(void)
{
	write_much();
	(void)pause();
}

/* Nobody reads, nobody closes: signals still arrive, and the end is not put off for ever. */
static void a_full_stdout_does_not_hold_the_end(void **state)
{
	(void)state;
	struct scene s = on_pipes(true, write_and_stay);
	uint64_t began = now_ms();

	(void)usleep(100000);
	assert_int_equal(kill(s.runtime, SIGTERM), 0);
	assert_int_equal(end_of(&s), 102);
	assert_true(now_ms() - began < 4000);
	close_scene(&s);
}

/* Somebody else keeps the payload's side open after its end. */
static void leave_somebody(void)
{
	if (fork() == 0) {
		(void)prctl(PR_SET_PDEATHSIG, 0);
		(void)signal(SIGHUP, SIG_IGN);
		(void)sleep(3);
		_exit(0);
	}
	(void)!write(STDOUT_FILENO, "last words", 10);
}

static void does_not_wait_for_strangers(void **state)
{
	(void)state;
	struct scene s = on_pipes(true, leave_somebody);
	uint64_t began = now_ms();

	expect(&s, "last words");
	assert_int_equal(end_of(&s), 0);
	assert_true(now_ms() - began < 2000);
	close_scene(&s);
}

static volatile sig_atomic_t caught;

static void catch_signal(int number)
{
	caught = number;
}

static void tell_signals(void)
{
	struct winsize size;
	const int numbers[] = { SIGUSR1, SIGHUP, SIGWINCH, SIGRTMIN + 3 };

	for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
		(void)signal(numbers[i], catch_signal);
	(void)dprintf(STDOUT_FILENO, "ready\n");
	for (;;) {
		sigset_t none, all;
		(void)sigfillset(&all);
		(void)sigprocmask(SIG_SETMASK, &all, NULL);
		(void)sigemptyset(&none);
		while (!caught)
			(void)sigsuspend(&none);
		(void)dprintf(STDOUT_FILENO, "signal %d\n", caught);
		if (caught == SIGWINCH && ioctl(STDIN_FILENO, TIOCGWINSZ, &size) == 0)
			(void)dprintf(STDOUT_FILENO, "size %u x %u\n", size.ws_row, size.ws_col);
		caught = 0;
	}
}

static void forwards_signals(void **state)
{
	const int numbers[] = { SIGUSR1, SIGHUP, SIGWINCH, SIGRTMIN + 3 };
	char text[32];

	(void)state;
	struct scene s = on_pipes(false, tell_signals);
	expect(&s, "ready");
	for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
		assert_int_equal(kill(s.runtime, numbers[i]), 0);
		(void)snprintf(text, sizeof text, "signal %d\n", numbers[i]);
		expect(&s, text);
	}
	assert_int_equal(kill(s.runtime, SIGPIPE), 0); /* ends neither */
	assert_int_equal(kill(s.runtime, SIGTERM), 0);
	assert_int_equal(end_of(&s), 102);
	close_scene(&s);
}

static void hands_on_a_new_size(void **state)
{
	struct winsize size = { .ws_row = 12, .ws_col = 34 };

	(void)state;
	struct scene s = on_terminal(tell_signals);
	expect(&s, "ready");
	assert_int_equal(ioctl(s.terminal, TIOCSWINSZ, &size), 0);
	assert_int_equal(kill(s.runtime, SIGWINCH), 0); /* its session has no controlling terminal here */
	expect(&s, "size 12 x 34\r\n");
	assert_int_equal(kill(s.runtime, SIGTERM), 0);
	assert_int_equal(end_of(&s), 102);
	assert_false(is_raw(&s));
	close_scene(&s);
}

/* A shell may have set the terminal's modes while we were stopped. */
static void is_raw_again_after_a_stop(void **state)
{
	struct termios cooked;

	(void)state;
	struct scene s = on_terminal(answer);
	expect(&s, "ready");
	assert_int_equal(tcgetattr(s.terminal, &cooked), 0);
	cooked.c_lflag |= ICANON | ECHO;
	assert_int_equal(tcsetattr(s.terminal, TCSANOW, &cooked), 0);
	assert_int_equal(kill(s.runtime, SIGCONT), 0);
	for (int i = 0; i < 1000 && !is_raw(&s); i++)
		(void)usleep(1000);
	assert_true(is_raw(&s));
	assert_int_equal(kill(s.runtime, SIGTERM), 0);
	assert_int_equal(end_of(&s), 102);
	close_scene(&s);
}

/* stdout is a file that others write to as well: nothing of theirs is overwritten. */
static void appends_to_files(void **state)
{
	char path[] = "/tmp/boxcar-console-XXXXXX", text[64] = "";
	struct scene s = { 0 };

	(void)state;
	own_fd fd = mkostemp(path, O_CLOEXEC), in = open("/dev/null", O_RDONLY | O_CLOEXEC);
	assert_int_equal(write(fd, "before ", 7), 7);
	run_runtime(&s, in, fd, true, leave_somebody);
	assert_int_equal(end_of(&s), 0);
	assert_int_equal(write(fd, " after", 6), 6);
	assert_true(pread(fd, text, sizeof text - 1, 0) > 0);
	assert_string_equal(text, "before last words after");
	assert_int_equal(unlink(path), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sends_the_master),
		cmocka_unit_test(relays_both_ways),
		cmocka_unit_test(interrupts_the_payload_only),
		cmocka_unit_test(end_of_stdin_ends_nothing),
		cmocka_unit_test(loses_nothing_of_a_lot),
		cmocka_unit_test(survives_a_lost_stdout),
		cmocka_unit_test(a_full_stdout_does_not_hold_the_end),
		cmocka_unit_test(does_not_wait_for_strangers),
		cmocka_unit_test(forwards_signals),
		cmocka_unit_test(hands_on_a_new_size),
		cmocka_unit_test(is_raw_again_after_a_stop),
		cmocka_unit_test(appends_to_files),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
