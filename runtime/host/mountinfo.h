/* Owns the reading of /proc/self/mountinfo: which mounts the runtime sees. */
#pragma once

#include "spec/base/arena.h"

#include <stdbool.h>

/* One line of it, fields decoded. */
struct mount_line {
	const char *id, *parent, *root, *mount_point, *flags; /* flags: "rw,nosuid" of this mount */
	const char *type, *options;                           /* options: those of the superblock */
};

/* The whole of a file of procfs, sysfs or cgroupfs, whose size is unknown before; NULL with errno. These files come by the page: a
 * read that brings less than half of one has brought the end. */
char *mountinfo_read_file(const char *path, struct arena *a);

/* Changes the line in place; false when it is none. */
bool mountinfo_read_line(char *line, struct mount_line *out);

/* The mounts that hide a part of what is mounted on /proc or /sys, as "/proc/sys, /proc/kcore and 3 more"; NULL when there are
 * none. What lies on one of them hides nothing more. */
const char *mountinfo_find_covers(const char *directory, struct arena *a);

/* What is mounted there can only be read. */
bool mountinfo_is_readonly(const char *directory, struct arena *a);
