/* Owns what a payload tells the service manager of the runtime's caller (sd_notify(3)): the container sees a socket of ours, in a
 * directory of the state directory that is bound to /run/notify, and what comes there goes on to the caller's NOTIFY_SOCKET.
 * With READY=1 goes MAINPID=, which the payload cannot know; what needs descriptors (FDSTORE, BARRIER) stays behind. */
#pragma once

#include "spec/base/err.h"

#include <stdbool.h>
#include <sys/types.h>

struct notify {
	int fd;             /* where the payload writes; owned; -1: there is nothing to do */
	const char *socket; /* the caller's: a path, or '@' and an abstract name */
	pid_t pid;          /* the payload's, as seen outside */
	bool is_ready;      /* READY=1 went through */
};

void notify_init(struct notify *n);
void notify_close(struct notify *n);

/* The directory to bind, in the state directory. */
int notify_make_directory(int entry_fd, struct err *e);

/* Listen there, before the payload runs. Without that directory, or without a socket to hand on to: nothing to do, 0. */
int notify_open(struct notify *n, int entry_fd, const char *socket, pid_t pid, struct err *e);

/* Hand on what has come. Whoever does not listen any more has lost interest: no error. */
void notify_forward(struct notify *n);

/* Hand on until READY=1 came, or the process has ended. */
int notify_wait(struct notify *n, int pidfd, struct err *e);
