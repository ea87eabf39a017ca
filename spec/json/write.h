/* Writing by the same rows: a struct of a record to JSON text; what is absent is left out, the order is the rows'. */
#pragma once

#include "spec/base/text.h"
#include "spec/fields.h"

enum json_style {
	JSON_LINE,   /* one line without spaces, and no newline at its end */
	JSON_TABS,   /* indented by tabs, as runc's spec; ends with a newline */
	JSON_SPACES, /* indented by two spaces, as runc's state; ends with a newline */
};

void json_write(const struct record *record, const void *model, enum json_style style, struct text *out);

/* One text in quotes, escaped as RFC 8259 asks (bytes above 0x7f as they are). */
void json_write_text(const char *text, struct text *out);
