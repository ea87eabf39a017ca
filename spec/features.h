/* Owns what `features` prints (runtime-spec, features.md and features-linux.md): what this boxcar knows, whatever the
 * host has, but for supportedFlags. Words and sections come from the tables; what a row marks FIELD_LATER is not claimed. */
#pragma once

#include "spec/model.h"

#include "spec/base/text.h"

#define FEATURES_VERSION_MIN "1.0.0"
#define FEATURES_VERSION_MAX "1.3.0"

/* Lists of names end with NULL; a list that is NULL itself is left out of the output. */
struct features_input {
	const char *const *mount_options, *const *capabilities;
	const char *const *seccomp_archs; /* what the library can do; NULL: all known words */
	const char *const *seccomp_flags; /* what the kernel can do, for supportedFlags; NULL: all known words */
	bool has_cgroup_v1, has_cgroup_v2, has_systemd, has_systemd_user;
	const char *const *unsafe_annotations; /* potentiallyUnsafeConfigAnnotations: keys, or beginnings of keys ending in a dot */
	struct spec_map annotations; /* versions and the like */
};

/* Indented JSON, with a newline at its end. */
void features_print(const struct features_input *input, struct text *out);
