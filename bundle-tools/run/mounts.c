#include "bundle-tools/run/mounts.h"

#include "spec/base/own.h"

#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>

int mounts_leave(struct conductor *c, struct err *e)
{
	if (c->has_own_mounts)
		return 0;
	if (unshare(CLONE_NEWNS))
		return err_sys(e, "make a mount namespace");
	if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL))
		return err_sys(e, "keep mounts private");
	own_fd root_fd = open(c->root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (root_fd < 0)
		return err_sys(e, "open the store %s", c->root);
	drop_fd(&c->root_fd);
	c->root_fd = take_fd(&root_fd);
	c->has_own_mounts = true;
	return 0;
}
