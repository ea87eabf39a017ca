/* The annotation page: those of other runtimes that engines set and this one carries out. One row each; reading, `features`
 * and the manual use the rows. */
#pragma once

#include "spec/model.h"

enum annotation {
	ANNOTATION_KEEP_GROUPS,
	ANNOTATION_PIDFD_RECEIVER,
	ANNOTATION_HOOKS_STDOUT,
	ANNOTATION_HOOKS_STDERR,
	ANNOTATION_SUBGROUP,
	ANNOTATION_PROPERTY,
	ANNOTATION_DELEGATE_CGROUP,
	ANNOTATION_COUNT,
};

struct annotation_row {
	const char *key;
	const char *value; /* what it holds, for the manual */
	const char *doc;   /* one sentence */
	bool (*is_valid)(const char *value); /* NULL: whatever it holds */
	const char *rule;  /* what is_valid wants: "must be ..." */
};
extern const struct annotation_row annotation_rows[ANNOTATION_COUNT];

/* Its entry, or NULL; the row of a key, or NULL. */
const struct spec_pair *annotation_find_pair(const struct spec *spec, enum annotation which);
const struct annotation_row *annotation_find_row(const char *key);

/* Its value, or NULL. */
const char *annotation_find(const struct spec *spec, enum annotation which);
