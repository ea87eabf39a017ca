#include "runtime/host/sealed.h"

#include "spec/base/own.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>

#ifndef MFD_EXEC
#define MFD_EXEC 0x0010U
#endif

static int fill(int fd, const char *bytes, size_t length, const char *name, struct err *e)
{
	while (length) {
		ssize_t done = write(fd, bytes, length);
		if (done <= 0)
			return err_sys(e, "write the memory file %s", name);
		bytes += done;
		length -= (size_t)done;
	}
	if (fcntl(fd, F_ADD_SEALS, F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE) < 0)
		return err_sys(e, "seal the memory file %s", name);
	return 0;
}

int sealed_make(const char *name, unsigned flags, const void *bytes, size_t length, struct err *e)
{
	own_fd fd = memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING | (flags & SEALED_EXECUTABLE ? MFD_EXEC : 0));

	if (fd < 0 && errno == EINVAL) /* before 6.3 there is no MFD_EXEC, and every memfd may be executed */
		fd = memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (fd < 0)
		return err_sys(e, "make a memory file for %s", name);
	if (fill(fd, bytes, length, name, e) < 0)
		return -1;
	return take_fd(&fd);
}
