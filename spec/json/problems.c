#include "spec/json/read.h"

#include "spec/json/write.h"

#include <ctype.h>
#include <string.h>

void problems_init(struct problems *p, struct arena *a)
{
	*p = (struct problems){ .arena = a };
}

bool problems_has_room(const struct problems *p, bool is_warning)
{
	return is_warning ? p->warnings < PROBLEMS_MAX_WARNINGS : p->mistakes < PROBLEMS_MAX_MISTAKES;
}

void problems_add_at(struct problems *p, bool is_warning, size_t at, const char *pointer, const char *message,
		     const char *advice)
{
	bool is_kept = problems_has_room(p, is_warning);

	p->mistakes += !is_warning;
	p->warnings += is_warning;
	if (!is_kept)
		return;
	if (p->count == p->room) {
		size_t room = p->room ? p->room * 2 : 8;
		p->at = arena_grow(p->arena, p->at, p->room * sizeof *p->at, room * sizeof *p->at);
		p->room = room;
	}
	p->at[p->count++] = (struct problem){
		.is_warning = is_warning,
		.at = at,
		.pointer = arena_text(p->arena, pointer),
		.message = arena_text(p->arena, message),
		.advice = advice ? arena_text(p->arena, advice) : NULL,
	};
}

void problems_add(struct problems *p, bool is_warning, const char *pointer, const char *message, const char *advice)
{
	problems_add_at(p, is_warning, PROBLEM_NOWHERE, pointer, message, advice);
}

int problems_err(const struct problems *p, const char *file, struct err *e)
{
	const struct problem *first = p->at;

	if (!p->mistakes)
		return 0;
	while (first->is_warning)
		first++;
	(void)err_set(e, "%s:%u:%u: %s%s%s", file, first->line, first->column, first->pointer,
		      first->pointer[0] ? ": " : "", first->message);
	if (p->mistakes > 1)
		(void)err_hint(e, "%s%sand %zu more", first->advice ? first->advice : "", first->advice ? "; " : "",
			       p->mistakes - 1);
	return first->advice ? err_hint(e, "%s", first->advice) : -1;
}

/* A name or a key from the file cannot forge a line of ours. */
static void print_visible(const char *text, FILE *stream)
{
	for (const unsigned char *c = (const unsigned char *)text; *c; c++) {
		bool is_c1 = *c == 0xc2 && c[1] >= 0x80 && c[1] < 0xa0; /* U+0080 to U+009F: terminals obey some */
		if (iscntrl(*c) || is_c1)
			(void)fprintf(stream, "\\x%02x", (unsigned)*c);
		if (is_c1)
			(void)fprintf(stream, "\\x%02x", (unsigned)*++c);
		else if (!iscntrl(*c))
			(void)fputc(*c, stream);
	}
}

void problems_print(const struct problems *p, const char *file, FILE *stream)
{
	for (size_t i = 0; i < p->count; i++) {
		const struct problem *o = &p->at[i];
		print_visible(file, stream);
		(void)fprintf(stream, ":%u:%u: %s", o->line, o->column, o->is_warning ? "warning: " : "");
		print_visible(o->pointer, stream);
		(void)fputs(o->pointer[0] ? ": " : "", stream);
		print_visible(o->message, stream);
		if (o->advice) {
			(void)fputs("; ", stream);
			print_visible(o->advice, stream);
		}
		(void)fputc('\n', stream);
	}
}

static void write_member(struct text *out, const char *key, const char *value)
{
	text_add(out, ",\"%s\":", key);
	json_write_text(value, out);
}

void problems_write(const struct problems *p, const char *file, struct text *out)
{
	text_add(out, "{\"file\":");
	json_write_text(file, out);
	text_add(out, ",\"mistakes\":%zu,\"warnings\":%zu,\"problems\":[", p->mistakes, p->warnings);
	for (size_t i = 0; i < p->count; i++) {
		const struct problem *o = &p->at[i];
		text_add(out, "%s{\"level\":\"%s\",\"line\":%u,\"column\":%u", i ? "," : "",
			 o->is_warning ? "warning" : "error", o->line, o->column);
		write_member(out, "pointer", o->pointer);
		write_member(out, "message", o->message);
		if (o->advice)
			write_member(out, "advice", o->advice);
		text_add(out, "}");
	}
	text_add(out, "]}");
}

const char *json_quote(struct arena *a, const char *text, size_t length)
{
	enum { SHOWN = 64 };
	struct text out;
	size_t shown = length > SHOWN ? SHOWN : length;

	while (shown < length && shown > 0 && ((unsigned char)text[shown] & 0xc0) == 0x80)
		shown--; /* never half a character */
	char *copy = arena_copy(a, text, shown);
	text_init(&out, a);
	json_write_text(copy, &out);
	if (shown < length)
		text_add(&out, "...");
	return out.at;
}
