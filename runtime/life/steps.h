/* The steps page's runner. A life is a table of steps; each has a name, a do and an undo. The runner goes forward and, when a
 * step fails, back through the undos of those that were done. The name is the error's phase. */
#pragma once

#include "spec/base/err.h"

#include <stddef.h>

struct step {
	const char *name;
	int (*go)(void *context, struct err *e);
	void (*undo)(void *context); /* or NULL; cannot fail: what it cannot undo, `delete -f` removes */
};

int steps_run(const struct step *steps, size_t count, void *context, struct err *e);

/* Undo all of them, from the last to the first. */
void steps_undo(const struct step *steps, size_t count, void *context);
