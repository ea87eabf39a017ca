/* Owns the store's directory and its locks.
 *
 *     layers/KEY/diff/        what the layer adds, as overlayfs keeps it
 *     layers/KEY/meta.json    instruction, parent, size; store/layer.h
 *     layers/KEY/manifest     what a COPY copied, one line a file; store/tree.h
 *     images/NAME.json        store/image.h
 *     containers/NAME/        run/container.h
 *     bundles/HASH            which layers a bundle outside of the store needs
 *     tmp/KEY/                a layer that is being made, by the holder of its lock
 *     locks/NAME              held with flock(2), so that a lock dies with its holder
 *     stat-cache/, apt/       can be removed at any time
 *
 * Layers and images are made elsewhere and renamed into place: whoever sees one sees all of it. */
#pragma once

#include "bundle-tools/conductor.h"

#include <stdbool.h>

/* Make the directory when it is missing, and open it as c->root_fd. */
int store_open(struct conductor *c, struct err *e);

enum lock_mode { LOCK_WAIT, LOCK_TRY };

/* 0: locked. 1: someone else holds it (LOCK_TRY). A wait can be interrupted (store/interrupt.h). */
int store_lock(const struct conductor *c, const char *name, enum lock_mode mode, int *fd, struct err *e);

/* Removes the lock's file too. */
void store_unlock(const struct conductor *c, const char *name, int *fd);

/* Keep the layers that exist (HOLD_SHARED, for a build), or be the only one who has to do with them (HOLD_ALONE, to remove some).
 * Returns a descriptor that holds on until it is closed; -1 also when the others do not allow it. */
enum hold_mode { HOLD_SHARED, HOLD_ALONE };
int store_hold_layers(const struct conductor *c, enum hold_mode mode, struct err *e);

/* Make a directory that may be there already, and open it. */
int store_open_directory(int dir_fd, const char *name, struct err *e);

/* Write a file that appears whole or not at all; an existing one is replaced. WRITE_SYNCED: also after the machine has died. */
enum write_mode { WRITE_PLAIN, WRITE_SYNCED };
int store_write_file(int dir_fd, const char *name, const char *bytes, size_t length, enum write_mode mode, struct err *e);

/* The names in a directory of the store, sorted; a missing directory has none. */
struct names {
	const char **at;
	size_t count;
};
int store_list(struct conductor *c, const char *directory, struct names *out, struct err *e);

/* Names of images and containers: letters, digits and . _ -, beginning with a letter or digit, at most 64. */
bool store_is_name(const char *name);
