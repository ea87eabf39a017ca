/* The process page: the only place that clones containers.
 *
 *   runtime ─────────(one clone3)─────────► init ──exec──► payload
 *      │  host's namespaces                   │  new namespaces from birth (CLONE_NEW*), joined ones by JOIN ops
 *      │  holds: state directory + lock,      │  holds: the plan, the channel, and for create the start socket and
 *      │  channel, pidfd                      │  the file whose flock says "created"; all close-on-exec
 *      │
 *      └─► joiner: only for exec, where a user namespace meets namespaces to join, and where clocks are to be set. Joins
 *          namespaces, makes the time namespace and the user namespace that owns it, clones init into all of them with
 *          CLONE_PARENT (so that init is the runtime's child), tells its pid and leaves. Host's memory, never visible
 *          inside: a joined pid namespace holds only its children. Those are visible from their first moment, and so with a
 *          joined pid namespace the joiner executes boxcar-init before it clones: what neighbours see in /proc/PID/exe and
 *          /proc/PID/mem is a sealed memory file and nothing of the runtime.
 *
 * Besides: boxcar-netdev (netdev.h), only with /linux/netDevices, from after the clone to the commit; on the host, never
 * visible inside.
 *
 * init shares the runtime's memory until its exec (CLONE_VM|CLONE_VFORK) only when its pid namespace is new: in a joined one a
 * neighbour with CAP_SYS_PTRACE could open that memory; nor when its time namespace is new, as the kernel has
 * the clocks of one in the memory. Nothing waits for the runtime before that exec. */
#pragma once

#include "runtime/plan/encode.h"
#include "spec/base/err.h"

#include <stdbool.h>
#include <sys/types.h>

enum { PROCESS_MAX_SLOTS = 256 };

struct process {
	pid_t pid;  /* as the runtime sees it; 0: none */
	int pidfd;  /* owned; -1: none */
	int channel; /* our end; owned */
};

/* Descriptors for init by slot number; -1: none. The caller owns them. */
struct process_slots {
	int at[PROCESS_MAX_SLOTS];
	size_t count;
};

/* Open what the plan's NAMESPACE_FILE, TREE and HOOK_OUTPUT ops name, into their slots. The error names the op's path. */
int process_open_slots(const struct plan *plan, struct process_slots *slots, const struct op **failed, struct err *e);
void process_close_slots(struct process_slots *slots);

/* The plan in a sealed memfd. */
int process_seal_plan(const struct plan *plan, struct err *e);

/* Carry out the plan's CLONE and TIME_OFFSETS ops. `cgroup_fd` is for CLONE_INTO_CGROUP, or -1. `preserve_fds`: how many
 * descriptors from 3 on the payload keeps; those missing are an error. For exec the joiner enters through
 * `container_pidfd` (else -1). Where an op's own input is the cause of a failure, *failed is that op. */
int process_start(const struct plan *plan, struct process_slots *slots, unsigned preserve_fds, int cgroup_fd,
		  int container_pidfd, struct process *out, const struct op **failed, struct err *e);

/* SIGKILL by pidfd and reap; bounded. */
void process_end(struct process *p);

/* The exit code as a shell tells it: 0 to 255, or 128 + signal. Waits for our child as long as it lives. */
int process_wait(struct process *p, int *exit_code, struct err *e);

/* A process of another command, named by pid and start time (field 22 of /proc/PID/stat). -1 with errno ESRCH in e->number when
 * it is gone or the pid now belongs to somebody else. The start time is read after opening. */
int process_open(pid_t pid, uint64_t start_time, struct err *e);
/* The same, but one that has ended and was not reaped yet will do. */
int process_find(pid_t pid, uint64_t start_time, struct err *e);

/* Wait for the end of somebody else's process (or of our own child). How it ended is known where the kernel tells (Linux 6.15),
 * once its parent has reaped it, for which this waits ten seconds. */
enum process_end { PROCESS_KNOWN, PROCESS_UNKNOWN, PROCESS_FAILED };
enum process_end process_await(int pidfd, int *exit_code, struct err *e);
int process_read_start_time(pid_t pid, uint64_t *start_time, struct err *e);

/* OOM_SCORE: /proc/PID/oom_score_adj. */
int process_set_oom_score(pid_t pid, const char *value, struct err *e);
