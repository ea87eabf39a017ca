/* The system calls about processes, their ids and their limits: a part of sys.h, which includes it. */
#pragma once

static inline _Noreturn void sys_exit_group(int code)
{
	for (;;)
		(void)sys_call1(__NR_exit_group, code); /* does not return */
}

/* Without a stack of its own, so never with CLONE_VM. */
static inline long sys_clone(unsigned long flags, int *pidfd)
{
	return sys_call5(__NR_clone, flags, 0, pidfd, 0, 0);
}

static inline long sys_execve(const char *path, char *const *argv, char *const *env)
{
	return sys_call3(__NR_execve, path, argv, env);
}

static inline long sys_wait4(long pid, int *status)
{
	return sys_call4(__NR_wait4, pid, status, 0, 0);
}

static inline long sys_getpid(void)
{
	return sys_call0(__NR_getpid);
}

static inline long sys_kill(long pid, int signal)
{
	return sys_call2(__NR_kill, pid, signal);
}

static inline long sys_prctl(int what, unsigned long a, unsigned long b)
{
	return sys_call5(__NR_prctl, what, a, b, 0, 0);
}

static inline long sys_setns(int fd, uint64_t type)
{
	return sys_call2(__NR_setns, fd, type);
}

static inline long sys_unshare(uint64_t types)
{
	return sys_call1(__NR_unshare, types);
}

static inline long sys_setsid(void)
{
	return sys_call0(__NR_setsid);
}

static inline long sys_sethostname(const char *name, size_t length)
{
	return sys_call2(__NR_sethostname, name, length);
}

static inline long sys_setdomainname(const char *name, size_t length)
{
	return sys_call2(__NR_setdomainname, name, length);
}

static inline long sys_keyctl(int command, const char *name)
{
	return sys_call2(__NR_keyctl, command, name);
}

static inline long sys_setgroups(size_t count, const uint32_t *groups)
{
	return sys_call2(__NR_setgroups, count, groups);
}

static inline long sys_setresuid(uint64_t real, uint64_t effective, uint64_t saved)
{
	return sys_call3(__NR_setresuid, real, effective, saved);
}

static inline long sys_setresgid(uint64_t real, uint64_t effective, uint64_t saved)
{
	return sys_call3(__NR_setresgid, real, effective, saved);
}

/* These two return the id before, never an error. */
static inline long sys_setfsuid(uint64_t uid)
{
	return sys_call1(__NR_setfsuid, uid);
}

static inline long sys_setfsgid(uint64_t gid)
{
	return sys_call1(__NR_setfsgid, gid);
}

static inline long sys_umask(unsigned mask) /* the mask before, never an error */
{
	return sys_call1(__NR_umask, mask);
}

static inline long sys_set_rlimit(uint64_t resource, const uint64_t soft_and_hard[2])
{
	return sys_call4(__NR_prlimit64, 0, resource, soft_and_hard, 0);
}

/* NULL and 0 where the mode has no nodes. */
static inline long sys_set_mempolicy(uint64_t mode, const uint64_t *nodes, uint64_t bits)
{
	return sys_call3(__NR_set_mempolicy, mode, nodes, bits);
}

static inline long sys_personality(uint64_t persona) /* the one before */
{
	return sys_call1(__NR_personality, persona);
}

static inline long sys_capget(void *header, void *data)
{
	return sys_call2(__NR_capget, header, data);
}

static inline long sys_capset(void *header, const void *data)
{
	return sys_call2(__NR_capset, header, data);
}

static inline long sys_seccomp(unsigned operation, uint64_t flags, const void *argument)
{
	return sys_call3(__NR_seccomp, operation, flags, argument);
}

/* Sets only. */
static inline long sys_sigaction(int signal, const struct sigaction *action)
{
	return sys_call4(__NR_rt_sigaction, signal, action, 0, sizeof(sigset_t));
}

static inline long sys_sigprocmask(int how, const sigset_t *set)
{
	return sys_call4(__NR_rt_sigprocmask, how, set, 0, sizeof(sigset_t));
}
