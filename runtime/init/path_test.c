/* The resolver against the kernel's: the same file or the same errno in every case; and what is made is made inside. */
#include "runtime/init/init.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <linux/filter.h>
#include <linux/openat2.h>
#include <linux/seccomp.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

/* DIR/root is the root, DIR/outside must stay as it is. */
struct farm {
	char path[64];
	int dir_fd, root_fd, outside_fd;
	int lowest_fd; /* the next descriptor to be given: tells whether any was left open */
	unsigned long random;
};

static unsigned pick(struct farm *f, unsigned below)
{
	f->random = f->random * 6364136223846793005ul + 1442695040888963407ul;
	return (unsigned)(f->random >> 33) % below;
}

static int next_fd(void)
{
	int fd = open("/", O_PATH | O_CLOEXEC);

	close(fd);
	return fd;
}

static int farm_make(void **state)
{
	struct farm *f = calloc(1, sizeof *f);

	strcpy(f->path, "/tmp/path-test-XXXXXX");
	umask(0);
	assert_non_null(mkdtemp(f->path));
	f->dir_fd = open(f->path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	assert_int_equal(mkdirat(f->dir_fd, "root", 0755), 0);
	assert_int_equal(mkdirat(f->dir_fd, "outside", 0755), 0);
	f->root_fd = openat(f->dir_fd, "root", O_PATH | O_DIRECTORY | O_CLOEXEC);
	f->outside_fd = openat(f->dir_fd, "outside", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_int_equal(mkdirat(f->outside_fd, "canary", 0755), 0);
	f->lowest_fd = next_fd();
	f->random = 1;
	*state = f;
	return 0;
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *where)
{
	(void)st, (void)type, (void)where;
	return remove(path);
}

static int farm_end(void **state)
{
	struct farm *f = *state;

	assert_int_equal(next_fd(), f->lowest_fd);
	close(f->root_fd);
	close(f->outside_fd);
	close(f->dir_fd);
	assert_int_equal(nftw(f->path, remove_one, 32, FTW_DEPTH | FTW_PHYS), 0);
	free(f);
	return 0;
}

static void make_dir(struct farm *f, const char *path)
{
	assert_int_equal(mkdirat(f->root_fd, path, 0755), 0);
}

static void make_file(struct farm *f, const char *path)
{
	int fd = openat(f->root_fd, path, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0644);

	assert_true(fd >= 0);
	close(fd);
}

static void make_link(struct farm *f, const char *text, const char *path)
{
	assert_int_equal(symlinkat(text, f->root_fd, path), 0);
}

/* --- the same as the kernel --------------------------------------------------------------------------------------- */

/* The kernel may begin a lookup anew and then counts the links of the first attempt as well: its ELOOP is asked for again. */
static long kernel_open(int root_fd, const char *path, unsigned rules)
{
	struct open_how how = { .flags = O_PATH | O_CLOEXEC, .resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS };
	long fd = -1;

	errno = ELOOP;
	if (rules & PATH_NO_SYMLINKS)
		how.resolve |= RESOLVE_NO_SYMLINKS;
	if (rules & PATH_LAST_AS_IS)
		how.flags |= O_NOFOLLOW;
	for (int tries = 0; fd < 0 && (errno == EAGAIN || (errno == ELOOP && tries < 8)); tries++)
		fd = syscall(SYS_openat2, root_fd, path, &how, sizeof how);
	return fd < 0 ? -errno : fd;
}

static void assert_same(int root_fd, const char *path, unsigned rules)
{
	long theirs = kernel_open(root_fd, path, rules), ours = path_walk(root_fd, path, PATH_FIND, rules);
	struct stat a = { 0 }, b = { 0 };

	if (theirs >= 0 && ours >= 0) {
		assert_int_equal(fstat((int)theirs, &a), 0);
		assert_int_equal(fstat((int)ours, &b), 0);
		assert_int_equal(fcntl((int)ours, F_GETFL) & O_PATH, O_PATH);
		assert_int_equal(fcntl((int)ours, F_GETFD), FD_CLOEXEC);
	}
	if (theirs >= 0)
		close((int)theirs);
	if (ours >= 0)
		close((int)ours);
	if ((theirs < 0 || ours < 0 ? theirs != ours : a.st_ino != b.st_ino || a.st_dev != b.st_dev))
		fail_msg("\"%.200s\" rules %u: the kernel %ld (inode %lu), the walk %ld (inode %lu)", path, rules, theirs,
			 (unsigned long)a.st_ino, ours, (unsigned long)b.st_ino);
}

static void assert_same_all(int root_fd, const char *path)
{
	for (unsigned rules = 0; rules < 4; rules++)
		assert_same(root_fd, path, rules);
}

static void plant(struct farm *f)
{
	static const char *const dirs[] = { "d", "d/e", "d/e/f", "d/e/f/g", "x", "x/y" };
	static const char *const links[][2] = {
		{ "/", "to_root" },          { "/d", "abs" },           { "d", "rel" },           { "../../..", "d/up" },
		{ "loop", "loop" },          { "loop_b", "loop_a" },    { "loop_a", "loop_b" },   { "nowhere", "dangling" },
		{ "/no/where", "dangling2" }, { "/d/e/f", "deep" },     { "d/", "slash" },        { "file/", "file_slash" },
		{ "file", "to_file" },       { ".", "d/here" },         { "..", "d/e/parent" },   { "../../../../../d", "x/y/far" },
		{ "/abs/e/./../e", "zig" },  { "deep/parent/../", "zag" }, { "../outside", "out" }, { "/../outside/canary", "out2" },
		{ "to_file/x", "under_file" }, { "//d//e//", "slashes" }, { "rel/up/rel/up/rel", "spin" }, { "...", "dots" },
	};

	for (size_t n = 0; n < sizeof dirs / sizeof *dirs; n++)
		make_dir(f, dirs[n]);
	make_file(f, "file");
	make_file(f, "d/e/file");
	for (size_t n = 0; n < sizeof links / sizeof *links; n++)
		make_link(f, links[n][0], links[n][1]);
	assert_int_equal(mkfifoat(f->root_fd, "fifo", 0644), 0);
}

static void finds_what_the_kernel_finds(void **state)
{
	static const char *const paths[] = {
		"", "/", "//", ".", "..", "/..", "../..", "./.", "/.", "d", "/d", "d/", "d//", "d/.", "d/..", "d/../d", "d/e/..",
		"file", "file/", "file/.", "file/..", "file/x", "missing", "missing/", "missing/..", "missing/x", "loop", "loop/",
		"loop/x", "loop_a", "loop_b/..", "dangling", "dangling/", "dangling2", "dangling2/x", "abs", "abs/", "abs/e", "abs/..",
		"rel/e/f", "d/up", "d/up/", "d/up/d", "deep", "deep/g", "deep/../../..", "slash", "slash/", "slash/e", "file_slash",
		"file_slash/", "to_file", "to_file/", "to_file/..", "d/here", "d/here/here/here/e", "d/e/parent", "d/e/parent/e",
		"x/y/far", "x/y/far/e/f", "zig", "zig/f", "zag", "zag/e", "out", "out/", "out/canary", "out2", "out2/..", "under_file",
		"slashes", "slashes/f", "spin", "spin/e", "dots", "dots/..", "...", "to_root", "to_root/to_root/d", "to_root/..",
		"fifo", "fifo/", "fifo/x", "../outside", "/../../outside/canary", "d/../../outside", "d/up/../outside", "d/e/f/g/../../../..",
		"d/./e/./f/.", "/d/e/file/", "d/e/file/..", " ", "d/ ", "\xff", "to_root/../../out/canary",
	};
	struct farm *f = *state;

	plant(f);
	for (size_t n = 0; n < sizeof paths / sizeof *paths; n++)
		assert_same_all(f->root_fd, paths[n]);
}

/* Chains of links of every length about the kernel's bound, plain and as the first of two names. */
static void counts_links_as_the_kernel(void **state)
{
	struct farm *f = *state;
	char from[32], to[32];

	make_dir(f, "l0");
	for (int n = 1; n < 45; n++) {
		(void)snprintf(from, sizeof from, "l%d", n - 1);
		(void)snprintf(to, sizeof to, "l%d", n);
		make_link(f, from, to);
	}
	for (int n = 36; n < 45; n++) {
		(void)snprintf(to, sizeof to, "l%d", n);
		assert_same_all(f->root_fd, to);
		(void)snprintf(to, sizeof to, "l%d/", n);
		assert_same_all(f->root_fd, to);
		(void)snprintf(to, sizeof to, "l%d/../l2", n);
		assert_same_all(f->root_fd, to);
	}
}

static void measures_names_as_the_kernel(void **state)
{
	struct farm *f = *state;
	char name[300], *path = malloc(9000);

	for (size_t length = 253; length < 258; length++) {
		memset(name, 'n', length);
		name[length] = 0;
		assert_same_all(f->root_fd, name);
		if (length <= 255)
			make_dir(f, name);
		assert_same_all(f->root_fd, name);
	}
	make_dir(f, "d");
	for (size_t length = 4090; length < 4100; length++) {
		memset(path, '/', length);
		path[length] = 0;
		assert_same_all(f->root_fd, path);
		path[length - 1] = 'd';
		assert_same_all(f->root_fd, path);
	}
	/* a link's text of the greatest length, in front of a path of nearly the greatest length */
	memset(path, '/', 4000);
	strcpy(path + 4000, "d");
	make_link(f, path, "long_link");
	strcpy(path, "long_link");
	memset(path + 9, '/', 4000);
	strcpy(path + 4009, "../d");
	assert_same_all(f->root_fd, path);
	free(path);
}

static const char *random_path(struct farm *f, char *to, size_t size)
{
	static const char *const names[] = { "a", "b", "c", "a", "b", "l", "m", "n", "o", "..", ".", "..", "file", "missing" };
	size_t length = 0;
	unsigned count = 1 + pick(f, 7);

	to[0] = 0;
	if (pick(f, 4) == 0)
		length += (size_t)snprintf(to + length, size - length, "/");
	while (count--) {
		const char *name = names[pick(f, sizeof names / sizeof *names)];
		length += (size_t)snprintf(to + length, size - length, "%s%s", name, count || !pick(f, 5) ? "/" : "");
		if (pick(f, 12) == 0 && count)
			length += (size_t)snprintf(to + length, size - length, "/");
	}
	return to;
}

/* What fails because the name is taken or a parent is missing makes the farm no worse. */
static void grow(struct farm *f)
{
	static const char *const names[] = { "a", "b", "c", "l", "m", "n", "o", "file" };
	char path[256], text[256];

	for (int n = 0; n < 12; n++) {
		long parent = kernel_open(f->root_fd, random_path(f, path, sizeof path), 0);
		const char *name = names[pick(f, sizeof names / sizeof *names)];
		if (parent < 0)
			parent = kernel_open(f->root_fd, "/", 0);
		int result = pick(f, 3) ? mkdirat((int)parent, name, 0755)
					: symlinkat(random_path(f, text, sizeof text), (int)parent, name);
		(void)result;
		close((int)parent);
	}
}

static void agrees_in_random_farms(void **state)
{
	struct farm *f = *state;
	char path[256];

	for (int round = 0; round < 60; round++) {
		if (round % 6 == 0)
			grow(f);
		for (int n = 0; n < 25; n++)
			assert_same(f->root_fd, random_path(f, path, sizeof path), pick(f, 4));
	}
}

static void refuses_links_of_procfs(void **state)
{
	int proc_fd = open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC);

	(void)state;
	assert_int_equal(path_walk(proc_fd, "self/root", PATH_FIND, PATH_FOLLOW), -ELOOP);
	assert_int_equal(path_walk(proc_fd, "1/root/etc", PATH_FIND, PATH_FOLLOW), -ELOOP);
	assert_int_equal(path_walk(proc_fd, "1/ns/../cwd", PATH_FIND, PATH_FOLLOW), -ELOOP);
	assert_int_equal(path_open(proc_fd, "self/root", PATH_FIND, PATH_FOLLOW), -ELOOP);
	close(proc_fd);
}

static void bounds_its_descriptors(void **state)
{
	struct farm *f = *state;
	char path[600] = "";

	for (int n = 0; n < 129; n++)
		strcat(path, "d/");
	assert_int_equal(path_walk(f->root_fd, path, PATH_MAKE_DIRECTORY, PATH_FOLLOW), -ENAMETOOLONG);
	path[2 * 128] = 0;
	assert_same(f->root_fd, path, PATH_FOLLOW);
}

/* --- making ------------------------------------------------------------------------------------------------------- */

static void assert_outside_untouched(struct farm *f)
{
	int fd = openat(f->outside_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC), entries = 0;
	DIR *at = fdopendir(fd);
	struct stat st;

	while (readdir(at))
		entries++;
	closedir(at);
	assert_int_equal(entries, 3);
	assert_int_equal(fstatat(f->outside_fd, "canary", &st, 0), 0);
	assert_int_equal(st.st_nlink, 2);
	assert_int_equal(fstat(f->dir_fd, &st), 0);
	assert_int_equal(st.st_nlink, 4);
}

/* Made or found: afterwards the kernel finds the same by the same path. */
static void assert_makes(struct farm *f, const char *path, enum path_make make, mode_t type)
{
	long ours = path_open(f->root_fd, path, make, PATH_FOLLOW);
	struct stat st;

	if (ours < 0)
		fail_msg("\"%s\" is not made: %ld", path, ours);
	assert_int_equal(fstat((int)ours, &st), 0);
	assert_int_equal(st.st_mode & S_IFMT, type);
	close((int)ours);
	assert_same(f->root_fd, path, PATH_FOLLOW);
	assert_outside_untouched(f);
}

static void makes_what_is_missing(void **state)
{
	struct farm *f = *state;
	struct stat st;

	plant(f);
	assert_makes(f, "/new/a/b", PATH_MAKE_DIRECTORY, S_IFDIR);
	assert_makes(f, "/new/a/file", PATH_MAKE_FILE, S_IFREG);
	assert_makes(f, "dangling", PATH_MAKE_DIRECTORY, S_IFDIR);
	assert_makes(f, "dangling2", PATH_MAKE_FILE, S_IFREG);
	assert_makes(f, "out", PATH_MAKE_DIRECTORY, S_IFDIR);
	assert_makes(f, "out2/x/y", PATH_MAKE_DIRECTORY, S_IFDIR);
	assert_makes(f, "d/up/made", PATH_MAKE_FILE, S_IFREG);
	assert_makes(f, "../../../fresh/x", PATH_MAKE_DIRECTORY, S_IFDIR);
	assert_makes(f, "x/y/far/slashes/", PATH_MAKE_DIRECTORY, S_IFDIR);
	assert_makes(f, "gone/../back", PATH_MAKE_DIRECTORY, S_IFDIR);
	assert_int_equal(fstatat(f->root_fd, "new/a", &st, 0), 0);
	assert_int_equal(st.st_mode, S_IFDIR | 0755);
	assert_int_equal(fstatat(f->root_fd, "new/a/file", &st, 0), 0);
	assert_int_equal(st.st_mode, S_IFREG | 0644);
	assert_int_equal(st.st_size, 0);
}

static void makes_nothing_in_the_way(void **state)
{
	struct farm *f = *state;

	plant(f);
	assert_int_equal(path_open(f->root_fd, "file", PATH_MAKE_DIRECTORY, PATH_FOLLOW), -ENOTDIR);
	assert_int_equal(path_open(f->root_fd, "file/x", PATH_MAKE_DIRECTORY, PATH_FOLLOW), -ENOTDIR);
	assert_int_equal(path_open(f->root_fd, "d", PATH_MAKE_FILE, PATH_FOLLOW), -EISDIR);
	assert_int_equal(path_open(f->root_fd, "new/", PATH_MAKE_FILE, PATH_FOLLOW), -EISDIR);
	assert_int_equal(path_open(f->root_fd, "loop/x", PATH_MAKE_DIRECTORY, PATH_FOLLOW), -ELOOP);
	assert_int_equal(path_open(f->root_fd, "abs/new", PATH_MAKE_DIRECTORY, PATH_NO_SYMLINKS), -ELOOP);
	assert_int_equal(path_open(f->root_fd, "dangling", PATH_MAKE_DIRECTORY, PATH_NO_SYMLINKS), -ELOOP);
	assert_int_equal(faccessat(f->root_fd, "d/new", F_OK, 0), -1);
	assert_outside_untouched(f);
}

static void makes_inside_in_random_farms(void **state)
{
	struct farm *f = *state;
	char path[256];

	for (int round = 0; round < 300; round++) {
		if (round % 10 == 0)
			grow(f);
		enum path_make make = pick(f, 2) ? PATH_MAKE_DIRECTORY : PATH_MAKE_FILE;
		long fd = path_walk(f->root_fd, random_path(f, path, sizeof path), make, PATH_FOLLOW);
		if (fd >= 0) {
			close((int)fd);
			assert_same(f->root_fd, path, PATH_FOLLOW);
		}
		assert_outside_untouched(f);
	}
}

/* --- on filtered hosts ------------------------------------------------------------------------------------------------ */

static void forbid_openat2(int error)
{
	struct sock_filter filter[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_openat2, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | (unsigned)error),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = { sizeof filter / sizeof *filter, filter };

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 || prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) < 0)
		_exit(99);
}

/* In a child, which may not use cmocka: its exit code is the row that failed. */
static void open_filtered(struct farm *f, int error, const ino_t *inodes)
{
	static const struct {
		const char *path;
		enum path_make make;
		long expected; /* 0: found, with the inode that the kernel finds */
	} rows[] = {
		{ "abs/e/parent", PATH_FIND, 0 },  { "x/y/far/e", PATH_FIND, 0 },  { "../../to_file", PATH_FIND, 0 },
		{ "loop", PATH_FIND, -ELOOP },     { "dangling", PATH_FIND, -ENOENT }, { "file/", PATH_FIND, -ENOTDIR },
		{ "", PATH_FIND, -ENOENT },        { "file", PATH_MAKE_DIRECTORY, -ENOTDIR }, { "d", PATH_MAKE_FILE, -EISDIR },
		{ "to_file", PATH_MAKE_DIRECTORY, -ENOTDIR },
	};

	forbid_openat2(error);
	for (int n = 0; n < (int)(sizeof rows / sizeof *rows); n++) {
		long got = path_open(f->root_fd, rows[n].path, rows[n].make, PATH_FOLLOW);
		struct stat st = { 0 };
		if (got >= 0 && fstat((int)got, &st) < 0)
			_exit(98);
		if (rows[n].expected ? got != rows[n].expected : got < 0 || st.st_ino != inodes[n])
			_exit(n + 1);
	}
	_exit(path_open(f->root_fd, "out2/x", PATH_MAKE_DIRECTORY, PATH_FOLLOW) < 0 ? 97 : 0);
}

static void works_where_openat2_is_forbidden(void **state)
{
	static const int errors[] = { ENOSYS, EPERM };
	struct farm *f = *state;
	struct stat st;
	ino_t inodes[3];
	int status;

	plant(f);
	assert_int_equal(fstatat(f->root_fd, "d", &st, 0), 0);
	inodes[0] = st.st_ino;
	assert_int_equal(fstatat(f->root_fd, "d/e", &st, 0), 0);
	inodes[1] = st.st_ino;
	assert_int_equal(fstatat(f->root_fd, "file", &st, 0), 0);
	inodes[2] = st.st_ino;
	for (size_t n = 0; n < sizeof errors / sizeof *errors; n++) {
		pid_t child = fork();
		if (child == 0)
			open_filtered(f, errors[n], inodes);
		assert_int_equal(waitpid(child, &status, 0), child);
		assert_int_equal(status, 0);
		assert_outside_untouched(f);
		assert_same(f->root_fd, "out2/x", PATH_FOLLOW);
	}
}

/* --- parents, files to read, places for nodes --------------------------------------------------------------------- */

static void splits_the_last_name_off(void **state)
{
	static const struct {
		const char *path, *name, *parent;
	} rows[] = { { "/d/e/new", "new", "d/e" }, { "new", "new", "/" }, { "/new//", "new", "/" }, { "//x//y//z", "z", "x/y" },
		     { "rel/e/new", "new", "d/e" }, { "/fresh/p/n", "n", "fresh/p" } };
	static const char *const nameless[] = { "/", "", "//", "d/..", "d/.", ".." };
	struct farm *f = *state;
	char buffer[INIT_PATH_MAX];
	const char *name;
	struct stat a, b;

	plant(f);
	for (size_t n = 0; n < sizeof rows / sizeof *rows; n++) {
		long fd = path_open_parent(f->root_fd, rows[n].path, &name, buffer, sizeof buffer);
		long expected = kernel_open(f->root_fd, rows[n].parent, 0);
		assert_true(fd >= 0 && expected >= 0);
		assert_string_equal(name, rows[n].name);
		assert_int_equal(fstat((int)fd, &a), 0);
		assert_int_equal(fstat((int)expected, &b), 0);
		assert_int_equal(a.st_ino, b.st_ino);
		close((int)fd);
		close((int)expected);
	}
	for (size_t n = 0; n < sizeof nameless / sizeof *nameless; n++)
		assert_int_equal(path_open_parent(f->root_fd, nameless[n], &name, buffer, sizeof buffer), -EISDIR);
	assert_int_equal(path_open_parent(f->root_fd, "/d/e/new", &name, buffer, 8), -ENAMETOOLONG);
}

static void reads_regular_files_only(void **state)
{
	static const char *const good[] = { "file", "/to_file", "d/e/file", "abs/e/file", "/rel/e/f/../file" };
	struct farm *f = *state;
	int number;

	plant(f);
	for (size_t n = 0; n < sizeof good / sizeof *good; n++) {
		long fd = path_open_regular(f->root_fd, good[n]);
		assert_true(fd >= 0);
		assert_int_equal(fcntl((int)fd, F_GETFL) & (O_PATH | O_ACCMODE), O_RDONLY);
		assert_int_equal(read((int)fd, &number, sizeof number), 0);
		close((int)fd);
	}
	assert_int_equal(path_open_regular(f->root_fd, "fifo"), -EINVAL);
	assert_int_equal(path_open_regular(f->root_fd, "d"), -EISDIR);
	assert_int_equal(path_open_regular(f->root_fd, "/"), -EISDIR);
	assert_int_equal(path_open_regular(f->root_fd, "missing"), -ENOENT);
	assert_int_equal(path_open_regular(f->root_fd, "loop"), -ELOOP);
	assert_int_equal(path_open_regular(f->root_fd, "out2/passwd"), -ENOENT);
}

static void finds_places_for_nodes(void **state)
{
	struct farm *f = *state;
	struct stat st;

	plant(f);
	for (int again = 0; again < 2; again++) {
		long fd = path_open_node(f->root_fd, "console");
		assert_true(fd >= 0);
		assert_int_equal(fstat((int)fd, &st), 0);
		assert_int_equal(st.st_mode, S_IFREG | 0644);
		close((int)fd);
	}
	assert_int_equal(path_open_node(f->root_fd, "dangling"), -ELOOP);
	assert_int_equal(path_open_node(f->root_fd, "to_file"), -ELOOP);
	assert_int_equal(path_open_node(f->root_fd, "d"), -EEXIST);
	assert_int_equal(path_open_node(f->root_fd, "fifo"), -EEXIST);
	assert_int_equal(faccessat(f->root_fd, "nowhere", F_OK, 0), -1);
}

int main(void)
{
#define IN_FARM(test) cmocka_unit_test_setup_teardown(test, farm_make, farm_end)
	const struct CMUnitTest tests[] = {
		IN_FARM(finds_what_the_kernel_finds),
		IN_FARM(counts_links_as_the_kernel),
		IN_FARM(measures_names_as_the_kernel),
		IN_FARM(agrees_in_random_farms),
		IN_FARM(refuses_links_of_procfs),
		IN_FARM(bounds_its_descriptors),
		IN_FARM(makes_what_is_missing),
		IN_FARM(makes_nothing_in_the_way),
		IN_FARM(makes_inside_in_random_farms),
		IN_FARM(works_where_openat2_is_forbidden),
		IN_FARM(splits_the_last_name_off),
		IN_FARM(reads_regular_files_only),
		IN_FARM(finds_places_for_nodes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
