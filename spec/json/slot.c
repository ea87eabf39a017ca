#include "spec/json/reader.h"

#include <inttypes.h>
#include <string.h>

static enum slot_kind member_kind(enum field_kind kind)
{
	static const enum slot_kind kinds[] = {
		[FIELD_TEXT] = SLOT_TEXT,       [FIELD_BOOL] = SLOT_BOOL,     [FIELD_INT] = SLOT_INT,
		[FIELD_UINT] = SLOT_UINT,       [FIELD_WORD] = SLOT_WORD,     [FIELD_TEXTS] = SLOT_LIST,
		[FIELD_IDS] = SLOT_LIST,        [FIELD_WORDS] = SLOT_LIST,    [FIELD_MAP] = SLOT_MAP,
		[FIELD_OBJECT] = SLOT_RECORD,   [FIELD_OBJECTS] = SLOT_LIST,  [FIELD_NAMED] = SLOT_NAMED,
		[FIELD_SKIPPED] = SLOT_SKIPPED, [FIELD_PERCENT] = SLOT_PERCENT,
	};

	return kinds[kind];
}

static enum slot_kind element_kind(enum field_kind kind)
{
	if (kind == FIELD_TEXTS)
		return SLOT_TEXT;
	return kind == FIELD_IDS ? SLOT_UINT : kind == FIELD_WORDS ? SLOT_WORD : SLOT_RECORD;
}

struct slot slot_find(struct reader *r)
{
	if (r->depth == 0)
		return (struct slot){ .kind = SLOT_RECORD };
	struct frame *f = reader_top(r);
	if (f->is_skipped)
		return (struct slot){ .kind = SLOT_SKIPPED };
	switch (f->kind) {
	case FRAME_RECORD:
		return (struct slot){ .kind = member_kind(f->field->kind), .field = f->field,
				      .member = f->model + f->field->offset };
	case FRAME_MAP:
		return (struct slot){ .kind = SLOT_TEXT, .field = f->field, .frame = f };
	case FRAME_NAMED:
		return (struct slot){ .kind = SLOT_RECORD, .field = f->field, .frame = f };
	case FRAME_LIST:
		f->values++;
		return (struct slot){ .kind = element_kind(f->field->kind), .field = f->field, .frame = f };
	case FRAME_SKIPPED_LIST:
		f->values++;
		break;
	case FRAME_SKIPPED_OBJECT:
		break;
	}
	return (struct slot){ .kind = SLOT_SKIPPED };
}

void *list_add(struct reader *r, struct frame *f, size_t size)
{
	struct raw_list list;

	memcpy(&list, f->list, sizeof list);
	if (list.count == f->room) {
		size_t room = f->room ? f->room * 2 : 4;
		list.at = arena_grow(r->arena, list.at, f->room * size, room * size);
		f->room = room;
	}
	void *element = (char *)list.at + size * list.count++;
	memcpy(f->list, &list, sizeof list);
	return element;
}

static const char *list_words(const struct words *words, struct arena *a)
{
	struct text t;

	text_init(&t, a);
	for (int i = 0; words->at[i]; i++)
		text_add(&t, "%s%s", i ? ", " : "one of ", words->at[i]);
	return t.at;
}

static void put_word(struct reader *r, const struct slot *s, const char *text, size_t length, size_t at)
{
	const struct words *words = s->field->words;
	int index = words_find_index(words, text, length);

	if (index < 0) {
		if (problems_has_room(r->problems, false))
			report(r, false, REPORT_VALUE, NULL, at,
			       arena_format(r->arena, "%s is not %s", json_quote(r->arena, text, length), words->what),
			       list_words(words, r->arena));
		else
			report(r, false, REPORT_VALUE, NULL, at, "", NULL);
		return;
	}
	if (s->member)
		*(struct opt_word *)(void *)s->member = (struct opt_word){ true, index };
	else
		*(int *)list_add(r, s->frame, sizeof(int)) = index;
}

/* What a row says about the text itself: it must not be empty, it must keep a rule. */
static bool is_good_text(struct reader *r, const struct slot *s, const char *text, size_t length, size_t at)
{
	const struct field *f = s->field;

	if (!length && s->member && (f->flags & FIELD_NOT_EMPTY)) {
		report(r, false, REPORT_VALUE, NULL, at, "must not be empty", NULL);
		return false;
	}
	if (!f->is_valid || !length || f->is_valid(text))
		return true;
	if (problems_has_room(r->problems, false))
		report(r, false, REPORT_VALUE, NULL, at,
		       arena_format(r->arena, "%s %s", json_quote(r->arena, text, length), f->rule), NULL);
	else
		report(r, false, REPORT_VALUE, NULL, at, "", NULL);
	return false;
}

void slot_put_text(struct reader *r, const struct slot *s, const char *text, size_t length, size_t at)
{
	if (s->kind == SLOT_WORD) {
		put_word(r, s, text, length, at);
		return;
	}
	const char *copy = arena_copy(r->arena, text, length);
	if (!is_good_text(r, s, copy, length, at))
		return;
	if (s->member && (s->field->flags & FIELD_OTHER_SYSTEM) && length)
		report(r, true, REPORT_VALUE, NULL, at, "means nothing on Linux; it is ignored", NULL);
	if (s->member)
		*(const char **)(void *)s->member = copy;
	else if (s->frame->kind == FRAME_MAP)
		*(struct spec_pair *)list_add(r, s->frame, sizeof(struct spec_pair)) =
			(struct spec_pair){ arena_copy(r->arena, s->frame->key, s->frame->key_length), copy };
	else
		*(const char **)list_add(r, s->frame, sizeof(const char *)) = copy;
}

static void report_number(struct reader *r, const struct slot *s, const char *digits, size_t length, size_t at)
{
	const struct field *f = s->field;
	const char *shown = json_quote(r->arena, digits, length);

	if (s->kind == SLOT_PERCENT) {
		report(r, false, REPORT_VALUE, NULL, at, "must be a number with two decimals", NULL);
		return;
	}
	if (memchr(digits, '.', length) || memchr(digits, 'e', length) || memchr(digits, 'E', length)) {
		report(r, false, REPORT_VALUE, NULL, at, "must be an integer without point and exponent", NULL);
		return;
	}
	/* the digits without their quotes */
	const char *message = arena_format(r->arena, "%.*s is out of range", (int)strlen(shown) - 2, shown + 1);
	report(r, false, REPORT_VALUE, NULL, at, message,
	       arena_format(r->arena, "from %" PRId64 " to %" PRIu64, f->min, f->max));
}

void slot_put_number(struct reader *r, const struct slot *s, const char *digits, size_t length, size_t at)
{
	const struct field *f = s->field;
	char number[24];
	uint64_t natural = 0;
	int64_t integer = 0;
	bool is_short = length < sizeof number;

	memcpy(number, digits, is_short ? length : 0);
	number[is_short ? length : 0] = '\0';
	bool is_good = s->kind == SLOT_INT ? text_read_int(number, f->min, (int64_t)f->max, &integer) :
		       s->kind == SLOT_PERCENT ? text_read_percent(number, &natural) :
						 text_read_uint(number, f->max, &natural) && natural >= (uint64_t)f->min;
	if (!is_good)
		report_number(r, s, digits, length, at);
	else if (s->kind == SLOT_INT)
		*(struct opt_int *)(void *)s->member = (struct opt_int){ true, integer };
	else if (s->member)
		*(struct opt_uint *)(void *)s->member = (struct opt_uint){ true, natural };
	else
		*(uint64_t *)list_add(r, s->frame, sizeof(uint64_t)) = natural;
}

void slot_put_bool(const struct slot *s, bool value)
{
	*(struct opt_bool *)(void *)s->member = (struct opt_bool){ true, value };
}
