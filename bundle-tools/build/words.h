/* Owns the words of an instruction: splitting at blanks outside of quotes, and what quotes, backslashes and $NAME mean. */
#pragma once

#include "spec/base/arena.h"
#include "spec/base/err.h"
#include "spec/model.h"

/* Split; quotes and backslashes stay in the words. An open quote is an error. */
int words_split(const char *text, struct arena *a, struct spec_texts *out, struct err *e);

/* Where variables come from; NULL for one that is not set. */
struct variables {
	const char *(*find)(const void *context, const char *name);
	const void *context;
};

/* Take quotes and backslashes away, and put values in: $NAME, ${NAME}, ${NAME:-word}, ${NAME:+word}. In single quotes nothing is
 * replaced. NULL after an error. */
const char *words_expand(const char *word, const struct variables *variables, struct arena *a, struct err *e);

/* Variables only, in a heredoc: quotes are text, \$ is a dollar sign. */
const char *words_expand_body(const char *body, const struct variables *variables, struct arena *a, struct err *e);

/* A JSON array of texts, such as ["a", "b"]; 1 when it is one, 0 when the text is something else. */
int words_read_list(const char *text, struct arena *a, struct spec_texts *out);

/* Append to a list of texts. */
void words_add(struct spec_texts *list, const char *text, struct arena *a);
