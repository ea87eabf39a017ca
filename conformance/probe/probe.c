#include "conformance/probe/probe.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static long number(int argc, char **argv, int index, long otherwise)
{
	return argc > index ? strtol(argv[index], NULL, 0) : otherwise;
}

static int probe_true(int argc, char **argv)
{
	(void)argc, (void)argv;
	return 0;
}

static int probe_exit(int argc, char **argv)
{
	return (int)number(argc, argv, 0, 0);
}

static int probe_sleep(int argc, char **argv)
{
	unsigned left = (unsigned)number(argc, argv, 0, 1);

	while (left)
		left = sleep(left);
	return 0;
}

static int probe_echo(int argc, char **argv)
{
	for (int i = 0; i < argc; i++)
		(void)printf("%s%s", i ? " " : "", argv[i]);
	(void)printf("\n");
	return 0;
}

static int probe_cat(int argc, char **argv)
{
	char buffer[65536];
	ssize_t length;

	(void)argc, (void)argv;
	while ((length = read(0, buffer, sizeof buffer)) > 0)
		if (write(1, buffer, (size_t)length) != length)
			return 1;
	return length < 0;
}

static int probe_env(int argc, char **argv)
{
	const char *value = argc > 0 ? getenv(argv[0]) : NULL;

	if (!value)
		return 1;
	(void)printf("%s\n", value);
	return 0;
}

static int probe_read(int argc, char **argv)
{
	FILE *file = argc > 0 ? fopen(argv[0], "re") : NULL;
	char buffer[65536];
	size_t length;

	if (!file) {
		perror(argc > 0 ? argv[0] : "read");
		return 1;
	}
	while ((length = fread(buffer, 1, sizeof buffer, file)) > 0)
		(void)fwrite(buffer, 1, length, stdout);
	if (ferror(file)) {
		perror(argv[0]);
		return 1;
	}
	return 0;
}

static int block_all(void)
{
	sigset_t all;

	(void)sigfillset(&all);
	(void)sigprocmask(SIG_BLOCK, &all, NULL);
	return signalfd(-1, &all, SFD_CLOEXEC);
}

static int probe_signal(int argc, char **argv)
{
	int fd = block_all();
	struct signalfd_siginfo info;

	(void)printf("ready\n");
	(void)fflush(stdout);
	for (long left = number(argc, argv, 0, 1); left > 0; left--) {
		do {
			if (read(fd, &info, sizeof info) != sizeof info)
				return 1;
		} while (info.ssi_signo == SIGURG); /* runtimes written in Go wake themselves with it and pass it on */
		(void)printf("SIG%s\n", sigabbrev_np((int)info.ssi_signo));
		(void)fflush(stdout);
	}
	return 0;
}

static int probe_size(int argc, char **argv)
{
	int fd = block_all();
	struct signalfd_siginfo info = { 0 };
	long left = number(argc, argv, 0, 0);

	for (;;) {
		struct winsize size = { 0 };
		if (ioctl(0, TIOCGWINSZ, &size))
			return 1;
		(void)printf("%d %d\n", size.ws_row, size.ws_col);
		(void)fflush(stdout);
		if (left-- <= 0)
			return 0;
		do {
			if (read(fd, &info, sizeof info) != sizeof info)
				return 1;
		} while (info.ssi_signo != SIGWINCH);
	}
}

static int probe_memory(int argc, char **argv)
{
	size_t size = (size_t)number(argc, argv, 0, 1) << 20;
	char *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (memory == MAP_FAILED)
		return 1;
	for (size_t i = 0; i < size; i += 4096)
		((volatile char *)memory)[i] = 1;
	(void)printf("touched %zu\n", size >> 20);
	return 0;
}

static int probe_fork(int argc, char **argv)
{
	long started = 0;

	for (long i = number(argc, argv, 0, 1); i > 0; i--) {
		pid_t pid = fork();
		if (pid == 0)
			return probe_sleep(1, (char *[]){ (char[]){ "600" }, NULL });
		started += pid > 0;
	}
	(void)printf("%ld\n", started);
	(void)fflush(stdout);
	return probe_cat(0, argv);
}

static int probe_orphan(int argc, char **argv)
{
	for (long i = number(argc, argv, 0, 1); i > 0; i--) {
		if (fork() == 0) {
			(void)setsid();
			return probe_sleep(1, (char *[]){ (char[]){ "600" }, NULL });
		}
	}
	return 0;
}

/* notify SOCKET: standard input as one datagram. */
static int probe_notify(int argc, char **argv)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	char text[4096];
	ssize_t length = read(STDIN_FILENO, text, sizeof text);
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (argc < 1 || strlen(argv[0]) >= sizeof address.sun_path || length < 0 || fd < 0)
		return 2;
	(void)strcpy(address.sun_path, argv[0]);
	return sendto(fd, text, (size_t)length, 0, (const struct sockaddr *)&address, sizeof address) == length ? 0 : 1;
}

static int probe_descriptors(int argc, char **argv)
{
	(void)argc, (void)argv;
	for (int fd = 3; fd < 1024; fd++)
		if (fcntl(fd, F_GETFD) >= 0) {
			(void)fprintf(stderr, "descriptor %d is open\n", fd);
			return 1;
		}
	return 0;
}

static const struct {
	const char *name;
	int (*act)(int argc, char **argv);
} subcommands[] = {
	{ "json", probe_json },	      { "true", probe_true },	{ "exit", probe_exit },	  { "sleep", probe_sleep },
	{ "echo", probe_echo },	      { "cat", probe_cat },	{ "env", probe_env },	  { "call", probe_call },
	{ "write", probe_write },     { "read", probe_read },	{ "stat", probe_stat },	  { "signal", probe_signal },
	{ "size", probe_size },	      { "memory", probe_memory }, { "fork", probe_fork }, { "orphan", probe_orphan },
	{ "fdhunt", probe_fdhunt },   { "exehunt", probe_exehunt }, { "flip", probe_flip }, { "notify", probe_notify },
	{ "without", probe_without }, { "descriptors", probe_descriptors },
};

int main(int argc, char **argv)
{
	for (size_t i = 0; argc > 1 && i < sizeof subcommands / sizeof *subcommands; i++)
		if (strcmp(argv[1], subcommands[i].name) == 0)
			return subcommands[i].act(argc - 2, argv + 2);
	(void)fprintf(stderr, "probe: what? see probe.h\n");
	return 2;
}
