#include "runtime/host/seccomp.h"

#include "spec/base/own.h"
#include "spec/words.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <seccomp.h>
#include <sys/mman.h>
#include <sys/stat.h>

enum { ARGUMENTS_MAX = 6, NUMBERS_PER_ARGUMENT = 4 };

static void own_release_filter(const scmp_filter_ctx *filter)
{
	if (*filter)
		seccomp_release(*filter);
}

#define own_filter __attribute__((cleanup(own_release_filter))) scmp_filter_ctx

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

/* The machine's own architecture is always among them; one that this libseccomp does not know cannot be met here. */
static int add_architectures(scmp_filter_ctx filter, const struct plan *plan, const struct op_filter *op, struct log *log,
			     struct err *e)
{
	for (uint32_t i = 0; i < op->architectures.count; i++) {
		uint32_t token = (uint32_t)plan_get_number(plan, op->architectures, i);
		int failed = seccomp_arch_add(filter, token);
		if (failed == -EINVAL)
			log_debug(log, "seccomp: libseccomp does not know architecture %#x", token);
		else if (failed < 0 && failed != -EEXIST)
			return err_number(e, -failed, "add architecture %#x to the seccomp filter", token);
	}
	return 0;
}

/* --- rules -------------------------------------------------------------------------------------------------------- */

struct conditions {
	struct scmp_arg_cmp at[ARGUMENTS_MAX];
	unsigned count;
	bool has_twins; /* two of the same argument */
};

static int read_conditions(const struct plan *plan, const struct op_filter_rule *rule, struct conditions *out, struct err *e)
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

/* A program cannot compare one argument twice in a rule. runc made of such a rule one rule for each condition, of which any
 * is enough, and profiles rely on it (sync_file_range of old Docker profiles). */
static int add_call(scmp_filter_ctx filter, uint32_t action, int call, const struct conditions *c)
{
	if (!c->has_twins)
		return seccomp_rule_add_array(filter, action, call, c->count, c->at);
	for (unsigned i = 0; i < c->count; i++) {
		int failed = seccomp_rule_add_array(filter, action, call, 1, &c->at[i]);
		if (failed < 0)
			return failed;
	}
	return 0;
}

static int add_rule(scmp_filter_ctx filter, uint32_t default_action, const struct plan *plan,
		    const struct op_filter_rule *rule, struct log *log, struct err *e)
{
	uint32_t action = find_action(rule->action, rule->errno_value);
	struct conditions conditions;

	if (read_conditions(plan, rule, &conditions, e) < 0)
		return -1;
	if (action == default_action) /* says nothing new, and libseccomp refuses it */
		return 0;
	for (uint32_t i = 0; i < rule->calls.count; i++) {
		const char *name = plan_get_item(plan, rule->calls, i);
		int call = seccomp_syscall_resolve_name(name);
		if (call == __NR_SCMP_ERROR) {
			log_debug(log, "seccomp: libseccomp does not know the system call %s", name);
			continue;
		}
		int failed = add_call(filter, action, call, &conditions);
		if (failed < 0)
			return err_number(e, -failed, "add a rule for the system call %s to the seccomp filter", name);
	}
	return 0;
}

/* The rules are those that follow the FILTER op. */
static int add_rules(scmp_filter_ctx filter, uint32_t default_action, const struct plan *plan, size_t index, struct log *log,
		     struct err *e)
{
	const struct op *op;

	while ((op = plan_find_op(plan, ++index)) && op->kind == OP_FILTER_RULE)
		if (add_rule(filter, default_action, plan, plan_payload(plan, op), log, e) < 0)
			return -1;
	return 0;
}

/* --- the program -------------------------------------------------------------------------------------------------- */

static int export_program(scmp_filter_ctx filter, int *out, struct err *e)
{
	own_fd fd = memfd_create("seccomp", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	struct stat s;

	if (fd < 0)
		return err_sys(e, "make a memory file for the seccomp filter");
	int failed = seccomp_export_bpf(filter, fd);
	if (failed < 0)
		return err_number(e, -failed, "generate the seccomp filter");
	if (fstat(fd, &s) < 0 || fcntl(fd, F_ADD_SEALS, F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE) < 0)
		return err_sys(e, "seal the seccomp filter");
	size_t count = (size_t)s.st_size / sizeof(struct sock_filter);
	if (count > BPF_MAXINSNS)
		return err_set(e, "the seccomp filter has %zu instructions, and the kernel takes %d", count, BPF_MAXINSNS);
	*out = take_fd(&fd);
	return 0;
}

static int compile(const struct plan *plan, size_t index, const struct op_filter *op, struct log *log, int *filter_fd,
		   struct err *e)
{
	uint32_t action = find_action(op->default_action, op->default_errno);
	own_filter filter = seccomp_init(action);

	if (!filter)
		return err_set(e, "libseccomp refuses the default action of the seccomp filter");
	if (add_architectures(filter, plan, op, log, e) < 0 || add_rules(filter, action, plan, index, log, e) < 0)
		return -1;
	return export_program(filter, filter_fd, e);
}

int seccomp_compile(const struct plan *plan, struct log *log, int *filter_fd, struct err *e)
{
	const struct op *op;

	for (size_t i = 0; (op = plan_find_op(plan, i)); i++)
		if (op->kind == OP_FILTER)
			return compile(plan, i, plan_payload(plan, op), log, filter_fd, e);
	*filter_fd = -1;
	return 0;
}
