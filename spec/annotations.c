#include "spec/annotations.h"

#include <string.h>

const struct annotation_row annotation_rows[ANNOTATION_COUNT] = {
	[ANNOTATION_KEEP_GROUPS] = { "run.oci.keep_original_groups", "1",
				     "Keep the caller's supplementary groups; additionalGids are not set then." },
	[ANNOTATION_PIDFD_RECEIVER] = { "run.oci.pidfd_receiver", "SOCKET",
					"Send the container's pidfd to this socket, as --pidfd-socket." },
	[ANNOTATION_HOOKS_STDOUT] = { "run.oci.hooks.stdout", "FILE", "Append what hooks outside write to stdout to this file." },
	[ANNOTATION_HOOKS_STDERR] = { "run.oci.hooks.stderr", "FILE", "Append what hooks outside write to stderr to this file." },
	[ANNOTATION_SUBGROUP] = { "run.oci.systemd.subgroup", "NAME",
				  "Where systemd makes the cgroup, put the container into one of this name below the scope's." },
	[ANNOTATION_PROPERTY] = { "org.systemd.property.", "VALUE",
				  "The key goes on with a property of the scope that systemd makes, the value is as GVariant writes it; of "
				  "one that ends in Sec the value is a number of seconds." },
};

const char *annotation_find(const struct spec *spec, enum annotation which)
{
	const struct spec_map *map = &spec->annotations;

	for (size_t i = 0; i < map->count; i++)
		if (strcmp(map->at[i].key, annotation_rows[which].key) == 0)
			return map->at[i].value;
	return NULL;
}
