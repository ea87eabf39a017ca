/* Errors gain context as they rise. The innermost function states the fact and the errno, each caller adds what it
 * was trying, and the whole reads as one line:
 *
 *     create web: mount /srv/data: no such file or directory
 *
 * A function that can fail takes `struct err *e` last and returns 0, or a negative number after filling *e. The
 * functions below all return -1, so that `return err_sys(e, "open %s", path);` is the idiom. No allocation. */
#pragma once

#include <stddef.h>

enum { ERR_TEXT = 4096, ERR_POINTER = 512, ERR_HINT = 1024, ERR_PLACE = 512 };

struct err {
	int number;               /* errno of the call that failed, 0 when no call did */
	int exit_code;            /* exit code the command should end with, 0: the command's default (1) */
	char text[ERR_TEXT];      /* the message so far, outermost context first */
	char pointer[ERR_POINTER]; /* JSON pointer into config.json, or empty */
	char place[ERR_PLACE];    /* file:line:column that belongs to it, or empty */
	char hint[ERR_HINT];      /* a way out, or empty */
	const char *phase;        /* name of the step that failed, or NULL */
};

/* A fact without an errno. */
int err_set(struct err *e, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* A fact and the present errno: "open /x: no such file or directory". */
int err_sys(struct err *e, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* The same with an errno that came from elsewhere (a positive number). */
int err_number(struct err *e, int number, const char *format, ...) __attribute__((format(printf, 3, 4)));

/* Context in front: "mount /srv: " + what is there. */
int err_add(struct err *e, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* A way out, printed last; the first hint given wins. */
int err_hint(struct err *e, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* The place in config.json; the first one given wins. */
int err_at(struct err *e, const char *pointer, const char *place);

/* The text of an errno in lower case, as the field's engines match it ("no such file or directory"). */
const char *err_words(int number);

/* The whole line without program name and newline: text, pointer and place when known, then the hint.
 * Control characters are made visible, so that no input can forge a second line. Returns `line`. */
char *err_line(const struct err *e, char *line, size_t size);

#define ERR_NONE ((struct err){ 0 })
