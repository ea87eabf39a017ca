/* pty: run a command on a terminal of its own, as a person would, and show what it prints.
 *
 *     pty [-s ROWSxCOLUMNS] [-z ROWSxCOLUMNS] [-m] [-k SIGNAL] [-t SECONDS] -- COMMAND...
 *
 *     -s  the terminal's size (24x80)
 *     -z  change the size to this as soon as something has been printed
 *     -m  at the end print "mode: kept" or "mode: changed": whether the terminal's settings are as they were
 *     -k  send this signal (a number) to the command as soon as something has been printed
 *     -t  give up after so many seconds (10): exit code 124
 *
 * stdin is typed into the terminal, byte for byte, once something has been printed. Exit code: the command's, 128 + signal. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

struct session {
	int master, peer;
	pid_t pid;
	struct winsize size, later;
	bool has_later, wants_mode, has_printed;
	int signal, seconds;
	struct termios before;
};

static struct winsize read_size(const char *text)
{
	struct winsize size = { 0 };

	if (sscanf(text, "%hux%hu", &size.ws_row, &size.ws_col) != 2)
		exit(125);
	return size;
}

static void start(struct session *s, char **command)
{
	if (openpty(&s->master, &s->peer, NULL, NULL, &s->size) || tcgetattr(s->peer, &s->before)) {
		perror("pty");
		exit(125);
	}
	(void)fcntl(s->master, F_SETFD, FD_CLOEXEC);
	s->pid = fork();
	if (s->pid)
		return;
	(void)setsid();
	(void)ioctl(s->peer, TIOCSCTTY, 0);
	for (int fd = 0; fd < 3; fd++)
		(void)dup2(s->peer, fd);
	(void)close(s->peer);
	(void)execvp(command[0], command);
	perror(command[0]);
	_exit(125);
}

static void printed_first(struct session *s)
{
	s->has_printed = true;
	if (s->has_later)
		(void)ioctl(s->master, TIOCSWINSZ, &s->later);
	if (s->signal)
		(void)kill(s->pid, s->signal);
}

static bool copy(int from, int to)
{
	char bytes[4096];
	ssize_t length = read(from, bytes, sizeof bytes);

	return length > 0 && write(to, bytes, (size_t)length) == length;
}

/* Until the command has ended and everything is read: the terminal stays open by our own peer, so there is no end of file. */
static int relay(struct session *s)
{
	bool has_input = true, has_ended = false;
	int status = 0;

	for (int rest = s->seconds * 20; rest > 0;) {
		struct pollfd wait[] = { { s->master, POLLIN, 0 }, { has_input && s->has_printed ? 0 : -1, POLLIN, 0 } };
		int ready = poll(wait, 2, 50);
		if (ready == 0 && has_ended)
			return status;
		rest -= ready == 0;
		if (wait[0].revents & POLLIN) {
			if (!copy(s->master, 1))
				return status;
			if (!s->has_printed)
				printed_first(s);
		}
		if (wait[1].revents)
			has_input = copy(0, s->master);
		has_ended = has_ended || waitpid(s->pid, &status, WNOHANG) == s->pid;
	}
	(void)kill(s->pid, SIGKILL);
	(void)fprintf(stderr, "pty: gave up\n");
	return 124 << 8;
}

int main(int argc, char **argv)
{
	struct session s = { .size = { 24, 80, 0, 0 }, .seconds = 10 };
	struct termios after;

	for (int letter; (letter = getopt(argc, argv, "+s:z:mk:t:")) != -1;) {
		if (letter == 's')
			s.size = read_size(optarg);
		else if (letter == 'z')
			s.later = read_size(optarg), s.has_later = true;
		else if (letter == 'm')
			s.wants_mode = true;
		else if (letter == 'k')
			s.signal = atoi(optarg);
		else if (letter == 't')
			s.seconds = atoi(optarg);
		else
			return 125;
	}
	if (optind >= argc)
		return 125;
	start(&s, argv + optind);
	int status = relay(&s);
	(void)memset(&after, 0, sizeof after);
	if (s.wants_mode && tcgetattr(s.peer, &after) == 0)
		(void)printf("mode: %s\n", memcmp(&after, &s.before, sizeof after) == 0 ? "kept" : "changed");
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
