/* Owns terminals on the host's side: handing a pty's master to a console socket, and relaying it to our own terminal in
 * the foreground, with raw mode restored on every exit that a process can see. */
#pragma once

#include "spec/base/err.h"

#include <sys/types.h>

/* Connect to the AF_UNIX stream socket and send the master with SCM_RIGHTS, as containerd and conmon receive it (the message's
 * text is the name "/dev/ptmx"). Closes nothing. */
int console_send(const char *socket_path, int master_fd, struct err *e);

/* Foreground run and exec: relay until the process behind `pidfd` ends, forwarding signals to it; with master_fd >= 0 also
 * bytes both ways, window size changes, raw mode. Drains the master after the end. Reaps nothing.
 * signals: SIGTERM, SIGINT, SIGHUP, SIGQUIT, SIGUSR1, SIGUSR2, SIGWINCH ... go to the process by pidfd_send_signal. */
struct console {
	int master_fd; /* -1 without a terminal */
	int signal_fd;
	int pidfd;
};

/* Block the signals that are forwarded and open the signalfd; call it before the container is started, so that none is lost. */
int console_prepare(struct console *c, struct err *e);
int console_relay(struct console *c, struct err *e);
void console_restore(struct console *c);
