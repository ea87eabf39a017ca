/* An ordinary user's way to build and run: conductor becomes root of a user namespace that holds the user and the subordinate ids
 * of /etc/subuid and /etc/subgid, and has its mounts in a mount namespace there. The process stays the same one. */
#pragma once

#include "bundle-tools/conductor.h"

/* First of all that touches the store, and with one thread only; nothing to do for root. With `name`, and that container running,
 * it is the container's own user namespace (only who is root there has power over its processes); else a new one with the same
 * ids. `bundle` is the container's, as a path. Nobody needs to keep either: a container's mounts live as long as its own mount
 * namespace. */
int user_namespace_enter(struct conductor *c, const char *name, const char *bundle, struct err *e);

/* The same for one of the store's containers, or NULL, and store_open. */
int user_namespace_open_store(struct conductor *c, const char *name, struct err *e);

/* Refuse what no user namespace gives. */
int user_namespace_refuse(const char *what, const char *why, struct err *e);
