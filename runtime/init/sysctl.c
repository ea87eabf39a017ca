/* Kernel parameters, written below a procfs that no path of the image leads to. */
#include "runtime/init/init.h"
#include "runtime/init/sys.h"

/* In a pid namespace that is joined later a neighbour could read the descriptor, and this procfs shows the host's
 * processes. */
static bool is_last(const struct init *i, const struct op *op)
{
	return i->has_pid_to_enter && op[1].kind != OP_SYSCTL;
}

int init_sysctl(struct init *i, const struct op *op, const struct op_sysctl *p)
{
	const char *value = init_text(i, p->value);
	int fd = proc_open_sysctl(i, init_text(i, p->key));

	if (is_last(i, op))
		proc_drop(i);
	if (fd < 0)
		return -1;
	long result = sys_write(fd, value, text_length(value));
	(void)sys_close(fd); /* the kernel took the value at the write */
	return init_expect(i, __NR_write, result);
}
