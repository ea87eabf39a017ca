/* Owns the programs that the runtime starts only when they are asked for: where they are, their start, the channel to them, their
 * end. What is said over the channel is each one's own (netdev_messages.h, systemd_messages.h). */
#pragma once

#include "spec/base/arena.h"
#include "spec/base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* "boxcar-netdev": beside the runtime's own file (as it is built), or in ../libexec/boxcar seen from there (as it is
 * installed). Who can write there can replace the runtime itself; the environment is not asked. NULL with the error when it is
 * in neither. */
const char *libexec_find(const char *name, struct arena *a, struct err *e);

/* One that runs. */
struct libexec {
	const char *name; /* for messages */
	pid_t pid;        /* 0: not running */
	int channel;      /* SOCK_SEQPACKET to its descriptor 0; owned; -1 */
};

void libexec_init(struct libexec *x);

/* With no descriptor of ours but the channel, in a session of its own: what a terminal sends to the runtime's process group is not
 * for it. `argument` may be NULL; `env` ends with NULL. */
int libexec_start(struct libexec *x, const char *name, const char *argument, char *const env[], struct arena *a, struct err *e);

/* One record of what it says, of at most `size` bytes: its length, 0 when the program is gone, -1. */
ssize_t libexec_hear(const struct libexec *x, void *record, size_t size, int milliseconds, struct err *e);

/* Close the channel, which tells it to end, and wait for that; after some seconds it is killed. */
void libexec_end(struct libexec *x);
