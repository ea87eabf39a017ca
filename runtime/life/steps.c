#include "runtime/life/steps.h"

void steps_undo(const struct step *steps, size_t count, void *context)
{
	while (count--)
		if (steps[count].undo)
			steps[count].undo(context);
}

int steps_run(const struct step *steps, size_t count, void *context, struct err *e)
{
	for (size_t i = 0; i < count; i++) {
		if (steps[i].go(context, e) == 0)
			continue;
		if (!e->phase)
			e->phase = steps[i].name;
		steps_undo(steps, i, context);
		return -1;
	}
	return 0;
}
