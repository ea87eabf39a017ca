/* The text of a configuration, for the places in messages. */
#pragma once

#include "spec/base/arena.h"
#include "spec/base/err.h"

struct config_text {
	const char *file, *text; /* `file` as it is shown; text NULL: not known, then there is a pointer and no line */
	size_t length;
};

/* Add a JSON pointer and where its value stands; an empty pointer adds nothing. Returns -1. */
int config_text_place(const struct config_text *config, const char *pointer, struct arena *a, struct err *e);
