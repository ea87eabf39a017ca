/* probe call and write: try one thing, tell result and errno. */
#include "conformance/probe/probe.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#define CALL(name) { #name, SYS_##name, false }
/* Calls that the newer architectures have only in their *at form: the working directory is put in front. */
#define AT_CALL(name, newer) { #name, SYS_##newer, true }

static const struct {
	const char *name;
	long number;
	bool has_directory;
} calls[] = {
	AT_CALL(mkdir, mkdirat),   AT_CALL(mknod, mknodat),  AT_CALL(chmod, fchmodat), AT_CALL(unlink, unlinkat),
	AT_CALL(open, openat),	   CALL(openat),	     CALL(fchownat),	       CALL(symlinkat),
	CALL(mount),		   CALL(umount2),	     CALL(pivot_root),	       CALL(chroot),
	CALL(unshare),		   CALL(setns),		     CALL(ptrace),	       CALL(personality),
	CALL(getpriority),	   CALL(setpriority),	     CALL(getpid),	       CALL(kill),
	CALL(sethostname),	   CALL(setdomainname),	     CALL(setuid),	       CALL(setgid),
	CALL(setgroups),	   CALL(sched_setscheduler), CALL(keyctl),	       CALL(add_key),
	CALL(bpf),		   CALL(perf_event_open),    CALL(userfaultfd),	       CALL(syslog),
	CALL(clock_adjtime),	   CALL(socket),	     CALL(fsopen),	       CALL(open_tree),
	CALL(getcwd),		   CALL(chdir),		     CALL(prctl),	       CALL(setrlimit),
	CALL(acct),		   CALL(swapoff),	     CALL(process_vm_readv),   CALL(io_uring_setup),
	CALL(getuid),		   CALL(uname),		     CALL(open_by_handle_at),  CALL(clone),
	CALL(statx),		   CALL(close_range),	     CALL(ioctl),	       CALL(sync),
	CALL(openat2),		   CALL(fsconfig),	     CALL(fsmount),	       CALL(move_mount),
	CALL(mount_setattr),	   CALL(faccessat2),	     CALL(pidfd_getfd),	       CALL(sendfile),
	CALL(memfd_create),	   CALL(mknodat),	     CALL(fchown),	       CALL(seccomp),
	CALL(clone3),		   CALL(execveat),	     CALL(pidfd_open),	       CALL(pidfd_send_signal),
	CALL(sched_setattr),
};

void print_result(const char *name, long result, int number)
{
	(void)printf("{\"call\":\"%s\",\"result\":%ld", name, result);
	if (result < 0)
		json_member("errno", strerrorname_np(number) ? strerrorname_np(number) : "?");
	(void)printf("}\n");
}

static long argument(char *text)
{
	char *end;

	if (strcmp(text, "NULL") == 0)
		return 0;
	errno = 0;
	unsigned long value = strtoul(text, &end, 0);
	return *text && !*end && !errno ? (long)value : (long)text;
}

int probe_find_call(const char *name, long *number, bool *has_directory)
{
	char *end;

	for (size_t i = 0; i < sizeof calls / sizeof *calls; i++) {
		if (strcmp(calls[i].name, name) == 0) {
			*number = calls[i].number;
			*has_directory = calls[i].has_directory;
			return 0;
		}
	}
	*number = strtol(name, &end, 10);
	return *name && !*end ? 0 : -1;
}

int probe_call(int argc, char **argv)
{
	long number, a[7] = { 0 };
	bool has_directory = false;
	int used = 0;

	if (argc < 1 || argc > 7 || probe_find_call(argv[0], &number, &has_directory)) {
		(void)fprintf(stderr, "probe: no such call\n");
		return 2;
	}
	if (has_directory)
		a[used++] = AT_FDCWD;
	for (int i = 1; i < argc; i++)
		a[used++] = argument(argv[i]);
	long result = syscall(number, a[0], a[1], a[2], a[3], a[4], a[5]);
	print_result(argv[0], result, errno);
	return 0;
}

int probe_write(int argc, char **argv)
{
	const char *text = argc > 1 ? argv[1] : "probe";

	if (argc < 1)
		return 2;
	int fd = open(argv[0], O_WRONLY | O_CREAT | O_CLOEXEC | O_NONBLOCK | O_NOCTTY, 0644);
	if (fd < 0) {
		print_result("open", fd, errno);
		return 0;
	}
	ssize_t length = write(fd, text, strlen(text));
	print_result("write", length, errno);
	(void)close(fd);
	return 0;
}
