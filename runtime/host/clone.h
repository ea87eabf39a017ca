/* Owns the one machine-dependent piece of the runtime: clone3(2) with a function and a stack of its own, which a child
 * that shares our memory needs (the C library has no wrapper for clone3). */
#pragma once

#include <linux/sched.h>
#include <stdint.h>
#include <sys/syscall.h>

#if defined(__x86_64__)

/* Registers survive into the child; its stack is args->stack. */
static inline long clone_call(struct clone_args *args, int (*entry)(void *), void *argument)
{
	register int (*entry_register)(void *) __asm__("r12") = entry;
	register void *argument_register __asm__("r13") = argument;
	long result = SYS_clone3;

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
			 : "D"(args), "S"(sizeof *args), "r"(entry_register), "r"(argument_register), [exit] "i"(SYS_exit_group)
			 : "rcx", "r11", "memory");
	return result;
}

#elif defined(__aarch64__)

static inline long clone_call(struct clone_args *args, int (*entry)(void *), void *argument)
{
	register long result __asm__("x0") = (long)args;
	register long size __asm__("x1") = sizeof *args;
	register long number __asm__("x8") = SYS_clone3;
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
			 : "r"(size), "r"(number), "r"(entry_register), "r"(argument_register), [exit] "i"(SYS_exit_group)
			 : "memory");
	return result;
}

#else
#error "boxcar knows x86-64 and arm64"
#endif
