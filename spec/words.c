#include "spec/words.h"

#include <stdbool.h>
#include <string.h>

#define WORDS(name, what, ...) \
	const struct words words_##name = { what, (const char *const[]){ __VA_ARGS__, NULL }, NULL }

WORDS(namespace, "a namespace type", "mount", "pid", "network", "uts", "ipc", "user", "cgroup", "time");

/* The specification has four; containerd's CRI plugin writes the recursive forms. The root's propagation is always set
 * recursively. */
const struct words words_propagation = {
	.what = "a mount propagation",
	.at = (const char *const[]){ "private", "shared", "slave", "unbindable", NULL },
	.also = (const char *const[]){ "rprivate", "rshared", "rslave", "runbindable", NULL },
};

WORDS(seccomp_action, "a seccomp action", "SCMP_ACT_KILL", "SCMP_ACT_KILL_PROCESS", "SCMP_ACT_KILL_THREAD",
      "SCMP_ACT_TRAP", "SCMP_ACT_ERRNO", "SCMP_ACT_TRACE", "SCMP_ACT_ALLOW", "SCMP_ACT_LOG", "SCMP_ACT_NOTIFY");

WORDS(seccomp_flag, "a seccomp flag", "SECCOMP_FILTER_FLAG_TSYNC", "SECCOMP_FILTER_FLAG_LOG",
      "SECCOMP_FILTER_FLAG_SPEC_ALLOW", "SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV");

WORDS(seccomp_operator, "a seccomp operator", "SCMP_CMP_NE", "SCMP_CMP_LT", "SCMP_CMP_LE", "SCMP_CMP_EQ", "SCMP_CMP_GE",
      "SCMP_CMP_GT", "SCMP_CMP_MASKED_EQ");

WORDS(seccomp_arch, "a seccomp architecture", "SCMP_ARCH_X86", "SCMP_ARCH_X86_64", "SCMP_ARCH_X32", "SCMP_ARCH_ARM",
      "SCMP_ARCH_AARCH64", "SCMP_ARCH_MIPS", "SCMP_ARCH_MIPS64", "SCMP_ARCH_MIPS64N32", "SCMP_ARCH_MIPSEL",
      "SCMP_ARCH_MIPSEL64", "SCMP_ARCH_MIPSEL64N32", "SCMP_ARCH_PPC", "SCMP_ARCH_PPC64", "SCMP_ARCH_PPC64LE",
      "SCMP_ARCH_S390", "SCMP_ARCH_S390X", "SCMP_ARCH_PARISC", "SCMP_ARCH_PARISC64", "SCMP_ARCH_RISCV64",
      "SCMP_ARCH_LOONGARCH64", "SCMP_ARCH_M68K", "SCMP_ARCH_SH", "SCMP_ARCH_SHEB");

WORDS(io_class, "an I/O class", "IOPRIO_CLASS_RT", "IOPRIO_CLASS_BE", "IOPRIO_CLASS_IDLE");

WORDS(scheduler_policy, "a scheduling policy", "SCHED_OTHER", "SCHED_FIFO", "SCHED_RR", "SCHED_BATCH", "SCHED_ISO",
      "SCHED_IDLE", "SCHED_DEADLINE");

WORDS(scheduler_flag, "a scheduling flag", "SCHED_FLAG_RESET_ON_FORK", "SCHED_FLAG_RECLAIM", "SCHED_FLAG_DL_OVERRUN",
      "SCHED_FLAG_KEEP_POLICY", "SCHED_FLAG_KEEP_PARAMS", "SCHED_FLAG_UTIL_CLAMP_MIN", "SCHED_FLAG_UTIL_CLAMP_MAX");

WORDS(memory_policy_mode, "a memory policy", "MPOL_DEFAULT", "MPOL_BIND", "MPOL_INTERLEAVE", "MPOL_WEIGHTED_INTERLEAVE",
      "MPOL_PREFERRED", "MPOL_PREFERRED_MANY", "MPOL_LOCAL");

WORDS(memory_policy_flag, "a memory policy flag", "MPOL_F_NUMA_BALANCING", "MPOL_F_RELATIVE_NODES",
      "MPOL_F_STATIC_NODES");

WORDS(personality_domain, "a personality domain", "LINUX", "LINUX32");

const char *words_find_text(const struct words *words, int index)
{
	for (int i = 0; words->at[i]; i++)
		if (i == index)
			return words->at[i];
	return NULL;
}

static bool is_same(const char *word, const char *text, size_t length)
{
	return strncmp(word, text, length) == 0 && word[length] == '\0';
}

int words_find_index(const struct words *words, const char *text, size_t length)
{
	for (int i = 0; words->at[i]; i++)
		if (is_same(words->at[i], text, length) || (words->also && is_same(words->also[i], text, length)))
			return i;
	return -1;
}
