/* The message page: everything that is said between the runtime and init. Records of one fixed size on a SOCK_SEQPACKET
 * socket; end-of-file tells that the other side is gone. Numbers are in the machine's order: both ends are one build,
 * except START and its answer, which a later release may send to an init of this one: their layout is frozen as version 1.
 *
 *   runtime                                   init
 *      | ------------ GO (await) ------------> |    id maps are written, the cgroup is entered, or the hooks have run
 *      | <---------- HOOKS_DUE --------------- |    only with hooks: namespaces and mounts are there, the pivot is next
 *      | <----- CONSOLE (+ pty master) ------- |    only with a terminal
 *      | <----- CHILD (+ credentials) -------- |    only with a joined pid namespace: I am the last fork, and take over
 *      | <------------ READY ----------------- |    all inside ops up to COMMIT are done
 *      | ------------ COMMIT ----------------> |    state is on disk: from now on init waits for start (create) or goes on (exec)
 *      | <---- FAILED (+ stderr's tail) ------ |    at any time instead: an op failed, init is about to exit; the tail is a hook's
 *      x                                       |    end-of-file before COMMIT: init leaves
 *
 *   start ------------- START ---------------> |    over the socket named in the state directory
 *   start <----- LISTENER (+ page) ----------- |    only with SCMP_ACT_NOTIFY (exec: to the runtime, after COMMIT): the filter
 *                                              |    is loaded next, and from then on init waits without a system call
 *   start <---- FAILED (+ stderr's tail) ----- |    the payload could not be started, or a hook before it failed
 *   start <---------- end-of-file ------------ |    the payload's exec has closed the connection: it runs
 */
#pragma once

#include <stdint.h>

enum { MESSAGE_VERSION = 1 };

enum message_kind {
	MESSAGE_GO = 1,  /* runtime -> init: number = enum plan_await */
	MESSAGE_CONSOLE, /* init -> runtime: one descriptor */
	MESSAGE_CHILD,   /* init -> runtime; which pid the sender has here, the socket tells (SO_PASSCRED) */
	MESSAGE_READY,   /* init -> runtime */
	MESSAGE_COMMIT,  /* runtime -> init; boxcar-netdev -> init, where it has moved devices */
	MESSAGE_FAILED,  /* init -> runtime, init -> start: op, call, error, hook, number */
	MESSAGE_START,   /* start -> init */
	MESSAGE_HOOKS_DUE, /* init -> runtime */
	MESSAGE_LISTENER,  /* init -> runtime, init -> start: one descriptor, the page below */
};

/* The file that comes with LISTENER, mapped by init: where the two talk on while any call of init's may be one that the filter
 * holds up or forbids. */
struct message_page {
	int32_t listener;  /* init: the descriptor's number, once the filter is loaded; -1 before */
	uint32_t is_taken; /* the other side: the listener is where it belongs */
};

struct message {
	uint32_t version; /* MESSAGE_VERSION */
	uint32_t kind;
	uint32_t op;      /* FAILED: index of the op in the plan */
	uint32_t call;    /* FAILED: number of the system call that failed */
	int32_t error;    /* FAILED: its errno, positive */
	uint32_t hook;    /* FAILED: 1 + the number of the hook that failed; 0: something else did */
	int64_t number;   /* what the row above says; FAILED: one number of detail, for a hook message_hook_end() */
};

/* How a hook ended (wait(2)'s status, 0 when it did not start or was too slow) and after how many milliseconds. */
static inline int64_t message_hook_end(int status, uint32_t milliseconds)
{
	return (int64_t)((uint64_t)milliseconds << 32 | (uint32_t)status);
}
