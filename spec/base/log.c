#include "spec/base/log.h"

#include "spec/base/clock.h"
#include "spec/base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

enum { STDERR_WAIT_MS = 5000 };
enum { LINE = ERR_TEXT + ERR_POINTER + ERR_PLACE + ERR_HINT + 16 };

void log_init(struct log *l, struct arena *a, const char *program)
{
	*l = (struct log){ .arena = a, .program = program, .fd = -1 };
	l->last = &l->first;
}

/* Either daemon takes datagrams; some syslogd only a stream. What it does not take within ten seconds is lost. */
static int open_socket(struct log *l, const char *path, const char *identifier, struct err *e)
{
	static const int types[] = { SOCK_DGRAM, SOCK_STREAM };
	const struct timeval limit = { .tv_sec = 10 };
	struct sockaddr_un address = { .sun_family = AF_UNIX };

	l->identifier = identifier[0] ? identifier : l->program;
	(void)snprintf(address.sun_path, sizeof address.sun_path, "%s", path);
	for (size_t i = 0; i < 2; i++) {
		int fd = socket(AF_UNIX, types[i] | SOCK_CLOEXEC, 0);
		if (fd >= 0 && setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit) == 0 &&
		    connect(fd, (const struct sockaddr *)&address, sizeof address) == 0) {
			l->fd = fd;
			return 0;
		}
		(void)err_sys(e, "connect to %s for the log", path);
		if (fd >= 0)
			(void)close(fd); /* nothing was sent */
		if (e->number != EPROTOTYPE)
			break;
		*e = ERR_NONE;
	}
	return err_hint(e, "is the daemon there? --log FILE needs none");
}

int log_open(struct log *l, const char *path, struct err *e)
{
	if (text_has_prefix(path, "journald:")) {
		l->target = LOG_JOURNALD;
		return open_socket(l, "/run/systemd/journal/socket", path + strlen("journald:"), e);
	}
	if (text_has_prefix(path, "syslog:")) {
		l->target = LOG_SYSLOG;
		return open_socket(l, "/dev/log", path + strlen("syslog:"), e);
	}
	path += text_has_prefix(path, "file:") ? strlen("file:") : 0;
	l->fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY, 0600);
	if (l->fd < 0) {
		(void)err_sys(e, "open the log file %s", path);
		return err_hint(e, "its directory must exist and be writable");
	}
	return 0;
}

/* A message that cannot be written has nowhere else to go. Nobody may read stderr: a pipe that stays full ends the message, not
 * the command. poll(2) promises room for PIPE_BUF bytes. */
static void write_whole(int fd, const char *bytes, size_t length)
{
	while (length) {
		struct pollfd room = { .fd = fd, .events = POLLOUT };
		if (fd == STDERR_FILENO && poll(&room, 1, STDERR_WAIT_MS) == 0)
			return;
		ssize_t done = write(fd, bytes, fd == STDERR_FILENO && length > PIPE_BUF ? PIPE_BUF : length);
		if (done < 0 && errno == EINTR)
			continue;
		if (done <= 0)
			return;
		bytes += done;
		length -= (size_t)done;
	}
}

static void add_quoted(struct text *t, const char *text)
{
	text_add(t, "\"");
	for (const unsigned char *c = (const unsigned char *)text; *c; c++) {
		if (*c == '"' || *c == '\\')
			text_add(t, "\\%c", *c);
		else if (*c < 0x20)
			text_add(t, "\\u%04x", *c);
		else
			text_add_bytes(t, c, 1);
	}
	text_add(t, "\"");
}

static void add_member(struct text *t, const char *key, const char *value)
{
	if (!value || !value[0])
		return;
	text_add(t, ",\"%s\":", key);
	add_quoted(t, value);
}

/* journald's own protocol: one field a line. syslog's: priority, who, what. */
static void send_record(const struct log *l, const char *level, const char *message)
{
	int priority = level[0] == 'e' ? 3 : level[0] == 'w' ? 4 : 7;
	struct text t;

	text_init(&t, l->arena);
	if (l->target == LOG_JOURNALD)
		text_add(&t, "PRIORITY=%d\nSYSLOG_IDENTIFIER=%s\nID=%s\nMESSAGE=", priority, l->identifier, l->identifier);
	else
		text_add(&t, "<%d>%s[%d]: ", 8 + priority, l->identifier, (int)getpid()); /* 8: a user's program */
	for (const char *c = message; *c; c++)
		text_add_bytes(&t, *c == '\n' ? " " : c, 1);
	if (l->target == LOG_JOURNALD)
		text_add(&t, "\n");
	if (send(l->fd, t.at, t.length, MSG_NOSIGNAL) < 0)
		return; /* stderr has the message, too */
}

static void write_record(struct log *l, const char *level, const char *command, const char *message,
			 const struct err *e, bool has_warnings)
{
	struct text t;
	char time[CLOCK_TEXT];

	if (l->fd < 0)
		return;
	if (l->target != LOG_FILE) {
		send_record(l, level, message);
		return;
	}
	clock_write_now(time);
	text_init(&t, l->arena);
	if (l->format == LOG_TEXT) {
		text_add(&t, "%s %s: %s: %s\n", time, l->program, level, message);
		write_whole(l->fd, t.at, t.length);
		return;
	}
	text_add(&t, "{\"level\":\"%s\",\"msg\":", level);
	add_quoted(&t, message);
	add_member(&t, "time", time);
	add_member(&t, "command", command);
	if (e) {
		add_member(&t, "phase", e->phase);
		add_member(&t, "pointer", e->pointer);
		add_member(&t, "place", e->place);
		add_member(&t, "hint", e->hint);
		if (e->number)
			text_add(&t, ",\"errno\":%d", e->number);
		text_add(&t, ",\"code\":%d", e->exit_code ? e->exit_code : 1);
	}
	if (has_warnings && l->first) {
		text_add(&t, ",\"warnings\":[");
		for (struct log_warning *w = l->first; w; w = w->next) {
			add_quoted(&t, w->text);
			text_add(&t, "%s", w->next ? "," : "");
		}
		text_add(&t, "]");
	}
	text_add(&t, "}\n");
	write_whole(l->fd, t.at, t.length);
}

static void say(const struct log *l, const char *kind, const char *message)
{
	struct text t;

	text_init(&t, l->arena);
	text_add(&t, "%s: %s%s\n", l->program, kind, message);
	write_whole(STDERR_FILENO, t.at, t.length);
}

void log_warn(struct log *l, const char *format, ...)
{
	char message[LINE];
	va_list list;

	if (l->level == LOG_ERRORS)
		return;
	va_start(list, format);
	(void)vsnprintf(message, sizeof message, format, list);
	va_end(list);
	struct log_warning *w = arena_alloc(l->arena, sizeof *w);
	w->text = arena_text(l->arena, message);
	*l->last = w;
	l->last = &w->next;
}

void log_debug(struct log *l, const char *format, ...)
{
	char message[LINE];
	va_list list;

	if (!l->has_debug)
		return;
	va_start(list, format);
	(void)vsnprintf(message, sizeof message, format, list);
	va_end(list);
	if (l->fd >= 0)
		write_record(l, "debug", NULL, message, NULL, false);
	else
		say(l, "debug: ", message);
}

void log_finish(struct log *l, const char *command, const struct err *e)
{
	char line[LINE];

	if (e) {
		for (struct log_warning *w = l->first; w; w = w->next)
			say(l, "warning: ", w->text);
		write_record(l, "error", command, err_line(e, line, sizeof line), e, true);
		say(l, "", line);
	} else {
		for (struct log_warning *w = l->first; w; w = w->next) {
			if (l->fd < 0)
				say(l, "warning: ", w->text);
			write_record(l, "warning", command, w->text, NULL, false);
		}
	}
	if (l->fd >= 0)
		(void)close(l->fd);
	l->fd = -1;
}
