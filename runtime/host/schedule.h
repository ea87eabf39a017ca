/* Owns how the kernel schedules init, set from outside: by the runtime's privileges, which inside a user namespace nobody
 * has. */
#pragma once

#include "runtime/plan/encode.h"
#include "spec/base/err.h"

#include <sys/types.h>

/* The CPUs that the calling process ran on before. */
struct schedule_cpus {
	void *mask; /* malloc'd; NULL: nothing was changed */
	size_t size;
};

/* FIRST_CPUS: what is cloned from now on begins there. */
int schedule_take_cpus(const struct plan *plan, const struct op_first_cpus *cpus, struct schedule_cpus *before, struct err *e);
void schedule_give_back_cpus(struct schedule_cpus *before);

/* CPUS, SCHEDULER, IO_PRIORITY: of our child `pid`. */
int schedule_set_cpus(const struct plan *plan, const struct op_cpus *cpus, pid_t pid, struct err *e);
int schedule_set(const struct op_scheduler *scheduler, pid_t pid, struct err *e);
int schedule_set_io(const struct op_io_priority *io, pid_t pid, struct err *e);
