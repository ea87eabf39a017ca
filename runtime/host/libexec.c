#include "runtime/host/libexec.h"

#include <limits.h>
#include <string.h>
#include <unistd.h>

const char *libexec_find(const char *name, struct arena *a, struct err *e)
{
	static const char *const places[] = { "%s/%s", "%s/../libexec/boxcar/%s" };
	char own[PATH_MAX];
	ssize_t length = readlink("/proc/self/exe", own, sizeof own - 1);

	if (length < 0) {
		(void)err_sys(e, "find %s: read the link /proc/self/exe", name);
		return NULL;
	}
	own[length] = '\0';
	*strrchr(own, '/') = '\0'; /* what the kernel says here is absolute */
	for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
		const char *path = arena_format(a, places[i], own, name);
		if (access(path, X_OK) == 0)
			return path;
	}
	(void)err_sys(e, "find %s in %s or %s/../libexec/boxcar", name, own, own);
	(void)err_hint(e, "`make install` puts it there");
	return NULL;
}
