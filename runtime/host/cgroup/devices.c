#include "runtime/host/cgroup/devices.h"

#include "spec/base/text.h"

#include <stdlib.h>
#include <string.h>

enum { ALL = BPF_DEVCG_ACC_MKNOD | BPF_DEVCG_ACC_READ | BPF_DEVCG_ACC_WRITE };

/* --- the list ----------------------------------------------------------------------------------------------------- */

static bool read_number(const char *text, int64_t *out)
{
	uint64_t number;

	*out = -1;
	if (!text || strcmp(text, "*") == 0)
		return true;
	if (!text_read_uint(text, UINT32_MAX, &number))
		return false;
	*out = (int64_t)number;
	return true;
}

static bool read_access(const char *text, uint32_t *out)
{
	*out = text && text[0] ? 0 : ALL;
	for (const char *c = text ? text : ""; *c; c++) {
		if (*c == 'r')
			*out |= BPF_DEVCG_ACC_READ;
		else if (*c == 'w')
			*out |= BPF_DEVCG_ACC_WRITE;
		else if (*c == 'm')
			*out |= BPF_DEVCG_ACC_MKNOD;
		else
			return false;
	}
	return true;
}

static int read_rule(const struct device_rule *rule, struct device_match *out, struct err *e)
{
	out->is_allowed = rule->is_allowed;
	if (!rule->type || !strchr("abc", rule->type))
		return err_set(e, "a device rule's type is %c, and not one of a, b and c", rule->type ? rule->type : '?');
	out->type = rule->type == 'b' ? BPF_DEVCG_DEV_BLOCK : BPF_DEVCG_DEV_CHAR;
	if (!read_number(rule->major, &out->major) || !read_number(rule->minor, &out->minor))
		return err_set(e, "a device rule's number is %s:%s", rule->major ? rule->major : "*",
			       rule->minor ? rule->minor : "*");
	if (!read_access(rule->access, &out->access))
		return err_set(e, "a device rule's access is %s, and not of r, w and m", rule->access);
	return 0;
}

int devices_read(const struct device_rule *rules, size_t count, struct arena *a, struct device_list *out, struct err *e)
{
	struct device_list list = { .at = arena_alloc(a, 2 * count * sizeof *list.at) };

	for (size_t i = 0; i < count; i++) {
		struct device_match match = { 0 };
		if (read_rule(&rules[i], &match, e) < 0)
			return -1;
		bool has_both = rules[i].type == 'a';
		if (has_both && match.major < 0 && match.minor < 0 && match.access == ALL) {
			list.starts_allowed = match.is_allowed;
			list.count = 0;
			continue;
		}
		list.at[list.count++] = match;
		if (!has_both)
			continue;
		match.type = BPF_DEVCG_DEV_BLOCK;
		list.at[list.count++] = match;
	}
	*out = list;
	return 0;
}

static bool overlaps(const struct device_match *a, const struct device_match *b)
{
	return a->type == b->type && a->access & b->access && (a->major < 0 || b->major < 0 || a->major == b->major) &&
	       (a->minor < 0 || b->minor < 0 || a->minor == b->minor);
}

int devices_check_v1(const struct device_list *list, struct err *e)
{
	for (size_t i = 0; i < list->count; i++) {
		const struct device_match *rule = &list->at[i];
		if (rule->is_allowed != list->starts_allowed)
			continue; /* an exception of its own */
		for (size_t k = 0; k < i; k++) {
			const struct device_match *earlier = &list->at[k];
			if (earlier->is_allowed == rule->is_allowed || !overlaps(earlier, rule) ||
			    (earlier->major == rule->major && earlier->minor == rule->minor))
				continue;
			(void)err_set(e, "device rule %zu takes back a part of an earlier one", i + 1);
			return err_hint(e, "cgroup v1 cannot do that; name the devices singly, or use cgroup v2");
		}
	}
	return 0;
}

/* --- the program -------------------------------------------------------------------------------------------------- */

/* Jumps are forward only, so that these two stand for the verdicts until their place is known. */
enum { TO_DENY = -2, TO_ALLOW = -1 };

/* r2: the accesses not yet allowed, r3: type, r4: major, r5: minor */
static const struct bpf_insn prologue[] = {
	{ .code = BPF_LDX | BPF_MEM | BPF_W, .dst_reg = 2, .src_reg = 1, .off = offsetof(struct bpf_cgroup_dev_ctx, access_type) },
	{ .code = BPF_LDX | BPF_MEM | BPF_W, .dst_reg = 4, .src_reg = 1, .off = offsetof(struct bpf_cgroup_dev_ctx, major) },
	{ .code = BPF_LDX | BPF_MEM | BPF_W, .dst_reg = 5, .src_reg = 1, .off = offsetof(struct bpf_cgroup_dev_ctx, minor) },
	{ .code = BPF_ALU | BPF_MOV | BPF_X, .dst_reg = 3, .src_reg = 2 },
	{ .code = BPF_ALU | BPF_AND | BPF_K, .dst_reg = 3, .imm = 0xffff },
	{ .code = BPF_ALU | BPF_RSH | BPF_K, .dst_reg = 2, .imm = 16 },
};

/* At most this many instructions for one rule: its own jumps over type, major and minor, and two that act. */
enum { PER_RULE = 5 };

static size_t emit(struct device_program *p, unsigned code, unsigned reg, int off, int64_t imm)
{
	p->at[p->count] = (struct bpf_insn){
		.code = (uint8_t)code, .dst_reg = reg & 0xf, .off = (int16_t)off, .imm = (int32_t)(uint32_t)imm
	};
	return p->count++;
}

static void land(struct device_program *p, size_t jump)
{
	p->at[jump].off = (int16_t)(p->count - jump - 1);
}

static bool covers(const struct device_match *a, const struct device_match *b)
{
	return a->type == b->type && !(b->access & ~a->access) && (a->major < 0 || a->major == b->major) &&
	       (a->minor < 0 || a->minor == b->minor);
}

static int compare_matches(const void *a, const void *b)
{
	const struct device_match *l = a, *r = b;

	if (l->type != r->type)
		return l->type < r->type ? 1 : -1; /* character devices first: they are asked for more often */
	if (l->major != r->major)
		return l->major < r->major ? -1 : 1;
	if (l->minor != r->minor)
		return l->minor < r->minor ? -1 : 1;
	return (l->access > r->access) - (l->access < r->access);
}

/* The rules of one verdict that stand together commute: sorted, so that type and major are compared once, and without those
 * that another one covers. Returns how many are left. */
static size_t order_run(struct device_match *run, size_t count)
{
	size_t kept = 0;

	qsort(run, count, sizeof *run, compare_matches);
	for (size_t i = 0; i < count; i++) {
		bool is_covered = false;
		for (size_t k = 0; k < count && !is_covered; k++)
			is_covered = k != i && covers(&run[k], &run[i]) && (k < kept || k > i);
		if (!is_covered)
			run[kept++] = run[i];
	}
	return kept;
}

/* One rule, type and major being right. */
static void emit_match(struct device_program *p, const struct device_match *m)
{
	int verdict = m->is_allowed ? TO_ALLOW : TO_DENY;

	if (m->access == ALL) {
		(void)emit(p, m->minor < 0 ? BPF_JMP | BPF_JA : BPF_JMP32 | BPF_JEQ | BPF_K, m->minor < 0 ? 0 : 5, verdict,
			   m->minor < 0 ? 0 : m->minor);
		return;
	}
	size_t skip = m->minor < 0 ? 0 : emit(p, BPF_JMP32 | BPF_JNE | BPF_K, 5, 0, m->minor);
	if (m->is_allowed) {
		(void)emit(p, BPF_ALU | BPF_AND | BPF_K, 2, 0, ALL & ~m->access);
		(void)emit(p, BPF_JMP32 | BPF_JEQ | BPF_K, 2, verdict, 0);
	} else {
		(void)emit(p, BPF_JMP32 | BPF_JSET | BPF_K, 2, verdict, m->access);
	}
	if (skip)
		land(p, skip);
}

/* The rules of one type and major; returns the first that is not. */
static size_t emit_major(struct device_program *p, const struct device_match *run, size_t i, size_t count)
{
	const struct device_match *first = &run[i];

	if (first->major >= 0 && first->minor < 0 && first->access == ALL) {
		(void)emit(p, BPF_JMP32 | BPF_JEQ | BPF_K, 4, first->is_allowed ? TO_ALLOW : TO_DENY, first->major);
		return i + 1; /* it covers all others of this major */
	}
	size_t skip = first->major < 0 ? 0 : emit(p, BPF_JMP32 | BPF_JNE | BPF_K, 4, 0, first->major);
	while (i < count && run[i].type == first->type && run[i].major == first->major)
		emit_match(p, &run[i++]);
	if (skip)
		land(p, skip);
	return i;
}

static void emit_run(struct device_program *p, const struct device_match *run, size_t count)
{
	for (size_t i = 0; i < count;) {
		const struct device_match *first = &run[i];
		size_t skip = emit(p, BPF_JMP32 | BPF_JNE | BPF_K, 3, 0, first->type);
		while (i < count && run[i].type == first->type)
			i = emit_major(p, run, i, count);
		land(p, skip);
	}
}

/* Return a verdict, and let all jumps that mean it end here. */
static void emit_verdict(struct device_program *p, int verdict)
{
	for (size_t i = 0; i < p->count; i++)
		if (p->at[i].off == verdict)
			land(p, i);
	(void)emit(p, BPF_ALU64 | BPF_MOV | BPF_K, 0, 0, verdict == TO_ALLOW);
	(void)emit(p, BPF_JMP | BPF_EXIT, 0, 0, 0);
}

static bool has_jump(const struct device_program *p, int verdict)
{
	for (size_t i = 0; i < p->count; i++)
		if (p->at[i].off == verdict)
			return true;
	return false;
}

void devices_compile(const struct device_list *list, struct arena *a, struct device_program *out)
{
	int verdict = list->starts_allowed ? TO_ALLOW : TO_DENY, other = list->starts_allowed ? TO_DENY : TO_ALLOW;
	struct device_match *rules = arena_alloc(a, list->count * sizeof *rules);
	struct device_program p = { .at = arena_alloc(a, (PER_RULE * list->count + 16) * sizeof *p.at) };

	if (list->count) {
		memcpy(rules, list->at, list->count * sizeof *rules);
		memcpy(p.at, prologue, sizeof prologue);
		p.count = sizeof prologue / sizeof *prologue;
	}
	for (size_t end = list->count; end > 0;) {
		size_t start = end - 1;
		while (start > 0 && rules[start - 1].is_allowed == rules[end - 1].is_allowed)
			start--;
		emit_run(&p, rules + start, order_run(rules + start, end - start));
		end = start;
	}
	emit_verdict(&p, verdict);
	/* the kernel refuses instructions that nothing reaches */
	if (has_jump(&p, other))
		emit_verdict(&p, other);
	*out = p;
}
