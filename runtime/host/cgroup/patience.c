#include "runtime/host/cgroup/patience.h"

#include <time.h>

static uint64_t read_clock(void)
{
	struct timespec now = { 0 };

	(void)clock_gettime(CLOCK_MONOTONIC, &now); /* cannot fail with this clock */
	return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

struct patience patience_begin(unsigned milliseconds)
{
	return (struct patience){ read_clock() + (uint64_t)milliseconds * 1000, 100 };
}

bool patience_wait(struct patience *p)
{
	struct timespec pause = { .tv_nsec = (long)(p->step * 1000) };

	if (read_clock() >= p->deadline)
		return false;
	(void)nanosleep(&pause, NULL); /* a signal ends the pause early, no more */
	p->step = p->step < 10000 / 2 ? 2 * p->step : 10000;
	return true;
}
