/* Owns the way of a seccomp listener (SCMP_ACT_NOTIFY) from init to the program on linux.seccomp.listenerPath: connect first, so
 * that one that is not there is seen before anything has happened; then take and send, when init says LISTENER. */
#pragma once

#include "runtime/life/boxcar.h"
#include "runtime/life/config_text.h"

struct listener {
	const struct plan_request *request;
	const struct config_text *config; /* for the places in messages */
	const char *path; /* NULL: the configuration has no such rule */
	const char *status; /* of the container meanwhile */
	int64_t init;       /* the container's first process */
	int socket_fd;      /* owned; -1 */
};

int listener_connect(struct listener *l, struct err *e);
void listener_close(struct listener *l);

/* Init's LISTENER came, with its page (plan/messages.h), over `channel`. Takes the listener of the process `pid` behind `pidfd`,
 * sends it with the state, closes the connection, and lets init go on. Within ten seconds, or -1; init then still waits, and has
 * to be ended. */
int listener_hand_over(struct listener *l, int page_fd, int channel, int pidfd, int64_t pid, struct err *e);
