/* Owns layers: finding one by its key, making one so that it appears whole or not at all, reading what is known of it.
 *
 * The key is a hash of everything the layer's content follows from: the parent's key, the instruction, what a COPY copies. So a
 * layer never changes, two images with the same beginning share it, and of two builds that want the same layer one makes it. */
#pragma once

#include "bundle-tools/store/hash.h"
#include "bundle-tools/store/store.h"
#include "spec/model.h"

/* meta.json */
struct layer_meta {
	const char *key, *parent; /* parent: "" for the first */
	const char *instruction, *created;
	struct opt_uint size;     /* bytes of regular files */
};

/* A layer that is being made, below tmp/KEY. */
struct layer_writer {
	struct conductor *conductor;
	const char *key;
	int lock_fd, dir_fd; /* dir_fd: tmp/KEY */
	int diff_fd;         /* tmp/KEY/layer/diff, mode 0755, still empty */
	bool had_remains;    /* a builder of the same layer was killed before: what it ran may still live */
};

bool layer_exists(const struct conductor *c, const char *key);

/* 0: *out is ours to fill. 1: the layer exists, made by somebody else while we waited for the lock. */
int layer_begin(struct conductor *c, const char *key, struct layer_writer *out, struct err *e);

/* Everything on disk, then in place. The writer is finished, whether this succeeds or not. */
int layer_commit(struct layer_writer *w, struct layer_meta *meta, struct err *e);

/* Remove what was begun. */
void layer_abandon(struct layer_writer *w);

int layer_read(struct conductor *c, const char *key, struct layer_meta **out, struct err *e);

/* O_PATH descriptor of the layer's content. */
int layer_open(const struct conductor *c, const char *key, struct err *e);

int layer_remove(struct conductor *c, const char *key, struct err *e);
