#include "spec/annotations.h"

#include <string.h>

static bool rule_is_below(const char *path)
{
	for (;;) {
		size_t length = strcspn(path, "/");
		if (length == 0 || (length == 1 && path[0] == '.') || (length == 2 && path[0] == '.' && path[1] == '.'))
			return false;
		if (!path[length])
			return true;
		path += length + 1;
	}
}

const struct annotation_row annotation_rows[ANNOTATION_COUNT] = {
	[ANNOTATION_KEEP_GROUPS] = { "run.oci.keep_original_groups", "1",
				     "With 1 keep the caller's supplementary groups; additionalGids are not set then." },
	[ANNOTATION_PIDFD_RECEIVER] = { "run.oci.pidfd_receiver", "SOCKET",
					"Send the container's pidfd to this socket, as --pidfd-socket." },
	[ANNOTATION_HOOKS_STDOUT] = { "run.oci.hooks.stdout", "FILE", "Append what hooks write to stdout to this file." },
	[ANNOTATION_HOOKS_STDERR] = { "run.oci.hooks.stderr", "FILE", "Append what hooks write to stderr to this file." },
	[ANNOTATION_SUBGROUP] = { "run.oci.systemd.subgroup", "NAME",
				  "Where systemd makes the cgroup, put the container into one of this name below the scope's." },
	[ANNOTATION_PROPERTY] = { "org.systemd.property.", "VALUE",
				  "The key goes on with a property of the scope that systemd makes, the value is as GVariant writes it; of "
				  "one that ends in Sec the value is a number of seconds." },
	[ANNOTATION_DELEGATE_CGROUP] = { "run.oci.delegate-cgroup", "NAME",
					 "Make this cgroup below the container's, give it and its controllers to the container's user, "
					 "and let the process begin in it; limits stay on the cgroup above it. Needs cgroup v2.",
					 rule_is_below, "must be a relative path without . and .." },
};

const struct spec_pair *annotation_find_pair(const struct spec *spec, enum annotation which)
{
	const struct spec_map *map = &spec->annotations;

	for (size_t i = 0; i < map->count; i++)
		if (strcmp(map->at[i].key, annotation_rows[which].key) == 0)
			return &map->at[i];
	return NULL;
}

const struct annotation_row *annotation_find_row(const char *key)
{
	for (size_t i = 0; i < ANNOTATION_COUNT; i++)
		if (strcmp(annotation_rows[i].key, key) == 0)
			return &annotation_rows[i];
	return NULL;
}

const char *annotation_find(const struct spec *spec, enum annotation which)
{
	const struct spec_pair *pair = annotation_find_pair(spec, which);

	return pair ? pair->value : NULL;
}
