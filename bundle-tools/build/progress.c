#include "bundle-tools/build/progress.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

void progress_init(struct progress *p, size_t steps, bool is_quiet)
{
	*p = (struct progress){ .steps = steps, .is_quiet = is_quiet, .is_terminal = isatty(STDOUT_FILENO) };
}

static int shown_length(const char *shown)
{
	size_t length = strcspn(shown, "\n");

	return length > 72 ? 72 : (int)length;
}

void progress_begin(struct progress *p, const char *shown, bool has_output)
{
	p->shown = shown;
	p->step++;
	(void)clock_gettime(CLOCK_MONOTONIC, &p->began); /* cannot fail for this clock */
	if (p->is_quiet || (!p->is_terminal && !has_output))
		return; /* its only line will be that of its end */
	(void)printf("[%zu/%zu] %.*s%s", p->step, p->steps, shown_length(shown), shown, has_output ? "\n" : "");
	(void)fflush(stdout); /* a failure is seen at the end of the command */
}

void progress_end(struct progress *p, const char *outcome, bool has_time)
{
	struct timespec now;

	if (p->is_quiet)
		return;
	(void)clock_gettime(CLOCK_MONOTONIC, &now); /* cannot fail for this clock */
	double seconds = (double)(now.tv_sec - p->began.tv_sec) + (double)(now.tv_nsec - p->began.tv_nsec) / 1e9;
	(void)printf("%s[%zu/%zu] %.*s: %s", p->is_terminal ? "\r" : "", p->step, p->steps, shown_length(p->shown), p->shown, outcome);
	(void)(has_time ? printf(" (%.2f s)\n", seconds) : printf("\n"));
	(void)fflush(stdout); /* a failure is seen at the end of the command */
}
