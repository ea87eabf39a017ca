/* probe without: a program on a kernel, or behind a filter, that lacks some system calls. */
#include "conformance/probe/probe.h"

#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#if defined(__x86_64__)
enum { MACHINE = (int)AUDIT_ARCH_X86_64 };
#elif defined(__aarch64__)
enum { MACHINE = (int)AUDIT_ARCH_AARCH64 };
#endif

enum { RULES_MAX = 32, PER_RULE = 6, RETURN_MAX = 4 };

struct rules {
	struct sock_filter at[RETURN_MAX + RULES_MAX * PER_RULE];
	unsigned short count;
};

static void add(struct rules *r, unsigned code, uint8_t yes, uint8_t no, uint32_t k)
{
	r->at[r->count++] = (struct sock_filter){ (uint16_t)code, yes, no, k };
}

/* NAME or NAME:INDEX:BITS, which is meant only where the argument has all the bits. */
static int add_call(struct rules *r, char *text, uint32_t answer)
{
	char *index = strchr(text, ':'), *bits = index ? strchr(index + 1, ':') : NULL;
	bool has_directory;
	long number;

	if (index)
		*index++ = '\0';
	if (r->count > RULES_MAX * PER_RULE || probe_find_call(text, &number, &has_directory) || (index && !bits))
		return -1;
	add(r, BPF_LD | BPF_W | BPF_ABS, 0, 0, offsetof(struct seccomp_data, nr));
	if (!index) {
		add(r, BPF_JMP | BPF_JEQ | BPF_K, 0, 1, (uint32_t)number);
		add(r, BPF_RET | BPF_K, 0, 0, answer);
		return 0;
	}
	uint32_t mask = (uint32_t)strtoul(bits + 1, NULL, 0);
	add(r, BPF_JMP | BPF_JEQ | BPF_K, 0, 4, (uint32_t)number);
	add(r, BPF_LD | BPF_W | BPF_ABS, 0, 0,
	    (uint32_t)(offsetof(struct seccomp_data, args) + sizeof(uint64_t) * strtoul(index, NULL, 10)));
	add(r, BPF_ALU | BPF_AND | BPF_K, 0, 0, mask);
	add(r, BPF_JMP | BPF_JEQ | BPF_K, 0, 1, mask);
	add(r, BPF_RET | BPF_K, 0, 0, answer);
	return 0;
}

static int find_errno(const char *name)
{
	for (int number = 1; number < 134; number++)
		if (strerrorname_np(number) && strcmp(strerrorname_np(number), name) == 0)
			return number;
	return 0;
}

int probe_without(int argc, char **argv)
{
	struct rules r = { .count = 0 };
	int number = argc > 2 ? find_errno(argv[0]) : 0;

	if (!number)
		return 2;
	add(&r, BPF_LD | BPF_W | BPF_ABS, 0, 0, offsetof(struct seccomp_data, arch));
	add(&r, BPF_JMP | BPF_JEQ | BPF_K, 1, 0, (uint32_t)MACHINE);
	add(&r, BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ALLOW);
	for (char *rest = argv[1], *name; (name = strsep(&rest, ","));)
		if (add_call(&r, name, SECCOMP_RET_ERRNO | (uint32_t)number))
			return 2;
	add(&r, BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ALLOW);
	if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &(struct sock_fprog){ r.count, r.at }) < 0) {
		perror("seccomp");
		return 2;
	}
	(void)execv(argv[2], argv + 2);
	perror(argv[2]);
	return 2;
}
