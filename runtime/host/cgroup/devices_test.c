#include "runtime/host/cgroup/devices.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { ALL = BPF_DEVCG_ACC_MKNOD | BPF_DEVCG_ACC_READ | BPF_DEVCG_ACC_WRITE, NUMBERS = 4, RULES_MAX = 12 };

struct request {
	uint32_t type, major, minor, access;
};

/* --- what the rules mean, said as plainly as can be --------------------------------------------------------------- */

static bool covers_number(const char *wanted, uint32_t number)
{
	return !wanted || strcmp(wanted, "*") == 0 || (uint32_t)atoi(wanted) == number;
}

static bool covers(const struct device_rule *rule, const struct request *r, uint32_t bit)
{
	char letter = bit == BPF_DEVCG_ACC_READ ? 'r' : bit == BPF_DEVCG_ACC_WRITE ? 'w' : 'm';

	return (rule->type == 'a' || rule->type == (r->type == BPF_DEVCG_DEV_CHAR ? 'c' : 'b')) &&
	       covers_number(rule->major, r->major) && covers_number(rule->minor, r->minor) && strchr(rule->access, letter);
}

/* The last rule that covers an access decides on it; none: denied. */
static bool is_allowed(const struct device_rule *rules, size_t count, const struct request *r)
{
	for (uint32_t bit = 1; bit <= ALL; bit <<= 1) {
		bool allowed = false;
		for (size_t i = 0; i < count; i++)
			if (covers(&rules[i], r, bit))
				allowed = rules[i].is_allowed;
		if (r->access & bit && !allowed)
			return false;
	}
	return true;
}

/* --- the machine -------------------------------------------------------------------------------------------------- */

static bool is_jump_taken(const struct bpf_insn *i, uint32_t value)
{
	switch (BPF_OP(i->code)) {
	case BPF_JEQ:
		return value == (uint32_t)i->imm;
	case BPF_JNE:
		return value != (uint32_t)i->imm;
	case BPF_JSET:
		return value & (uint32_t)i->imm;
	default:
		fail_msg("instruction %#x", i->code);
		return false;
	}
}

static void compute(const struct bpf_insn *i, uint32_t *registers)
{
	uint32_t operand = BPF_SRC(i->code) == BPF_X ? registers[i->src_reg] : (uint32_t)i->imm, *to = &registers[i->dst_reg];

	switch (BPF_OP(i->code)) {
	case BPF_MOV:
		*to = operand;
		return;
	case BPF_AND:
		*to &= operand;
		return;
	case BPF_RSH:
		*to >>= operand;
		return;
	default:
		fail_msg("instruction %#x", i->code);
	}
}

static uint32_t run(const struct device_program *p, const struct request *r)
{
	struct bpf_cgroup_dev_ctx context = { r->access << 16 | r->type, r->major, r->minor };
	uint32_t registers[6] = { 99, 0, 0, 0, 0, 0 };

	for (size_t at = 0; at < p->count; at++) {
		const struct bpf_insn *i = &p->at[at];
		switch (BPF_CLASS(i->code)) {
		case BPF_LDX:
			assert_int_equal(i->src_reg, 1);
			memcpy(&registers[i->dst_reg], (const char *)&context + i->off, 4);
			break;
		case BPF_ALU:
		case BPF_ALU64:
			compute(i, registers);
			break;
		case BPF_JMP32:
		case BPF_JMP:
			if (i->code == (BPF_JMP | BPF_EXIT))
				return registers[0];
			assert_true(i->off >= 0);
			if (i->code == (BPF_JMP | BPF_JA) || is_jump_taken(i, registers[i->dst_reg]))
				at += (size_t)i->off;
			break;
		default:
			fail_msg("instruction %#x", i->code);
		}
	}
	fail_msg("the program runs past its end");
	return 0;
}

/* The kernel's check: every instruction is reached, by a jump or by the one before. */
static void check_reached(const struct device_program *p)
{
	bool *is_reached = calloc(p->count + 1, sizeof *is_reached);

	assert_non_null(is_reached);
	is_reached[0] = true;
	for (size_t at = 0; at < p->count; at++) {
		const struct bpf_insn *i = &p->at[at];
		bool is_exit = i->code == (BPF_JMP | BPF_EXIT), is_always = i->code == (BPF_JMP | BPF_JA);
		if (!is_reached[at])
			fail_msg("nothing reaches instruction %zu", at);
		if ((BPF_CLASS(i->code) == BPF_JMP || BPF_CLASS(i->code) == BPF_JMP32) && !is_exit) {
			assert_true(at + 1 + (size_t)i->off < p->count);
			is_reached[at + 1 + (size_t)i->off] = true;
		}
		if (!is_exit && !is_always)
			is_reached[at + 1] = true;
	}
	assert_false(is_reached[p->count]);
	free(is_reached);
}

/* --- random lists ------------------------------------------------------------------------------------------------- */

static size_t make_rules(unsigned *seed, struct device_rule *rules)
{
	static const char *const numbers[NUMBERS + 1] = { "0", "1", "2", "3", "*" };
	static const char *const accesses[] = { "rwm", "rwm", "rw", "m", "r", "w", "rm", "wm" };
	size_t count = (size_t)rand_r(seed) % (RULES_MAX + 1);

	for (size_t i = 0; i < count; i++)
		rules[i] = (struct device_rule){
			.is_allowed = rand_r(seed) % 3 > 0,
			.type = "abccb"[rand_r(seed) % 5],
			.major = numbers[rand_r(seed) % (NUMBERS + 1)],
			.minor = numbers[rand_r(seed) % (NUMBERS + 1)],
			.access = accesses[rand_r(seed) % 8],
		};
	return count;
}

static bool next_request(struct request *r)
{
	if (++r->access <= ALL)
		return true;
	r->access = 1;
	if (++r->minor < NUMBERS)
		return true;
	r->minor = 0;
	if (++r->major < NUMBERS)
		return true;
	r->major = 0;
	return ++r->type <= BPF_DEVCG_DEV_CHAR;
}

static void print_rules(const struct device_rule *rules, size_t count)
{
	for (size_t i = 0; i < count; i++)
		print_message("# %s %c %s:%s %s\n", rules[i].is_allowed ? "allow" : "deny", rules[i].type, rules[i].major,
			      rules[i].minor, rules[i].access);
}

static void program_says_what_rules_say(void **state)
{
	struct device_rule rules[RULES_MAX];
	unsigned seed = 1;
	struct err e = ERR_NONE;

	(void)state;
	for (int round = 0; round < 3000; round++) {
		struct request r = { BPF_DEVCG_DEV_BLOCK, 0, 0, 0 };
		struct device_list list;
		struct device_program p;
		struct arena a;
		arena_init(&a, 1 << 20);
		size_t count = make_rules(&seed, rules);
		assert_int_equal(devices_read(rules, count, &a, &list, &e), 0);
		devices_compile(&list, &a, &p);
		check_reached(&p);
		while (next_request(&r)) {
			if (run(&p, &r) == is_allowed(rules, count, &r))
				continue;
			print_rules(rules, count);
			fail_msg("type %u %u:%u access %u", r.type, r.major, r.minor, r.access);
		}
		arena_finish(&a);
	}
}

/* --- v1 ----------------------------------------------------------------------------------------------------------- */

/* The kernel's own bookkeeping: one default and exceptions to it, kept by exact type and numbers. */
struct v1 {
	bool starts_allowed;
	struct device_match at[2 * RULES_MAX];
	size_t count;
};

static void v1_write(struct v1 *v, const struct device_match *rule)
{
	for (size_t i = 0; i < v->count; i++) {
		struct device_match *old = &v->at[i];
		if (old->type != rule->type || old->major != rule->major || old->minor != rule->minor)
			continue;
		if (rule->is_allowed == v->starts_allowed)
			old->access &= ~rule->access;
		else
			old->access |= rule->access;
		return;
	}
	if (rule->is_allowed != v->starts_allowed)
		v->at[v->count++] = *rule;
}

static bool v1_is_allowed(const struct v1 *v, const struct request *r)
{
	for (size_t i = 0; i < v->count; i++) {
		const struct device_match *x = &v->at[i];
		if (x->type != r->type || (x->major >= 0 && x->major != r->major) || (x->minor >= 0 && x->minor != r->minor))
			continue;
		if (v->starts_allowed && x->access & r->access)
			return false;
		if (!v->starts_allowed && !(r->access & ~x->access) && x->access)
			return true;
	}
	return v->starts_allowed;
}

/* What passes the check means the same on v1, but for accesses that only several rules together allow: those v1 denies. */
static void v1_is_never_wider(void **state)
{
	struct device_rule rules[RULES_MAX];
	unsigned seed = 2, passed = 0, refused = 0;
	struct err e = ERR_NONE;

	(void)state;
	for (int round = 0; round < 3000; round++) {
		struct request r = { BPF_DEVCG_DEV_BLOCK, 0, 0, 0 };
		struct device_list list;
		struct arena a;
		arena_init(&a, 1 << 20);
		size_t count = make_rules(&seed, rules);
		assert_int_equal(devices_read(rules, count, &a, &list, &e), 0);
		bool is_possible = devices_check_v1(&list, &e) == 0;
		struct v1 v = { .starts_allowed = list.starts_allowed };
		for (size_t i = 0; i < list.count; i++)
			v1_write(&v, &list.at[i]);
		while (is_possible && next_request(&r)) {
			bool is_one = (r.access & (r.access - 1)) == 0, wanted = is_allowed(rules, count, &r);
			if (v1_is_allowed(&v, &r) == wanted || (wanted && !is_one))
				continue;
			print_rules(rules, count);
			fail_msg("type %u %u:%u access %u", r.type, r.major, r.minor, r.access);
		}
		passed += is_possible;
		refused += !is_possible;
		arena_finish(&a);
	}
	assert_true(passed > 500);
	assert_true(refused > 500);
}

/* --- by example --------------------------------------------------------------------------------------------------- */

static const struct device_rule docker[] = {
	{ false, 'a', NULL, NULL, "rwm" },    { true, 'c', "1", "5", "rwm" },  { true, 'c', "1", "3", "rwm" },
	{ true, 'c', "1", "9", "rwm" },       { true, 'c', "1", "8", "rwm" },  { true, 'c', "5", "0", "rwm" },
	{ true, 'c', "5", "1", "rwm" },       { false, 'c', "10", "229", "rwm" }, { true, 'c', "*", "*", "m" },
	{ true, 'b', "*", "*", "m" },         { true, 'c', "1", "7", "rwm" },  { true, 'c', "136", "*", "rwm" },
	{ true, 'c', "5", "2", "rwm" },
};

static size_t count_instructions(const struct device_rule *rules, size_t count)
{
	struct arena a;
	struct device_list list;
	struct device_program p;
	struct err e = ERR_NONE;

	arena_init(&a, 1 << 20);
	assert_int_equal(devices_read(rules, count, &a, &list, &e), 0);
	devices_compile(&list, &a, &p);
	arena_finish(&a);
	return p.count;
}

/* The verifier's time is most of what a device program costs. */
static void programs_are_small(void **state)
{
	const struct device_rule all = { true, 'a', "*", "*", "rwm" };

	(void)state;
	assert_int_equal(count_instructions(&all, 1), 2);
	assert_in_range(count_instructions(docker, sizeof docker / sizeof *docker), 10, 36);
}

static void refuses_nonsense(void **state)
{
	static const struct device_rule bad[] = {
		{ true, 'p', "1", "1", "r" },          { true, 0, "1", "1", "r" },      { true, 'c', "x", "1", "r" },
		{ true, 'c', "1", "4294967296", "r" }, { true, 'c', "1", "-1", "r" },   { true, 'c', "1", "1", "rx" },
		{ true, 'c', "", "1", "r" },
	};
	struct arena a;
	struct device_list list;

	(void)state;
	arena_init(&a, 1 << 20);
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		struct err e = ERR_NONE;
		assert_int_equal(devices_read(&bad[i], 1, &a, &list, &e), -1);
		assert_string_not_equal(e.text, "");
	}
	arena_finish(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(program_says_what_rules_say),
		cmocka_unit_test(v1_is_never_wider),
		cmocka_unit_test(programs_are_small),
		cmocka_unit_test(refuses_nonsense),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
