#include "runtime/host/store.h"

#include "spec/base/own.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>

#include <cmocka.h>

struct world {
	struct arena arena;
	struct store store;
	char *base, *root;
};

#define assert_ok(call)                                    \
	do {                                               \
		if ((call) < 0)                            \
			fail_msg("%s: %s", #call, e.text); \
	} while (0)

static int set_up(void **state)
{
	struct world *w = calloc(1, sizeof *w);
	struct err e = ERR_NONE;
	char base[] = "/tmp/boxcar-store-XXXXXX";

	assert_non_null(w);
	arena_init(&w->arena, 64 << 20);
	w->base = arena_text(&w->arena, mkdtemp(base));
	w->root = arena_format(&w->arena, "%s/run/boxcar", w->base);
	assert_ok(store_open(&w->store, w->root, true, &e));
	*state = w;
	return 0;
}

static int tear_down(void **state)
{
	struct world *w = *state;

	store_close(&w->store);
	assert_int_equal(system(arena_format(&w->arena, "rm -rf %s", w->base)), 0);
	arena_finish(&w->arena);
	free(w);
	return 0;
}

static const char *path_of(struct world *w, const char *below)
{
	return arena_format(&w->arena, "%s/%s", w->root, below);
}

static unsigned mode_of(const char *path)
{
	struct stat s;

	assert_int_equal(lstat(path, &s), 0);
	return s.st_mode & 07777;
}

static bool is_there(const char *path)
{
	struct stat s;

	return lstat(path, &s) == 0;
}

static struct store_entry make(struct world *w, const char *id, const char *cgroup)
{
	struct store_entry entry;
	struct err e = ERR_NONE;

	assert_ok(store_make(&w->store, id, cgroup, &entry, &e));
	return entry;
}

static uint64_t now_ms(void)
{
	struct timespec t;

	assert_int_equal(clock_gettime(CLOCK_MONOTONIC, &t), 0);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

static void put_file(const char *path, const char *text, size_t length)
{
	own_fd fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, length), (ssize_t)length);
}

/* --- ids and the root --------------------------------------------------------------------------------------------- */

static void checks_ids(void **state)
{
	static const char *const good[] = { "a", "A.b_c-d+e", "0", "_", "+", "1.2.3" };
	static const char *const bad[] = { "", ".", "..", "-a", ".a", "a/b", "a b", "a\n", "../a", "\xc3\xa4", "a;b", "*", "a\\", "a:" };
	char long_id[STORE_ID_MAX + 2];
	struct err e = ERR_NONE;

	(void)state;
	for (size_t i = 0; i < sizeof good / sizeof *good; i++)
		assert_int_equal(store_check_id(good[i], &e), 0);
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		assert_int_equal(store_check_id(bad[i], &e), -1);
	memset(long_id, 'a', sizeof long_id);
	long_id[STORE_ID_MAX + 1] = '\0';
	assert_int_equal(store_check_id(long_id, &e), -1);
	long_id[STORE_ID_MAX] = '\0';
	assert_int_equal(store_check_id(long_id, &e), 0);
}

static void opens_roots(void **state)
{
	struct world *w = *state;
	struct err e = ERR_NONE;
	struct store s;
	struct store_entry entry;
	const char **ids;
	size_t count;

	assert_int_equal(mode_of(w->root), 0700);
	assert_ok(store_open(&s, path_of(w, "not/there"), false, &e));
	assert_int_equal(s.root_fd, -1);
	assert_ok(store_list(&s, &w->arena, &ids, &count, &e));
	assert_int_equal(count, 0);
	assert_int_equal(store_find(&s, "a", 0, &entry, &e), -1);
	assert_string_equal(e.text, "container does not exist");
	put_file(path_of(w, "file"), "", 0);
	assert_int_equal(store_open(&s, path_of(w, "file"), true, &e), -1);
	assert_int_equal(e.number, ENOTDIR);
	assert_int_equal(store_open(&s, path_of(w, "file/below"), true, &e), -1);
}

/* --- making, finding, listing, removing --------------------------------------------------------------------------- */

static void makes_finds_removes(void **state)
{
	struct world *w = *state;
	struct err e = ERR_NONE;
	struct store_entry entry = make(w, "one", "/boxcar/one"), found, second;

	assert_true(entry.is_locked);
	assert_int_equal(mode_of(path_of(w, "one")), 0700);
	assert_string_equal(store_read_cgroup(&entry, &w->arena), "/boxcar/one");
	assert_int_equal(store_make(&w->store, "one", "/other", &second, &e), -1);
	assert_string_equal(e.text, "container with given ID already exists");
	assert_int_equal(e.number, EEXIST);
	assert_ok(store_find(&w->store, "one", -1, &found, &e)); /* no lock wanted, none waited for */
	assert_false(found.is_locked);
	assert_string_equal(store_read_cgroup(&found, &w->arena), "/boxcar/one");
	store_entry_close(&found);
	assert_ok(store_remove(&w->store, &entry, &e));
	assert_false(is_there(path_of(w, "one")));
	assert_ok(store_remove(&w->store, &entry, &e));
	store_entry_close(&entry);
	assert_int_equal(store_find(&w->store, "one", -1, &found, &e), -1);
	assert_int_equal(e.number, ENOENT);
	entry = make(w, "one", "");
	assert_string_equal(store_read_cgroup(&entry, &w->arena), "");
	store_entry_close(&entry);
}

static void lists_sorted_and_only_containers(void **state)
{
	struct world *w = *state;
	struct err e = ERR_NONE;
	const char **ids;
	size_t count;

	for (int i = 99; i >= 0; i--) {
		struct store_entry entry = make(w, arena_format(&w->arena, "c%02d", i), "/x");
		store_entry_close(&entry);
	}
	put_file(path_of(w, "a_file"), "", 0);
	assert_int_equal(mkdir(path_of(w, ".hidden"), 0700), 0);
	assert_int_equal(mkdir(path_of(w, "b ad"), 0700), 0);
	assert_int_equal(symlink("c00", path_of(w, "link")), 0);
	assert_int_equal(mkfifo(path_of(w, "fifo"), 0600), 0);
	for (int again = 0; again < 2; again++) {
		assert_ok(store_list(&w->store, &w->arena, &ids, &count, &e));
		assert_int_equal(count, 100);
		for (size_t i = 0; i < count; i++)
			assert_string_equal(ids[i], arena_format(&w->arena, "c%02zu", i));
	}
	struct store_entry entry;
	assert_int_equal(store_find(&w->store, "link", -1, &entry, &e), -1);
	assert_int_equal(store_find(&w->store, "a_file", -1, &entry, &e), -1);
}

static void removes_whatever_is_inside(void **state)
{
	struct world *w = *state;
	struct err e = ERR_NONE;
	struct store_entry entry = make(w, "one", "/x");
	char path[PATH_MAX];

	put_file(path_of(w, "kept"), "kept", 4);
	assert_int_equal(symlink("../kept", path_of(w, "one/link")), 0);
	assert_int_equal(symlink("..", path_of(w, "one/up")), 0);
	assert_int_equal(mkfifo(path_of(w, "one/state"), 0600), 0);
	(void)snprintf(path, sizeof path, "%s", path_of(w, "one/config.json"));
	for (int i = 0; i < 40; i++) {
		assert_int_equal(mkdir(path, 0), 0);
		assert_int_equal(chmod(path, 0700), 0);
		size_t length = strlen(path);
		(void)snprintf(path + length, sizeof path - length, "/d");
	}
	put_file(path, "x", 1);
	for (int i = 0; i < 500; i++)
		put_file(path_of(w, arena_format(&w->arena, "one/file%d", i)), "x", 1);
	assert_ok(store_remove(&w->store, &entry, &e));
	assert_false(is_there(path_of(w, "one")));
	assert_true(is_there(path_of(w, "kept")));
	store_entry_close(&entry);
}

/* A crash between two of our calls. */
static void goes_on_after_half_a_make(void **state)
{
	struct world *w = *state;
	struct err e = ERR_NONE;
	struct store_entry entry;
	struct state *found = (void *)1;

	assert_int_equal(mkdir(path_of(w, "half"), 0700), 0);
	assert_ok(store_find(&w->store, "half", 0, &entry, &e));
	assert_string_equal(store_read_cgroup(&entry, &w->arena), "");
	assert_ok(store_read_state(&entry, &w->arena, &found, &e));
	assert_null(found);
	assert_false(store_is_created(&entry));
	assert_ok(store_remove(&w->store, &entry, &e));
	store_entry_close(&entry);
	entry = make(w, "half", "/x");
	store_entry_close(&entry);
}

/* --- the lock ----------------------------------------------------------------------------------------------------- */

/* Holds the lock until the other end of the pipe is closed. */
static pid_t hold_lock(struct world *w, const char *id, int *release_fd)
{
	int go[2], held[2];
	char byte;

	assert_int_equal(pipe2(go, O_CLOEXEC), 0);
	assert_int_equal(pipe2(held, O_CLOEXEC), 0);
	pid_t pid = fork();
	if (pid == 0) {
		struct err e;
		struct store_entry entry;
		(void)close(go[1]);
		if (store_find(&w->store, id, 1000, &entry, &e) < 0 || write(held[1], "x", 1) != 1)
			_exit(1);
		_exit(read(go[0], &byte, 1) != 0);
	}
	assert_int_equal(read(held[0], &byte, 1), 1);
	(void)close(held[0]);
	(void)close(held[1]);
	(void)close(go[0]);
	*release_fd = go[1];
	return pid;
}

static void names_the_locks_holder(void **state)
{
	struct world *w = *state;
	struct err e = ERR_NONE;
	struct store_entry entry = make(w, "one", "/x");
	int release;

	store_entry_close(&entry);
	pid_t pid = hold_lock(w, "one", &release);
	uint64_t began = now_ms();
	assert_int_equal(store_find(&w->store, "one", 50, &entry, &e), -1);
	assert_in_range(now_ms() - began, 45, 1000);
	assert_string_equal(e.text, arena_format(&w->arena, "another command is at work on the container: process %d (store_test)",
						 pid));
	assert_ok(store_find(&w->store, "one", -1, &entry, &e));
	store_entry_close(&entry);
	/* the lock dies with its holder, however that ends */
	assert_int_equal(kill(pid, SIGKILL), 0);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	assert_ok(store_find(&w->store, "one", 0, &entry, &e));
	store_entry_close(&entry);
	(void)close(release);
}

/* Who waits for the lock while the container is deleted finds none, also when the id is taken anew meanwhile. */
static void waiting_ends_with_a_delete(void **state)
{
	struct world *w = *state;
	struct err e = ERR_NONE;
	struct store_entry entry = make(w, "one", "/x");

	pid_t pid = fork();
	if (pid == 0) {
		struct store_entry found;
		struct err why = ERR_NONE;
		store_entry_close(&entry);
		int failed = store_find(&w->store, "one", 5000, &found, &why);
		_exit(failed < 0 && strcmp(why.text, "container does not exist") == 0 ? 0 : 1);
	}
	(void)usleep(50000);
	assert_ok(store_remove(&w->store, &entry, &e));
	struct store_entry next = make(w, "one", "/y");
	store_entry_close(&entry);
	int status;
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	assert_true(is_there(path_of(w, "one")));
	store_entry_close(&next);
}

/* Makers and deleters of one id at once: at any time at most one has made it, and no one else's is deleted. */
static void storm(struct world *w, unsigned seed, int *winners)
{
	struct err e;
	struct store_entry entry;

	for (int i = 0; i < 300; i++) {
		if (rand_r(&seed) % 2) {
			if (store_make(&w->store, "storm", "/x", &entry, &e) < 0) {
				if (e.number != EEXIST)
					_exit(2);
				continue;
			}
			if (__atomic_add_fetch(winners, 1, __ATOMIC_SEQ_CST) != 1 ||
			    strcmp(store_read_cgroup(&entry, &w->arena), "/x") != 0)
				_exit(3);
		} else {
			if (store_find(&w->store, "storm", 10000, &entry, &e) < 0) {
				if (e.number != ENOENT)
					_exit(4);
				continue;
			}
			(void)__atomic_store_n(winners, 0, __ATOMIC_SEQ_CST);
			if (store_remove(&w->store, &entry, &e) < 0)
				_exit(5);
		}
		store_entry_close(&entry);
	}
	_exit(0);
}

static void survives_a_storm(void **state)
{
	enum { WORKERS = 6 };
	struct world *w = *state;
	struct err e = ERR_NONE;
	int *winners = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	pid_t pids[WORKERS];

	assert_ptr_not_equal(winners, MAP_FAILED);
	for (unsigned i = 0; i < WORKERS; i++) {
		pids[i] = fork();
		if (pids[i] == 0)
			storm(w, i + 1, winners);
	}
	for (size_t i = 0; i < WORKERS; i++) {
		int status;
		assert_int_equal(waitpid(pids[i], &status, 0), pids[i]);
		assert_int_equal(status, 0);
	}
	struct store_entry entry;
	if (store_find(&w->store, "storm", 0, &entry, &e) == 0) {
		assert_ok(store_remove(&w->store, &entry, &e));
		store_entry_close(&entry);
	}
	assert_int_equal(munmap(winners, 4096), 0);
}

/* --- state and config --------------------------------------------------------------------------------------------- */

static const struct state sample = {
	.oci_version = "1.2.0",
	.id = "one",
	.bundle = "/b",
	.rootfs = "/b/rootfs",
	.created = "2026-01-01T00:00:00.000000000Z",
	.owner = "root",
	.pid = { true, 42 },
	.start_time = { true, 7 },
	.boot_id = "5ca1ab1e",
	.cgroups_path = "/boxcar/one",
	.release = "0.1",
};

static void keeps_state_and_config(void **state)
{
	struct world *w = *state;
	struct err e = ERR_NONE;
	struct store_entry entry = make(w, "one", "/x");
	struct state *found, later = sample;
	const char *text;
	size_t length;

	later.pid.value = 43;
	assert_ok(store_write_state(&entry, &sample, &w->arena, &e));
	assert_ok(store_write_state(&entry, &later, &w->arena, &e));
	assert_ok(store_read_state(&entry, &w->arena, &found, &e));
	assert_int_equal(found->pid.value, 43);
	assert_string_equal(found->id, "one");
	assert_int_equal(mode_of(path_of(w, "one/state")), 0600);
	assert_false(is_there(path_of(w, "one/state.new")));
	assert_int_equal(store_read_config(&entry, &w->arena, &text, &length, &e), -1);
	assert_int_equal(e.number, ENOENT);
	assert_ok(store_write_config(&entry, "{\"a\": 1}\n", 9, &e));
	assert_ok(store_read_config(&entry, &w->arena, &text, &length, &e));
	assert_int_equal(length, 9);
	assert_string_equal(text, "{\"a\": 1}\n");
	store_entry_close(&entry);
}

/* What a write that died left behind, of whatever kind, is in nobody's way. */
static void writes_over_leftovers(void **state)
{
	struct world *w = *state;
	struct err e = ERR_NONE;
	struct store_entry entry = make(w, "one", "/x");
	struct state *found;

	put_file(path_of(w, "kept"), "kept", 4);
	assert_int_equal(mkfifo(path_of(w, "one/state.new"), 0600), 0);
	assert_ok(store_write_state(&entry, &sample, &w->arena, &e));
	assert_int_equal(symlink("../kept", path_of(w, "one/state.new")), 0);
	assert_ok(store_write_state(&entry, &sample, &w->arena, &e));
	put_file(path_of(w, "one/state.new"), "half", 4);
	assert_ok(store_write_state(&entry, &sample, &w->arena, &e));
	assert_ok(store_read_state(&entry, &w->arena, &found, &e));
	struct stat s;
	assert_int_equal(stat(path_of(w, "kept"), &s), 0);
	assert_int_equal(s.st_size, 4);
	store_entry_close(&entry);
}

enum damage { TRUNCATED, EMPTY, FIFO, DIRECTORY, LINK, LOOP, DEVICE, SOCKET, HUGE_ONE, ELSEWHERE, DAMAGES };

static void put_damage(struct world *w, enum damage kind)
{
	const char *path = path_of(w, "one/state");

	switch (kind) {
	case TRUNCATED:
		assert_int_equal(truncate(path, 40), 0);
		return;
	case EMPTY:
		assert_int_equal(truncate(path, 0), 0);
		return;
	case HUGE_ONE:
		assert_int_equal(truncate(path, (off_t)1 << 40), 0);
		return;
	case ELSEWHERE: /* whole, but not here */
		assert_int_equal(rename(path, path_of(w, "one/other")), 0);
		assert_int_equal(symlink("other", path), 0);
		return;
	default:
		assert_int_equal(unlink(path), 0);
	}
	if (kind == FIFO)
		assert_int_equal(mkfifo(path, 0600), 0);
	else if (kind == DIRECTORY)
		assert_int_equal(mkdir(path, 0700), 0);
	else if (kind == LINK)
		assert_int_equal(symlink("/dev/zero", path), 0);
	else if (kind == LOOP)
		assert_int_equal(symlink("state", path), 0);
	else if (kind == SOCKET)
		assert_int_equal(mknod(path, S_IFSOCK | 0600, 0), 0);
	else if (mknod(path, S_IFCHR | 0600, (1 << 8) | 5) < 0)
		assert_int_equal(mkfifo(path, 0600), 0); /* without root no device */
}

static void damage_is_an_error_at_once(void **state)
{
	struct world *w = *state;
	struct err e = ERR_NONE;

	for (enum damage kind = 0; kind < DAMAGES; kind++) {
		struct store_entry entry = make(w, "one", "/x");
		struct state *found = NULL;
		assert_ok(store_write_state(&entry, &sample, &w->arena, &e));
		put_damage(w, kind);
		uint64_t began = now_ms();
		assert_int_equal(store_read_state(&entry, &w->arena, &found, &e), -1);
		assert_true(now_ms() - began < 500);
		assert_non_null(strstr(e.text, "one/state"));
		if (kind == FIFO || kind == DIRECTORY || kind == DEVICE)
			assert_non_null(strstr(e.text, "not a regular file"));
		assert_string_equal(store_read_cgroup(&entry, &w->arena), "/x");
		assert_ok(store_remove(&w->store, &entry, &e));
		store_entry_close(&entry);
	}
}

/* --- the start socket --------------------------------------------------------------------------------------------- */

static void starts_by_socket(void **state)
{
	struct world *w = *state;
	struct err e = ERR_NONE;
	struct store_entry entry = make(w, "one", "/x");
	int listen_fd, created_fd;
	char byte = 0;

	assert_int_equal(store_connect_start(&entry, &e), -1);
	assert_int_equal(e.number, ENOENT);
	assert_false(store_is_created(&entry));
	assert_ok(store_make_start(&entry, &listen_fd, &created_fd, &e));
	assert_true(store_is_created(&entry));
	assert_true(store_is_created(&entry)); /* asking takes nothing */
	own_fd client = store_connect_start(&entry, &e);
	assert_true(client >= 0);
	own_fd server = accept(listen_fd, NULL, NULL);
	assert_int_equal(send(client, "a", 1, 0), 1);
	assert_int_equal(recv(server, &byte, 1, 0), 1);
	assert_int_equal(byte, 'a');
	/* init's exec closes both */
	(void)close(listen_fd);
	(void)close(created_fd);
	assert_false(store_is_created(&entry));
	assert_int_equal(store_connect_start(&entry, &e), -1);
	assert_int_equal(e.number, ECONNREFUSED);
	store_entry_close(&entry);
}

static void start_works_at_the_end_of_a_long_path(void **state)
{
	struct world *w = *state;
	struct err e = ERR_NONE;
	struct store s;
	struct store_entry entry;
	char id[STORE_ID_MAX + 1], *root = arena_format(&w->arena, "%s/%0200d/%0200d/%0200d", w->root, 1, 2, 3);
	int listen_fd, created_fd;

	memset(id, 'i', sizeof id - 1);
	id[sizeof id - 1] = '\0';
	assert_ok(store_open(&s, root, true, &e));
	assert_ok(store_make(&s, id, "/x", &entry, &e));
	assert_ok(store_make_start(&entry, &listen_fd, &created_fd, &e));
	assert_true(is_there(arena_format(&w->arena, "%s/%s/start", root, id)));
	own_fd client = store_connect_start(&entry, &e);
	assert_true(client >= 0);
	assert_ok(store_remove(&s, &entry, &e));
	store_entry_close(&entry);
	store_close(&s);
	(void)close(listen_fd);
	(void)close(created_fd);
}

/* --- full and read-only file systems ------------------------------------------------------------------------------ */

/* In a child with a file system of its own; what it returns is the number of the line that failed, modulo 256. */
#define MUST(claim)                                \
	do {                                       \
		if (!(claim))                      \
			return __LINE__ % 255 + 1; \
	} while (0)

static int on_a_full_one(struct world *w)
{
	struct err e = ERR_NONE;
	struct store s;
	struct store_entry entry;
	struct state *found;
	static char many[64 << 10];

	MUST(mount("none", w->base, "tmpfs", 0, "size=32k") == 0);
	MUST(store_open(&s, path_of(w, ""), true, &e) == 0);
	MUST(store_make(&s, "one", "/x", &entry, &e) == 0);
	MUST(store_write_state(&entry, &sample, &w->arena, &e) == 0);
	MUST(store_write_config(&entry, many, sizeof many, &e) < 0 && e.number == ENOSPC);
	struct state later = sample;
	later.pid.value = 43;
	MUST(store_write_state(&entry, &later, &w->arena, &e) < 0 && e.number == ENOSPC);
	MUST(store_read_state(&entry, &w->arena, &found, &e) == 0 && found->pid.value == 42); /* the old one, whole */
	MUST(store_remove(&s, &entry, &e) == 0);
	MUST(!is_there(path_of(w, "one")));
	return 0;
}

static int without_inodes(struct world *w)
{
	struct err e = ERR_NONE;
	struct store s;
	struct store_entry entry;

	/* the file system's root, run, boxcar, and one more: the directory can be made, the link cannot */
	MUST(mount("none", w->base, "tmpfs", 0, "nr_inodes=4") == 0);
	MUST(store_open(&s, w->root, true, &e) == 0);
	MUST(store_make(&s, "one", "/x", &entry, &e) < 0 && e.number == ENOSPC);
	MUST(!is_there(path_of(w, "one")));
	return 0;
}

static int on_a_read_only_one(struct world *w)
{
	struct err e = ERR_NONE;
	struct store s;
	struct store_entry entry;
	struct state *found;

	MUST(mount("none", w->base, "tmpfs", 0, NULL) == 0);
	MUST(store_open(&s, w->root, true, &e) == 0);
	MUST(store_make(&s, "one", "/x", &entry, &e) == 0);
	MUST(store_write_state(&entry, &sample, &w->arena, &e) == 0);
	MUST(mount(NULL, w->base, NULL, MS_REMOUNT | MS_RDONLY, NULL) == 0);
	MUST(store_make(&s, "two", "/x", &entry, &e) < 0 && e.number == EROFS);
	MUST(store_find(&s, "one", -1, &entry, &e) == 0);
	MUST(store_read_state(&entry, &w->arena, &found, &e) == 0 && found->pid.value == 42);
	MUST(store_remove(&s, &entry, &e) < 0 && e.number == EROFS);
	MUST(is_there(path_of(w, "one")));
	return 0;
}

static void in_a_namespace(struct world *w, int (*body)(struct world *))
{
	int status;

	if (geteuid() != 0) {
		print_message("# needs root\n");
		skip();
	}
	pid_t pid = fork();
	if (pid == 0)
		_exit(unshare(CLONE_NEWNS) < 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ? 255 : body(w));
	assert_int_equal(waitpid(pid, &status, 0), pid);
	if (status)
		fail_msg("status %#x (line %% 255 + 1 = %d)", (unsigned)status, WEXITSTATUS(status));
}

static void full(void **state)
{
	in_a_namespace(*state, on_a_full_one);
}

static void no_inodes(void **state)
{
	in_a_namespace(*state, without_inodes);
}

static void read_only(void **state)
{
	in_a_namespace(*state, on_a_read_only_one);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(checks_ids),
		TEST(opens_roots),
		TEST(makes_finds_removes),
		TEST(lists_sorted_and_only_containers),
		TEST(removes_whatever_is_inside),
		TEST(goes_on_after_half_a_make),
		TEST(names_the_locks_holder),
		TEST(waiting_ends_with_a_delete),
		TEST(survives_a_storm),
		TEST(keeps_state_and_config),
		TEST(writes_over_leftovers),
		TEST(damage_is_an_error_at_once),
		TEST(starts_by_socket),
		TEST(start_works_at_the_end_of_a_long_path),
		TEST(full),
		TEST(no_inodes),
		TEST(read_only),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
