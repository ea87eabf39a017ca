#include "runtime/host/console.h"

#include "runtime/host/handover.h"
#include "spec/base/own.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/pidfd.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>
#include <time.h>

/* --- the console socket ------------------------------------------------------------------------------------------- */

int console_send(const char *socket_path, int master_fd, struct err *e)
{
	static const char name[] = "/dev/ptmx";
	own_fd fd = handover_connect(socket_path, e);

	if (fd < 0)
		return err_add(e, "hand the terminal to the console socket");
	if (handover_send(fd, name, sizeof name - 1, master_fd, e) < 0)
		return err_add(e, "hand the terminal to the console socket %s", socket_path);
	return 0;
}

/* --- our own terminal --------------------------------------------------------------------------------------------- */

static void make_raw(struct console *c)
{
	struct termios raw;

	if (!c->is_raw && tcgetattr(STDIN_FILENO, &c->saved) < 0)
		return; /* stdin is no terminal */
	raw = c->saved;
	cfmakeraw(&raw);
	c->is_raw = tcsetattr(STDIN_FILENO, TCSANOW, &raw) == 0 || c->is_raw;
}

/* The kernel tells the payload's foreground processes with SIGWINCH. Without a terminal of ours the size stays as it is. */
void console_copy_size(int master_fd)
{
	struct winsize size;

	if (ioctl(STDIN_FILENO, TIOCGWINSZ, &size) == 0)
		(void)ioctl(master_fd, TIOCSWINSZ, &size); /* a payload without its terminal needs no size */
}

void console_restore(struct console *c)
{
	sigset_t stop, before;

	drop_fd(&c->signal_fd);
	if (!c->is_raw)
		return;
	/* in the background SIGTTOU would stop us here */
	(void)sigemptyset(&stop);
	(void)sigaddset(&stop, SIGTTOU);
	(void)sigprocmask(SIG_BLOCK, &stop, &before);
	(void)tcsetattr(STDIN_FILENO, TCSANOW, &c->saved); /* a terminal that is gone needs no restoring */
	(void)sigprocmask(SIG_SETMASK, &before, NULL);
	c->is_raw = false;
}

/* --- signals ------------------------------------------------------------------------------------------------------ */

int console_prepare(struct console *c, struct err *e)
{
	/* SIGPIPE: only so that it does not end us; SIGCONT: to make the terminal raw again. Neither is forwarded. */
	static const int forwarded[] = { SIGHUP,  SIGINT,  SIGQUIT, SIGUSR1, SIGUSR2, SIGALRM, SIGTERM,
					 SIGWINCH, SIGPIPE, SIGCONT, SIGPWR };
	sigset_t set;

	*c = (struct console){ .master_fd = -1, .signal_fd = -1, .pidfd = -1 };
	(void)sigemptyset(&set); /* neither fails with these numbers */
	for (size_t i = 0; i < sizeof forwarded / sizeof *forwarded; i++)
		(void)sigaddset(&set, forwarded[i]);
	for (int number = SIGRTMIN; number <= SIGRTMAX; number++)
		(void)sigaddset(&set, number);
	if (sigprocmask(SIG_BLOCK, &set, NULL) < 0)
		return err_sys(e, "block signals");
	c->signal_fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	return c->signal_fd < 0 ? err_sys(e, "open a signalfd") : 0;
}

static int forward_signals(struct console *c, struct err *e)
{
	struct signalfd_siginfo info;

	while (read(c->signal_fd, &info, sizeof info) == sizeof info) {
		int number = (int)info.ssi_signo;
		if (number == SIGPIPE)
			continue;
		if (number == SIGCONT && c->is_raw)
			make_raw(c);
		if (number == SIGCONT)
			continue;
		if (number == SIGWINCH && c->master_fd >= 0)
			console_copy_size(c->master_fd);
		else if (pidfd_send_signal(c->pidfd, number, NULL, 0) < 0 && errno != ESRCH)
			return err_sys(e, "forward signal %d to the container", number);
	}
	return 0;
}

/* --- bytes -------------------------------------------------------------------------------------------------------- */

/* One direction. Reads when its buffer is empty, writes when it is not. */
struct flow {
	int from, to;
	bool is_ended; /* nothing more comes */
	bool is_lost;  /* nobody takes it any more: read on, so that the payload does not block, and drop it */
	size_t start, end;
	char bytes[8192];
};

static void flow_poll(const struct flow *f, struct pollfd *p)
{
	bool is_empty = f->start == f->end;

	*p = (struct pollfd){ .fd = is_empty ? (f->is_ended ? -1 : f->from) : f->to, .events = is_empty ? POLLIN : POLLOUT };
}

static bool must_wait(void)
{
	return errno == EAGAIN || errno == EINTR;
}

static void flow_move(struct flow *f)
{
	if (f->start == f->end) {
		ssize_t got = read(f->from, f->bytes, sizeof f->bytes);
		f->is_ended = got == 0 || (got < 0 && !must_wait()); /* a master says EIO when no one has the other side open */
		f->start = 0;
		f->end = got > 0 && !f->is_lost ? (size_t)got : 0;
	} else {
		ssize_t done = write(f->to, f->bytes + f->start, f->end - f->start);
		f->is_lost = done < 0 && !must_wait();
		f->start = f->is_lost ? f->end : f->start + (done > 0 ? (size_t)done : 0);
	}
}

/* stdin and stdout are shared with whoever gave them to us: non-blocking they may become only in a description of our own.
 * Files keep theirs, for its position, and never block; sockets cannot be opened again. */
static int open_again(int fd, int flags)
{
	char path[32];
	struct stat s;
	int again = -1;

	(void)snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
	if (fstat(fd, &s) == 0 && (S_ISFIFO(s.st_mode) || S_ISCHR(s.st_mode)))
		again = open(path, flags | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	return again >= 0 ? again : fcntl(fd, F_DUPFD_CLOEXEC, 3);
}

static int64_t read_clock(void)
{
	struct timespec now = { 0 };

	(void)clock_gettime(CLOCK_MONOTONIC, &now); /* cannot fail with this clock */
	return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* What was written before the end: until the last one has closed the payload's side, or nothing comes any more because
 * somebody else keeps it open. */
static void drain(struct flow *out)
{
	int64_t deadline = read_clock() + 2000;
	struct pollfd p;

	while ((out->start != out->end || !out->is_ended) && read_clock() < deadline) {
		flow_poll(out, &p);
		int ready = poll(&p, 1, p.events == POLLIN ? 100 : 2000);
		if (ready == 0 || (ready < 0 && errno != EINTR))
			return;
		if (ready > 0)
			flow_move(out);
	}
}

static int relay_bytes(struct console *c, struct flow *in, struct flow *out, struct err *e)
{
	struct pollfd p[5] = { { .fd = c->pidfd, .events = POLLIN }, { .fd = c->signal_fd, .events = POLLIN } };
	p[4] = (struct pollfd){ .fd = c->notify ? c->notify->fd : -1, .events = POLLIN };

	for (;;) {
		flow_poll(in, &p[2]);
		flow_poll(out, &p[3]);
		if (poll(p, 5, -1) < 0) {
			if (errno == EINTR)
				continue;
			return err_sys(e, "wait for the container");
		}
		if (p[1].revents && forward_signals(c, e) < 0)
			return -1;
		if (p[2].revents)
			flow_move(in);
		in->is_ended |= in->is_lost; /* who takes nothing must not eat our stdin */
		if (p[3].revents)
			flow_move(out);
		if (p[4].revents)
			notify_forward(c->notify);
		if (p[0].revents)
			return 0;
	}
}

static int relay_terminal(struct console *c, struct err *e)
{
	own_fd input = open_again(STDIN_FILENO, O_RDONLY), output = open_again(STDOUT_FILENO, O_WRONLY);
	struct flow in = { .from = input, .to = c->master_fd, .is_ended = input < 0 };
	struct flow out = { .from = c->master_fd, .to = output, .is_lost = output < 0 };
	int flags = fcntl(c->master_fd, F_GETFL);

	if (flags < 0 || fcntl(c->master_fd, F_SETFL, flags | O_NONBLOCK) < 0)
		return err_sys(e, "prepare the terminal");
	make_raw(c);
	console_copy_size(c->master_fd);
	if (relay_bytes(c, &in, &out, e) < 0)
		return -1;
	drain(&out);
	return 0;
}

int console_relay(struct console *c, struct err *e)
{
	struct flow none = { .from = -1, .to = -1, .is_ended = true }, nothing = none;
	int failed = c->master_fd >= 0 ? relay_terminal(c, e) : relay_bytes(c, &none, &nothing, e);

	console_restore(c);
	return failed;
}
