/* Ends of processes: waiting, killing, and finding those of other commands. */
#include "runtime/host/processes.h"

#include "spec/base/own.h"
#include "spec/base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>

enum { END_WAIT_MS = 10000 };

static void reap(pid_t pid)
{
	while (waitpid(pid, NULL, WNOHANG) < 0 && errno == EINTR)
		continue;
}

void process_end(struct process *p)
{
	if (p->pid > 0 && p->pidfd >= 0) {
		struct pollfd ended = { .fd = p->pidfd, .events = POLLIN };
		(void)syscall(SYS_pidfd_send_signal, p->pidfd, SIGKILL, NULL, 0); /* gone already is as good */
		(void)poll(&ended, 1, END_WAIT_MS);
		reap(p->pid);
	}
	drop_fd(&p->pidfd);
	drop_fd(&p->channel);
	p->pid = 0;
}

int process_wait(struct process *p, int *exit_code, struct err *e)
{
	int status;
	pid_t got;

	do
		got = waitpid(p->pid, &status, 0);
	while (got < 0 && errno == EINTR);
	if (got < 0)
		return err_sys(e, "wait for process %d", (int)p->pid);
	p->pid = 0;
	*exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
	return 0;
}

/* linux/pidfd.h of 6.15: the first version of the structure. */
struct pidfd_information {
	uint64_t mask, cgroup;
	uint32_t ids[11];
	int32_t exit_code; /* as wait(2) has it */
};
#define PIDFD_GET_INFORMATION _IOWR(0xFF, 11, struct pidfd_information)
enum { PIDFD_HAS_EXIT = 1 << 3 };

static int decode_status(int status)
{
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

/* 1: told; 0: not yet; -1: this kernel never does. */
static int read_exit(int pidfd, int *exit_code)
{
	struct pidfd_information info = { .mask = PIDFD_HAS_EXIT };

	if (ioctl(pidfd, PIDFD_GET_INFORMATION, &info) < 0)
		return errno == ESRCH ? 0 : -1;
	if (!(info.mask & PIDFD_HAS_EXIT))
		return 0;
	*exit_code = decode_status(info.exit_code);
	return 1;
}

static int wait_for(int pidfd, short events, int milliseconds)
{
	struct pollfd p = { .fd = pidfd, .events = events };
	int ready;

	do
		ready = poll(&p, 1, milliseconds);
	while (ready < 0 && errno == EINTR);
	return ready;
}

enum process_end process_await(int pidfd, int *exit_code, struct err *e)
{
	siginfo_t info = { 0 };

	if (wait_for(pidfd, POLLIN, -1) < 0) {
		(void)err_sys(e, "wait for the process");
		return PROCESS_FAILED;
	}
	if (waitid(P_PIDFD, (id_t)pidfd, &info, WEXITED) == 0) { /* it was our child */
		*exit_code = info.si_code == CLD_EXITED ? info.si_status : 128 + info.si_status;
		return PROCESS_KNOWN;
	}
	int told = read_exit(pidfd, exit_code);
	if (told == 0 && wait_for(pidfd, 0, END_WAIT_MS) > 0) /* POLLHUP: reaped */
		told = read_exit(pidfd, exit_code);
	return told > 0 ? PROCESS_KNOWN : PROCESS_UNKNOWN;
}

/* proc(5): the second field, in parentheses, may hold anything; what follows its last ')' is numbers. */
int process_read_start_time(pid_t pid, uint64_t *start_time, struct err *e)
{
	char path[64], text[1024];

	(void)snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
	own_fd fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return err_number(e, errno == ENOENT ? ESRCH : errno, "open %s", path);
	ssize_t length = read(fd, text, sizeof text - 1);
	if (length <= 0)
		return err_number(e, length < 0 ? errno : ESRCH, "read %s", path);
	text[length] = '\0';
	char *field = strrchr(text, ')');
	for (int n = 2; field && n < 22; n++)
		field = strchr(field + 1, ' ');
	if (!field)
		return err_set(e, "%s does not read as the kernel writes it", path);
	field[1 + strcspn(field + 1, " \n")] = '\0';
	if (!text_read_uint(field + 1, UINT64_MAX, start_time))
		return err_set(e, "%s does not read as the kernel writes it", path);
	return 0;
}

int process_find(pid_t pid, uint64_t start_time, struct err *e)
{
	own_fd fd = (int)syscall(SYS_pidfd_open, pid, 0);
	uint64_t found;

	if (fd < 0)
		return err_number(e, errno == EINVAL ? ESRCH : errno, "open process %d", (int)pid);
	if (process_read_start_time(pid, &found, e) < 0)
		return -1;
	if (found != start_time)
		return err_number(e, ESRCH, "process %d is another one now", (int)pid);
	return take_fd(&fd);
}

int process_open(pid_t pid, uint64_t start_time, struct err *e)
{
	own_fd fd = process_find(pid, start_time, e);
	struct pollfd ended = { .fd = fd, .events = POLLIN };

	if (fd < 0)
		return -1;
	int is_over = poll(&ended, 1, 0);
	if (is_over < 0)
		return err_sys(e, "poll process %d", (int)pid);
	return is_over ? err_number(e, ESRCH, "process %d has ended", (int)pid) : take_fd(&fd);
}

int process_set_oom_score(pid_t pid, const char *value, struct err *e)
{
	char path[64];

	(void)snprintf(path, sizeof path, "/proc/%d/oom_score_adj", (int)pid);
	own_fd fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return err_sys(e, "open %s", path);
	if (write(fd, value, strlen(value)) == (ssize_t)strlen(value))
		return 0;
	(void)err_sys(e, "write %s to %s", value, path);
	if (e->number == EACCES)
		return err_hint(e, "lowering the score below our own needs CAP_SYS_RESOURCE; raise it or leave it out");
	return -1;
}
