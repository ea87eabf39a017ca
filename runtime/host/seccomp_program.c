#include "runtime/host/seccomp_filter.h"

#include <errno.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

/* A jump's target is at most 255 instructions ahead. The program is written from its end to its beginning, so that every target
 * is there before the jump: a label is the index of an instruction, and what is too far gets a stepping stone, a JA or one
 * more RET, in between. Nothing falls through but a load into the instruction after it. */
struct writer {
	struct sock_filter at[BPF_MAXINSNS];
	size_t start; /* the first instruction written so far */
	const struct seccomp_rules *rules;
	struct err *err;
	bool is_full, has_failed;
	struct {
		uint32_t action;
		size_t label;
	} returns[32]; /* the last RET of each action */
	size_t returns_count;
};

enum { NEAR = 250 };

static size_t write_one(struct writer *w, unsigned code, uint32_t k, size_t jt, size_t jf)
{
	if (w->start == 0) {
		w->is_full = true;
		return 0;
	}
	w->at[--w->start] = (struct sock_filter){ (uint16_t)code, (uint8_t)jt, (uint8_t)jf, k };
	return w->start;
}

static bool is_near(const struct writer *w, size_t label)
{
	return label - w->start <= NEAR;
}

static size_t bring_near(struct writer *w, size_t label)
{
	return is_near(w, label) ? label : write_one(w, BPF_JMP | BPF_JA, (uint32_t)(label - w->start), 0, 0);
}

static size_t write_return(struct writer *w, uint32_t action)
{
	size_t i = 0;

	while (i < w->returns_count && w->returns[i].action != action)
		i++;
	if (i < w->returns_count && is_near(w, w->returns[i].label))
		return w->returns[i].label;
	size_t label = write_one(w, BPF_RET | BPF_K, action, 0, 0);
	if (i == sizeof w->returns / sizeof *w->returns)
		return label;
	w->returns[i].action = action;
	w->returns[i].label = label;
	w->returns_count += i == w->returns_count;
	return label;
}

static size_t write_jump(struct writer *w, unsigned compare, uint32_t k, size_t yes, size_t no)
{
	yes = bring_near(w, yes);
	no = bring_near(w, no);
	return write_one(w, BPF_JMP | compare | BPF_K, k, yes - w->start, no - w->start);
}

static size_t write_load(struct writer *w, size_t offset)
{
	return write_one(w, BPF_LD | BPF_W | BPF_ABS, (uint32_t)offset, 0, 0);
}

/* --- conditions --------------------------------------------------------------------------------------------------- */

/* Half an argument, `and`ed first where that changes something. Both machines are little-endian. */
static size_t write_half(struct writer *w, const struct scmp_arg_cmp *c, bool is_high, uint32_t mask, unsigned compare,
			 uint32_t value, size_t yes, size_t no)
{
	(void)write_jump(w, compare, value, yes, no);
	if (mask != UINT32_MAX)
		(void)write_one(w, BPF_ALU | BPF_AND | BPF_K, mask, 0, 0);
	return write_load(w, offsetof(struct seccomp_data, args) + sizeof(uint64_t) * c->arg + (is_high ? 4 : 0));
}

static size_t write_equal(struct writer *w, const struct scmp_arg_cmp *c, bool is_wide, uint64_t mask, uint64_t value,
			  size_t yes, size_t no)
{
	uint32_t high = (uint32_t)(mask >> 32), low = (uint32_t)mask;

	value &= mask;
	size_t label = yes;
	if (low || !is_wide || !high)
		label = write_half(w, c, false, low, BPF_JEQ, (uint32_t)value, yes, no);
	if (is_wide && high)
		label = write_half(w, c, true, high, BPF_JEQ, (uint32_t)(value >> 32), label, no);
	return label;
}

/* BPF_JGT or BPF_JGE over both halves. */
static size_t write_greater(struct writer *w, const struct scmp_arg_cmp *c, bool is_wide, unsigned compare, size_t yes,
			    size_t no)
{
	uint32_t high = (uint32_t)(c->datum_a >> 32);
	size_t label = write_half(w, c, false, UINT32_MAX, compare, (uint32_t)c->datum_a, yes, no);

	if (!is_wide)
		return label;
	label = write_jump(w, BPF_JEQ, high, label, no);
	return write_half(w, c, true, UINT32_MAX, BPF_JGT, high, yes, label);
}

static size_t write_condition(struct writer *w, const struct scmp_arg_cmp *c, bool is_wide, size_t yes, size_t no)
{
	switch (c->op) {
	case SCMP_CMP_NE:
		return write_equal(w, c, is_wide, UINT64_MAX, c->datum_a, no, yes);
	case SCMP_CMP_LT:
		return write_greater(w, c, is_wide, BPF_JGE, no, yes);
	case SCMP_CMP_LE:
		return write_greater(w, c, is_wide, BPF_JGT, no, yes);
	case SCMP_CMP_GE:
		return write_greater(w, c, is_wide, BPF_JGE, yes, no);
	case SCMP_CMP_GT:
		return write_greater(w, c, is_wide, BPF_JGT, yes, no);
	case SCMP_CMP_MASKED_EQ:
		return write_equal(w, c, is_wide, c->datum_a, c->datum_b, yes, no);
	default:
		return write_equal(w, c, is_wide, UINT64_MAX, c->datum_a, yes, no);
	}
}

/* Rules of one call, all with conditions, tried in order. */
static size_t write_rules(struct writer *w, const struct seccomp_call *calls, size_t count, uint32_t default_action)
{
	size_t next = write_return(w, default_action);

	while (count-- > 0) {
		const struct seccomp_call *call = &calls[count];
		size_t label = write_return(w, call->action);
		for (unsigned i = call->count; i-- > 0;)
			label = write_condition(w, &call->conditions[i], call->is_wide, label, next);
		next = label;
	}
	return next;
}

/* --- contradictions ----------------------------------------------------------------------------------------------- */

static bool holds_for(const struct scmp_arg_cmp *c, uint64_t value, uint64_t width)
{
	uint64_t a = c->datum_a & width;

	switch (c->op) {
	case SCMP_CMP_NE:
		return value != a;
	case SCMP_CMP_LT:
		return value < a;
	case SCMP_CMP_LE:
		return value <= a;
	case SCMP_CMP_GE:
		return value >= a;
	case SCMP_CMP_GT:
		return value > a;
	case SCMP_CMP_MASKED_EQ:
		return (value & a) == (c->datum_b & a);
	default:
		return value == a;
	}
}

/* No value meets both, as far as one look tells. */
static bool exclude(const struct scmp_arg_cmp *a, const struct scmp_arg_cmp *b, uint64_t width)
{
	if (a->arg != b->arg)
		return false;
	if (a->op == SCMP_CMP_EQ)
		return !holds_for(b, a->datum_a & width, width);
	if (b->op == SCMP_CMP_EQ)
		return !holds_for(a, b->datum_a & width, width);
	return a->op == SCMP_CMP_MASKED_EQ && b->op == SCMP_CMP_MASKED_EQ &&
	       (a->datum_b ^ b->datum_b) & a->datum_a & b->datum_a & width;
}

static bool contradict(const struct seccomp_call *a, const struct seccomp_call *b)
{
	uint64_t width = a->is_wide ? UINT64_MAX : UINT32_MAX;

	if (a->action == b->action)
		return false;
	for (unsigned i = 0; i < a->count; i++)
		for (unsigned k = 0; k < b->count; k++)
			if (exclude(&a->conditions[i], &b->conditions[k], width))
				return false;
	return true;
}

bool seccomp_has_contradiction(const struct seccomp_call *calls, size_t count)
{
	for (size_t i = 0; i < count; i++)
		for (size_t k = i + 1; k < count; k++)
			if (contradict(&calls[i], &calls[k]))
				return true;
	return false;
}

/* --- ranges ------------------------------------------------------------------------------------------------------- */

/* From `start` to the start of the next one: an action, or one call's rules with conditions. */
struct range {
	uint32_t start, action;
	const struct seccomp_call *calls;
	size_t count;
};

struct ranges {
	struct range *at;
	size_t count;
};

static void add_range(struct ranges *r, struct range added)
{
	struct range *last = r->count ? &r->at[r->count - 1] : NULL;

	if (last && !last->count && !added.count && last->action == added.action)
		return;
	r->at[r->count++] = added;
}

static int compare_calls(const void *a, const void *b)
{
	const struct seccomp_call *l = a, *r = b;

	if (l->number != r->number)
		return l->number < r->number ? -1 : 1;
	return l->order < r->order ? -1 : 1;
}

static void add_call_range(struct ranges *r, const struct seccomp_call *calls, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (!calls[i].count) {
			add_range(r, (struct range){ .start = calls->number, .action = calls[i].action });
			return;
		}
	add_range(r, (struct range){ .start = calls->number, .calls = calls, .count = count });
}

/* What no rule names. */
static uint32_t find_rest(const struct seccomp_zone *zone, uint64_t number, uint32_t default_action)
{
	if (zone->is_foreign)
		return SCMP_ACT_KILL_THREAD;
	return (int64_t)number > zone->newest ? SCMP_ACT_ERRNO(ENOSYS) : default_action;
}

/* The numbers from `start` up to `end`, none of which is named. */
static void add_rest(struct ranges *r, const struct seccomp_section *s, uint64_t start, uint64_t end, uint32_t default_action)
{
	for (size_t i = 0; i < s->zone_count; i++) {
		const struct seccomp_zone *zone = &s->zones[i];
		uint64_t first = start > zone->start ? start : zone->start, newer = (uint64_t)zone->newest + 1;
		uint64_t last = i + 1 < s->zone_count && s->zones[i + 1].start < end ? s->zones[i + 1].start : end;
		if (first < last)
			add_range(r, (struct range){ .start = (uint32_t)first, .action = find_rest(zone, first, default_action) });
		if (newer > first && newer < last)
			add_range(r, (struct range){ .start = (uint32_t)newer, .action = find_rest(zone, newer, default_action) });
	}
}

static struct ranges find_ranges(struct seccomp_section *s, uint32_t default_action, struct arena *a)
{
	struct ranges r = { .at = arena_alloc(a, (2 * s->count + 2 * s->zone_count + 1) * sizeof *r.at) };
	uint64_t next = 0;

	if (s->count)
		qsort(s->calls, s->count, sizeof *s->calls, compare_calls);
	for (size_t i = 0; i < s->count;) {
		size_t end = i + 1;
		while (end < s->count && s->calls[end].number == s->calls[i].number)
			end++;
		add_rest(&r, s, next, s->calls[i].number, default_action);
		add_call_range(&r, s->calls + i, end - i);
		next = (uint64_t)s->calls[i].number + 1;
		i = end;
	}
	add_rest(&r, s, next, UINT64_C(1) << 32, default_action);
	return r;
}

/* --- the program -------------------------------------------------------------------------------------------------- */

/* One of a call's rules is met, or none is. A program of its own is as good as a leaf: it returns. */
static size_t write_calls(struct writer *w, const struct seccomp_call *calls, size_t count)
{
	struct sock_fprog program;

	if (!seccomp_has_contradiction(calls, count))
		return write_rules(w, calls, count, w->rules->default_action);
	if (seccomp_generate(calls, count, w->rules->default_action, w->rules->arena, &program, w->err) < 0) {
		w->has_failed = true;
		return w->start;
	}
	for (size_t i = program.len; i-- > 0;)
		(void)write_one(w, program.filter[i].code, program.filter[i].k, program.filter[i].jt, program.filter[i].jf);
	return w->start;
}

static size_t write_tree(struct writer *w, const struct range *ranges, size_t count)
{
	if (count == 1)
		return ranges->count ? write_calls(w, ranges->calls, ranges->count) : write_return(w, ranges->action);
	size_t half = count / 2;
	size_t right = write_tree(w, ranges + half, count - half);
	size_t left = write_tree(w, ranges, half);
	return write_jump(w, BPF_JGE, ranges[half].start, right, left);
}

static size_t write_section(struct writer *w, struct seccomp_section *section)
{
	struct ranges r = find_ranges(section, w->rules->default_action, w->rules->arena);
	size_t label = write_tree(w, r.at, r.count);

	/* a tree of one leaf begins where its leaf does, which may stand further down: the load must come just before */
	if (label != w->start)
		(void)write_one(w, BPF_JMP | BPF_JA, (uint32_t)(label - w->start), 0, 0);
	return write_load(w, offsetof(struct seccomp_data, nr));
}

int seccomp_make_program(struct seccomp_rules *rules, struct sock_fprog *out, struct err *e)
{
	struct writer *w = arena_alloc(rules->arena, sizeof *w);
	size_t labels[SECCOMP_SECTIONS];

	w->start = BPF_MAXINSNS;
	w->rules = rules;
	w->err = e;
	for (size_t i = rules->count; i-- > 0;)
		labels[i] = write_section(w, &rules->sections[i]);
	size_t next = write_return(w, SCMP_ACT_KILL_THREAD);
	for (size_t i = rules->count; i-- > 0;)
		next = write_jump(w, BPF_JEQ, rules->sections[i].audit_arch, labels[i], next);
	(void)write_load(w, offsetof(struct seccomp_data, arch));
	if (w->has_failed)
		return -1;
	if (w->is_full)
		return err_set(e, "the seccomp filter needs more than the %d instructions that the kernel takes", BPF_MAXINSNS);
	*out = (struct sock_fprog){ (unsigned short)(BPF_MAXINSNS - w->start), w->at + w->start };
	return 0;
}
