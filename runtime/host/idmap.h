/* Owns writing a user namespace's id maps (user_namespaces(7)), and user namespaces that are nothing but such maps. */
#pragma once

#include "spec/base/arena.h"
#include "spec/base/err.h"

#include <stdbool.h>
#include <sys/types.h>

/* `lines` is a whole file as the kernel takes it. Groups come first: what denies setgroups must be said before. Written by the
 * runtime itself, or by newuidmap and newgidmap (subordinate.h). */
int idmap_set_groups(pid_t pid, const char *lines, bool is_by_helper, bool denies_setgroups, struct arena *a, struct err *e);
int idmap_set_users(pid_t pid, const char *lines, bool is_by_helper, struct arena *a, struct err *e);

/* A user namespace with these maps and no process, for mount_setattr(2): its descriptor. A child makes it and is gone again. */
int idmap_make_namespace(const char *uid_map, const char *gid_map, struct err *e);
