/* Owns all that differs between machines: where the kernel enters and how a system call is made. Call numbers and
 * struct layouts come from the kernel's own headers. */
#pragma once

#if defined(__x86_64__)

/* The kernel enters at _start with argc, argv and the environment on the stack; `function` takes their address. */
#define SYS_ENTRY(function)                    \
	__asm__(".text\n\t"                    \
		".globl _start\n\t"            \
		".type _start, @function\n"    \
		"_start:\n\t"                  \
		"xor %ebp, %ebp\n\t"           \
		"mov %rsp, %rdi\n\t"           \
		"and $-16, %rsp\n\t"           \
		"call " #function "\n\t"       \
		"hlt\n\t"                      \
		".size _start, . - _start\n")

static inline long sys_call6(long number, long a, long b, long c, long d, long e, long f)
{
	register long r10 __asm__("r10") = d;
	register long r8 __asm__("r8") = e;
	register long r9 __asm__("r9") = f;
	long result;

	__asm__ volatile("syscall"
			 : "=a"(result)
			 : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
			 : "rcx", "r11", "memory");
	return result;
}

/* Time without a system call: ticks, and at least how many there are in half a minute. */
static inline unsigned long machine_ticks(void)
{
	return __builtin_ia32_rdtsc();
}

static inline unsigned long machine_half_minute(void)
{
	return 30UL * 4000000000UL; /* of the fastest */
}

static inline void machine_relax(void)
{
	__builtin_ia32_pause();
}

#elif defined(__aarch64__)

#define SYS_ENTRY(function)                    \
	__asm__(".text\n\t"                    \
		".globl _start\n\t"            \
		".type _start, %function\n"    \
		"_start:\n\t"                  \
		"mov x29, xzr\n\t"             \
		"mov x30, xzr\n\t"             \
		"mov x0, sp\n\t"               \
		"and sp, x0, #-16\n\t"         \
		"bl " #function "\n\t"         \
		"brk #0\n\t"                   \
		".size _start, . - _start\n")

static inline long sys_call6(long number, long a, long b, long c, long d, long e, long f)
{
	register long x8 __asm__("x8") = number;
	register long x0 __asm__("x0") = a;
	register long x1 __asm__("x1") = b;
	register long x2 __asm__("x2") = c;
	register long x3 __asm__("x3") = d;
	register long x4 __asm__("x4") = e;
	register long x5 __asm__("x5") = f;

	__asm__ volatile("svc #0" : "+r"(x0) : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4), "r"(x5) : "memory");
	return x0;
}

static inline unsigned long machine_ticks(void)
{
	unsigned long ticks;

	__asm__ volatile("isb; mrs %0, cntvct_el0" : "=r"(ticks));
	return ticks;
}

static inline unsigned long machine_half_minute(void)
{
	unsigned long frequency;

	__asm__ volatile("mrs %0, cntfrq_el0" : "=r"(frequency));
	return 30 * frequency;
}

static inline void machine_relax(void)
{
	__asm__ volatile("yield");
}

#else
#error "boxcar knows x86-64 and arm64"
#endif

#define sys_call5(number, a, b, c, d, e) sys_call6(number, (long)(a), (long)(b), (long)(c), (long)(d), (long)(e), 0)
#define sys_call4(number, a, b, c, d) sys_call5(number, a, b, c, d, 0)
#define sys_call3(number, a, b, c) sys_call4(number, a, b, c, 0)
#define sys_call2(number, a, b) sys_call3(number, a, b, 0)
#define sys_call1(number, a) sys_call2(number, a, 0)
#define sys_call0(number) sys_call1(number, 0)
