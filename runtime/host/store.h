/* Owns the state directory: ROOT/ID with
 *
 *     cgroup       symbolic link whose target is the cgroup path (or "none"); made, with the directory, before the first
 *                  cgroup (intent); whoever made it owns the directory
 *     unit         symbolic link to "system/NAME" or "user/NAME": the unit of systemd that the cgroup is, and whose systemd; made
 *                  before the unit; mostly absent
 *     resctrl      symbolic link to what of resctrl goes with the container; made before that; mostly absent
 *     state        spec/state.h's text: length, checksum, JSON; written under another name, synced, renamed
 *     config.json  the configuration as read at create; exec and delete read this one
 *     start        socket on which init waits for `start`
 *     created      file whose flock init holds until the payload's exec
 *
 * The lock is a flock on the directory itself: it dies with its holder, and there is no stale lock file. ROOT and ID are
 * mode 0700. Everything is done by directory descriptors with O_NOFOLLOW; ids are checked before they meet a path. */
#pragma once

#include "spec/base/arena.h"
#include "spec/base/err.h"
#include "spec/state.h"

#include <stdbool.h>
#include <stddef.h>

enum { STORE_ID_MAX = 255 };
#define NO_CGROUP "none" /* target of the cgroup link when there is no cgroup; a path begins with '/' */
#define STORE_MISSING "container does not exist" /* the whole error text, which engines look for */

struct store {
	int root_fd;      /* -1 until opened; owned */
	const char *root; /* for messages */
};

struct store_entry {
	int fd; /* ROOT/ID; owned; holds the flock while is_locked */
	bool is_locked;
	const char *id;
	const char *root;
};

/* [A-Za-z0-9_+.-]+, not beginning with '.' or '-', at most STORE_ID_MAX bytes. */
int store_check_id(const char *id, struct err *e);

/* Open the root; with `may_make` it and its parents are made (0700), else a missing one is an empty store (root_fd -1,
 * returns 0). */
int store_open(struct store *s, const char *root, bool may_make, struct err *e);
void store_close(struct store *s);

/* Make ROOT/ID, lock it, write the intent (the cgroup link), sync. "container with given ID already exists" when taken. */
int store_make(struct store *s, const char *id, const char *cgroup_path, struct store_entry *out, struct err *e);

/* Open ROOT/ID: "container does not exist" when missing. With a lock, wait for it at most `wait_ms` milliseconds (-1: take
 * no lock); the error after that has EWOULDBLOCK as its number and names the holder (found through /proc/locks). */
int store_find(struct store *s, const char *id, int wait_ms, struct store_entry *out, struct err *e);
void store_entry_close(struct store_entry *entry);

/* The state file. `*out` is NULL (and 0 returned) when there is none yet. Damaged: an error; never hangs on a FIFO or device. */
int store_read_state(const struct store_entry *entry, struct arena *a, struct state **out, struct err *e);
int store_write_state(const struct store_entry *entry, const struct state *state, struct arena *a, struct err *e);

/* The cgroup path from the link, never from the state file; "" when there is none, or it is damaged; NULL with errno when the
 * link cannot be read. In the arena. */
const char *store_read_cgroup(const struct store_entry *entry, struct arena *a);

/* The same for the group of resctrl that goes with the container: NULL when there is none. */
int store_write_resctrl(const struct store_entry *entry, const char *path, struct err *e);
const char *store_read_resctrl(const struct store_entry *entry, struct arena *a);

/* The unit's name; NULL when there is none. */
int store_write_unit(const struct store_entry *entry, bool is_users, const char *name, struct err *e);
const char *store_read_unit(const struct store_entry *entry, struct arena *a, bool *is_users);

int store_write_config(const struct store_entry *entry, const char *text, size_t length, struct err *e);
int store_read_config(const struct store_entry *entry, struct arena *a, const char **text, size_t *length, struct err *e);

/* The two descriptors init inherits: a bound, listening SEQPACKET socket, and the created file with its flock taken.
 * (A socket path longer than sun_path is bound through /proc/self/fd/N or by chdir-free means.) */
int store_make_start(const struct store_entry *entry, int *listen_fd, int *created_fd, struct err *e);

/* Connect to the start socket. -1 with errno ECONNREFUSED/ENOENT in e->number when nobody listens. */
int store_connect_start(const struct store_entry *entry, struct err *e);

/* The flock on `created` is held by somebody else: init waits for start. */
bool store_is_created(const struct store_entry *entry);

/* Remove ROOT/ID and all in it; verifies that it is gone. Not there: success. */
int store_remove(struct store *s, struct store_entry *entry, struct err *e);

/* The ids there are, sorted; in the arena. */
int store_list(struct store *s, struct arena *a, const char ***ids, size_t *count, struct err *e);
