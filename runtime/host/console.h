/* Owns terminals on the host's side: handing a pty's master to a console socket, and relaying it to our own terminal in
 * the foreground, with raw mode restored on every exit that a process can see. */
#pragma once

#include "runtime/host/notify.h"
#include "spec/base/err.h"

#include <stdbool.h>
#include <termios.h>

/* Connect to the AF_UNIX stream socket and send the master with SCM_RIGHTS, as containerd and conmon receive it (the message's
 * text is the name "/dev/ptmx"). Closes nothing. */
int console_send(const char *socket_path, int master_fd, struct err *e);

/* Foreground run and exec. The caller fills master_fd and pidfd after the start; the rest is ours. */
struct console {
	int master_fd; /* -1 without a terminal */
	int signal_fd; /* owned */
	int pidfd;
	struct notify *notify; /* what the payload tells a service manager is handed on; or NULL */
	bool is_raw;   /* our terminal is in raw mode; `saved` is how it was */
	struct termios saved;
};

/* Block the signals that are forwarded (those that ask a process to end or tell it something, real-time ones too) and open the
 * signalfd; call it before the container is started, so that none is lost. Fills signal_fd, and -1 for the others. What is
 * blocked stays so over clone and exec: init unblocks all before the payload. */
int console_prepare(struct console *c, struct err *e);

/* Give the terminal the size of ours, if we have one: once before the payload starts, and after every SIGWINCH. */
void console_copy_size(int master_fd);

/* Relay until the process behind `pidfd` ends: forward signals to it by pidfd_send_signal; with master_fd >= 0 also stdin and
 * stdout, with stdin's terminal in raw mode and its window size handed on. After the end what the payload has written is
 * read, for at most two seconds. End of stdin sends nothing; a stdout that nobody reads any more loses the output and
 * nothing else. Reaps nothing, closes neither master nor pidfd, and restores the terminal. */
int console_relay(struct console *c, struct err *e);

/* The terminal as it was, the signalfd closed. Again: nothing. For the paths on which console_relay was not reached. */
void console_restore(struct console *c);
