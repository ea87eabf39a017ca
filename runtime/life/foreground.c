#include "runtime/life/foreground.h"

void foreground_init(struct foreground *f)
{
	*f = (struct foreground){ .console = { .master_fd = -1, .signal_fd = -1, .pidfd = -1 } };
}

int foreground_prepare(struct foreground *f, struct err *e)
{
	if (console_prepare(&f->console, e) < 0)
		return -1;
	f->is_prepared = true;
	return 0;
}

int foreground_wait(struct foreground *f, struct process *process, int master_fd, int *exit_code, struct err *e)
{
	f->console.master_fd = master_fd;
	f->console.pidfd = process->pidfd;
	int result = console_relay(&f->console, e);
	foreground_restore(f);
	return result < 0 ? -1 : process_wait(process, exit_code, e);
}

void foreground_restore(struct foreground *f)
{
	if (f->is_prepared)
		console_restore(&f->console);
	f->is_prepared = false;
}
