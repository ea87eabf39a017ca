#include "bundle-tools/store/interrupt.h"

#include <string.h>
#include <time.h>

void interrupt_signals(sigset_t *set)
{
	(void)sigemptyset(set); /* these cannot fail for signals that exist */
	(void)sigaddset(set, SIGINT);
	(void)sigaddset(set, SIGTERM);
	(void)sigaddset(set, SIGHUP);
}

void interrupt_block(sigset_t *before)
{
	sigset_t set;

	interrupt_signals(&set);
	(void)sigprocmask(SIG_BLOCK, &set, before);
}

int interrupt_err(int signal, struct err *e)
{
	(void)err_set(e, "interrupted by signal SIG%s", sigabbrev_np(signal));
	e->exit_code = 128 + signal;
	return -1;
}

int interrupt_check(int milliseconds, struct err *e)
{
	struct timespec wait = { milliseconds / 1000, milliseconds % 1000 * 1000000L };
	sigset_t set, now;

	interrupt_signals(&set);
	if (sigprocmask(SIG_BLOCK, NULL, &now) == 0 && !sigismember(&now, SIGINT)) { /* not blocked: the default action holds */
		if (milliseconds)
			(void)nanosleep(&wait, NULL); /* a shorter sleep is as good */
		return 0;
	}
	int signal = sigtimedwait(&set, NULL, &wait);
	return signal > 0 ? interrupt_err(signal, e) : 0;
}
