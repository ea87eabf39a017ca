#include "runtime/host/seccomp.h"

#include "runtime/host/sealed.h"
#include "runtime/host/seccomp_filter.h"

#include <errno.h>
#include <linux/seccomp.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Without a program the call fails in any case: with EFAULT where the flags are known. */
bool seccomp_has_flags(uint64_t flags)
{
	return syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, NULL) == 0 || errno != EINVAL;
}

static int check_flags(uint64_t flags, struct err *e)
{
	if (!flags || seccomp_has_flags(flags))
		return 0;
	(void)err_set(e, "this kernel does not have one of the seccomp filter's flags");
	if (flags & SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV)
		(void)err_hint(e, "SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV came with Linux 5.19");
	return err_at(e, "/linux/seccomp/flags", "");
}

int seccomp_compile(const struct plan *plan, struct log *log, int *filter_fd, struct err *e)
{
	struct seccomp_rules rules;
	struct sock_fprog program;
	const struct op *op;
	size_t index = 0;

	*filter_fd = -1;
	while ((op = plan_find_op(plan, index)) && op->kind != OP_FILTER)
		index++;
	if (!op)
		return 0;
	const struct op_filter *filter = plan_payload(plan, op);
	if (check_flags(filter->flags, e) < 0)
		return -1;
	if (seccomp_read_rules(plan, index, log->arena, log, &rules, e) < 0 || seccomp_make_program(&rules, &program, e) < 0)
		return -1;
	int fd = sealed_make("seccomp", 0, program.filter, program.len * sizeof *program.filter, e);
	if (fd < 0)
		return -1;
	*filter_fd = fd;
	return 0;
}
