/* Owns the removal of whole directories, by descriptor: no symbolic link is followed and no file system boundary crossed. */
#pragma once

#include "spec/base/err.h"

/* Remove a file or a directory with all in it. A name that is not there is no error. */
int remove_tree(int dir_fd, const char *name, struct err *e);
