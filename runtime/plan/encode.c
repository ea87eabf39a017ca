#include "runtime/plan/encode.h"

#include <string.h>

#define MEMBER(kind, member, words) { #member, PLAN_##kind, PLAN_WORDS_##words, offsetof(payload, member) },
#define OP(NAME, word, side, file, meaning)                                                              \
	static const struct plan_member *members_##word(void)                                            \
	{                                                                                                \
		typedef struct op_##word payload __attribute__((unused));                                \
		static const struct plan_member members[] = { PLAN_##NAME(MEMBER){ NULL, 0, 0, 0 } };    \
		return members;                                                                          \
	}
PLAN_OPS(OP)
#undef OP

static const struct {
	const char *word, *meaning;
	enum plan_side side;
	size_t size;
	const struct plan_member *(*members)(void);
} kinds[OP_COUNT] = {
#define OP(NAME, word, side, file, meaning) \
	[OP_##NAME] = { #word, meaning, PLAN_##side, sizeof(struct op_##word), members_##word },
	PLAN_OPS(OP)
#undef OP
};

const char *plan_kind_word(unsigned kind)
{
	return kind < OP_COUNT ? kinds[kind].word : "unknown";
}

const char *plan_kind_meaning(unsigned kind)
{
	return kind < OP_COUNT ? kinds[kind].meaning : "do something unknown";
}

enum plan_side plan_kind_side(unsigned kind)
{
	return kind < OP_COUNT ? kinds[kind].side : PLAN_OUTSIDE;
}

const struct plan_member *plan_kind_members(unsigned kind)
{
	return kind < OP_COUNT ? kinds[kind].members() : NULL;
}

/* --- building ----------------------------------------------------------------------------------------------------- */

void plan_begin(struct plan_writer *w, struct arena *a)
{
	*w = (struct plan_writer){ .arena = a, .slots = SLOT_FIRST };
	text_init(&w->heap, a);
	text_add_bytes(&w->heap, &(struct plan_header){ 0 }, sizeof(struct plan_header));
}

static uint32_t align_heap(struct plan_writer *w)
{
	static const char zeros[8];

	text_add_bytes(&w->heap, zeros, -w->heap.length & 7);
	return (uint32_t)w->heap.length;
}

plan_text plan_add_text(struct plan_writer *w, const char *text)
{
	if (!text)
		return 0;
	plan_text at = (plan_text)w->heap.length;
	text_add_bytes(&w->heap, text, strlen(text) + 1);
	return at;
}

struct plan_texts plan_add_texts(struct plan_writer *w, const char *const *texts, size_t count)
{
	uint64_t *offsets = arena_alloc(w->arena, (count + 2) * sizeof *offsets);

	for (size_t i = 0; i < count; i++)
		offsets[i] = plan_add_text(w, texts[i]);
	struct plan_texts list = { align_heap(w), (uint32_t)count };
	text_add_bytes(&w->heap, offsets, (count + 2) * sizeof *offsets);
	return list;
}

struct plan_numbers plan_add_numbers(struct plan_writer *w, const uint64_t *numbers, size_t count)
{
	struct plan_numbers list = { align_heap(w), (uint32_t)count };

	text_add_bytes(&w->heap, numbers, count * sizeof *numbers);
	return list;
}

uint32_t plan_add_slot(struct plan_writer *w)
{
	return w->slots++;
}

void plan_add(struct plan_writer *w, enum plan_kind kind, unsigned flags, const void *payload, const void *origin)
{
	__auto_type side = &w->sides[kinds[kind].side];

	if (side->count == side->room) {
		size_t room = side->room ? 2 * side->room : 64;
		side->at = arena_grow(w->arena, side->at, side->room * sizeof *side->at, room * sizeof *side->at);
		side->room = room;
	}
	uint32_t at = align_heap(w);
	text_add_bytes(&w->heap, payload, kinds[kind].size);
	side->at[side->count++] = (struct op){
		.kind = (uint16_t)kind,
		.flags = (uint16_t)flags,
		.payload = at,
		.origin = arena_offset(w->arena, origin),
	};
}

struct plan plan_finish(struct plan_writer *w)
{
	struct plan_header header = { .magic = PLAN_MAGIC, .ops = align_heap(w), .slots = w->slots };

	for (size_t i = 0; i < 2; i++) {
		if (w->sides[i].count)
			text_add_bytes(&w->heap, w->sides[i].at, w->sides[i].count * sizeof(struct op));
		header.count += (uint32_t)w->sides[i].count;
	}
	header.size = (uint32_t)w->heap.length;
	memcpy(w->heap.at, &header, sizeof header);
	return (struct plan){ w->heap.at, w->heap.length };
}

/* --- reading ------------------------------------------------------------------------------------------------------ */

static bool is_inside(const struct plan *p, uint64_t at, uint64_t size)
{
	return at >= sizeof(struct plan_header) && at <= p->size && size <= p->size - at;
}

static bool is_text_sound(const struct plan *p, uint64_t at)
{
	return at == 0 || (is_inside(p, at, 1) && memchr(p->base + at, 0, p->size - at));
}

static bool is_texts_sound(const struct plan *p, struct plan_texts list)
{
	if (!list.at)
		return list.count == 0;
	if (list.at & 7 || !is_inside(p, list.at, ((uint64_t)list.count + 2) * sizeof(uint64_t)))
		return false;
	for (uint32_t i = 0; i < list.count; i++) {
		uint64_t text;
		memcpy(&text, p->base + list.at + i * sizeof text, sizeof text);
		if (!text || !is_text_sound(p, text))
			return false;
	}
	return true;
}

static bool is_member_sound(const struct plan *p, const struct plan_member *m, const char *payload, uint32_t slots)
{
	const void *value = payload + m->offset;
	const struct plan_blob *blob = value;
	const struct plan_numbers *numbers = value;

	switch (m->kind) {
	case PLAN_TEXT:
		return is_text_sound(p, *(const plan_text *)value);
	case PLAN_TEXTS:
		return is_texts_sound(p, *(const struct plan_texts *)value);
	case PLAN_NUMBERS:
		return !numbers->count || (!(numbers->at & 7) && is_inside(p, numbers->at, (uint64_t)numbers->count * 8));
	case PLAN_BLOB:
		return !blob->size || is_inside(p, blob->at, blob->size);
	case PLAN_SLOT:
		return *(const plan_index *)value < slots;
	default:
		return true;
	}
}

bool plan_is_sound(const struct plan *p)
{
	struct plan_header header;

	if (p->size < sizeof header || p->size > PLAN_MAX)
		return false;
	memcpy(&header, p->base, sizeof header);
	if (header.magic != PLAN_MAGIC || header.size != p->size || header.ops & 7 ||
	    !is_inside(p, header.ops, (uint64_t)header.count * sizeof(struct op)))
		return false;
	for (size_t i = 0; i < header.count; i++) {
		const struct op *op = plan_find_op(p, i);
		if (!op || op->kind >= OP_COUNT || op->payload & 7 || !is_inside(p, op->payload, kinds[op->kind].size))
			return false;
		for (const struct plan_member *m = kinds[op->kind].members(); m->name; m++)
			if (!is_member_sound(p, m, p->base + op->payload, header.slots))
				return false;
	}
	return true;
}

size_t plan_count(const struct plan *p)
{
	return ((const struct plan_header *)(const void *)p->base)->count;
}

const struct op *plan_find_op(const struct plan *p, size_t index)
{
	const struct plan_header *header = (const void *)p->base;

	if (index >= header->count)
		return NULL;
	return (const struct op *)(const void *)(p->base + header->ops) + index;
}

const void *plan_payload(const struct plan *p, const struct op *op)
{
	return p->base + op->payload;
}

const char *plan_get_text(const struct plan *p, plan_text text)
{
	return text ? p->base + text : NULL;
}

const char *plan_get_item(const struct plan *p, struct plan_texts texts, size_t index)
{
	uint64_t text;

	memcpy(&text, p->base + texts.at + index * sizeof text, sizeof text);
	return p->base + text;
}

uint64_t plan_get_number(const struct plan *p, struct plan_numbers numbers, size_t index)
{
	uint64_t number;

	memcpy(&number, p->base + numbers.at + index * sizeof number, sizeof number);
	return number;
}
