#include "bundle-tools/watch/engines.h"

#include "spec/base/own.h"
#include "spec/field_rows.h"
#include "spec/json/read.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* --- containers/storage: one list of all, [{"id": "...", "names": ["web"]}] ------------------------------------------ */

struct spec_stored {
	const char *id;
	struct spec_texts names;
};
struct spec_storage {
	SPEC_LIST(spec_stored) containers;
};

#define OWNER struct spec_stored
static const struct field stored_rows[] = {
	TEXT("id", id, FILLED, "The container's id."),
	TEXTS("names", names, 0, "What it is called."),
};
static RECORD(stored);
#undef OWNER
#define OWNER struct spec_storage
static const struct field storage_rows[] = { OBJECTS("containers", containers, NEEDED, stored, "All of them.") };
static RECORD(storage);
#undef OWNER

/* --- Docker: a file for each, {"ID": "...", "Name": "/web"} ------------------------------------------------------------ */

struct docker {
	const char *id, *name;
};

#define OWNER struct docker
static const struct field docker_rows[] = {
	TEXT("ID", id, FILLED, "The container's id."),
	TEXT("Name", name, NEEDED, "What it is called, behind a slash."),
};
static RECORD(docker);
#undef OWNER

/* What is not there, or not in this form, holds no name for us. */
static const void *load(struct conductor *c, const char *path, const char *before, const struct record *record)
{
	struct err ignored = ERR_NONE;
	struct problems problems;
	const char *text;
	size_t length;

	if (json_load(AT_FDCWD, path, &c->arena, &text, &length, &ignored))
		return NULL;
	problems_init(&problems, &c->arena);
	text = arena_format(&c->arena, "%s%s%s", before, text, before[0] ? "}" : "");
	const void *found = json_read(record, text, strlen(text), &problems);
	return problems.mistakes ? NULL : found;
}

static const char *find_stored(struct conductor *c, const char *directory, const char *name)
{
	static const char *const drivers[] = { "overlay", "vfs", "btrfs", "zfs" };

	for (size_t i = 0; i < sizeof drivers / sizeof *drivers; i++) {
		const char *path = arena_format(&c->arena, "%s/%s-containers/containers.json", directory, drivers[i]);
		const struct spec_storage *all = load(c, path, "{\"containers\":", &record_storage);
		for (size_t n = 0; all && n < all->containers.count; n++)
			for (size_t k = 0; k < all->containers.at[n].names.count; k++)
				if (strcmp(all->containers.at[n].names.at[k], name) == 0)
					return all->containers.at[n].id;
	}
	return NULL;
}

static const char *find_docker(struct conductor *c, const char *root, const char *name)
{
	own_directory directory = opendir(root);
	struct dirent *entry;

	while (directory && (entry = readdir(directory))) {
		const char *path = arena_format(&c->arena, "%s/%s/config.v2.json", root, entry->d_name);
		const struct docker *found = entry->d_name[0] == '.' ? NULL : load(c, path, "", &record_docker);
		if (found && found->name[0] == '/' && strcmp(found->name + 1, name) == 0)
			return found->id;
	}
	return NULL;
}

const char *engines_find(struct conductor *c, const char *name)
{
	const char *home = getenv("HOME"), *found = find_stored(c, "/var/lib/containers/storage", name);

	if (!found && home && getuid())
		found = find_stored(c, arena_format(&c->arena, "%s/.local/share/containers/storage", home), name);
	if (!found)
		found = find_docker(c, "/var/lib/docker/containers", name);
	return found;
}
