/* config.json's mount option words, each a row: lowered to attributes, superblock flags and file system options. */
#include "runtime/plan/planner.h"

#include <linux/mount.h>
#include <string.h>
#include <sys/mount.h>

#ifndef MOUNT_ATTR_NOSYMFOLLOW
#define MOUNT_ATTR_NOSYMFOLLOW 0x00200000
#endif

enum option_effect {
	SUPERBLOCK, ATTRIBUTE, BELOW, PROPAGATION, BIND, REMOUNT, TMPCOPYUP, IDMAP,
	COPY_SYMLINK, SOURCE_AS_IS, TARGET_AS_IS, NOTHING,
};

/* An attribute option sets `set` and clears `clear`; the recursive twin (rro of ro) does so for the whole tree. */
static const struct mount_option {
	const char *name;
	enum option_effect effect;
	uint64_t set, clear;
} mount_option_rows[] = {
	{ "async", SUPERBLOCK, 0, MS_SYNCHRONOUS },
	{ "atime", ATTRIBUTE, 0, MOUNT_ATTR_NOATIME },
	{ "bind", BIND, 0, 0 },
	{ "copy-symlink", COPY_SYMLINK, 0, 0 },
	{ "defaults", NOTHING, 0, 0 },
	{ "dest-nofollow", TARGET_AS_IS, 0, 0 },
	{ "dev", ATTRIBUTE, 0, MOUNT_ATTR_NODEV },
	{ "diratime", ATTRIBUTE, 0, MOUNT_ATTR_NODIRATIME },
	{ "dirsync", SUPERBLOCK, MS_DIRSYNC, 0 },
	{ "exec", ATTRIBUTE, 0, MOUNT_ATTR_NOEXEC },
	{ "idmap", IDMAP, 0, 0 },
	{ "iversion", SUPERBLOCK, MS_I_VERSION, 0 },
	{ "lazytime", SUPERBLOCK, MS_LAZYTIME, 0 },
	{ "loud", SUPERBLOCK, 0, MS_SILENT },
	{ "mand", SUPERBLOCK, MS_MANDLOCK, 0 },
	{ "noatime", ATTRIBUTE, MOUNT_ATTR_NOATIME, MOUNT_ATTR__ATIME },
	{ "nodev", ATTRIBUTE, MOUNT_ATTR_NODEV, 0 },
	{ "nodiratime", ATTRIBUTE, MOUNT_ATTR_NODIRATIME, 0 },
	{ "noexec", ATTRIBUTE, MOUNT_ATTR_NOEXEC, 0 },
	{ "noiversion", SUPERBLOCK, 0, MS_I_VERSION },
	{ "nolazytime", SUPERBLOCK, 0, MS_LAZYTIME },
	{ "nomand", SUPERBLOCK, 0, MS_MANDLOCK },
	{ "norelatime", ATTRIBUTE, 0, MOUNT_ATTR_RELATIME },
	{ "nostrictatime", ATTRIBUTE, 0, MOUNT_ATTR_STRICTATIME },
	{ "nosuid", ATTRIBUTE, MOUNT_ATTR_NOSUID, 0 },
	{ "nosymfollow", ATTRIBUTE, MOUNT_ATTR_NOSYMFOLLOW, 0 },
	{ "private", PROPAGATION, MS_PRIVATE, 0 },
	{ "ratime", BELOW, 0, MOUNT_ATTR_NOATIME },
	{ "rbind", BIND, MS_REC, 0 },
	{ "rdev", BELOW, 0, MOUNT_ATTR_NODEV },
	{ "rdiratime", BELOW, 0, MOUNT_ATTR_NODIRATIME },
	{ "relatime", ATTRIBUTE, MOUNT_ATTR_RELATIME, MOUNT_ATTR__ATIME },
	{ "remount", REMOUNT, 0, 0 },
	{ "rexec", BELOW, 0, MOUNT_ATTR_NOEXEC },
	{ "ridmap", IDMAP, MS_REC, 0 },
	{ "rnoatime", BELOW, MOUNT_ATTR_NOATIME, MOUNT_ATTR__ATIME },
	{ "rnodev", BELOW, MOUNT_ATTR_NODEV, 0 },
	{ "rnodiratime", BELOW, MOUNT_ATTR_NODIRATIME, 0 },
	{ "rnoexec", BELOW, MOUNT_ATTR_NOEXEC, 0 },
	{ "rnorelatime", BELOW, 0, MOUNT_ATTR_RELATIME },
	{ "rnostrictatime", BELOW, 0, MOUNT_ATTR_STRICTATIME },
	{ "rnosuid", BELOW, MOUNT_ATTR_NOSUID, 0 },
	{ "rnosymfollow", BELOW, MOUNT_ATTR_NOSYMFOLLOW, 0 },
	{ "ro", ATTRIBUTE, MOUNT_ATTR_RDONLY, 0 },
	{ "rprivate", PROPAGATION, MS_PRIVATE | MS_REC, 0 },
	{ "rrelatime", BELOW, MOUNT_ATTR_RELATIME, MOUNT_ATTR__ATIME },
	{ "rro", BELOW, MOUNT_ATTR_RDONLY, 0 },
	{ "rrw", BELOW, 0, MOUNT_ATTR_RDONLY },
	{ "rshared", PROPAGATION, MS_SHARED | MS_REC, 0 },
	{ "rslave", PROPAGATION, MS_SLAVE | MS_REC, 0 },
	{ "rstrictatime", BELOW, MOUNT_ATTR_STRICTATIME, MOUNT_ATTR__ATIME },
	{ "rsuid", BELOW, 0, MOUNT_ATTR_NOSUID },
	{ "rsymfollow", BELOW, 0, MOUNT_ATTR_NOSYMFOLLOW },
	{ "runbindable", PROPAGATION, MS_UNBINDABLE | MS_REC, 0 },
	{ "rw", ATTRIBUTE, 0, MOUNT_ATTR_RDONLY },
	{ "shared", PROPAGATION, MS_SHARED, 0 },
	{ "silent", SUPERBLOCK, MS_SILENT, 0 },
	{ "slave", PROPAGATION, MS_SLAVE, 0 },
	{ "src-nofollow", SOURCE_AS_IS, 0, 0 },
	{ "strictatime", ATTRIBUTE, MOUNT_ATTR_STRICTATIME, MOUNT_ATTR__ATIME },
	{ "suid", ATTRIBUTE, 0, MOUNT_ATTR_NOSUID },
	{ "symfollow", ATTRIBUTE, 0, MOUNT_ATTR_NOSYMFOLLOW },
	{ "sync", SUPERBLOCK, MS_SYNCHRONOUS, 0 },
	{ "tmpcopyup", TMPCOPYUP, 0, 0 },
	{ "unbindable", PROPAGATION, MS_UNBINDABLE, 0 },
};

enum { MOUNT_OPTION_COUNT = sizeof mount_option_rows / sizeof *mount_option_rows };

static const struct mount_option *find_option(const char *name)
{
	size_t low = 0, high = MOUNT_OPTION_COUNT;

	while (low < high) {
		size_t middle = (low + high) / 2;
		int order = strcmp(name, mount_option_rows[middle].name);
		if (order == 0)
			return &mount_option_rows[middle];
		if (order < 0)
			high = middle;
		else
			low = middle + 1;
	}
	return NULL;
}

const char *const *plan_mount_options(struct arena *a)
{
	const char **names = arena_alloc(a, (MOUNT_OPTION_COUNT + 1) * sizeof *names);
	size_t count = 0;

	for (size_t i = 0; i < MOUNT_OPTION_COUNT; i++)
		names[count++] = mount_option_rows[i].name;
	return names;
}

static void change(uint64_t *set, uint64_t *clear, const struct mount_option *row)
{
	*set = (*set & ~row->clear) | row->set;
	*clear = (*clear & ~row->set) | row->clear;
}

static void apply_option(struct mount_options *out, const struct mount_option *row)
{
	switch (row->effect) {
	case SUPERBLOCK:
		out->superblock = (out->superblock & ~row->clear) | row->set;
		break;
	case ATTRIBUTE:
		change(&out->set, &out->clear, row);
		break;
	case BELOW:
		change(&out->set_below, &out->clear_below, row);
		break;
	case PROPAGATION:
		out->propagation = row->set;
		break;
	case BIND:
		out->is_bind = true;
		out->is_recursive |= row->set & MS_REC;
		break;
	case REMOUNT:
		out->is_remount = true;
		break;
	case TMPCOPYUP:
		out->has_tmpcopyup = true;
		break;
	case IDMAP:
		out->has_idmap = true;
		out->has_idmap_below |= row->set & MS_REC;
		break;
	case COPY_SYMLINK:
		out->has_copy_symlink = true;
		break;
	case SOURCE_AS_IS:
		out->is_source_as_is = true;
		break;
	case TARGET_AS_IS:
		out->is_target_as_is = true;
		break;
	case NOTHING:
		break;
	}
}

void mount_options_read(struct arena *a, const struct spec_texts *options, struct mount_options *out)
{
	*out = (struct mount_options){ 0 };
	out->data = arena_alloc(a, (options->count + 1) * sizeof *out->data);
	for (size_t i = 0; i < options->count; i++) {
		const struct mount_option *row = find_option(options->at[i]);
		if (row)
			apply_option(out, row);
		else if (options->at[i][0])
			out->data[out->data_count++] = options->at[i];
	}
}
