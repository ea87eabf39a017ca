/* Waiting in the foreground for run and exec: signals go to the payload, a terminal is relayed, orphans are reaped. */
#pragma once

#include "runtime/host/console.h"
#include "runtime/host/processes.h"

struct foreground {
	struct console console;
	bool is_prepared;
};

void foreground_init(struct foreground *f);
/* Before the process is started, so that no signal is lost. */
int foreground_prepare(struct foreground *f, struct err *e);
/* Until the process ends; master_fd -1 without a terminal. */
int foreground_wait(struct foreground *f, struct process *process, int master_fd, int *exit_code, struct err *e);
void foreground_restore(struct foreground *f);
