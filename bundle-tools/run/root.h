/* Owns access to a root file system from outside: every path is resolved inside of it, by the kernel (openat2, RESOLVE_IN_ROOT),
 * and files are opened so that none of them can hang or fool us. */
#pragma once

#include "bundle-tools/conductor.h"
#include "spec/model.h"

#include <stdbool.h>
#include <sys/types.h>

/* As openat; symbolic links are followed inside the root. */
int root_open(int root_fd, const char *path, int flags, mode_t mode);

/* Make a directory and its parents; those that are missing get mode 0755 and the owner. Returns it, O_PATH. */
int root_make_directory(struct conductor *c, int root_fd, const char *path, uid_t uid, gid_t gid, struct err *e);

struct root_user {
	uid_t uid;
	gid_t gid;
	struct spec_ids groups; /* supplementary */
};

/* "user", "uid", "user:group", "uid:gid": names by the root's /etc/passwd and /etc/group, as the image specification says. NULL
 * or "" is root. */
int root_find_user(struct conductor *c, int root_fd, const char *text, struct root_user *out, struct err *e);
