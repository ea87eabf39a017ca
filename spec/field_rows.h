/* How the rows are written: one line a property, between `#define OWNER struct ...` and `#undef OWNER`. The compiler
 * checks that the member has the type that the row's kind promises. Private to the files spec/fields*.c and to other
 * records that are kept in the same manner (spec/state.c, spec/features.c).
 *
 * After the text come the range of a number or the rule of a text, and NEEDS(...) where not every kernel from 5.10 on can do it.
 * A rule is asked only when the text has something in it; NOT_EMPTY and FILLED ask for that. */
#pragma once

#include "spec/fields.h"
#include "spec/model.h"

enum {
	NEEDED = FIELD_REQUIRED,
	NOT_EMPTY = FIELD_NOT_EMPTY,
	FILLED = FIELD_REQUIRED | FIELD_NOT_EMPTY,
	OTHER_SYSTEM = FIELD_OTHER_SYSTEM,
	LATER = FIELD_LATER,
};

#define PLACE(member, type)                                                                                     \
	(offsetof(OWNER, member) +                                                                              \
	 0 * sizeof(struct {                                                                                    \
		 _Static_assert(__builtin_types_compatible_p(__typeof__(((OWNER *)0)->member), type), #member); \
		 char unused;                                                                                   \
	 }))

#define ROW(key, field_kind, member, type, flag, text, ...) \
	{ .name = key, .kind = field_kind, .flags = flag, .offset = PLACE(member, type), .doc = text, __VA_ARGS__ }

#define TEXT(key, member, flag, text, ...) ROW(key, FIELD_TEXT, member, const char *, flag, text, __VA_ARGS__)
#define TEXTS(key, member, flag, text, ...) ROW(key, FIELD_TEXTS, member, struct spec_texts, flag, text, __VA_ARGS__)
#define MAP(key, member, flag, text, ...) ROW(key, FIELD_MAP, member, struct spec_map, flag, text, __VA_ARGS__)
#define BOOL(key, member, flag, text, ...) ROW(key, FIELD_BOOL, member, struct opt_bool, flag, text, __VA_ARGS__)
#define INT(key, member, flag, text, ...) ROW(key, FIELD_INT, member, struct opt_int, flag, text, __VA_ARGS__)
#define UINT(key, member, flag, text, ...) ROW(key, FIELD_UINT, member, struct opt_uint, flag, text, __VA_ARGS__)
#define IDS(key, member, flag, text) ROW(key, FIELD_IDS, member, struct spec_ids, flag, text, ID)
#define WORD(key, member, flag, table, text, ...) \
	ROW(key, FIELD_WORD, member, struct opt_word, flag, text, .words = &words_##table, __VA_ARGS__)
#define WORD_LIST(key, member, flag, table, text, ...) \
	ROW(key, FIELD_WORDS, member, struct spec_words, flag, text, .words = &words_##table, __VA_ARGS__)
#define OBJECT(key, member, flag, type, text, ...) \
	ROW(key, FIELD_OBJECT, member, struct spec_##type *, flag, text, .record = &record_##type, __VA_ARGS__)
#define LIST_ROW(key, field_kind, member, flag, element, text, ...)                                  \
	{ .name = key, .kind = field_kind, .flags = flag, .doc = text, .record = &record_##element, \
	  .offset = offsetof(OWNER, member) + PLACE(member.at, struct spec_##element *) - offsetof(OWNER, member.at), __VA_ARGS__ }
#define OBJECTS(key, member, flag, element, text, ...) LIST_ROW(key, FIELD_OBJECTS, member, flag, element, text, __VA_ARGS__)
#define NAMED(key, member, flag, element, text, ...) LIST_ROW(key, FIELD_NAMED, member, flag, element, text, __VA_ARGS__)
#define SKIPPED(key, text) { .name = key, .kind = FIELD_SKIPPED, .flags = FIELD_OTHER_SYSTEM, .doc = text }

#define NEEDS(kernel) .needs = kernel

#define RANGE(low, high) .min = low, .max = high
#define UP_TO(high) .min = 0, .max = high
#define ANY_UINT UP_TO(UINT64_MAX)
#define ANY_INT RANGE(INT64_MIN, INT64_MAX)
#define UINT32 UP_TO(UINT32_MAX)
#define UINT16 UP_TO(UINT16_MAX)
#define ID UP_TO(UINT32_MAX - 1) /* (uint32_t)-1 means "leave as it is" to the kernel */
#define BYTES RANGE(-1, INT64_MAX) /* -1 is unlimited */

#define ABSOLUTE .is_valid = rule_is_absolute, .rule = "must be an absolute path"
#define RLIMIT_NAME .is_valid = rule_is_rlimit, .rule = "must be RLIMIT_ and capital letters"
#define PAGE_SIZE .is_valid = rule_is_page_size, .rule = "must be a number and KB, MB or GB, such as 2MB"
#define CPU_LIST .is_valid = rule_is_cpu_list, .rule = "must be a list of numbers and ranges, such as 0-3,7"
#define NODE_TYPE .is_valid = rule_is_node_type, .rule = "must be c, b, u or p"
#define RULE_TYPE .is_valid = rule_is_rule_type, .rule = "must be a, c or b"
#define ACCESS .is_valid = rule_is_access, .rule = "must be made of the letters r, w and m"
#define MB_SCHEMA .is_valid = rule_is_mb_schema, .rule = "must begin with MB: and be one line"
#define ONE_LINE .is_valid = rule_is_one_line, .rule = "must be one line"
#define NO_VALUE_YET .is_valid = rule_is_never, .rule = "is refused: the specification has no value for it"

bool rule_is_absolute(const char *text);
bool rule_is_rlimit(const char *text);
bool rule_is_page_size(const char *text);
bool rule_is_cpu_list(const char *text);
bool rule_is_node_type(const char *text);
bool rule_is_rule_type(const char *text);
bool rule_is_access(const char *text);
bool rule_is_mb_schema(const char *text);
bool rule_is_one_line(const char *text);
bool rule_is_never(const char *text);

#define RECORD(type)                                                  \
	const struct record record_##type = { #type, sizeof(OWNER), type##_rows, \
					      sizeof type##_rows / sizeof *type##_rows }

/* records that are used in more than one file */
extern const struct record record_id_mapping, record_linux, record_seccomp;
