/* The specification's closed sets of words, each as an enum and a table in the same order. The tables are what the
 * reader accepts, what `features` lists and what messages offer as alternatives. */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct words {
	const char *what;          /* "a namespace type", for messages */
	const char *const *at;     /* ends with NULL */
	const char *const *also;   /* other words that are read, one for each of `at`, or NULL; never written */
};

enum { NAMESPACE_MOUNT, NAMESPACE_PID, NAMESPACE_NETWORK, NAMESPACE_UTS, NAMESPACE_IPC, NAMESPACE_USER,
       NAMESPACE_CGROUP, NAMESPACE_TIME, NAMESPACE_COUNT };
enum { PROPAGATION_PRIVATE, PROPAGATION_SHARED, PROPAGATION_SLAVE, PROPAGATION_UNBINDABLE };
enum { ACTION_KILL, ACTION_KILL_PROCESS, ACTION_KILL_THREAD, ACTION_TRAP, ACTION_ERRNO, ACTION_TRACE, ACTION_ALLOW,
       ACTION_LOG, ACTION_NOTIFY };
enum {
	SECCOMP_FLAG_TSYNC,
	SECCOMP_FLAG_LOG,
	SECCOMP_FLAG_SPEC_ALLOW,
	SECCOMP_FLAG_WAIT_KILLABLE_RECV,
	SECCOMP_FLAG_COUNT
};
enum { COMPARE_NE, COMPARE_LT, COMPARE_LE, COMPARE_EQ, COMPARE_GE, COMPARE_GT, COMPARE_MASKED_EQ };
enum { IO_CLASS_RT, IO_CLASS_BE, IO_CLASS_IDLE };
enum { SCHEDULER_OTHER, SCHEDULER_FIFO, SCHEDULER_RR, SCHEDULER_BATCH, SCHEDULER_ISO, SCHEDULER_IDLE,
       SCHEDULER_DEADLINE }; /* the kernel's numbers; a flag's index is its bit's number there */
enum { MEMORY_DEFAULT, MEMORY_BIND, MEMORY_INTERLEAVE, MEMORY_WEIGHTED_INTERLEAVE, MEMORY_PREFERRED,
       MEMORY_PREFERRED_MANY, MEMORY_LOCAL };
enum { MEMORY_FLAG_NUMA_BALANCING, MEMORY_FLAG_RELATIVE_NODES, MEMORY_FLAG_STATIC_NODES };
enum { PERSONALITY_LINUX, PERSONALITY_LINUX32 };

extern const struct words words_namespace, words_propagation, words_seccomp_action, words_seccomp_flag,
	words_seccomp_operator, words_seccomp_arch, words_io_class, words_scheduler_policy, words_scheduler_flag,
	words_memory_policy_mode, words_memory_policy_flag, words_personality_domain;

/* The word, or NULL when the index is out of range. */
const char *words_find_text(const struct words *words, int index);

/* The index, or -1. The text has `length` bytes. */
int words_find_index(const struct words *words, const char *text, size_t length);
