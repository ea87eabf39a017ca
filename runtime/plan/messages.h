/* The message page: everything that is said between the runtime and init. Records of one fixed size on a SOCK_SEQPACKET
 * socket; end-of-file tells that the other side is gone. Numbers are in the machine's order: both ends are one build,
 * except START and its answer, which a later release may send to an init of this one: their layout is frozen as version 1.
 *
 *   runtime                                   init
 *      | ------------ GO (await) ------------> |    id maps are written, or the cgroup is entered
 *      | <----- CONSOLE (+ pty master) ------- |    only with a terminal
 *      | <---- CHILD (pid, + pidfd) ---------- |    only with a joined pid namespace: the last fork took over
 *      | <------------ READY ----------------- |    all inside ops up to COMMIT are done
 *      | ------------ COMMIT ----------------> |    state is on disk: from now on init waits for start (create) or goes on (exec)
 *      | <------------ FAILED ---------------- |    at any time instead: an op failed, init is about to exit
 *      x                                       |    end-of-file before COMMIT: init leaves
 *
 *   start ------------- START ---------------> |    over the socket named in the state directory
 *   start <------------ FAILED --------------- |    the payload could not be started
 *   start <---------- end-of-file ------------ |    the payload's exec has closed the connection: it runs
 */
#pragma once

#include <stdint.h>

enum { MESSAGE_VERSION = 1 };

enum message_kind {
	MESSAGE_GO = 1,  /* runtime -> init: number = enum plan_await */
	MESSAGE_CONSOLE, /* init -> runtime: one descriptor */
	MESSAGE_CHILD,   /* init -> runtime: number = pid as the runtime sees it */
	MESSAGE_READY,   /* init -> runtime */
	MESSAGE_COMMIT,  /* runtime -> init */
	MESSAGE_FAILED,  /* init -> runtime, init -> start: op, call, error, number */
	MESSAGE_START,   /* start -> init */
};

struct message {
	uint32_t version; /* MESSAGE_VERSION */
	uint32_t kind;
	uint32_t op;      /* FAILED: index of the op in the plan */
	uint32_t call;    /* FAILED: number of the system call that failed */
	int32_t error;    /* FAILED: its errno, positive */
	uint32_t spare;
	int64_t number;   /* what the row above says; FAILED: one number of detail */
};
