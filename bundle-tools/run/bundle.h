/* Owns the config.json of a container: from an image's configuration and what a command asks for to the model of the
 * runtime-spec, and to a file. */
#pragma once

#include "bundle-tools/run/root.h"
#include "bundle-tools/store/image.h"

struct bundle_mount {
	const char *source, *destination;
	bool is_readonly;
};

struct bundle {
	struct spec_texts args, env;  /* env: NAME=VALUE, later ones win */
	const char *cwd, *hostname;
	struct root_user user;
	bool has_terminal, shares_network, has_cgroup_mount;
	bool has_user_namespace;      /* a new one, with the ids that we have in ours */
	SPEC_LIST(bundle_mount) mounts; /* binds */
	const char *cgroups_path;     /* absolute */
	int64_t memory, cpu_quota, pids; /* bytes; microseconds of 100,000; processes. 0: no limit */
	struct spec_map annotations;
};

/* Write config.json into the directory; the root is its `rootfs`. */
int bundle_write(struct conductor *c, int dir_fd, const struct bundle *b, struct err *e);

/* One NAME=VALUE into an environment: replaces a variable of that name. */
void bundle_set_env(struct conductor *c, struct spec_texts *env, const char *pair);

/* PATH, when the environment has none. */
void bundle_add_path(struct conductor *c, struct spec_texts *env);

/* Paths in a cgroup's name and ids tell stores apart: eight digits that follow from the store's path. */
const char *bundle_store_tag(struct conductor *c);
