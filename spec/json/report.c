#include "spec/json/reader.h"

#include <string.h>

enum { PART_SHOWN = 256, NAME_LENGTH = 32 }; /* a longer key is cut in messages, and is no misspelt name */

static const char *make_pointer(struct reader *r, enum report_where where, const char *extra)
{
	struct text pointer;
	size_t depth = where == REPORT_OBJECT && r->depth ? r->depth - 1 : r->depth;

	text_init(&pointer, r->arena);
	for (size_t i = 0; i < depth; i++) {
		const struct frame *f = &r->frames[i];
		if (f->kind == FRAME_LIST || f->kind == FRAME_SKIPPED_LIST)
			text_add(&pointer, "/%zu", f->values ? f->values - 1 : 0);
		else
			json_add_part(&pointer, f->key, f->key_length < PART_SHOWN ? f->key_length : PART_SHOWN);
	}
	if (extra)
		json_add_part(&pointer, extra, strlen(extra));
	return pointer.at;
}

void report(struct reader *r, bool is_warning, enum report_where where, const char *extra, size_t at,
	    const char *message, const char *advice)
{
	const char *pointer = problems_has_room(r->problems, is_warning) ? make_pointer(r, where, extra) : "";

	problems_add_at(r->problems, is_warning, at, pointer, message, advice);
}

void report_type(struct reader *r, const struct slot *s, const char *found, size_t at)
{
	static const char *const names[] = {
		[SLOT_SKIPPED] = "",        [SLOT_TEXT] = "a text",       [SLOT_BOOL] = "true or false",
		[SLOT_INT] = "an integer",  [SLOT_UINT] = "an integer",   [SLOT_WORD] = "a text",
		[SLOT_LIST] = "a list",     [SLOT_MAP] = "an object",     [SLOT_NAMED] = "an object",
		[SLOT_RECORD] = "an object", [SLOT_PERCENT] = "a number",
	};

	if (s->kind == SLOT_SKIPPED)
		return;
	report(r, false, REPORT_VALUE, NULL, at, arena_format(r->arena, "must be %s, not %s", names[s->kind], found),
	       NULL);
}

static size_t least(size_t a, size_t b, size_t c)
{
	size_t ab = a < b ? a : b;

	return ab < c ? ab : c;
}

/* How many letters must be put in, taken out or changed to make the one the other. */
static size_t distance(const char *a, size_t a_length, const char *b, size_t b_length)
{
	size_t row[NAME_LENGTH + 1];

	for (size_t j = 0; j <= b_length; j++)
		row[j] = j;
	for (size_t i = 1; i <= a_length; i++) {
		size_t corner = row[0];
		row[0] = i;
		for (size_t j = 1; j <= b_length; j++) {
			size_t above = row[j];
			bool is_same = (a[i - 1] | 32) == (b[j - 1] | 32);
			row[j] = least(above + 1, row[j - 1] + 1, corner + !is_same);
			corner = above;
		}
	}
	return row[b_length];
}

static const char *find_near(const struct record *record, const char *key, size_t length)
{
	const char *nearest = NULL;
	size_t best = length < 5 ? 2 : 3; /* must be below */

	for (const struct field *f = record->fields; f < record->fields + record->count; f++) {
		size_t name_length = strlen(f->name);
		if (length > NAME_LENGTH || name_length > NAME_LENGTH)
			continue;
		size_t d = distance(key, length, f->name, name_length);
		if (d < best) {
			best = d;
			nearest = f->name;
		}
	}
	return nearest;
}

void report_unknown(struct reader *r, const struct record *record, size_t at)
{
	const struct frame *f = reader_top(r);
	const char *near = problems_has_room(r->problems, true) ? find_near(record, f->key, f->key_length) : NULL;

	report(r, true, REPORT_VALUE, NULL, at, "the specification has no such property; it is ignored",
	       near ? arena_format(r->arena, "did you mean \"%s\"?", near) : NULL);
}
