/* The scope that systemd makes for a container: steps of create and delete, what update changes, and how exec gets in. */
#pragma once

#include "runtime/life/container.h"

/* Ask systemd for what the plan must know of it. */
int scope_find_systemd(struct boxcar *b, struct err *e);

/* Written down before the scope exists. */
int scope_mark(const struct creation *c, struct err *e);
int scope_make(void *creation, struct err *e);
void scope_undo(void *creation);
/* Of the container's cgroup, which may be below the scope's. */
int scope_make_cgroup(const struct creation *c, const char *controllers, struct err *e);
/* Once init is there, boxcar-systemd need not be. */
int scope_leave(void *creation, struct err *e);

/* Between the end of the processes and the removal of the cgroup: systemd goes first, a moment long. */
void scope_await_end(const struct container *c);

/* Stop the unit, where there is one, and remove what is left of its cgroup. That systemd is gone is no error when nothing is
 * left. */
int scope_remove(const struct container *c, struct err *e);

bool scope_is_there(const struct container *c);

/* The unit's properties that the plan has; none is fine. */
int scope_set(const struct container *c, const struct plan *plan, struct err *e);

/* exec: into whose unit its process has to be put by systemd; both NULL when the caller can do it. Fills the fact. */
void scope_find(const struct container *c, const char *group, struct birth *birth);
/* Put init there, and see that it is. */
int scope_attach(const struct birth *birth, struct err *e);
