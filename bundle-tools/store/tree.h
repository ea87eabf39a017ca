/* Owns the reading of a file tree that is to be copied: every entry in a fixed order, with what belongs to its identity (type,
 * mode, owner, content, link target, device, extended attributes; not its times), and the manifest, a text with one line an entry
 * that says just that. The manifest's hash is the tree's digest. */
#pragma once

#include "bundle-tools/store/hash.h"
#include "bundle-tools/store/stat_cache.h"
#include "bundle-tools/store/store.h"
#include "spec/base/text.h"
#include "spec/model.h"

#include <sys/stat.h>
#include <time.h>

struct tree_xattr {
	const char *name;
	const void *value;
	size_t size;
};

struct tree_entry {
	const char *path;   /* below the top; "" is the top itself */
	struct stat st;
	const char *target; /* of a symbolic link */
	const char *linked; /* path of an earlier entry that is the same file, or NULL */
	unsigned char digest[HASH_BYTES]; /* of a regular file */
	SPEC_LIST(tree_xattr) xattrs;
};

struct tree {
	SPEC_LIST(tree_entry) entries; /* a directory before what is in it, names sorted */
};

struct tree_filter { /* what is left out: neither opened nor in the tree */
	bool (*skips)(const void *context, const char *path); /* of paths below the top */
	const void *context;
	bool may_keep_below; /* something in a directory that is left out may stay, and then the directory, too */
};

/* Read `path` below dir_fd (AT_FDCWD: the working directory). A symbolic link at the end is itself copied. Without
 * a cache no file is read, and digests are zero. Without a filter all is taken. */
int tree_read(struct conductor *c, struct stat_cache *cache, const struct tree_filter *filter, int dir_fd, const char *path,
	      struct tree *out, struct err *e);

struct tree_rules { /* what the copy will have instead of the source's */
	bool has_owner, has_mode;
	mode_t mode;
};

/* Add the manifest's lines, each path behind `prefix`. */
void tree_write(const struct tree *tree, const struct tree_rules *rules, const char *prefix, struct text *out);

/* Names of extended attributes that belong to a file's content: not overlayfs's own, not labels of the host. */
bool tree_keeps_xattr(const char *name);
