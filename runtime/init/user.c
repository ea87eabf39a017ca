/* Users: becoming root of a user namespace, becoming the payload's user, and what belongs to a user's process. */
#include "runtime/init/init.h"
#include "runtime/init/sys.h"

/* The calls take -1 for "as it is": no id, and root would stay root. */
static int set_ids(struct init *i, uint64_t uid, uint64_t gid)
{
	if (uid >= UINT32_MAX || gid >= UINT32_MAX)
		return init_fail(i, uid >= UINT32_MAX ? __NR_setresuid : __NR_setresgid, EINVAL, 0);
	if (init_expect(i, __NR_setresgid, sys_setresgid(gid, gid, gid)) < 0)
		return -1;
	return init_expect(i, __NR_setresuid, sys_setresuid(uid, uid, uid));
}

int init_become_root(struct init *i, const struct op *op, const struct op_become_root *p)
{
	(void)op;
	if (p->setgroups == SETGROUPS_ALLOW && init_expect(i, __NR_setgroups, sys_setgroups(0, NULL)) < 0)
		return -1;
	if (set_ids(i, p->uid, p->gid) < 0)
		return -1;
	return init_guard(i);
}

/* --- the payload's user ------------------------------------------------------------------------------------------- */

/* The list becomes the kernel's 32-bit ids where it lies: each is written behind what was read. */
static int set_groups(struct init *i, struct plan_numbers list)
{
	uint32_t *groups = (void *)(i->plan + list.at);

	for (uint32_t n = 0; n < list.count; n++)
		groups[n] = (uint32_t)init_number(i, list, n);
	return init_expect(i, __NR_setgroups, sys_setgroups(list.count, groups));
}

int init_user(struct init *i, const struct op *op, const struct op_user *p)
{
	(void)op;
	/* CAPS, which comes next, has to find the permitted set as it is now. */
	if (p->uid != 0 && init_expect(i, __NR_prctl, sys_prctl(PR_SET_KEEPCAPS, 1, 0)) < 0)
		return -1;
	if (p->setgroups == SETGROUPS_ALLOW && set_groups(i, p->groups) < 0)
		return -1;
	if (set_ids(i, p->uid, p->gid) < 0)
		return -1;
	return p->uid || p->gid ? init_guard(i) : 0; /* root stays root: the kernel has forgotten nothing */
}

/* --- what belongs to it ------------------------------------------------------------------------------------------- */

/* A /dev/null stays the host's: its owner is everybody's. */
static bool is_null_device(const struct stat *s)
{
	return S_ISCHR(s->st_mode) && s->st_rdev == sys_device(1, 3);
}

/* What cannot have this owner (another user namespace's file, a read-only one) works for most payloads as it is. */
static bool is_tolerated(long error)
{
	return error == -EINVAL || error == -EPERM || error == -EROFS || error == -ENOSYS || error == -EBADF;
}

int init_stdio(struct init *i, const struct op *op, const struct op_stdio *p)
{
	struct stat s;

	(void)op;
	for (int fd = 0; fd < 3; fd++) {
		if (sys_fstat(fd, &s) < 0 || is_null_device(&s) || s.st_uid == p->uid) /* fstat: a closed one */
			continue;
		long result = sys_fchown(fd, p->uid, p->gid);
		if (result < 0 && !is_tolerated(result))
			return init_fail(i, __NR_fchown, -result, fd);
	}
	return 0;
}

int init_umask(struct init *i, const struct op *op, const struct op_umask *p)
{
	(void)i, (void)op;
	(void)sys_umask((unsigned)p->mask); /* tells the mask before */
	return 0;
}

int init_rlimit(struct init *i, const struct op *op, const struct op_rlimit *p)
{
	long result = sys_set_rlimit(p->resource, (const uint64_t[]){ p->soft, p->hard });

	(void)op;
	return result < 0 ? init_fail(i, __NR_prlimit64, -result, (int64_t)p->resource) : 0;
}
