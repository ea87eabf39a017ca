/* Owns the bytes of a plan: building them, checking them, reading them back. Pure; the memory is the arena's. */
#pragma once

#include "runtime/plan/ops.h"
#include "spec/base/arena.h"
#include "spec/base/text.h"

/* A finished plan. */
struct plan {
	const char *base; /* struct plan_header, then the rest */
	size_t size;
};

/* A plan in the making. */
struct plan_writer {
	struct arena *arena;
	struct text heap;  /* payloads, lists, texts; offset 0 of the plan is the header, so nothing real is 0 */
	struct {           /* by side: the outside ops come first, then the inside ones, each in the order they were added */
		struct op *at;
		size_t count, room;
	} sides[2];
	uint32_t slots;
};

void plan_begin(struct plan_writer *w, struct arena *a);
plan_text plan_add_text(struct plan_writer *w, const char *text); /* NULL gives 0 */
struct plan_texts plan_add_texts(struct plan_writer *w, const char *const *texts, size_t count);
struct plan_numbers plan_add_numbers(struct plan_writer *w, const uint64_t *numbers, size_t count);
uint32_t plan_add_slot(struct plan_writer *w);

/* Append an op. `origin` is the model member that asked for it (in the arena), or NULL for a default of ours. */
void plan_add(struct plan_writer *w, enum plan_kind kind, unsigned flags, const void *payload, const void *origin);

/* PLAN_ADD(w, HOSTNAME, hostname, 0, &spec->hostname, .name = plan_add_text(w, spec->hostname)) */
#define PLAN_ADD(w, NAME, word, flags, origin, ...) \
	plan_add(w, OP_##NAME, flags, &(struct op_##word){ __VA_ARGS__ }, origin)

struct plan plan_finish(struct plan_writer *w);

/* Every offset and length lies inside, every text ends inside, every kind and slot is known. */
bool plan_is_sound(const struct plan *p);

const struct op *plan_find_op(const struct plan *p, size_t index); /* NULL past the end */
size_t plan_count(const struct plan *p);
const void *plan_payload(const struct plan *p, const struct op *op);
const char *plan_get_text(const struct plan *p, plan_text text); /* NULL for 0 */
const char *plan_get_item(const struct plan *p, struct plan_texts texts, size_t index);
uint64_t plan_get_number(const struct plan *p, struct plan_numbers numbers, size_t index);

/* Names of a kind and its side, from the rows. */
const char *plan_kind_word(unsigned kind);
const char *plan_kind_meaning(unsigned kind);
enum plan_side plan_kind_side(unsigned kind);

/* The members of each payload, from the rows: for printing and checking. */
enum plan_member_kind { PLAN_TEXT, PLAN_TEXTS, PLAN_NUMBERS, PLAN_BLOB, PLAN_NUMBER, PLAN_INTEGER, PLAN_OCTAL, PLAN_FLAGS,
			PLAN_WORD, PLAN_SLOT };
enum plan_words { PLAN_WORDS_NONE, PLAN_WORDS_ALLOW, PLAN_WORDS_CLONE, PLAN_WORDS_TREE, PLAN_WORDS_ACTION, PLAN_WORDS_FILTER,
		  PLAN_WORDS_PROCESS, PLAN_WORDS_SETGROUPS, PLAN_WORDS_AWAIT, PLAN_WORDS_MOUNT, PLAN_WORDS_ATTRIBUTE,
		  PLAN_WORDS_CONSOLE, PLAN_WORDS_PIVOT, PLAN_WORDS_CAP, PLAN_WORDS_SIGNAL, PLAN_WORDS_NEW, PLAN_WORDS_RDT, PLAN_WORDS_HOOK,
		  PLAN_WORDS_POLICY, PLAN_WORDS_SCHEDULER, PLAN_WORDS_IO_CLASS, PLAN_WORDS_MEMORY, PLAN_WORDS_DOMAIN,
		  PLAN_WORDS_NEWER, PLAN_WORDS_MAPPER };
struct plan_member {
	const char *name; /* the members of a payload end with NULL */
	enum plan_member_kind kind;
	enum plan_words words;
	size_t offset;
};
const struct plan_member *plan_kind_members(unsigned kind);
