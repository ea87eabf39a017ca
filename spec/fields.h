/* The field page: one row per property of the runtime-spec. Reading, writing, `check`, the JSON pointers in messages,
 * the manual page boxcar-config(5) and the drift test against the specification's JSON schemas all use these rows. */
#pragma once

#include "spec/words.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum field_kind {
	FIELD_TEXT,    /* const char * */
	FIELD_BOOL,    /* struct opt_bool */
	FIELD_INT,     /* struct opt_int, min..max */
	FIELD_UINT,    /* struct opt_uint, min..max */
	FIELD_PERCENT, /* struct opt_uint in hundredths; in the text with two decimals, as the kernel writes percentages: 12.34 */
	FIELD_WORD,    /* struct opt_word, index into words */
	FIELD_TEXTS,   /* struct spec_texts */
	FIELD_IDS,     /* struct spec_ids, each 0..max */
	FIELD_WORDS,   /* struct spec_words */
	FIELD_MAP,     /* struct spec_map: object with text values */
	FIELD_OBJECT,  /* pointer to a struct of `record` */
	FIELD_OBJECTS, /* SPEC_LIST of `record` */
	FIELD_NAMED,   /* members are all of `record`: a SPEC_LIST whose struct begins with const char *key */
	FIELD_SKIPPED, /* known, but has no place in the model: a section for another system */
};

enum field_flag {
	FIELD_REQUIRED = 1,
	FIELD_OTHER_SYSTEM = 2, /* means nothing on Linux: a warning when it says something */
	FIELD_NOT_EMPTY = 4,    /* text or list must have something in it */
	FIELD_LATER = 8,        /* read, but not carried out yet: refused with "not supported yet: POINTER" */
};

struct record;

struct field {
	const char *name;           /* the JSON key */
	enum field_kind kind;
	unsigned flags;
	size_t offset;              /* in the record's struct */
	int64_t min;
	uint64_t max;
	const struct words *words;  /* FIELD_WORD, FIELD_WORDS */
	const struct record *record; /* FIELD_OBJECT, FIELD_OBJECTS, FIELD_NAMED */
	bool (*is_valid)(const char *text); /* further rule for a text or for each text of a list, or NULL */
	const char *rule;           /* what is_valid wants: "must be an absolute path" */
	const char *doc;            /* one sentence for the manual and for `check` */
	const char *needs;          /* what of the kernel it needs beyond Linux 5.10 as every distribution builds it: a later version, a
				     * choice of its configuration, a version of cgroups; NULL */
};

struct record {
	const char *name;           /* "process", "mount" */
	size_t size;
	const struct field *fields;
	size_t count;
};

/* The row of a JSON key of `length` bytes, or NULL. */
const struct field *record_find_field(const struct record *record, const char *key, size_t length);

/* Whether the member, at its address, is present in the model: read from the file as anything but null. */
bool field_is_set(const struct field *field, const void *member);

extern const struct record record_spec, record_process, record_resources;
