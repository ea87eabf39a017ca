/* Owns the one machine-dependent piece of the runtime: clone3(2) and clone(2) with a function and a stack of its own, which a
 * child that shares our memory needs (the C library has no wrapper for clone3). */
#pragma once

#include "spec/base/err.h"

#include <errno.h>
#include <linux/sched.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <unistd.h>

#if defined(__x86_64__)

/* Registers survive into the child; its stack is the one that the call was given. The fourth and fifth argument (of clone(2): where
 * to write the pid in the child, thread-local storage) are 0. */
static inline long clone_enter(long number, uint64_t first, uint64_t second, uint64_t third, int (*entry)(void *), void *argument)
{
	register int (*entry_register)(void *) __asm__("r12") = entry;
	register void *argument_register __asm__("r13") = argument;
	register uint64_t fourth __asm__("r10") = 0;
	register uint64_t fifth __asm__("r8") = 0;
	long result = number;

	__asm__ volatile("syscall\n\t"
			 "test %%rax, %%rax\n\t"
			 "jnz 1f\n\t"
			 "xor %%ebp, %%ebp\n\t"
			 "mov %%r13, %%rdi\n\t"
			 "call *%%r12\n\t"
			 "mov %%eax, %%edi\n\t"
			 "mov %[exit], %%eax\n\t"
			 "syscall\n\t"
			 "hlt\n"
			 "1:"
			 : "+a"(result)
			 : "D"(first), "S"(second), "d"(third), "r"(fourth), "r"(fifth), "r"(entry_register), "r"(argument_register),
			   [exit] "i"(SYS_exit_group)
			 : "rcx", "r11", "memory");
	return result;
}

#elif defined(__aarch64__)

static inline long clone_enter(long number, uint64_t first, uint64_t second, uint64_t third, int (*entry)(void *), void *argument)
{
	register long result __asm__("x0") = (long)first;
	register uint64_t second_register __asm__("x1") = second;
	register uint64_t third_register __asm__("x2") = third;
	register uint64_t fourth __asm__("x3") = 0;
	register uint64_t fifth __asm__("x4") = 0;
	register long number_register __asm__("x8") = number;
	register int (*entry_register)(void *) __asm__("x19") = entry;
	register void *argument_register __asm__("x20") = argument;

	__asm__ volatile("svc #0\n\t"
			 "cbnz x0, 1f\n\t"
			 "mov x29, xzr\n\t"
			 "mov x0, x20\n\t"
			 "blr x19\n\t"
			 "mov x8, %[exit]\n\t"
			 "svc #0\n\t"
			 "brk #0\n"
			 "1:"
			 : "+r"(result)
			 : "r"(second_register), "r"(third_register), "r"(fourth), "r"(fifth), "r"(number_register), "r"(entry_register),
			   "r"(argument_register), [exit] "i"(SYS_exit_group)
			 : "memory");
	return result;
}

#else
#error "boxcar knows x86-64 and arm64"
#endif

/* The kernel itself calls no size at all invalid, whoever asks: any other answer is a filter's (or that of a kernel before 5.3). */
static inline bool clone3_is_refused(void)
{
	return syscall(SYS_clone3, NULL, 0) < 0 && errno != EINVAL;
}

/* Why the kernel, a filter or a sysctl refuses: a hint for the errno of a clone that failed (e->number). */
int clone_explain(bool has_user_namespace, bool has_cgroup, struct err *e);

/* The pid, or a negative errno. Where a filter refuses clone3, clone does the same, but for what it has no flags for: with one of
 * CLONE_INTO_CGROUP and CLONE_NEWTIME the answer is -ENOSYS, and the caller has another way. */
static inline long clone_call(struct clone_args *args, int (*entry)(void *), void *argument)
{
	long result = clone_enter(SYS_clone3, (uint64_t)(uintptr_t)args, sizeof *args, 0, entry, argument);

	if ((result != -ENOSYS && result != -EPERM) || !clone3_is_refused())
		return result;
	if (args->flags >> 32 || args->flags & CSIGNAL)
		return -ENOSYS;
	return clone_enter(SYS_clone, args->flags | args->exit_signal, args->stack ? args->stack + args->stack_size : 0, args->pidfd,
			   entry, argument);
}
