#include "runtime/host/clone.h"

#include "runtime/host/filter.h"
#include "spec/base/own.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

static char read_first(const char *path)
{
	own_fd fd = open(path, O_RDONLY | O_CLOEXEC);
	char first = 0;

	return fd >= 0 && read(fd, &first, 1) == 1 ? first : 0;
}

/* The root directory of a process that has not changed it is the root of a mount. */
static bool is_in_chroot(void)
{
	struct statx s;

	return statx(AT_FDCWD, "/", 0, 0, &s) == 0 && s.stx_attributes_mask & STATX_ATTR_MOUNT_ROOT &&
	       !(s.stx_attributes & STATX_ATTR_MOUNT_ROOT);
}

static int explain_root(struct err *e)
{
	if (filter_is_in_force())
		return err_hint(e, "root needs CAP_SYS_ADMIN for namespaces, which a container is not given, and a seccomp filter is in force "
				   "here, which may refuse them, too (CapEff and Seccomp in /proc/self/status): podman --privileged, or "
				   "--cap-add sys_admin --security-opt seccomp=unconfined");
	return err_hint(e, "root needs CAP_SYS_ADMIN for namespaces, which a container is not given (CapEff in /proc/self/status)");
}

/* Without root, who makes a user namespace may make the others; what forbids that one is the host's. */
static int explain_user(struct err *e)
{
	if (read_first("/proc/sys/kernel/unprivileged_userns_clone") == '0')
		return err_hint(e, "kernel.unprivileged_userns_clone is 0: as root, sysctl -w kernel.unprivileged_userns_clone=1");
	if (read_first("/proc/sys/kernel/apparmor_restrict_unprivileged_userns") == '1')
		return err_hint(e, "kernel.apparmor_restrict_unprivileged_userns is 1: this host lets only programs with an AppArmor profile "
				   "that says \"userns,\" make user namespaces");
	if (is_in_chroot())
		return err_hint(e, "in a chroot the kernel lets nobody make a user namespace");
	if (filter_is_in_force())
		return err_hint(e, "a seccomp filter is in force here (Seccomp in /proc/self/status), as in a container, and it may refuse "
				   "user namespaces: podman --security-opt seccomp=unconfined");
	return err_hint(e, "the caller's ids must be mapped in its own user namespace (/proc/self/uid_map); else a security module "
			   "refuses");
}

int clone_explain(bool has_user_namespace, bool has_cgroup, struct err *e)
{
	switch (e->number) {
	case EPERM:
		if (has_user_namespace)
			return explain_user(e);
		return geteuid() == 0 ? explain_root(e) : err_hint(e, "namespaces need root, or a user namespace made with them");
	case EOPNOTSUPP: /* its type is "domain invalid" */
	case EBUSY:
		return err_hint(e, "the cgroup above the container's holds processes itself and gives controllers to those below, and then "
				   "cgroup v2 takes no process there: start from a cgroup of its own, or leave the limits out");
	case ENOSYS:
		return err_hint(e, "a seccomp filter refuses clone3, and clone, too (Seccomp in /proc/self/status)");
	case EINVAL:
		return err_hint(e, "this kernel may lack one of the namespaces");
	case ENOSPC:
		return err_hint(e, "a limit in /proc/sys/user/max_*_namespaces is reached");
	case EAGAIN:
		return err_hint(e, has_cgroup ? "the cgroup's pids.max or RLIMIT_NPROC is reached" : "RLIMIT_NPROC is reached");
	default:
		return -1;
	}
}
