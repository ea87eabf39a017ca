/* Stands in for what is not there yet. */
#include "runtime/init/init.h"
#include "runtime/init/sys.h"

#define STUB_OUTSIDE(word)
#define STUB_INSIDE(word)                                                                                    \
	__attribute__((weak)) int init_##word(struct init *i, const struct op *op, const struct op_##word *p) \
	{                                                                                                    \
		(void)op, (void)p;                                                                           \
		return init_fail(i, 0, ENOSYS, 0);                                                           \
	}
#define OP(NAME, word, side, file, meaning) STUB_##side(word)
PLAN_OPS(OP)
#undef OP

__attribute__((weak)) long path_open(int root_fd, const char *path, enum path_make make, unsigned rules)
{
	(void)make, (void)rules;
	while (*path == '/')
		path++;
	if (make == PATH_MAKE_DIRECTORY)
		(void)sys_mkdirat(root_fd, path, 0755);
	return sys_openat(root_fd, path, O_PATH | O_CLOEXEC, 0);
}

__attribute__((weak)) long path_open_regular(int root_fd, const char *path)
{
	return sys_openat(root_fd, path + 1, O_RDONLY | O_CLOEXEC | O_NONBLOCK, 0);
}
