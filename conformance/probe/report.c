/* probe json: everything that a process can see of its own confinement. */
#include "conformance/probe/probe.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/utsname.h>
#include <unistd.h>

extern char **environ;

void json_text(const char *text)
{
	(void)putchar('"');
	for (; *text; text++) {
		unsigned char c = (unsigned char)*text;
		if (c == '"' || c == '\\')
			(void)printf("\\%c", c);
		else if (c < 0x20 || c == 0x7f)
			(void)printf("\\u%04x", c);
		else
			(void)putchar(c);
	}
	(void)putchar('"');
}

void json_member(const char *name, const char *value)
{
	(void)printf(",\"%s\":", name);
	json_text(value);
}

void json_texts(const char *name, char *const *texts)
{
	(void)printf(",\"%s\":[", name);
	for (size_t i = 0; texts[i]; i++) {
		(void)printf("%s", i ? "," : "");
		json_text(texts[i]);
	}
	(void)printf("]");
}

bool read_file(const char *path, char *out, size_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	size_t used = 0;
	ssize_t length;

	out[0] = '\0';
	if (fd < 0)
		return false;
	while (used + 1 < size && (length = read(fd, out + used, size - 1 - used)) > 0)
		used += (size_t)length;
	(void)close(fd);
	out[used] = '\0';
	return true;
}

static void print_ids(void)
{
	uid_t u[3];
	gid_t g[3], groups[1024];

	if (getresuid(u, u + 1, u + 2) || getresgid(g, g + 1, g + 2))
		return;
	(void)printf(",\"uid\":{\"real\":%u,\"effective\":%u,\"saved\":%u,\"fs\":%u}", u[0], u[1], u[2],
		     (unsigned)syscall(SYS_setfsuid, -1));
	(void)printf(",\"gid\":{\"real\":%u,\"effective\":%u,\"saved\":%u,\"fs\":%u},\"groups\":[", g[0], g[1], g[2],
		     (unsigned)syscall(SYS_setfsgid, -1));
	int count = getgroups(1024, groups);
	for (int i = 0; i < count; i++)
		(void)printf("%s%u", i ? "," : "", groups[i]);
	mode_t mask = umask(0);
	(void)umask(mask);
	(void)printf("],\"umask\":\"%04o\"", mask);
}

static unsigned long long mask_by(int option, int argument, bool (*is_set)(int option, int argument, int cap))
{
	unsigned long long mask = 0;

	for (int cap = 0; cap < 64; cap++)
		mask |= is_set(option, argument, cap) ? 1ULL << cap : 0;
	return mask;
}

static bool is_set(int option, int argument, int cap)
{
	return (option == PR_CAPBSET_READ ? prctl(option, cap, 0, 0, 0) : prctl(option, argument, cap, 0, 0)) == 1;
}

static void print_capabilities(void)
{
	struct {
		uint32_t version;
		int pid;
	} header = { 0x20080522, 0 };
	uint32_t data[2][3] = { { 0 } }; /* effective, permitted, inheritable; low then high words */

	if (syscall(SYS_capget, &header, data))
		return;
	(void)printf(",\"capabilities\":{\"effective\":\"%08x%08x\",\"permitted\":\"%08x%08x\",\"inheritable\":\"%08x%08x\"",
		     data[1][0], data[0][0], data[1][1], data[0][1], data[1][2], data[0][2]);
	(void)printf(",\"bounding\":\"%016llx\",\"ambient\":\"%016llx\"}", mask_by(PR_CAPBSET_READ, 0, is_set),
		     mask_by(PR_CAP_AMBIENT, PR_CAP_AMBIENT_IS_SET, is_set));
}

static void print_limit(const char *name, rlim_t value, char end)
{
	if (value == RLIM_INFINITY)
		(void)printf("\"%s\":\"unlimited\"%c", name, end);
	else
		(void)printf("\"%s\":%llu%c", name, (unsigned long long)value, end);
}

static void print_limits(void)
{
	static const char *const names[] = { "CPU",	"FSIZE",   "DATA",  "STACK",	  "CORE",     "RSS",  "NPROC",	"NOFILE",
					     "MEMLOCK", "AS",	   "LOCKS", "SIGPENDING", "MSGQUEUE", "NICE", "RTPRIO", "RTTIME" };

	(void)printf(",\"rlimits\":{");
	for (int i = 0; i < 16; i++) {
		struct rlimit limit;
		if (getrlimit((unsigned)i, &limit))
			continue;
		(void)printf("%s\"RLIMIT_%s\":{", i ? "," : "", names[i]);
		print_limit("soft", limit.rlim_cur, ',');
		print_limit("hard", limit.rlim_max, '}');
	}
	(void)printf("}");
}

static char type_letter(mode_t mode)
{
	static const struct {
		mode_t type;
		char letter;
	} letters[] = { { S_IFREG, '-' }, { S_IFDIR, 'd' },  { S_IFLNK, 'l' }, { S_IFCHR, 'c' },
			{ S_IFBLK, 'b' }, { S_IFIFO, 'p' }, { S_IFSOCK, 's' } };

	for (size_t i = 0; i < sizeof letters / sizeof *letters; i++)
		if ((mode & S_IFMT) == letters[i].type)
			return letters[i].letter;
	return '?';
}

void json_entry(int dir_fd, const char *name, const char *path)
{
	struct stat st;
	char target[4096];

	if (fstatat(dir_fd, name, &st, AT_SYMLINK_NOFOLLOW)) {
		(void)printf("{\"path\":");
		json_text(path);
		(void)printf(",\"errno\":\"%s\"}", strerrorname_np(errno));
		return;
	}
	(void)printf("{\"path\":");
	json_text(path);
	(void)printf(",\"type\":\"%c\",\"mode\":\"%04o\",\"uid\":%u,\"gid\":%u,\"size\":%lld,\"major\":%u,\"minor\":%u",
		     type_letter(st.st_mode), st.st_mode & 07777, st.st_uid, st.st_gid, (long long)st.st_size,
		     major(st.st_rdev), minor(st.st_rdev));
	ssize_t length = S_ISLNK(st.st_mode) ? readlinkat(dir_fd, name, target, sizeof target - 1) : -1;
	if (length >= 0) {
		target[length] = '\0';
		json_member("target", target);
	}
	(void)printf("}");
}

static void print_directory(const char *member, const char *directory)
{
	DIR *stream = opendir(directory);
	const char *separator = "";
	char path[4096];

	(void)printf(",\"%s\":[", member);
	for (struct dirent *entry; stream && (entry = readdir(stream));) {
		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
			continue;
		(void)snprintf(path, sizeof path, "%s/%s", directory[1] ? directory : "", entry->d_name);
		(void)printf("%s", separator);
		json_entry(dirfd(stream), entry->d_name, path);
		separator = ",";
	}
	if (stream)
		(void)closedir(stream);
	(void)printf("]");
}

/* Found by asking for every number, so that it works without /proc and opens nothing that would show up itself. */
static void print_descriptors(void)
{
	const char *separator = "";
	char path[64], target[4096];

	(void)printf(",\"descriptors\":{");
	for (int fd = 0; fd < 4096; fd++) {
		struct stat st;
		if (fcntl(fd, F_GETFD) < 0 || fstat(fd, &st))
			continue;
		(void)snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
		ssize_t length = readlink(path, target, sizeof target - 1);
		if (length < 0)
			(void)snprintf(target, sizeof target, "%c %u:%u %llu", type_letter(st.st_mode), major(st.st_dev),
				       minor(st.st_dev), (unsigned long long)st.st_ino);
		else
			target[length] = '\0';
		(void)printf("%s\"%d\":", separator, fd);
		json_text(target);
		separator = ",";
	}
	(void)printf("}");
}

static void print_namespaces(void)
{
	static const char *const names[] = { "cgroup", "ipc", "mnt", "net", "pid", "time", "user", "uts" };
	const char *separator = "";
	char path[64], target[128];

	(void)printf(",\"namespaces\":{");
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		(void)snprintf(path, sizeof path, "/proc/self/ns/%s", names[i]);
		ssize_t length = readlink(path, target, sizeof target - 1);
		if (length < 0)
			continue;
		target[length] = '\0';
		(void)printf("%s\"%s\":\"%s\"", separator, names[i], target);
		separator = ",";
	}
	(void)printf("}");
}

/* The kernel writes space, tab, newline and backslash in mountinfo as \ooo. */
static char *unescape(char *text)
{
	char *out = text;

	for (const char *in = text; *in;) {
		if (in[0] == '\\' && in[1] >= '0' && in[1] <= '3' && in[2] && in[3]) {
			*out++ = (char)((in[1] - '0') << 6 | (in[2] - '0') << 3 | (in[3] - '0'));
			in += 4;
		} else {
			*out++ = *in++;
		}
	}
	*out = '\0';
	return text;
}

static void print_mount(char *line)
{
	enum { ID, PARENT, DEVICE, ROOT, DESTINATION, OPTIONS, COUNT };
	static const char *const names[] = { "id", "parent", "device", "root", "destination", "options" };
	char *rest = line, *propagation = strchr(line, ' '), *tail = strstr(line, " - ");

	if (!tail)
		return;
	*tail = '\0';
	for (int i = 0; i < COUNT; i++) {
		char *word = strsep(&rest, " ");
		(void)printf("%s\"%s\":", i ? "," : "{", names[i]);
		json_text(unescape(word ? word : (char[]){ "" }));
	}
	propagation = rest ? rest : (char[]){ "" };
	json_member("propagation", propagation);
	rest = tail + 3;
	static const char *const more[] = { "type", "source", "superOptions" };
	for (int i = 0; i < 3; i++) {
		char *word = strsep(&rest, " ");
		json_member(more[i], unescape(word ? word : (char[]){ "" }));
	}
	(void)printf("}");
}

static void print_mounts(void)
{
	static char text[4 << 20];
	const char *separator = "";
	char *rest = text;

	(void)read_file("/proc/self/mountinfo", text, sizeof text);
	(void)printf(",\"mounts\":[");
	for (char *line; (line = strsep(&rest, "\n")) && *line;) {
		(void)printf("%s", separator);
		print_mount(line);
		separator = ",";
	}
	(void)printf("]");
}

static void print_cgroups(void)
{
	char text[16384], *lines[64] = { NULL }, *rest = text;
	size_t count = 0;

	(void)read_file("/proc/self/cgroup", text, sizeof text);
	for (char *line; count < 63 && (line = strsep(&rest, "\n")) && *line;)
		lines[count++] = line;
	json_texts("cgroups", lines);
}

static void print_terminal(void)
{
	struct winsize size;
	char path[256];

	(void)printf(",\"terminal\":");
	if (!isatty(0)) {
		(void)printf("null");
		return;
	}
	ssize_t length = readlink("/proc/self/fd/0", path, sizeof path - 1);
	path[length > 0 ? length : 0] = '\0';
	if (ioctl(0, TIOCGWINSZ, &size))
		size = (struct winsize){ 0 };
	int session = -1;
	(void)ioctl(0, TIOCGSID, &session);
	(void)printf("{\"rows\":%u,\"columns\":%u,\"session\":%d", size.ws_row, size.ws_col, session);
	json_member("name", path);
	(void)printf("}");
}

static void print_process(void)
{
	struct utsname names;
	char cwd[8192], oom[32] = "", keyring[256] = "";
	sigset_t blocked, ignored;

	if (syscall(SYS_getcwd, cwd, sizeof cwd) < 0) /* the raw call: glibc hides "(unreachable)" */
		(void)snprintf(cwd, sizeof cwd, "%s", strerrorname_np(errno));
	json_member("cwd", cwd);
	if (uname(&names) == 0) {
		json_member("hostname", names.nodename);
		json_member("domainname", names.domainname);
	}
	(void)printf(",\"pid\":%d,\"parent\":%d,\"group\":%d,\"session\":%d", getpid(), getppid(), getpgrp(), getsid(0));
	(void)sigprocmask(SIG_BLOCK, NULL, &blocked);
	(void)sigemptyset(&ignored);
	for (int i = 1; i < 65; i++) {
		struct sigaction action;
		if (sigaction(i, NULL, &action) == 0 && action.sa_handler == SIG_IGN)
			(void)sigaddset(&ignored, i);
	}
	(void)printf(",\"signals\":{\"blocked\":\"%016lx\",\"ignored\":\"%016lx\"}", *(unsigned long *)&blocked,
		     *(unsigned long *)&ignored);
	int death = 0;
	(void)prctl(PR_GET_PDEATHSIG, &death);
	(void)printf(",\"parentDeathSignal\":%d,\"noNewPrivileges\":%s,\"seccomp\":%d,\"dumpable\":%d,\"personality\":%d", death,
		     prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) ? "true" : "false", prctl(PR_GET_SECCOMP), prctl(PR_GET_DUMPABLE),
		     personality(0xffffffff));
	if (read_file("/proc/self/oom_score_adj", oom, sizeof oom))
		(void)printf(",\"oomScoreAdj\":%d", atoi(oom));
	if (syscall(SYS_keyctl, 6 /* KEYCTL_DESCRIBE */, -3 /* the session's */, keyring, sizeof keyring - 1) > 0)
		json_member("keyring", keyring);
}

static void print_scheduling(void)
{
	cpu_set_t cpus;

	(void)printf(",\"nice\":%d,\"scheduler\":%d,\"ioPriority\":%ld,\"cpus\":[", getpriority(PRIO_PROCESS, 0),
		     sched_getscheduler(0), syscall(SYS_ioprio_get, 1, 0));
	const char *separator = "";
	CPU_ZERO(&cpus);
	(void)sched_getaffinity(0, sizeof cpus, &cpus);
	for (unsigned i = 0; i < CPU_SETSIZE; i++) {
		if (CPU_ISSET(i, &cpus)) {
			(void)printf("%s%u", separator, i);
			separator = ",";
		}
	}
	(void)printf("]");
}

static void print_sysctls(int count, char **names)
{
	(void)printf(",\"sysctl\":{");
	for (int i = 0; i < count; i++) {
		char path[512], value[4096];
		int length = snprintf(path, sizeof path, "/proc/sys/%s", names[i]);
		for (char *c = path + 10; length > 0 && *c; c++)
			*c = *c == '.' ? '/' : *c;
		bool is_known = read_file(path, value, sizeof value);
		value[strcspn(value, "\n")] = '\0';
		(void)printf("%s", i ? "," : "");
		json_text(names[i]);
		(void)printf(":");
		json_text(is_known ? value : "?");
	}
	(void)printf("}");
}

int probe_json(int argc, char **argv)
{
	static char buffer[1 << 16];

	(void)setvbuf(stdout, buffer, _IOFBF, sizeof buffer);
	(void)printf("{\"probe\":1");
	print_descriptors(); /* first: before anything here opens one */
	json_texts("args", argv - 2);
	json_texts("env", environ);
	print_process();
	print_ids();
	print_capabilities();
	print_limits();
	print_namespaces();
	print_cgroups();
	print_terminal();
	print_scheduling();
	print_sysctls(argc, argv);
	print_directory("dev", "/dev");
	print_directory("root", "/");
	print_mounts();
	(void)printf("}\n");
	return fflush(stdout) ? 1 : 0;
}

int probe_stat(int argc, char **argv)
{
	for (int i = 0; i < argc; i++) {
		json_entry(AT_FDCWD, argv[i], argv[i]);
		(void)printf("\n");
	}
	return 0;
}
