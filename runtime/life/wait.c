/* wait: there is no supervisor who would know how a container has ended; the kernel may. */
#include "runtime/life/container.h"

#include "spec/base/own.h"

#include <errno.h>

static int report_unknown(struct err *e)
{
	(void)err_set(e, "the container has stopped, and its exit code is not known");
	return err_hint(e, "it is told to who waits while it runs, from Linux 6.15 on");
}

int life_wait(const struct container *c, int *exit_code, struct err *e)
{
	if (c->status == STATUS_CREATING || !c->state)
		return err_set(e, "the container is still being created, or its create has died");
	if (c->state->pid.value <= 0)
		return report_unknown(e);
	own_fd pidfd = process_find((pid_t)c->state->pid.value, c->state->start_time.value, e);
	if (pidfd < 0) {
		if (e->number != ESRCH)
			return -1;
		*e = ERR_NONE;
		return report_unknown(e);
	}
	switch (process_await(pidfd, exit_code, e)) {
	case PROCESS_KNOWN:
		return 0;
	case PROCESS_UNKNOWN:
		return report_unknown(e);
	default:
		return -1;
	}
}
