/* Owns what each instruction may look like: one row per word of the language. */
#pragma once

#include "bundle-tools/build/conductorfile.h"

/* Find the instruction's word and cut its flags: sets kind, rest, from, owner, mode. */
int instruction_begin(struct instruction *i, struct arena *a, struct err *e);

/* Split the rest into words and check their number and form. Heredocs are known by now. */
int instruction_finish(struct instruction *i, struct arena *a, struct err *e);

/* What the manual says of the word with this number, in the order of the rows; false past the last. */
struct instruction_text {
	const char *word, *form, *doc; /* form NULL: refused, and doc says what to do instead */
};
bool instruction_describe(size_t number, struct instruction_text *out);

struct heredoc_start {
	const char *name;
	bool is_literal, strips_tabs;
};

/* The next <<NAME, <<-NAME or <<"NAME" that begins a word. Returns what follows it, or NULL when there is none. */
const char *instruction_find_heredoc(const char *text, struct arena *a, struct heredoc_start *out);

/* Whether a port is 1 to 65535, with /tcp or /udp or neither. */
bool instruction_is_port(const char *text);
