#include "runtime/host/filter.h"

#include <errno.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>

bool filter_is_in_force(void)
{
	return prctl(PR_GET_SECCOMP, 0, 0, 0, 0) == SECCOMP_MODE_FILTER;
}

void filter_explain(struct err *e)
{
	if ((e->number == EPERM || e->number == ENOSYS) && !e->hint[0] && filter_is_in_force())
		(void)err_hint(e, "a seccomp filter is in force here (Seccomp in /proc/self/status), as in a container, and may refuse the call: "
				  "let its profile allow it (podman, docker: --security-opt seccomp=PROFILE)");
}
