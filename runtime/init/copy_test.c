/* What a tmpfs gets of the directory below it, tried on two directories of the host: no mount and no privilege is needed. */
#include "runtime/init/init.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

struct pair {
	char path[64];
	int from_fd, to_fd;
	struct init i;
};

static int pair_make(void **state)
{
	struct pair *p = calloc(1, sizeof *p);

	strcpy(p->path, "/tmp/copy-test-XXXXXX");
	umask(0);
	assert_non_null(mkdtemp(p->path));
	assert_int_equal(chdir(p->path), 0);
	assert_int_equal(mkdir("from", 0755), 0);
	assert_int_equal(mkdir("to", 0755), 0);
	p->from_fd = open("from", O_PATH | O_DIRECTORY | O_CLOEXEC);
	p->to_fd = open("to", O_PATH | O_DIRECTORY | O_CLOEXEC);
	p->i.channel = -1;
	*state = p;
	return 0;
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *where)
{
	(void)st, (void)type, (void)where;
	return remove(path);
}

static int pair_end(void **state)
{
	struct pair *p = *state;
	int next = dup(0);

	assert_int_equal(next, p->to_fd + 1); /* none was left open */
	close(next);
	close(p->from_fd);
	close(p->to_fd);
	assert_int_equal(chdir("/"), 0);
	assert_int_equal(nftw(p->path, remove_one, 32, FTW_DEPTH | FTW_PHYS), 0);
	free(p);
	return 0;
}

static void write_file(const char *path, size_t size)
{
	int fd = open(path, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0640);
	unsigned long value = 1;

	for (size_t done = 0; done < size; done += sizeof value) {
		value = value * 6364136223846793005ul + 1442695040888963407ul;
		assert_int_equal(write(fd, &value, sizeof value), sizeof value);
	}
	close(fd);
}

static void assert_same_file(const char *a, const char *b)
{
	char command[256];

	(void)snprintf(command, sizeof command, "cmp %s %s", a, b);
	assert_int_equal(system(command), 0);
}

static void assert_same_looks(const char *a, const char *b)
{
	struct stat x, y;

	assert_int_equal(lstat(a, &x), 0);
	assert_int_equal(lstat(b, &y), 0);
	assert_int_equal(x.st_mode, y.st_mode);
	assert_int_equal(x.st_mtim.tv_sec, y.st_mtim.tv_sec);
	assert_int_equal(x.st_mtim.tv_nsec, y.st_mtim.tv_nsec);
}

static void every_kind_is_copied(void **state)
{
	struct pair *p = *state;
	struct sockaddr_un at = { AF_UNIX, "from/socket" };
	char text[16] = "";
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_int_equal(bind(fd, (struct sockaddr *)&at, sizeof at), 0);
	close(fd);
	assert_int_equal(mkdir("from/dir", 03711), 0);
	write_file("from/dir/file", 3 << 20);
	assert_int_equal(symlink("../nowhere", "from/link"), 0);
	assert_int_equal(mkfifo("from/fifo", 0623), 0);
	assert_int_equal(copy_up(&p->i, p->from_fd, p->to_fd, NEW_COPY_UP), 0);
	assert_same_file("from/dir/file", "to/dir/file");
	assert_same_looks("from/dir", "to/dir");
	assert_same_looks("from/dir/file", "to/dir/file");
	assert_same_looks("from/link", "to/link");
	assert_same_looks("from/fifo", "to/fifo");
	assert_int_equal(readlink("to/link", text, sizeof text), 10);
	assert_string_equal(text, "../nowhere");
	assert_int_equal(access("to/socket", F_OK), -1);
}

static void more_names_than_one_call_gives(void **state)
{
	struct pair *p = *state;
	char path[300];

	for (int n = 0; n < 500; n++) {
		(void)snprintf(path, sizeof path, "from/%0200d", n);
		write_file(path, 8);
	}
	assert_int_equal(copy_up(&p->i, p->from_fd, p->to_fd, NEW_COPY_UP), 0);
	for (int n = 0; n < 500; n++) {
		(void)snprintf(path, sizeof path, "to/%0200d", n);
		assert_int_equal(access(path, F_OK), 0);
	}
}

static void make_deep(int fd, int depth)
{
	fd = dup(fd);
	for (int n = 0; n < depth; n++) {
		assert_int_equal(mkdirat(fd, "d", 0755), 0);
		int next = openat(fd, "d", O_PATH | O_DIRECTORY | O_CLOEXEC);
		close(fd);
		fd = next;
	}
	close(fd);
}

static void depth_has_a_bound(void **state)
{
	struct pair *p = *state;

	make_deep(p->from_fd, 65);
	assert_int_equal(copy_up(&p->i, p->from_fd, p->to_fd, NEW_COPY_UP), -1);
	assert_int_equal(p->i.failed_error, ENAMETOOLONG);
	assert_int_equal(p->i.failed_number, MOUNT_COPYING);
}

static void what_is_there_is_not_written(void **state)
{
	struct pair *p = *state;

	write_file("from/file", 8);
	write_file("outside", 16);
	assert_int_equal(symlink("../outside", "to/file"), 0);
	assert_int_equal(copy_up(&p->i, p->from_fd, p->to_fd, NEW_COPY_UP), -1);
	assert_int_equal(p->i.failed_call, SYS_openat);
	assert_int_equal(p->i.failed_error, EEXIST);
}

static void forbid(unsigned call)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, call, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = { sizeof code / sizeof *code, code };

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 || prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) < 0)
		_exit(99);
}

static void without_sendfile_by_hand(void **state)
{
	struct pair *p = *state;
	int status;

	write_file("from/file", 1 << 20);
	pid_t pid = fork();
	if (pid == 0) {
		forbid(SYS_sendfile);
		_exit(copy_up(&p->i, p->from_fd, p->to_fd, NEW_COPY_UP) == 0 ? 0 : 1);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	assert_same_file("from/file", "to/file");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(every_kind_is_copied, pair_make, pair_end),
		cmocka_unit_test_setup_teardown(more_names_than_one_call_gives, pair_make, pair_end),
		cmocka_unit_test_setup_teardown(depth_has_a_bound, pair_make, pair_end),
		cmocka_unit_test_setup_teardown(what_is_there_is_not_written, pair_make, pair_end),
		cmocka_unit_test_setup_teardown(without_sendfile_by_hand, pair_make, pair_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
