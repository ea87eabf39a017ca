/* Labels of security modules. They count from the next exec on, which is the payload's or a hook's. The procfs for them is dropped
 * again at once: exec's neighbours could read the descriptor, and that is why it shows processes only. */
#include "runtime/init/init.h"
#include "runtime/init/sys.h"

static int write_label(struct init *i, int fd, const char *label)
{
	long result;

	proc_drop(i);
	if (fd < 0)
		return -1;
	result = sys_write(fd, label, text_length(label));
	(void)sys_close(fd); /* the kernel took the label at the write */
	return init_expect(i, __NR_write, result);
}

int label_keys(struct init *i, const char *label)
{
	return write_label(i, proc_open_own(i, "attr/keycreate"), label);
}

int init_selinux(struct init *i, const struct op *op, const struct op_selinux *p)
{
	(void)op;
	return write_label(i, proc_open_own(i, "attr/exec"), init_text(i, p->label));
}

/* The module has a directory of its own where others are in force too, and where they may be. */
int init_apparmor(struct init *i, const struct op *op, const struct op_apparmor *p)
{
	char command[INIT_PATH_MAX];
	size_t length = text_add(command, sizeof command, 0, "exec ");

	(void)op;
	if (text_add(command, sizeof command, length, init_text(i, p->name)) == sizeof command)
		return init_fail(i, __NR_write, ENAMETOOLONG, 0);
	int fd = proc_open_own(i, "attr/apparmor/exec");
	if (fd < 0 && i->failed_error == ENOENT)
		fd = proc_open_own(i, "attr/exec");
	return write_label(i, fd, command);
}
