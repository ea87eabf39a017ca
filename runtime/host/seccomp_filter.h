/* Owns the making of seccomp programs: rules to numbers for each architecture, numbers to a binary tree of ranges. For the
 * profiles of the engines it takes a fraction of a millisecond where libseccomp takes 5 to 14, which is more than all the rest
 * of a container's start, and the kernel loads the result faster. libseccomp has the names and numbers. The meaning is its, too:
 *
 *   - a rule without conditions wins over those with some, wherever it stands; of two the first one
 *   - conditions of a rule are all to be met; on 32-bit architectures only the low halves are compared
 *   - on i386 a socket or ipc call is allowed in both its forms: direct, and by socketcall(2) or ipc(2)
 *   - what comes from an unknown architecture kills the thread
 *   - with the plan's word for it, calls above the highest number that the rules name on a listed architecture get ENOSYS,
 *     whatever the default is: a program that tries a call newer than the profile goes on to its older way. The private calls of
 *     32-bit ARM (cacheflush, set_tls) are not counted: every profile names them, and nothing is above them
 *   - rules of one call that overlap and differ in their action have no defined order there; its own program for this one
 *     call is taken over, so that they mean with us what they mean with others (Podman 5's rules for socket)
 *
 * One thing is bettered: when rules of a call look at different arguments, libseccomp 2.5 can miss that the second one is met
 * after the first one was met in half. */
#pragma once

#include "runtime/plan/encode.h"
#include "spec/base/err.h"
#include "spec/base/log.h"

#include <linux/filter.h>
#include <seccomp.h>
#include <stdbool.h>

enum { I386_SOCKETCALL = 102, I386_IPC = 117 };

/* One call of one rule on one architecture. */
struct seccomp_call {
	uint32_t number, action;
	size_t order;
	uint32_t token; /* SCMP_ARCH_* */
	bool is_wide;   /* 64-bit arguments */
	const struct scmp_arg_cmp *conditions;
	unsigned count;
	int named;      /* as the rule said it: the number that the name has on our own architecture, and its conditions */
	const struct scmp_arg_cmp *asked;
	unsigned asked_count;
};

/* The numbers of one ABI: from `start` to the next one's. */
struct seccomp_zone {
	uint32_t token; /* SCMP_ARCH_*; 0: an ABI that is not ours, or no number of any */
	uint32_t start;
	bool is_foreign;
	int64_t newest; /* the highest number that is named; those above get ENOSYS. INT64_MAX: they get the default */
};

/* All calls that come with one value of seccomp_data.arch: x86-64 and x32 share theirs. */
struct seccomp_section {
	uint32_t audit_arch;
	struct seccomp_zone zones[3];
	size_t zone_count;
	struct seccomp_call *calls;
	size_t count, room;
};

enum { SECCOMP_SECTIONS = 2 };

struct seccomp_rules {
	struct seccomp_section sections[SECCOMP_SECTIONS];
	size_t count;
	uint32_t default_action;
	struct arena *arena;
};

/* The rules that follow the FILTER op at `index`, for the architectures that this machine can run. */
int seccomp_read_rules(const struct plan *plan, size_t index, struct arena *a, struct log *log, struct seccomp_rules *out,
		       struct err *e);

/* Sorts the calls. The program is in the arena. */
int seccomp_make_program(struct seccomp_rules *rules, struct sock_fprog *out, struct err *e);

/* Rules of one call overlap and differ in their action. */
bool seccomp_has_contradiction(const struct seccomp_call *calls, size_t count);

/* libseccomp's program for the rules of one call on one architecture. */
int seccomp_generate(const struct seccomp_call *calls, size_t count, uint32_t default_action, struct arena *a,
		     struct sock_fprog *out, struct err *e);
