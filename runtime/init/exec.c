/* Becoming the payload: which file, in which directory, behind which filter. */
#include "runtime/init/init.h"
#include "runtime/init/sys.h"

#include <linux/filter.h>
#include <linux/seccomp.h>

static const char default_path[] = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/* --- FIND --------------------------------------------------------------------------------------------------------- */

/* May we execute this regular file? */
static long check_executable(const char *path)
{
	struct stat s;
	long result = sys_fstatat(AT_FDCWD, path, &s, 0);

	if (result < 0)
		return result;
	if (!S_ISREG(s.st_mode))
		return -EACCES;
	result = sys_faccessat2(AT_FDCWD, path, X_OK, AT_EACCESS);
	if (result == -ENOSYS || result == -EPERM) /* filtered hosts; real and effective ids are equal by now */
		result = sys_faccessat(AT_FDCWD, path, X_OK);
	return result;
}

/* "<entry of PATH>/<name>"; false when that is too long. An empty entry is the working directory. */
static bool join_path(char *to, const char *entry, size_t length, const char *name)
{
	if (length == 0)
		entry = ".", length = 1;
	if (length + 2 > INIT_PATH_MAX)
		return false;
	memcpy(to, entry, length);
	to[length++] = '/';
	return text_add(to, INIT_PATH_MAX, length, name) < INIT_PATH_MAX;
}

/* As execvp(3) does: the first that may be executed; EACCES when there were only others. */
static long search_path(struct init *i, const char *path, const char *name)
{
	long error = -ENOENT;

	for (const char *end; path; path = *end ? end + 1 : NULL) {
		for (end = path; *end && *end != ':';)
			end++;
		if (!join_path(i->executable, path, (size_t)(end - path), name))
			continue;
		long result = check_executable(i->executable);
		if (result == 0)
			return 0;
		error = result == -EACCES ? result : error;
	}
	return error;
}

static bool has_slash(const char *name)
{
	while (*name && *name != '/')
		name++;
	return *name;
}

int init_find(struct init *i, const struct op *op, const struct op_find *p)
{
	const char *name = init_text(i, p->name);
	long result;

	(void)op;
	if (!*name)
		result = -ENOENT;
	else if (!has_slash(name))
		result = search_path(i, p->path ? init_text(i, p->path) : default_path, name);
	else if (!text_copy(i->executable, INIT_PATH_MAX, name))
		result = -ENAMETOOLONG;
	else
		result = check_executable(i->executable);
	return init_expect(i, result == -EACCES ? __NR_faccessat2 : __NR_newfstatat, result);
}

/* --- CWD ---------------------------------------------------------------------------------------------------------- */

static long make_and_enter(const char *path)
{
	long root = sys_openat(AT_FDCWD, "/", O_PATH | O_DIRECTORY | O_CLOEXEC, 0);

	if (root < 0)
		return root;
	long fd = path_open((int)root, path, PATH_MAKE_DIRECTORY, PATH_FOLLOW);
	(void)sys_close((int)root); /* only a reference */
	if (fd < 0)
		return fd;
	(void)sys_close((int)fd); /* only a reference */
	return sys_chdir(path);
}

/* A directory on NFS or FUSE may be closed to root and open to its owner. */
static long enter_as_user(const char *path, uint64_t uid, uint64_t gid)
{
	long old_gid = sys_setfsgid(gid), old_uid = sys_setfsuid(uid);
	long result = sys_chdir(path);

	(void)sys_setfsuid((uint64_t)old_uid); /* tells the id before, as the next does */
	(void)sys_setfsgid((uint64_t)old_gid);
	return result;
}

/* A working directory may be a link to what lies outside of the root: the kernel's answer then is
 * "(unreachable)...". */
static int verify_directory(struct init *i)
{
	char path[INIT_PATH_MAX];

	if (init_expect(i, __NR_getcwd, sys_getcwd(path, sizeof path)) < 0)
		return -1;
	return path[0] == '/' ? 0 : init_fail(i, __NR_getcwd, ENOENT, 0);
}

int init_cwd(struct init *i, const struct op *op, const struct op_cwd *p)
{
	const char *path = init_text(i, p->path);
	long result = sys_chdir(path);

	(void)op;
	if (result == -ENOENT)
		result = make_and_enter(path);
	else if (result == -EACCES)
		result = enter_as_user(path, p->uid, p->gid);
	if (init_expect(i, __NR_chdir, result) < 0)
		return -1;
	return verify_directory(i);
}

/* --- SECCOMP and EXEC --------------------------------------------------------------------------------------------- */

/* Only maps the filter: it may forbid all that EXEC has to prepare. */
int init_seccomp(struct init *i, const struct op *op, const struct op_seccomp *p)
{
	int fd = init_slot(i, SLOT_FILTER);
	struct stat s;

	(void)op;
	if (init_expect(i, __NR_fstat, sys_fstat(fd, &s)) < 0)
		return -1;
	long at = sys_mmap((size_t)s.st_size, PROT_READ, MAP_PRIVATE, fd);
	if (init_expect(i, __NR_mmap, at) < 0)
		return -1;
	i->filter.at = (void *)at;
	i->filter.size = (size_t)s.st_size;
	i->filter.flags = p->flags;
	i->filter.op = i->op;
	return 0;
}

static int load_filter(struct init *i)
{
	size_t length = i->filter.size / sizeof(struct sock_filter);
	struct sock_fprog program = { .len = (unsigned short)length, .filter = i->filter.at };
	struct message_page *page = NULL;
	uint32_t op = i->op;

	if (!i->filter.at)
		return 0;
	i->op = i->filter.op; /* a failure is that op's */
	if (i->filter.flags & SECCOMP_FILTER_FLAG_NEW_LISTENER && listener_offer(i, &page) < 0)
		return -1;
	long result = sys_seccomp(SECCOMP_SET_MODE_FILTER, i->filter.flags, &program);
	if (result > 0 && !page) /* TSYNC: the thread that could not follow */
		return init_fail(i, __NR_seccomp, ESRCH, result);
	if (init_expect(i, __NR_seccomp, result) < 0)
		return -1;
	if (page)
		listener_wait(page, (int)result);
	i->op = op;
	return 0;
}

/* Ignored signals and the mask outlive an exec; those of the caller are none of the payload's. */
static int reset_signals(struct init *i, uint64_t ignored)
{
	const struct sigaction by_default = { 0 };
	const sigset_t none = { 0 };

	for (int n = 1; n <= 64; n++) {
		long result = ignored >> (n - 1) & 1 ? sys_sigaction(n, &by_default) : 0;
		if (result < 0)
			return init_fail(i, __NR_rt_sigaction, -result, n);
	}
	return init_expect(i, __NR_rt_sigprocmask, sys_sigprocmask(SIG_SETMASK, &none));
}

char **init_vector(struct init *i, struct plan_texts list, char *last)
{
	char **at = (void *)(i->plan + list.at);

	for (uint32_t n = 0; n < list.count; n++)
		at[n] = i->plan + (uintptr_t)at[n];
	at[list.count] = last;
	return at;
}

/* The executable is there, so what is missing is its interpreter or loader. */
static bool is_interpreter_missing(const struct init *i, long error)
{
	struct stat s;

	return error == -ENOENT && sys_fstatat(AT_FDCWD, i->executable, &s, 0) == 0 && S_ISREG(s.st_mode);
}

int init_listen_pid(struct init *i, const struct op *op, const struct op_listen_pid *p)
{
	(void)op, (void)p;
	i->has_listen_pid = true;
	return 0;
}

/* Only init knows its pid as the container sees it. The variable has room for any. */
static void write_listen_pid(char **env)
{
	static const char variable[] = PLAN_LISTEN_VARIABLE;
	const size_t name = sizeof "LISTEN_PID=" - 1;

	for (; *env; env++) {
		size_t n = 0;
		while (n < sizeof variable && (*env)[n] == variable[n])
			n++;
		if (n != sizeof variable)
			continue;
		char digits[sizeof variable];
		long pid = sys_getpid();
		size_t count = 0;
		do
			digits[count++] = (char)('0' + pid % 10);
		while (pid /= 10);
		for (n = 0; n < count; n++)
			(*env)[name + n] = digits[count - 1 - n];
		(*env)[name + count] = 0;
	}
}

int init_exec(struct init *i, const struct op *op, const struct op_exec *p)
{
	char **argv = init_vector(i, p->args, NULL);
	char **env = init_vector(i, p->env, i->home[0] ? i->home : NULL);

	(void)op;
	if (i->has_listen_pid)
		write_listen_pid(env);
	if (reset_signals(i, p->ignored) < 0 || load_filter(i) < 0)
		return -1;
	long result = sys_execve(i->executable, argv, env);
	return init_fail(i, __NR_execve, -result, is_interpreter_missing(i, result));
}
