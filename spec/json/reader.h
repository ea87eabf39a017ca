/* What the reader knows while yajl walks through a text: one frame for each open bracket, and the slot that the next
 * value goes into. read.c takes yajl's events, slot.c stores values, report.c says what is wrong with them, parse.c
 * runs yajl and knows where its tokens stand. Private to these four. */
#pragma once

#include "spec/json/keys.h"
#include "spec/json/read.h"
#include "spec/model.h"

#include <yajl/yajl_parse.h>

enum frame_kind {
	FRAME_RECORD,  /* object with rows */
	FRAME_MAP,     /* object with text values */
	FRAME_NAMED,   /* object whose members are records */
	FRAME_LIST,    /* list of texts, numbers, words or records */
	FRAME_SKIPPED_OBJECT,
	FRAME_SKIPPED_LIST,
};

struct raw_list { /* the shape of every list of the model */
	void *at;
	size_t count;
};

struct frame {
	enum frame_kind kind;
	const struct record *record; /* FRAME_RECORD */
	char *model;                 /* FRAME_RECORD: its struct */
	const struct field *field;   /* FRAME_RECORD: row of the present key; lists: their own row */
	bool is_skipped;             /* the present key's value is read over: no row has the key, or it came before */
	void *list;                  /* list kinds: the struct raw_list in the parent's struct */
	size_t room;                 /* elements that the list has memory for */
	size_t values;               /* keys, or values of a list, seen so far */
	uint64_t seen, present;      /* FRAME_RECORD: bits by row: key seen; value other than null seen */
	const char *key;             /* present key, in the text or the arena; not terminated */
	size_t key_length;
	size_t at;                   /* where the bracket stands */
	uint32_t number;             /* of the object, for the key set */
};

struct reader {
	struct problems *problems;
	struct arena *arena;
	const char *text;
	size_t length;
	yajl_handle yajl;
	const struct record *record; /* of the root */
	void *root;                  /* the root's struct, once its '{' was seen */
	size_t depth;
	size_t values;
	uint32_t objects;
	size_t event_end; /* behind the token of the last event */
	bool is_stopped; /* a mistake after which nothing more is read */
	struct key_set keys;
	struct frame frames[JSON_MAX_DEPTH];
};

/* What the next value must be and where it goes. */
enum slot_kind {
	SLOT_SKIPPED,
	SLOT_TEXT,
	SLOT_BOOL,
	SLOT_INT,
	SLOT_UINT,
	SLOT_PERCENT,
	SLOT_WORD,
	SLOT_LIST,
	SLOT_MAP,
	SLOT_NAMED,
	SLOT_RECORD,
};

struct slot {
	enum slot_kind kind;
	const struct field *field; /* NULL for the root */
	char *member;              /* in a record: the member's address; NULL for the root and for elements */
	struct frame *frame;       /* list kinds: the list that gets one more element */
};

static inline struct frame *reader_top(struct reader *r)
{
	return &r->frames[r->depth - 1];
}

/* parse.c */
void parse_run(struct reader *r, const yajl_callbacks *callbacks);

/* During an event: behind the token; where a text token begins, by the bytes handed over; where another one of this
 * length begins. */
size_t parse_token_end(const struct reader *r);
size_t parse_text_start(const struct reader *r, const char *bytes);
size_t parse_plain_start(const struct reader *r, size_t length);

/* slot.c */
struct slot slot_find(struct reader *r);
void slot_put_text(struct reader *r, const struct slot *s, const char *text, size_t length, size_t at);
void slot_put_number(struct reader *r, const struct slot *s, const char *digits, size_t length, size_t at);
void slot_put_bool(const struct slot *s, bool value);

/* The list's next element, zeroed. */
void *list_add(struct reader *r, struct frame *f, size_t size);

/* report.c: problems with the pointer of the reader's present place. `extra` is a member's name below it, or NULL. */
enum report_where {
	REPORT_VALUE,  /* the value of the present key or index */
	REPORT_OBJECT, /* the innermost open object or list itself */
};
void report(struct reader *r, bool is_warning, enum report_where where, const char *extra, size_t at,
	    const char *message, const char *advice);

/* A value that is not what the slot asks for. `found` is "a text", "a list" ... */
void report_type(struct reader *r, const struct slot *s, const char *found, size_t at);

/* A key that no row has. */
void report_unknown(struct reader *r, const struct record *record, size_t at);
