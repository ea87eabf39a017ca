#include "runtime/host/seccomp_filter.h"

#include "spec/words.h"

#include <linux/audit.h>
#include <string.h>

enum { ARGUMENTS_MAX = 6, NUMBERS_PER_ARGUMENT = 4 };
#define X32_BIT 0x40000000u
#define ARM_PRIVATE 0xf0000u /* cacheflush, set_tls and the like: far above all others, and never newer than they */

struct conditions {
	struct scmp_arg_cmp at[ARGUMENTS_MAX];
	unsigned count;
	bool has_twins; /* two of the same argument */
};

static uint32_t find_action(uint64_t action, uint64_t errno_value)
{
	switch (action) {
	case ACTION_KILL_PROCESS:
		return SCMP_ACT_KILL_PROCESS;
	case ACTION_TRAP:
		return SCMP_ACT_TRAP;
	case ACTION_ERRNO:
		return SCMP_ACT_ERRNO((uint16_t)errno_value);
	case ACTION_TRACE:
		return SCMP_ACT_TRACE((uint16_t)errno_value);
	case ACTION_ALLOW:
		return SCMP_ACT_ALLOW;
	case ACTION_LOG:
		return SCMP_ACT_LOG;
	case ACTION_NOTIFY:
		return SCMP_ACT_NOTIFY;
	default: /* SCMP_ACT_KILL is the older name of SCMP_ACT_KILL_THREAD */
		return SCMP_ACT_KILL_THREAD;
	}
}

static int read_conditions(const struct plan *plan, const struct op_filter_rule *rule, struct conditions *out,
			   struct err *e)
{
	unsigned seen = 0;

	*out = (struct conditions){ .count = rule->arguments.count / NUMBERS_PER_ARGUMENT };
	if (out->count > ARGUMENTS_MAX)
		return err_set(e, "a seccomp rule has %u conditions, and at most %d are possible", out->count, ARGUMENTS_MAX);
	for (size_t i = 0; i < out->count; i++) {
		uint64_t index = plan_get_number(plan, rule->arguments, NUMBERS_PER_ARGUMENT * i);
		uint64_t compare = plan_get_number(plan, rule->arguments, NUMBERS_PER_ARGUMENT * i + 1);
		if (index >= ARGUMENTS_MAX)
			return err_set(e, "a seccomp rule names argument %llu of 0 to %d", (unsigned long long)index,
				       ARGUMENTS_MAX - 1);
		out->at[i] = (struct scmp_arg_cmp){
			.arg = (unsigned)index,
			.op = (enum scmp_compare)(compare + SCMP_CMP_NE), /* the same order, after an "illegal" 0 */
			.datum_a = plan_get_number(plan, rule->arguments, NUMBERS_PER_ARGUMENT * i + 2),
			.datum_b = plan_get_number(plan, rule->arguments, NUMBERS_PER_ARGUMENT * i + 3),
		};
		out->has_twins |= (seen & 1u << index) != 0;
		seen |= 1u << index;
	}
	return 0;
}

/* --- architectures ------------------------------------------------------------------------------------------------ */

/* What the kernel of this machine can run; the first one always is in the filter. */
static const struct abi {
	uint32_t token, audit_arch;
	bool is_wide;
} abis[] = {
#if defined(__x86_64__)
	{ SCMP_ARCH_X86_64, AUDIT_ARCH_X86_64, true },
	{ SCMP_ARCH_X86, AUDIT_ARCH_I386, false },
	{ SCMP_ARCH_X32, AUDIT_ARCH_X86_64, false },
#elif defined(__aarch64__)
	{ SCMP_ARCH_AARCH64, AUDIT_ARCH_AARCH64, true },
	{ SCMP_ARCH_ARM, AUDIT_ARCH_ARM, false },
#endif
};
enum { ABIS = sizeof abis / sizeof *abis };

struct reader {
	const struct plan *plan;
	struct log *log;
	struct seccomp_rules *rules;
	bool has_abi[ABIS], is_listed[ABIS];
	bool has_enosys; /* calls newer than the newest one that is named get it */
};

static struct seccomp_section *find_section(struct seccomp_rules *rules, const struct abi *abi)
{
	for (size_t i = 0; i < rules->count; i++)
		if (rules->sections[i].audit_arch == abi->audit_arch)
			return &rules->sections[i];
	struct seccomp_section *made = &rules->sections[rules->count++];
	*made = (struct seccomp_section){ .audit_arch = abi->audit_arch };
	return made;
}

static struct seccomp_zone *add_zone(struct seccomp_section *s, uint32_t token, uint32_t start)
{
	struct seccomp_zone *made = &s->zones[s->zone_count++];

	*made = (struct seccomp_zone){ .token = token, .start = start, .newest = INT64_MAX };
	return made;
}

/* Numbers that are no calls of the architectures wanted. -1 is what a tracer leaves to skip a call, and no number of the foreign
 * ABI. */
static void add_other_zones(struct reader *r)
{
#if defined(__x86_64__)
	if (r->has_abi[2])
		return;
	add_zone(&r->rules->sections[0], 0, X32_BIT)->is_foreign = true;
	(void)add_zone(&r->rules->sections[0], 0, UINT32_MAX);
#elif defined(__aarch64__)
	if (r->has_abi[1])
		(void)add_zone(find_section(r->rules, &abis[1]), 0, ARM_PRIVATE);
#endif
}

static void read_architectures(struct reader *r, struct plan_numbers wanted)
{
	for (uint32_t i = 0; i < wanted.count; i++) {
		uint64_t token = plan_get_number(r->plan, wanted, i);
		size_t known = 0;
		while (known < ABIS && abis[known].token != token)
			known++;
		if (known < ABIS)
			r->has_abi[known] = r->is_listed[known] = true;
		else
			log_debug(r->log, "seccomp: architecture %#llx is not met on this machine", (unsigned long long)token);
	}
	r->has_abi[0] = true;
	for (size_t i = 0; i < ABIS; i++)
		if (r->has_abi[i])
			(void)add_zone(find_section(r->rules, &abis[i]), abis[i].token, abis[i].token == SCMP_ARCH_X32 ? X32_BIT : 0);
	add_other_zones(r);
}

/* As runc does: only where the list names the architecture, and the rules at least one of its calls. */
static void note_named(struct reader *r, size_t abi, int number)
{
	struct seccomp_section *s = find_section(r->rules, &abis[abi]);

	if (abis[abi].audit_arch == AUDIT_ARCH_ARM && (uint32_t)number >= ARM_PRIVATE)
		return;
	for (size_t i = 0; r->has_enosys && r->is_listed[abi] && number > 0 && i < s->zone_count; i++)
		if (s->zones[i].token == abis[abi].token && (s->zones[i].newest == INT64_MAX || s->zones[i].newest < number))
			s->zones[i].newest = number;
}

/* --- rules -------------------------------------------------------------------------------------------------------- */

/* A rule's call as it was asked for, on its way to each architecture. */
struct asked {
	uint32_t action;
	int named;
	const struct scmp_arg_cmp *conditions;
	unsigned count;
};

static void add_call(struct reader *r, const struct abi *abi, int number, const struct asked *asked,
		     const struct scmp_arg_cmp *conditions, unsigned count)
{
	struct seccomp_section *s = find_section(r->rules, abi);

	note_named(r, (size_t)(abi - abis), number);
	if (asked->action == r->rules->default_action) /* says nothing new, and to libseccomp it is an error */
		return;
	if (s->count == s->room) {
		size_t room = s->room ? 2 * s->room : 512;
		s->calls = arena_grow(r->rules->arena, s->calls, s->room * sizeof *s->calls, room * sizeof *s->calls);
		s->room = room;
	}
	s->calls[s->count] = (struct seccomp_call){
		.number = (uint32_t)number,
		.action = asked->action,
		.order = s->count,
		.token = abi->token,
		.is_wide = abi->is_wide,
		.conditions = conditions,
		.count = count,
		.named = asked->named,
		.asked = asked->conditions,
		.asked_count = asked->count,
	};
	s->count++;
}

#if defined(__x86_64__)
/* i386's calls that are also made through socketcall(2) and ipc(2), and there told by the first argument. libseccomp gives
 * them numbers below zero: -100 and -200 minus that argument. The tables have the direct form's number, or 0. */
static const short direct_sockets[] = { 0,   359, 361, 362, 363, 0,   367, 368, 360, 0,  0,
					369, 371, 373, 366, 365, 370, 372, 364, 337, 345 };
static const short direct_ipc[] = { 0, 0, 393, 394, 0, 0, 0, 0, 0, 0, 0, 400, 401, 399, 402, 0, 0, 0, 0, 0, 0, 397, 398, 395, 396 };

/* The form by socketcall(2): its first argument takes the place of a condition on the call's own first argument, which is not
 * there to be compared. */
static void add_indirect(struct reader *r, const struct abi *abi, int call, int first, const struct asked *asked)
{
	struct scmp_arg_cmp *own = arena_alloc(r->rules->arena, (asked->count + 1) * sizeof *own);
	unsigned kept = 1;

	own[0] = (struct scmp_arg_cmp){ .arg = 0, .op = SCMP_CMP_EQ, .datum_a = (scmp_datum_t)first };
	for (unsigned i = 0; i < asked->count; i++)
		if (asked->conditions[i].arg != 0)
			own[kept++] = asked->conditions[i];
	add_call(r, abi, call, asked, own, kept);
}

/* False when the number is not one of these. */
static bool add_both_forms(struct reader *r, const struct abi *abi, int number, const struct asked *asked)
{
	enum { SOCKETS = sizeof direct_sockets / sizeof *direct_sockets, IPCS = sizeof direct_ipc / sizeof *direct_ipc };
	bool is_socket = number < -100 && number > -100 - SOCKETS, is_ipc = number < -200 && number > -200 - IPCS;

	if (abi->token != SCMP_ARCH_X86 || (!is_socket && !is_ipc))
		return false;
	int first = is_socket ? -100 - number : -200 - number;
	int direct = is_socket ? direct_sockets[first] : direct_ipc[first];
	add_indirect(r, abi, is_socket ? I386_SOCKETCALL : I386_IPC, first, asked);
	if (direct)
		add_call(r, abi, direct, asked, asked->conditions, asked->count);
	return true;
}
#else
static bool add_both_forms(struct reader *r, const struct abi *abi, int number, const struct asked *asked)
{
	(void)r;
	(void)abi;
	(void)number;
	(void)asked;
	return false; /* only i386 has such calls */
}
#endif

static void add_asked(struct reader *r, const char *name, const struct asked *asked)
{
	for (size_t i = 0; i < ABIS; i++) {
		if (!r->has_abi[i])
			continue;
		int number = i == 0 ? asked->named : seccomp_syscall_resolve_name_arch(abis[i].token, name);
		/* below zero: this architecture does not have it */
		if (!add_both_forms(r, &abis[i], number, asked) && number >= 0)
			add_call(r, &abis[i], number, asked, asked->conditions, asked->count);
	}
}

/* A program cannot compare one argument twice in a rule. runc made of such a rule one rule for each condition, of which any
 * is enough, and profiles rely on it (sync_file_range of old Docker profiles). */
static void add_name(struct reader *r, const char *name, uint32_t action, const struct conditions *c)
{
	struct asked asked = { action, seccomp_syscall_resolve_name_arch(abis[0].token, name), c->at, c->count };

	if (asked.named == __NR_SCMP_ERROR) {
		log_debug(r->log, "seccomp: libseccomp does not know the system call %s", name);
		return;
	}
	if (!c->has_twins)
		add_asked(r, name, &asked);
	asked.count = 1;
	for (unsigned i = 0; c->has_twins && i < c->count; i++) {
		asked.conditions = &c->at[i];
		add_asked(r, name, &asked);
	}
}

static int read_rule(struct reader *r, const struct op_filter_rule *rule, struct err *e)
{
	struct conditions *c = arena_alloc(r->rules->arena, sizeof *c);
	uint32_t action = find_action(rule->action, rule->errno_value);

	if (read_conditions(r->plan, rule, c, e) < 0)
		return -1;
	for (uint32_t i = 0; i < rule->calls.count; i++)
		add_name(r, plan_get_item(r->plan, rule->calls, i), action, c);
	return 0;
}

int seccomp_read_rules(const struct plan *plan, size_t index, struct arena *a, struct log *log, struct seccomp_rules *out,
		       struct err *e)
{
	const struct op *op = plan_find_op(plan, index);
	const struct op_filter *filter = plan_payload(plan, op);
	struct reader r = { .plan = plan, .log = log, .rules = out, .has_enosys = filter->newer == NEWER_ENOSYS };

	*out = (struct seccomp_rules){ .arena = a,
				       .default_action = find_action(filter->default_action, filter->default_errno) };
	read_architectures(&r, filter->architectures);
	while ((op = plan_find_op(plan, ++index)) && op->kind == OP_FILTER_RULE)
		if (read_rule(&r, plan_payload(plan, op), e) < 0)
			return -1;
	return 0;
}
