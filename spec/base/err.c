#include "spec/base/err.h"

#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

const char *err_words(int number)
{
	static const struct {
		int number;
		const char *words;
	} engines_match[] = {
		/* the words that podman, containerd and docker look for; see README, "Messages" */
		{ ENOENT, "no such file or directory" }, { EACCES, "permission denied" },
		{ EPERM, "operation not permitted" },    { ENOTDIR, "not a directory" },
		{ EISDIR, "is a directory" },            { ESRCH, "no such process" },
		{ ENOEXEC, "exec format error" },        { EROFS, "read-only file system" },
		{ ENOSPC, "no space left on device" },   { EEXIST, "file exists" },
		{ EINVAL, "invalid argument" },          { ELOOP, "too many levels of symbolic links" },
		{ EBUSY, "device or resource busy" },    { ENOSYS, "function not implemented" },
		{ EBADF, "bad file descriptor" },        { ENOMEM, "cannot allocate memory" },
		{ ETXTBSY, "text file busy" },           { ENAMETOOLONG, "file name too long" },
		{ EAGAIN, "resource temporarily unavailable" }, { ENODEV, "no such device" },
		{ EPIPE, "broken pipe" },                { ETIMEDOUT, "timed out" },
	};

	for (size_t i = 0; i < sizeof engines_match / sizeof *engines_match; i++)
		if (engines_match[i].number == number)
			return engines_match[i].words;
	const char *words = strerrordesc_np(number);
	return words ? words : "unknown error";
}

static int fill(struct err *e, int number, const char *format, va_list list)
{
	int length = vsnprintf(e->text, sizeof e->text, format, list);

	e->number = number;
	if (number && length >= 0 && (size_t)length < sizeof e->text)
		(void)snprintf(e->text + length, sizeof e->text - (size_t)length, ": %s", err_words(number));
	return -1;
}

int err_set(struct err *e, const char *format, ...)
{
	va_list list;

	va_start(list, format);
	(void)fill(e, 0, format, list);
	va_end(list);
	return -1;
}

int err_sys(struct err *e, const char *format, ...)
{
	int number = errno;
	va_list list;

	va_start(list, format);
	(void)fill(e, number, format, list);
	va_end(list);
	return -1;
}

int err_number(struct err *e, int number, const char *format, ...)
{
	va_list list;

	va_start(list, format);
	(void)fill(e, number, format, list);
	va_end(list);
	return -1;
}

int err_add(struct err *e, const char *format, ...)
{
	char front[ERR_TEXT];
	va_list list;

	va_start(list, format);
	int length = vsnprintf(front, sizeof front - 2, format, list);
	va_end(list);
	if (length < 0)
		return -1;
	size_t used = strnlen(front, sizeof front - 3);
	memcpy(front + used, ": ", 3);
	used += 2;
	size_t room = sizeof e->text - 1 - used;
	size_t kept = strnlen(e->text, room);
	memmove(e->text + used, e->text, kept);
	memcpy(e->text, front, used);
	e->text[used + kept] = '\0';
	return -1;
}

int err_hint(struct err *e, const char *format, ...)
{
	va_list list;

	if (e->hint[0])
		return -1;
	va_start(list, format);
	(void)vsnprintf(e->hint, sizeof e->hint, format, list);
	va_end(list);
	return -1;
}

int err_at(struct err *e, const char *pointer, const char *place)
{
	if (e->pointer[0])
		return -1;
	(void)snprintf(e->pointer, sizeof e->pointer, "%s", pointer ? pointer : "");
	(void)snprintf(e->place, sizeof e->place, "%s", place ? place : "");
	return -1;
}

char *err_line(const struct err *e, char *line, size_t size)
{
	char whole[ERR_TEXT + ERR_POINTER + ERR_PLACE + ERR_HINT + 16];
	int length = snprintf(whole, sizeof whole, "%s%s%s%s%s%s%s%s", e->text, e->pointer[0] ? " (" : "", e->pointer,
			      e->place[0] ? ", " : "", e->place, e->pointer[0] ? ")" : "", e->hint[0] ? "; " : "",
			      e->hint);
	size_t out = 0;

	for (int i = 0; i < length && whole[i] && out + 5 < size; i++) {
		unsigned char c = (unsigned char)whole[i];
		if (iscntrl(c))
			out += (size_t)snprintf(line + out, size - out, "\\x%02x", (unsigned)c);
		else
			line[out++] = (char)c;
	}
	line[out] = '\0';
	return line;
}
