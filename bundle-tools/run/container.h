/* Owns containers: containers/NAME/ is an OCI bundle that any runtime can run, with what we know of it beside.
 *
 *     config.json, rootfs     the bundle; rootfs is an overlay, mounted while the container runs
 *     merged -> rootfs        the name that the course's scripts know
 *     upper, work             what the container changes
 *     container.json          image, layers, network: struct container
 *     hosts, resolv.conf      bound into it
 *     volumes/N               the image's volumes, in the order of their paths
 *     log                     what a detached one says
 *     runtime -> PROGRAM      what runs it: see runtime.h
 *
 * `run` holds a lock on the directory as long as it lasts, in the foreground as long as the container does: who finds it held
 * and no container yet waits, or leaves it alone. */
#pragma once

#include "bundle-tools/run/bundle.h"
#include "bundle-tools/run/runtime.h"

struct container {
	const char *name, *image, *created;
	struct spec_texts layers;
	const char *rootfs;      /* --rootfs, or "" */
	const char *network;     /* "own", "isolated" (own, and stays alone) or "host" */
	const char *stop_signal; /* or "" */
};

struct container_volume {
	const char *source, *destination;
	bool is_readonly;
};

struct container_options {
	const char *image, *name;   /* image: NULL with rootfs */
	const char *rootfs, *hostname, *network, *user;
	struct spec_texts command, env;
	SPEC_LIST(container_volume) volumes;
	int64_t memory, cpu_quota, pids;
	bool is_detached, is_removed; /* is_removed: at its end */
};

/* Run one. In the foreground *exit_code is the command's, and the container stays, stopped, until container_stop. */
int container_run(struct conductor *c, const struct container_options *options, int *exit_code, struct err *e);

/* A bundle in a directory of its own, with its root mounted. */
int container_write_bundle(struct conductor *c, const struct container_options *options, const char *directory, struct err *e);

/* Its directory, as a path: the bundle. */
const char *container_directory(struct conductor *c, const char *name);

/* Into the container's directory. */
int container_write(struct conductor *c, int dir_fd, const struct container *record, struct err *e);

/* No such container is an error. */
int container_read(struct conductor *c, const char *name, struct container **out, struct err *e);

/* Ask it to end, kill it after `seconds`, and remove it with all that belongs to it. */
int container_stop(struct conductor *c, const char *name, unsigned seconds, struct err *e);

/* Unmount the roots of containers that have ended, and remove those that have no record yet, if nobody is at work on them. */
int container_sweep(struct conductor *c, struct err *e);

/* The lock of a container's directory. 1: somebody has it. */
int container_lock(const char *directory, int *out, struct err *e);

/* Its root, whether it was mounted or not. */
int container_unmount(struct conductor *c, const char *directory, struct err *e);

/* What a user wrote as a command: a single word with blanks is for the shell. None: the shell that `root_fd` has. */
void container_read_command(struct conductor *c, int root_fd, struct spec_texts *command);
