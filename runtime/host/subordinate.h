/* Owns newuidmap(1) and newgidmap(1): the programs that map the subordinate ids which /etc/subuid and /etc/subgid give an ordinary
 * user (user_namespaces(7): nobody else may without CAP_SETUID and CAP_SETGID). Never writes those files. */
#pragma once

#include "spec/base/arena.h"
#include "spec/base/err.h"

#include <sys/types.h>

enum subordinate { SUBORDINATE_USERS, SUBORDINATE_GROUPS };

/* `lines` as /proc/PID/uid_map takes them. The program is searched in PATH. The error quotes what it said, and says what of the
 * configuration the files do not give. */
int subordinate_map(enum subordinate which, pid_t pid, const char *lines, struct arena *a, struct err *e);
