#include "spec/check.h"

#include <string.h>

struct raw_list {
	const char *at;
	size_t count;
};

/* The way down, joined to a pointer only where there is something to say. */
struct part {
	const struct part *parent;
	const char *name; /* NULL: an index */
	size_t index;
};

struct search {
	const char *pointer; /* of the whole model */
	struct problems *problems;
};

static bool says_nothing(const struct record *record, const char *model);

/* A present member without effect: empty, false or zero, or an object of such members. A word always says something. */
static bool is_nothing(const struct field *f, const char *member)
{
	struct raw_list list;
	const char *text;

	switch (f->kind) {
	case FIELD_TEXT:
		memcpy(&text, member, sizeof text);
		return !text[0];
	case FIELD_BOOL:
		return !((const struct opt_bool *)(const void *)member)->value;
	case FIELD_INT:
		return !((const struct opt_int *)(const void *)member)->value;
	case FIELD_UINT:
	case FIELD_PERCENT:
		return !((const struct opt_uint *)(const void *)member)->value;
	case FIELD_OBJECT:
		memcpy(&text, member, sizeof text);
		return says_nothing(f->record, text);
	case FIELD_WORD:
		return false;
	default:
		memcpy(&list, member, sizeof list);
		return list.count == 0;
	}
}

static bool says_nothing(const struct record *record, const char *model)
{
	for (const struct field *f = record->fields; f < record->fields + record->count; f++)
		if (field_is_set(f, model + f->offset) && !is_nothing(f, model + f->offset))
			return false;
	return true;
}

static void join(const struct part *part, struct text *out)
{
	if (!part)
		return;
	join(part->parent, out);
	if (part->name)
		json_add_part(out, part->name, strlen(part->name));
	else
		text_add(out, "/%zu", part->index);
}

static void refuse(const struct search *s, const struct part *part)
{
	struct text pointer;

	text_init(&pointer, s->problems->arena);
	text_add(&pointer, "%s", s->pointer);
	join(part, &pointer);
	problems_add(s->problems, false, pointer.at,
		     arena_format(s->problems->arena, "not supported yet: %s", pointer.at), NULL);
}

static void search(const struct search *s, const struct record *record, const char *model, const struct part *parent)
{
	for (const struct field *f = record->fields; f < record->fields + record->count; f++) {
		const char *member = model + f->offset, *object;
		struct part part = { .parent = parent, .name = f->name };
		struct raw_list list;
		if (!field_is_set(f, member))
			continue;
		if ((f->flags & FIELD_LATER) && !is_nothing(f, member)) {
			refuse(s, &part);
		} else if (f->kind == FIELD_OBJECT) {
			memcpy(&object, member, sizeof object);
			search(s, f->record, object, &part);
		} else if (f->kind == FIELD_OBJECTS) {
			memcpy(&list, member, sizeof list);
			for (size_t i = 0; i < list.count; i++)
				search(s, f->record, list.at + i * f->record->size, &(struct part){ &part, NULL, i });
		}
	}
}

void check_later(const struct record *record, const void *model, const char *pointer, struct problems *problems)
{
	search(&(struct search){ pointer, problems }, record, model, NULL);
}
