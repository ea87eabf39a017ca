/* The resolver below a root file system that somebody hostile has made. The input is a farm of directories, files and
 * symlinks, one a line, and paths to resolve in it:
 *
 *   d PATH        a directory          ? PATH   the walk finds what openat2(2) finds, or fails with the same errno
 *   f PATH        a file               + PATH   made as a directory, and then found by both
 *   l PATH TEXT   a symlink            * PATH   made as a file
 *
 * After each line the directory beside the root is as it was. */
#include "runtime/init/walk.c"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
_Noreturn void abort(void); /* the C library's headers do not go together with the kernel's */

enum { LINE_MAX = 512, LINES_MAX = 64 };

struct entry { /* getdents64(2) */
	uint64_t inode;
	int64_t next;
	unsigned short length;
	unsigned char type; /* S_IFMT >> 12 */
	char name[];
};

struct farm {
	char name[32];
	int base_fd, farm_fd, root_fd, outside_fd;
};

static void say(const char *text)
{
	(void)sys_write(2, text, text_length(text)); /* nobody to tell */
}

static void insist(bool is_so, const char *what, const char *path)
{
	if (is_so)
		return;
	say("broken promise: ");
	say(what);
	say(": ");
	say(path);
	say("\n");
	abort();
}

static int open_directory(int dir, const char *path, int flags)
{
	return (int)sys_openat(dir, path, flags | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC, 0);
}

static void farm_name(char *to)
{
	unsigned long number = (unsigned long)sys_call0(__NR_getpid);
	size_t length = text_add(to, 32, 0, "path-fuzz-");

	for (; number; number /= 10)
		to[length++] = (char)('0' + number % 10);
	to[length] = 0;
}

static void farm_make(struct farm *f)
{
	farm_name(f->name);
	(void)sys_umask(022);
	f->base_fd = open_directory(AT_FDCWD, "/dev/shm", O_PATH);
	if (f->base_fd < 0 || sys_mkdirat(f->base_fd, f->name, 0755) < 0) {
		f->base_fd = open_directory(AT_FDCWD, "/tmp", O_PATH);
		(void)sys_mkdirat(f->base_fd, f->name, 0755); /* the next call tells */
	}
	f->farm_fd = open_directory(f->base_fd, f->name, O_RDONLY);
	insist(f->farm_fd >= 0, "a place for the farm", f->name);
	insist(sys_mkdirat(f->farm_fd, "root", 0755) == 0 && sys_mkdirat(f->farm_fd, "outside", 0755) == 0, "a farm", f->name);
	f->root_fd = open_directory(f->farm_fd, "root", O_PATH);
	f->outside_fd = open_directory(f->farm_fd, "outside", O_RDONLY);
}

static unsigned remove_all(int dir_fd);

static void remove_one(int dir_fd, const struct entry *entry)
{
	int below = entry->type == S_IFDIR >> 12 ? open_directory(dir_fd, entry->name, O_RDONLY) : -1;

	if (below >= 0) {
		(void)remove_all(below);
		(void)sys_close(below);
	}
	insist(sys_unlinkat(dir_fd, entry->name, below >= 0 ? AT_REMOVEDIR : 0) == 0, "removed again", entry->name);
}

/* How many entries there were. */
static unsigned remove_all(int dir_fd)
{
	_Alignas(struct entry) char buffer[4096];
	unsigned count = 0;
	long got;

	while (sys_call3(__NR_lseek, dir_fd, 0, SEEK_SET) == 0 && (got = sys_call3(__NR_getdents64, dir_fd, buffer, sizeof buffer)) > 0) {
		unsigned before = count;
		for (long at = 0; at < got;) {
			const struct entry *entry = (const void *)(buffer + at);
			if (!text_equal(entry->name, ".") && !text_equal(entry->name, "..")) {
				remove_one(dir_fd, entry);
				count++;
			}
			at += entry->length;
		}
		if (count == before)
			break;
	}
	return count;
}

static void farm_end(struct farm *f)
{
	insist(remove_all(f->outside_fd) == 0, "nothing is made outside", f->name);
	(void)sys_close(f->root_fd);
	(void)sys_close(f->outside_fd);
	insist(remove_all(f->farm_fd) == 2, "nothing is made beside the root", f->name);
	(void)sys_close(f->farm_fd);
	insist(sys_unlinkat(f->base_fd, f->name, AT_REMOVEDIR) == 0, "the farm is removed", f->name);
	(void)sys_close(f->base_fd);
}

/* The kernel may begin a lookup anew and then counts the links of the first attempt as well: its ELOOP is asked for again. */
static long kernel_open(int root_fd, const char *path, unsigned rules)
{
	const struct open_how how = {
		.flags = (unsigned)(O_PATH | O_CLOEXEC | (rules & PATH_LAST_AS_IS ? O_NOFOLLOW : 0)),
		.resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS | (rules & PATH_NO_SYMLINKS ? RESOLVE_NO_SYMLINKS : 0u),
	};
	long fd = -ELOOP;

	for (int tries = 0; fd == -EAGAIN || (fd == -ELOOP && tries < 8); tries++)
		fd = sys_openat2(root_fd, path, &how);
	return fd;
}

static bool is_same_file(long a, long b)
{
	struct stat x, y;

	return sys_fstat((int)a, &x) == 0 && sys_fstat((int)b, &y) == 0 && x.st_ino == y.st_ino && x.st_dev == y.st_dev;
}

/* The walk may give up where the kernel does not: it has bounds for the depth and for what links add up to. */
static void compare(const struct farm *f, const char *path, unsigned rules)
{
	long theirs = kernel_open(f->root_fd, path, rules), ours = path_walk(f->root_fd, path, PATH_FIND, rules);

	if (ours != -ENAMETOOLONG && (theirs < 0 || ours < 0))
		insist(theirs == ours, "the kernel's errno", path);
	if (theirs >= 0 && ours >= 0)
		insist(is_same_file(theirs, ours), "the kernel's file", path);
	if (theirs >= 0)
		(void)sys_close((int)theirs);
	if (ours >= 0)
		(void)sys_close((int)ours);
}

static void make(const struct farm *f, const char *path, enum path_make what)
{
	long fd = path_walk(f->root_fd, path, what, PATH_FOLLOW);

	if (fd < 0)
		return;
	(void)sys_close((int)fd);
	fd = kernel_open(f->root_fd, path, PATH_FOLLOW);
	insist(fd >= 0, "what is made is found", path);
	(void)sys_close((int)fd);
	compare(f, path, PATH_FOLLOW);
}

/* One more of what the farm is made of; a bad line makes none. */
static void grow(const struct farm *f, char kind, char *path, const char *text)
{
	char *name = path + text_length(path);
	long parent, result;

	while (name > path && name[-1] != '/')
		name--;
	parent = name > path ? (name[-1] = 0, kernel_open(f->root_fd, *path ? path : "/", PATH_FOLLOW))
			     : kernel_open(f->root_fd, "/", PATH_FOLLOW);
	if (parent < 0)
		return;
	if (kind == 'l')
		result = sys_symlinkat(text, (int)parent, name);
	else
		result = kind == 'd' ? sys_mkdirat((int)parent, name, 0755)
				     : sys_mknodat((int)parent, name, S_IFREG | 0644, 0);
	(void)result;
	(void)sys_close((int)parent);
}

static void take_line(const struct farm *f, char *line)
{
	char *path = line + 2, *text = path;

	if (!line[0] || line[1] != ' ')
		return;
	if (line[0] == 'l') {
		while (*text && *text != ' ')
			text++;
		if (*text)
			*text++ = 0;
	}
	switch (line[0]) {
	case '?':
		for (unsigned rules = 0; rules < 4; rules++)
			compare(f, path, rules);
		break;
	case '+':
		make(f, path, PATH_MAKE_DIRECTORY);
		break;
	case '*':
		make(f, path, PATH_MAKE_FILE);
		break;
	default:
		grow(f, line[0], path, text);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct farm f;
	char line[LINE_MAX];
	size_t length = 0;
	int lines = 0, lowest = (int)sys_openat(AT_FDCWD, "/", O_PATH | O_CLOEXEC, 0);

	(void)sys_close(lowest);
	farm_make(&f);
	for (size_t n = 0; n <= size && lines < LINES_MAX; n++) {
		if (n < size && data[n] != '\n') {
			if (length + 1 < sizeof line)
				line[length++] = (char)data[n];
			continue;
		}
		line[length] = 0;
		length = 0;
		take_line(&f, line);
		lines++;
	}
	farm_end(&f);
	int fd = (int)sys_openat(AT_FDCWD, "/", O_PATH | O_CLOEXEC, 0);
	insist(fd == lowest, "all descriptors are closed", f.name);
	(void)sys_close(fd);
	return 0;
}
