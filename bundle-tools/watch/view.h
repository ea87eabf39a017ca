/* Owns how samples look to people: a table of all, or everything of a single one. Of terminals it knows the width. */
#pragma once

#include "bundle-tools/watch/watch.h"
#include "spec/base/text.h"

struct view {
	struct text out;    /* lines; those of a screen may hold colours, ESC [ N m */
	size_t width;       /* columns; 0: as many as it takes, without bars and colours */
	bool has_colours;
};

/* The table's header, and a row for each. */
void view_header(struct view *v);
void view_row(struct view *v, const struct sample *s);

/* All that is known of one. */
void view_details(struct view *v, const struct sample *s);

/* A bar of so many cells for `part` of `whole`, in brackets. */
void view_bar(struct view *v, double part, double whole, unsigned cells);
