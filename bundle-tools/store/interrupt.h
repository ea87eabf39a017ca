/* Owns how a long command is interrupted: SIGINT, SIGTERM and SIGHUP stay blocked and are asked for between steps, so that what has
 * been begun is undone by the code that began it. */
#pragma once

#include "spec/base/err.h"

#include <signal.h>

/* From now on; `before` gets the mask that children start with. */
void interrupt_block(sigset_t *before);

void interrupt_signals(sigset_t *set);

/* Wait so long for a signal (0: only look). -1 with an error and the exit code 128 + N when one has come. */
int interrupt_check(int milliseconds, struct err *e);

/* The error for a signal that was taken elsewhere. Returns -1. */
int interrupt_err(int signal, struct err *e);
