/* Owns writing a user namespace's id maps (user_namespaces(7)), and user namespaces that are nothing but such maps. */
#pragma once

#include "spec/base/err.h"

#include <stdbool.h>
#include <sys/types.h>

/* uid_map and gid_map are whole files as the kernel takes them. */
int idmap_write(pid_t pid, const char *uid_map, const char *gid_map, bool denies_setgroups, struct err *e);

/* A user namespace with these maps and no process, for mount_setattr(2): its descriptor. A child makes it and is gone again. */
int idmap_make_namespace(const char *uid_map, const char *gid_map, struct err *e);
