/* What every command of conductor has at hand. */
#pragma once

#include "spec/base/arena.h"
#include "spec/base/err.h"
#include "spec/base/log.h"

#include <stdbool.h>

struct conductor {
	struct arena arena;
	struct log log;
	const char *root;    /* the store's directory, absolute */
	const char *runtime; /* the OCI runtime: a path, or a name that is looked for in PATH */
	const char *counter; /* the boxcar that stats asks: the runtime itself unless that is another program */
	int root_fd;         /* the store, opened by store_open */
	bool has_own_mounts; /* we are in a mount namespace of our own */
	bool is_rootless;    /* we are root of a user namespace only: overlayfs keeps its notes in user.overlay.* */
	bool has_own_ids;    /* and it is one that we have made: what we mount is seen by nobody else, and ends with us */
};
