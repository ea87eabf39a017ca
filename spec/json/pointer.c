#include "spec/json/read.h"

#include "spec/model.h"

#include <string.h>

/* Parts of the pointer on the way down, joined when the address is found. */
struct part {
	const struct part *parent;
	const char *name; /* NULL: an index */
	size_t index;
};

struct search {
	const char *address;
	struct arena *arena;
	const char *found;
};

struct raw_list {
	const char *at;
	size_t count;
};

static bool search_record(struct search *s, const struct record *record, const char *model, const struct part *parent);

void json_add_part(struct text *pointer, const char *part, size_t length)
{
	text_add_bytes(pointer, "/", 1);
	for (const char *c = part; c < part + length; c++) {
		if (*c == '~')
			text_add_bytes(pointer, "~0", 2);
		else if (*c == '/')
			text_add_bytes(pointer, "~1", 2);
		else
			text_add_bytes(pointer, c, 1);
	}
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

static bool found(struct search *s, const struct part *part)
{
	struct text out;

	text_init(&out, s->arena);
	join(part, &out);
	s->found = out.at;
	return true;
}

/* How many bytes an element of a list of this kind has; 0 for what is no list. */
static size_t element_size(const struct field *f)
{
	switch (f->kind) {
	case FIELD_TEXTS:
		return sizeof(const char *);
	case FIELD_IDS:
		return sizeof(uint64_t);
	case FIELD_WORDS:
		return sizeof(int);
	case FIELD_MAP:
		return sizeof(struct spec_pair);
	case FIELD_OBJECTS:
	case FIELD_NAMED:
		return f->record->size;
	default:
		return 0;
	}
}

static size_t member_size(const struct field *f)
{
	static const size_t sizes[] = {
		[FIELD_BOOL] = sizeof(struct opt_bool), [FIELD_INT] = sizeof(struct opt_int),
		[FIELD_UINT] = sizeof(struct opt_uint), [FIELD_WORD] = sizeof(struct opt_word),
		[FIELD_TEXT] = sizeof(const char *),    [FIELD_OBJECT] = sizeof(void *),
		[FIELD_PERCENT] = sizeof(struct opt_uint),
	};

	return element_size(f) ? sizeof(struct raw_list) : f->kind < sizeof sizes / sizeof *sizes ? sizes[f->kind] : 0;
}

static bool is_within(const struct search *s, const char *start, size_t size)
{
	return s->address >= start && s->address < start + size;
}

/* Named lists: both pairs and named records begin with their key. */
static struct part element_part(const struct field *f, const char *element, size_t index, const struct part *parent)
{
	bool is_named = f->kind == FIELD_MAP || f->kind == FIELD_NAMED;

	return (struct part){ parent, is_named ? *(const char *const *)(const void *)element : NULL, index };
}

static bool search_list(struct search *s, const struct field *f, const struct raw_list *list, const struct part *parent)
{
	size_t size = element_size(f);

	if (is_within(s, list->at, list->count * size)) {
		size_t index = (size_t)(s->address - list->at) / size;
		const char *element = list->at + index * size;
		struct part part = element_part(f, element, index, parent);
		bool is_start = s->address == element;
		return (!is_start && f->record && search_record(s, f->record, element, &part)) || found(s, &part);
	}
	for (size_t i = 0; f->record && i < list->count; i++) {
		const char *element = list->at + i * size;
		struct part part = element_part(f, element, i, parent);
		if (search_record(s, f->record, element, &part))
			return true;
	}
	return false;
}

static bool search_member(struct search *s, const struct field *f, const char *member, const struct part *parent)
{
	struct part part = { .parent = parent, .name = f->name };
	struct raw_list list;
	const char *object;

	if (is_within(s, member, member_size(f)))
		return found(s, &part);
	if (f->kind == FIELD_OBJECT) {
		memcpy(&object, member, sizeof object);
		if (object && object == s->address)
			return found(s, &part);
		return object && search_record(s, f->record, object, &part);
	}
	if (!element_size(f))
		return false;
	memcpy(&list, member, sizeof list);
	return list.at && search_list(s, f, &list, &part);
}

static bool search_record(struct search *s, const struct record *record, const char *model, const struct part *parent)
{
	for (const struct field *f = record->fields; f < record->fields + record->count; f++)
		if (search_member(s, f, model + f->offset, parent))
			return true;
	return false;
}

const char *json_find_pointer(const struct record *record, const void *model, const void *address, struct arena *a)
{
	struct search s = { .address = address, .arena = a };

	if (address == model)
		return "";
	return search_record(&s, record, model, NULL) ? s.found : NULL;
}
