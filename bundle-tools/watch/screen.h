/* Owns the terminal while it shows a live screen: its other buffer, keys without Enter, and afterwards what was there before. */
#pragma once

#include "spec/base/err.h"
#include "spec/base/text.h"

#include <termios.h>

struct screen {
	struct termios before;
	bool is_open;
};

/* Standard input and output must be terminals. */
int screen_open(struct screen *s, struct err *e);
void screen_close(struct screen *s);

struct screen_size {
	size_t width, height;
};
struct screen_size screen_size(void);

/* Show lines from the top, each cut to the width and all to the height; ESC [ ... m takes no place. */
int screen_show(const struct text *lines, struct err *e);
