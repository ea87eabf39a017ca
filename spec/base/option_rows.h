/* How option rows are written, for the files that hold a program's commands. `type` is the options struct without the word
 * struct, `member` the member that takes the value. */
#pragma once

#include "spec/base/options.h"

#define HELP(type) { "help", 'h', OPTION_FLAG, offsetof(struct type, has_help), NULL, "show this help", 0, NULL, false }
#define END { NULL, 0, OPTION_FLAG, 0, NULL, NULL, 0, NULL, false }
#define FLAG(type, name, letter, member, help) \
	{ name, letter, OPTION_FLAG, offsetof(struct type, member), NULL, help, 0, NULL, false }
#define TEXT(type, name, letter, member, value, help) \
	{ name, letter, OPTION_TEXT, offsetof(struct type, member), value, help, 0, NULL, false }
#define TEXTS(type, name, letter, member, value, help) \
	{ name, letter, OPTION_TEXTS, offsetof(struct type, member), value, help, 0, NULL, false }
#define NUMBER(type, name, letter, member, value, help, max) \
	{ name, letter, OPTION_NUMBER, offsetof(struct type, member), value, help, max, NULL, false }
#define WORD(type, name, letter, member, value, help, words) \
	{ name, letter, OPTION_WORD, offsetof(struct type, member), value, help, 0, words, false }

/* The members `options` and `options_size` of a command row. */
#define ROWS(name, options) name##_rows, sizeof(struct options)
