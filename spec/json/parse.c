#include "spec/json/reader.h"

#include <string.h>

/* yajl's memory comes from the arena; each block is preceded by its size, for growing. */
enum { BLOCK_HEAD = 16 };

static void *take_block(void *context, size_t size)
{
	char *block = arena_alloc(context, size + BLOCK_HEAD);

	memcpy(block, &size, sizeof size);
	return block + BLOCK_HEAD;
}

static void *grow_block(void *context, void *old, size_t size)
{
	size_t old_size;

	if (!old)
		return take_block(context, size);
	memcpy(&old_size, (char *)old - BLOCK_HEAD, sizeof old_size);
	char *block = arena_grow(context, (char *)old - BLOCK_HEAD, old_size + BLOCK_HEAD, size + BLOCK_HEAD);
	memcpy(block, &size, sizeof size);
	return block + BLOCK_HEAD;
}

static void drop_block(void *context, void *block)
{
	(void)context; /* the arena keeps everything until the command ends */
	(void)block;
}

size_t parse_token_end(const struct reader *r)
{
	size_t end = yajl_get_bytes_consumed(r->yajl);

	return end ? end : r->length; /* 0 when yajl finishes what the text left open */
}

size_t parse_plain_start(const struct reader *r, size_t length)
{
	size_t end = parse_token_end(r);

	return end >= length ? end - length : 0;
}

/* From the place of a closing quote. */
static size_t find_opening_quote(const struct reader *r, size_t closing)
{
	for (size_t at = closing; at > 0; at--) {
		size_t slashes = 0;
		if (r->text[at - 1] != '"')
			continue;
		while (slashes < at - 1 && r->text[at - 2 - slashes] == '\\')
			slashes++;
		if (slashes % 2 == 0)
			return at - 1;
	}
	return 0;
}

size_t parse_text_start(const struct reader *r, const char *bytes)
{
	size_t end = parse_token_end(r);

	if (bytes > r->text && bytes < r->text + r->length)
		return (size_t)(bytes - r->text) - 1;
	return end > 1 ? find_opening_quote(r, end - 1) : 0; /* a copy, because the text has escapes */
}

static bool is_boundary(char c)
{
	return (unsigned char)c <= ' ' || strchr("{}[],:\"", c);
}

/* Of the token that ends before `end`. */
static size_t find_token_start(const struct reader *r, size_t end)
{
	size_t at = end ? end - 1 : 0;

	if (r->text[at] == '"')
		return find_opening_quote(r, at);
	if (is_boundary(r->text[at]))
		return at;
	while (at > 0 && !is_boundary(r->text[at - 1]))
		at--;
	return at;
}

static size_t skip_space(const struct reader *r, size_t at)
{
	while (at < r->length && strchr(" \t\r\n", r->text[at]))
		at++;
	return at;
}

/* A parse error comes behind the token that it is about (but one where yajl goes back by a wrong length), most lexical
 * errors before the byte. */
static size_t find_error(const struct reader *r, const char *error)
{
	size_t end = yajl_get_bytes_consumed(r->yajl);

	if (strstr(error, "after key and value"))
		return skip_space(r, r->event_end);
	if (strncmp(error, "parse", 5) == 0)
		return find_token_start(r, end);
	return end - (end && strstr(error, "invalid char in json"));
}

static void report_syntax(struct reader *r, bool is_at_end)
{
	char *error = (char *)yajl_get_error(r->yajl, 0, (const unsigned char *)r->text, r->length);
	const char *reason = error ? strstr(error, ": ") : NULL;

	if (is_at_end || !reason) {
		if (skip_space(r, 0) == r->length)
			report(r, false, REPORT_OBJECT, NULL, r->length, "the text is empty", NULL);
		else
			report(r, false, REPORT_OBJECT, NULL, r->length, "the text ends too early",
			       "a bracket or a quote is not closed");
		return;
	}
	error[strcspn(error, "\n")] = '\0';
	size_t length = strlen(error);
	error[length - (error[length - 1] == '.')] = '\0';
	report(r, false, REPORT_OBJECT, NULL, find_error(r, error),
	       arena_format(r->arena, "not JSON: %s", reason + 2), NULL);
}

void parse_run(struct reader *r, const yajl_callbacks *callbacks)
{
	yajl_alloc_funcs memory = { take_block, grow_block, drop_block, r->arena };
	bool is_at_end = false;

	r->yajl = yajl_alloc(callbacks, &memory, r);
	yajl_status status = yajl_parse(r->yajl, (const unsigned char *)r->text, r->length);
	if (status == yajl_status_ok) {
		is_at_end = true;
		status = yajl_complete_parse(r->yajl);
	}
	if (status == yajl_status_error) {
		r->is_stopped = true;
		report_syntax(r, is_at_end);
	}
	yajl_free(r->yajl);
}
