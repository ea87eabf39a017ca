#include "spec/json/write.h"

#include "spec/model.h"

#include <inttypes.h>
#include <string.h>

struct writer {
	struct text *out;
	enum json_style style;
	unsigned depth;
};

static void write_object(struct writer *w, const struct record *record, const char *model);

static void put(struct writer *w, const char *text)
{
	text_add_bytes(w->out, text, strlen(text));
}

static void new_line(struct writer *w)
{
	if (w->style == JSON_LINE)
		return;
	put(w, "\n");
	for (unsigned i = 0; i < w->depth; i++)
		put(w, w->style == JSON_TABS ? "\t" : "  ");
}

/* Statistics are little else than numbers: printf would take most of the time. */
static void put_number(struct writer *w, uint64_t number)
{
	char digits[24], *first = digits + sizeof digits;

	do
		*--first = (char)('0' + number % 10);
	while (number /= 10);
	text_add_bytes(w->out, first, (size_t)(digits + sizeof digits - first));
}

static void put_percent(struct writer *w, uint64_t hundredths)
{
	const char rest[] = { '.', (char)('0' + hundredths / 10 % 10), (char)('0' + hundredths % 10) };

	put_number(w, hundredths / 100);
	text_add_bytes(w->out, rest, sizeof rest);
}

/* Before each member or element; `count` is how many came before. */
static void begin_item(struct writer *w, size_t count)
{
	if (count)
		put(w, ",");
	new_line(w);
}

static void open_bracket(struct writer *w, const char *bracket)
{
	put(w, bracket);
	w->depth++;
}

static void close_bracket(struct writer *w, const char *bracket, size_t count)
{
	w->depth--;
	if (count)
		new_line(w);
	put(w, bracket);
}

static void write_key(struct writer *w, const char *key)
{
	json_write_text(key, w->out);
	put(w, w->style == JSON_LINE ? ":" : ": ");
}

/* A row's name has nothing to escape. */
static void write_name(struct writer *w, const char *name)
{
	put(w, "\"");
	put(w, name);
	put(w, w->style == JSON_LINE ? "\":" : "\": ");
}

void json_write_text(const char *text, struct text *out)
{
	text_add_bytes(out, "\"", 1);
	while (*text) {
		size_t plain = 0;
		while ((unsigned char)text[plain] >= 0x20 && text[plain] != '"' && text[plain] != '\\')
			plain++;
		text_add_bytes(out, text, plain);
		text += plain;
		if (!*text)
			break;
		if (*text == '"' || *text == '\\')
			text_add(out, "\\%c", *text);
		else if (*text == '\n')
			text_add_bytes(out, "\\n", 2);
		else if (*text == '\t')
			text_add_bytes(out, "\\t", 2);
		else
			text_add(out, "\\u%04x", (unsigned)(unsigned char)*text);
		text++;
	}
	text_add_bytes(out, "\"", 1);
}

static void write_scalar_list(struct writer *w, const struct field *f, const char *member)
{
	const struct spec_texts *texts = (const void *)member;
	const struct spec_ids *ids = (const void *)member;
	const struct spec_words *words = (const void *)member;
	size_t count = f->kind == FIELD_TEXTS ? texts->count : f->kind == FIELD_IDS ? ids->count : words->count;

	open_bracket(w, "[");
	for (size_t i = 0; i < count; i++) {
		begin_item(w, i);
		if (f->kind == FIELD_IDS)
			text_add(w->out, "%" PRIu64, ids->at[i]);
		else
			json_write_text(f->kind == FIELD_TEXTS ? texts->at[i] : words_find_text(f->words, words->at[i]),
					w->out);
	}
	close_bracket(w, "]", count);
}

static void write_map(struct writer *w, const struct spec_map *map)
{
	open_bracket(w, "{");
	for (size_t i = 0; i < map->count; i++) {
		begin_item(w, i);
		write_key(w, map->at[i].key);
		json_write_text(map->at[i].value, w->out);
	}
	close_bracket(w, "}", map->count);
}

static void write_records(struct writer *w, const struct field *f, const char *member)
{
	struct {
		const char *at;
		size_t count;
	} list;
	bool is_named = f->kind == FIELD_NAMED;

	memcpy(&list, member, sizeof list);
	open_bracket(w, is_named ? "{" : "[");
	for (size_t i = 0; i < list.count; i++) {
		const char *element = list.at + i * f->record->size;
		begin_item(w, i);
		if (is_named)
			write_key(w, *(const char *const *)(const void *)element);
		write_object(w, f->record, element);
	}
	close_bracket(w, is_named ? "}" : "]", list.count);
}

static void write_value(struct writer *w, const struct field *f, const char *member)
{
	const void *m = member;

	switch (f->kind) {
	case FIELD_TEXT:
		json_write_text(*(const char *const *)m, w->out);
		break;
	case FIELD_BOOL:
		put(w, ((const struct opt_bool *)m)->value ? "true" : "false");
		break;
	case FIELD_INT:
		text_add(w->out, "%" PRId64, ((const struct opt_int *)m)->value);
		break;
	case FIELD_UINT:
		put_number(w, ((const struct opt_uint *)m)->value);
		break;
	case FIELD_PERCENT:
		put_percent(w, ((const struct opt_uint *)m)->value);
		break;
	case FIELD_WORD:
		json_write_text(words_find_text(f->words, ((const struct opt_word *)m)->value), w->out);
		break;
	case FIELD_TEXTS:
	case FIELD_IDS:
	case FIELD_WORDS:
		write_scalar_list(w, f, member);
		break;
	case FIELD_MAP:
		write_map(w, m);
		break;
	case FIELD_OBJECT:
		write_object(w, f->record, *(const char *const *)m);
		break;
	case FIELD_OBJECTS:
	case FIELD_NAMED:
		write_records(w, f, member);
		break;
	case FIELD_SKIPPED:
		break;
	}
}

static void write_object(struct writer *w, const struct record *record, const char *model)
{
	size_t count = 0;

	open_bracket(w, "{");
	for (const struct field *f = record->fields; f < record->fields + record->count; f++) {
		const char *member = model + f->offset;
		if (!field_is_set(f, member))
			continue;
		begin_item(w, count++);
		write_name(w, f->name);
		write_value(w, f, member);
	}
	close_bracket(w, "}", count);
}

void json_write(const struct record *record, const void *model, enum json_style style, struct text *out)
{
	struct writer w = { .out = out, .style = style };

	write_object(&w, record, model);
	if (style != JSON_LINE)
		put(&w, "\n");
}
