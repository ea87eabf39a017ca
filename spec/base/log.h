/* Where messages go. Warnings are kept until the command's outcome is known: on success they go to the log, or to stderr when
 * there is none (an engine that gives a log gives the container's stderr as ours); when the command fails, the log gets exactly
 * one record, because engines parse the whole file, and the warnings stand inside it. The record's keys level, msg and time
 * (RFC 3339) are what containerd and podman read. */
#pragma once

#include "spec/base/arena.h"
#include "spec/base/err.h"

#include <stdbool.h>

enum log_format { LOG_TEXT, LOG_JSON };
enum log_level { LOG_WARNINGS, LOG_ERRORS, LOG_NOTES, LOG_ALL }; /* words: warning (the default), error, info, debug */
enum log_target { LOG_FILE, LOG_JOURNALD, LOG_SYSLOG };

struct log_warning {
	struct log_warning *next;
	const char *text;
};

struct log {
	struct arena *arena;
	const char *program;  /* "boxcar" */
	int fd;               /* the log file or socket, -1 when there is none; owned */
	enum log_target target;
	const char *identifier; /* for journald and syslog */
	enum log_format format;
	enum log_level level;
	bool has_debug;
	struct log_warning *first, **last;
};

void log_init(struct log *l, struct arena *a, const char *program);

/* A file, for appending, made with mode 0600 when missing: PATH or file:PATH. Or journald:IDENTIFIER, syslog:IDENTIFIER, as crun
 * has them, where the format means nothing. */
int log_open(struct log *l, const char *where, struct err *e);

/* Keep a warning for the end of the command. */
void log_warn(struct log *l, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Write at once, only with --debug: to where the log is. stderr is it only when there is no other: for create and exec it is the
 * payload's, too. */
void log_debug(struct log *l, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* The end of a command: its error (NULL on success) and the kept warnings. `command` names the command for the record. */
void log_finish(struct log *l, const char *command, const struct err *e);
