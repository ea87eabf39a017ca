/* probe fdhunt, exehunt and flip: what a hostile payload does while the runtime enters its container. */
#include "conformance/probe/probe.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <time.h>
#include <unistd.h>

double now(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

struct hunt {
	unsigned long looked, interesting;
	unsigned found;
};

/* Calls `act` for every process but ourselves. */
static void each_process(void (*act)(struct hunt *h, const char *pid), struct hunt *h)
{
	DIR *processes = opendir("/proc");
	char own[16];

	(void)snprintf(own, sizeof own, "%d", getpid());
	for (struct dirent *entry; processes && (entry = readdir(processes));)
		if (isdigit((unsigned char)entry->d_name[0]) && strcmp(entry->d_name, own) != 0)
			act(h, entry->d_name);
	if (processes)
		(void)closedir(processes);
}

static bool is_same(const struct stat *a, const struct stat *b)
{
	return a->st_dev == b->st_dev && a->st_ino == b->st_ino;
}

/* Walks ".." to the top. A top that is not the container's root is a way out; a walk that ends early proves nothing. */
static bool leads_out(int fd)
{
	struct stat root, here, above;
	struct statfs fs;

	if (stat("/", &root) || fstat(fd, &here) || !S_ISDIR(here.st_mode))
		return false;
	for (int depth = 0; depth < 200; depth++) {
		int up = openat(fd, "..", O_PATH | O_DIRECTORY | O_CLOEXEC);
		if (up < 0 || fstat(up, &above))
			return false;
		(void)dup3(up, fd, O_CLOEXEC);
		(void)close(up);
		if (is_same(&above, &here))
			break;
		here = above;
	}
	if (fstatfs(fd, &fs) || fs.f_type == PROC_SUPER_MAGIC)
		return false;
	return !is_same(&here, &root);
}

static void hunt_descriptors(struct hunt *h, const char *pid)
{
	char path[PATH_MAX], target[4096] = "";
	(void)snprintf(path, sizeof path, "/proc/%s/fd", pid);
	DIR *descriptors = opendir(path);

	for (struct dirent *entry; descriptors && (entry = readdir(descriptors));) {
		if (entry->d_name[0] == '.')
			continue;
		h->looked++;
		(void)snprintf(path, sizeof path, "/proc/%s/fd/%s", pid, entry->d_name);
		ssize_t length = readlink(path, target, sizeof target - 1);
		int fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
		if (fd < 0)
			continue;
		h->interesting++;
		if (leads_out(fd)) {
			target[length > 0 ? length : 0] = '\0';
			(void)printf("%s{\"pid\":%s,\"descriptor\":%s", h->found++ ? "," : "", pid, entry->d_name);
			json_member("target", target);
			(void)printf("}");
		}
		(void)close(fd);
	}
	if (descriptors)
		(void)closedir(descriptors);
}

/* Whether the file behind a descriptor can be changed: its first byte is written back as it is, so nothing is harmed. */
static bool is_writable(int fd)
{
	char path[64], byte;
	(void)snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
	bool can_write = false;

	for (int attempt = 0; attempt < 50; attempt++) {
		int writing = open(path, O_RDWR | O_CLOEXEC);
		if (writing >= 0) {
			can_write = pread(writing, &byte, 1, 0) == 1 && pwrite(writing, &byte, 1, 0) == 1;
			(void)close(writing);
			break;
		}
		if (errno != ETXTBSY) /* it still runs: it will not for long */
			break;
		(void)usleep(2000);
	}
	return can_write;
}

static void hunt_executables(struct hunt *h, const char *pid)
{
	char path[64], target[4096] = "";
	struct stat own, other;

	(void)snprintf(path, sizeof path, "/proc/%s/exe", pid);
	h->looked++;
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return;
	(void)snprintf(path, sizeof path, "/proc/self/fd/%d", fd); /* what was opened: the process may have become another program since */
	ssize_t length = readlink(path, target, sizeof target - 1);
	if (stat("/proc/self/exe", &own) == 0 && fstat(fd, &other) == 0 && !is_same(&own, &other)) {
		h->interesting++;
		if (is_writable(fd)) {
			target[length > 0 ? length : 0] = '\0';
			(void)printf("%s{\"pid\":%s", h->found++ ? "," : "", pid);
			json_member("target", target);
			(void)printf("}");
		}
	}
	(void)close(fd);
}

static int hunt(const char *name, int argc, char **argv, void (*act)(struct hunt *h, const char *pid))
{
	struct hunt h = { 0 };
	double end = now() + (argc > 0 ? strtod(argv[0], NULL) : 1);

	(void)printf("{\"hunt\":\"%s\",\"found\":[", name);
	(void)fflush(stdout);
	while (now() < end && h.found < 10)
		each_process(act, &h);
	(void)printf("],\"looked\":%lu,\"interesting\":%lu}\n", h.looked, h.interesting);
	return 0;
}

int probe_fdhunt(int argc, char **argv)
{
	return hunt("descriptors", argc, argv, hunt_descriptors);
}

int probe_exehunt(int argc, char **argv)
{
	return hunt("executables", argc, argv, hunt_executables);
}

int probe_flip(int argc, char **argv)
{
	double end = now() + (argc > 2 ? strtod(argv[2], NULL) : 1);
	unsigned long count = 0;

	if (argc < 2)
		return 2;
	while (now() < end)
		count += syscall(SYS_renameat2, AT_FDCWD, argv[0], AT_FDCWD, argv[1], 2 /* RENAME_EXCHANGE */) == 0;
	(void)printf("%lu\n", count);
	return 0;
}
