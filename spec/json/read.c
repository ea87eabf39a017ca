#include "spec/json/reader.h"

#include "spec/json/place.h"
#include "spec/json/scan.h"

#include <ctype.h>
#include <string.h>

static bool stop(struct reader *r, size_t at, const char *message, const char *advice)
{
	r->is_stopped = true;
	report(r, false, REPORT_OBJECT, NULL, at, message, advice);
	return false;
}

/* Each value passes here first. */
static bool begin_value(struct reader *r, struct slot *slot)
{
	r->event_end = parse_token_end(r);
	if (++r->values > JSON_MAX_VALUES)
		return stop(r, r->event_end, "the text has too many values", "at most 200000 are read");
	*slot = slot_find(r);
	if (slot->kind != SLOT_SKIPPED && r->depth && reader_top(r)->kind == FRAME_RECORD)
		reader_top(r)->present |= UINT64_C(1) << (slot->field - reader_top(r)->record->fields);
	return true;
}

static int on_null(void *context)
{
	struct reader *r = context;
	struct frame *f = r->depth ? reader_top(r) : NULL;
	struct slot s;

	if (f && f->kind == FRAME_RECORD) {
		r->event_end = parse_token_end(r);
		r->values++;
		return 1; /* absent */
	}
	if (!begin_value(r, &s))
		return 0;
	report_type(r, &s, "null", parse_plain_start(r, 4));
	return 1;
}

static int on_boolean(void *context, int value)
{
	struct reader *r = context;
	struct slot s;

	if (!begin_value(r, &s))
		return 0;
	if (s.kind == SLOT_BOOL)
		slot_put_bool(&s, value);
	else
		report_type(r, &s, value ? "true" : "false", parse_plain_start(r, value ? 4 : 5));
	return 1;
}

static int on_number(void *context, const char *digits, size_t length)
{
	struct reader *r = context;
	struct slot s;

	if (!begin_value(r, &s))
		return 0;
	size_t at = parse_plain_start(r, length);
	if (s.kind == SLOT_INT || s.kind == SLOT_UINT || s.kind == SLOT_PERCENT)
		slot_put_number(r, &s, digits, length, at);
	else
		report_type(r, &s, "a number", at);
	return 1;
}

static int on_text(void *context, const unsigned char *bytes, size_t length)
{
	struct reader *r = context;
	const char *text = (const char *)bytes;
	struct slot s;

	if (!begin_value(r, &s))
		return 0;
	if (s.kind == SLOT_SKIPPED)
		return 1;
	size_t at = parse_text_start(r, text);
	if (s.kind == SLOT_TEXT || s.kind == SLOT_WORD)
		slot_put_text(r, &s, text, length, at);
	else
		report_type(r, &s, "a text", at);
	return 1;
}

static struct frame *push(struct reader *r, enum frame_kind kind, const struct field *field)
{
	struct frame *f = &r->frames[r->depth++];

	*f = (struct frame){ .kind = kind, .field = field, .key = "" };
	f->at = parse_token_end(r) - 1;
	f->number = r->objects++;
	return f;
}

/* A list, map or named objects: empty is not absent, so it has an address from now on. */
static void push_list(struct reader *r, enum frame_kind kind, const struct slot *s)
{
	struct raw_list empty = { .at = arena_alloc(r->arena, 0) };

	memcpy(s->member, &empty, sizeof empty);
	push(r, kind, s->field)->list = s->member;
}

/* The struct of an object: the root's, that of an optional object, or a list's next element. */
static void *make_struct(struct reader *r, const struct slot *s, const struct record *record)
{
	void *made;

	if (s->frame) {
		made = list_add(r, s->frame, record->size);
		if (s->frame->kind == FRAME_NAMED)
			*(const char **)made = arena_copy(r->arena, s->frame->key, s->frame->key_length);
		return made;
	}
	made = arena_alloc(r->arena, record->size);
	if (s->member)
		*(void **)(void *)s->member = made;
	else
		r->root = made;
	return made;
}

static int on_start_map(void *context)
{
	struct reader *r = context;
	struct slot s;

	if (!begin_value(r, &s))
		return 0;
	if (s.kind == SLOT_RECORD) {
		const struct record *record = s.field ? s.field->record : r->record;
		char *model = make_struct(r, &s, record);
		struct frame *f = push(r, FRAME_RECORD, NULL);
		f->record = record;
		f->model = model;
	} else if (s.kind == SLOT_MAP || s.kind == SLOT_NAMED) {
		push_list(r, s.kind == SLOT_MAP ? FRAME_MAP : FRAME_NAMED, &s);
	} else {
		report_type(r, &s, "an object", parse_token_end(r) - 1);
		(void)push(r, FRAME_SKIPPED_OBJECT, NULL);
	}
	return 1;
}

static int on_start_array(void *context)
{
	struct reader *r = context;
	struct slot s;

	if (!begin_value(r, &s))
		return 0;
	if (s.kind == SLOT_LIST) {
		push_list(r, FRAME_LIST, &s);
	} else {
		report_type(r, &s, "a list", parse_token_end(r) - 1);
		(void)push(r, FRAME_SKIPPED_LIST, NULL);
	}
	return 1;
}

/* False when the object has had the key. */
static bool is_first_key(struct reader *r, struct frame *f, const struct field *row)
{
	if (!row)
		return keys_add(&r->keys, f->number, f->key, f->key_length);
	uint64_t bit = UINT64_C(1) << (row - f->record->fields);
	bool is_first = !(f->seen & bit);
	f->seen |= bit;
	return is_first;
}

/* Keys that the file chooses, not the specification. */
static bool is_free_key(const struct frame *f)
{
	return f->kind == FRAME_MAP || f->kind == FRAME_NAMED;
}

/* Why the value of this key is read over. */
static void report_key(struct reader *r, struct frame *f, const struct field *row, bool is_first, const char *key)
{
	size_t at = parse_text_start(r, key);

	if (!is_first)
		report(r, false, REPORT_VALUE, NULL, at, "the object has this property twice", "keep one of them");
	else if (row)
		report(r, true, REPORT_VALUE, NULL, at, "means nothing on Linux; it is ignored", NULL);
	else if (is_free_key(f))
		report(r, false, REPORT_VALUE, NULL, at, "the key is empty", NULL);
	else
		report_unknown(r, f->record, at);
}

static int on_key(void *context, const unsigned char *bytes, size_t length)
{
	struct reader *r = context;
	struct frame *f = reader_top(r);
	const char *key = (const char *)bytes;
	bool is_in_text = key >= r->text && key < r->text + r->length;

	if (++f->values > JSON_MAX_KEYS)
		return stop(r, parse_token_end(r), "the object has too many keys", "at most 4096 are read");
	f->key = is_in_text ? key : arena_copy(r->arena, key, length);
	f->key_length = length;
	const struct field *row = f->kind == FRAME_RECORD ? record_find_field(f->record, f->key, length) : NULL;
	if (f->kind == FRAME_RECORD)
		f->field = row;
	bool is_first = is_first_key(r, f, row);
	bool is_empty_name = is_free_key(f) && length == 0;
	f->is_skipped = !is_first || is_empty_name || (f->kind == FRAME_RECORD && !row);
	if (f->is_skipped || (row && row->kind == FIELD_SKIPPED))
		report_key(r, f, row, is_first, key);
	return 1;
}

static void report_missing(struct reader *r, const struct frame *f)
{
	for (size_t i = 0; i < f->record->count; i++) {
		const struct field *row = &f->record->fields[i];
		if (!(row->flags & FIELD_REQUIRED) || (f->present & (UINT64_C(1) << i)))
			continue;
		/* the row's sentence, to be read on behind a semicolon */
		char *advice = arena_copy(r->arena, row->doc, strlen(row->doc) - 1);
		advice[0] = (char)tolower((unsigned char)advice[0]);
		report(r, false, REPORT_OBJECT, row->name, f->at, "is missing", advice);
	}
}

static int on_end(void *context)
{
	struct reader *r = context;
	struct frame *f = reader_top(r);
	struct raw_list list;

	r->event_end = parse_token_end(r);
	if (f->kind == FRAME_RECORD)
		report_missing(r, f);
	if (f->list) {
		memcpy(&list, f->list, sizeof list);
		if (!list.count && !f->values && (f->field->flags & FIELD_NOT_EMPTY))
			report(r, false, REPORT_OBJECT, NULL, f->at, "must not be empty", NULL);
	}
	r->depth--;
	return 1;
}

void *json_read(const struct record *record, const char *text, size_t length, struct problems *problems)
{
	static const yajl_callbacks callbacks = {
		.yajl_null = on_null,           .yajl_boolean = on_boolean,         .yajl_number = on_number,
		.yajl_string = on_text,         .yajl_start_map = on_start_map,     .yajl_map_key = on_key,
		.yajl_end_map = on_end,         .yajl_start_array = on_start_array, .yajl_end_array = on_end,
	};
	struct scan_fault fault;

	if (length > JSON_MAX_BYTES) {
		problems_add_at(problems, false, 0, "", "the text is too long", "at most 4 MiB are read");
		return NULL;
	}
	if (!json_scan(text, length, &fault)) {
		struct text pointer;
		text_init(&pointer, problems->arena);
		if (!fault.is_too_deep)
			json_find_pointer_at(text, length, fault.at, &pointer);
		problems_add_at(problems, false, fault.at, pointer.at, fault.message, fault.advice);
		return NULL;
	}
	struct reader *r = arena_alloc(problems->arena, sizeof *r);
	r->problems = problems;
	r->arena = r->keys.arena = problems->arena;
	r->text = text;
	r->length = length;
	r->record = record;
	parse_run(r, &callbacks);
	return r->is_stopped ? NULL : r->root;
}
