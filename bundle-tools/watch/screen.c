#include "bundle-tools/watch/screen.h"

#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

static int say(const char *text, struct err *e)
{
	return fputs(text, stdout) < 0 || fflush(stdout) ? err_sys(e, "write to the terminal") : 0;
}

int screen_open(struct screen *s, struct err *e)
{
	if (tcgetattr(STDIN_FILENO, &s->before))
		return err_sys(e, "read the terminal's settings");
	struct termios now = s->before;
	now.c_lflag &= ~(tcflag_t)(ICANON | ECHO);
	now.c_cc[VMIN] = 1;
	now.c_cc[VTIME] = 0;
	now.c_cc[VSUSP] = _POSIX_VDISABLE; /* what would be left on the terminal is our screen */
	if (tcsetattr(STDIN_FILENO, TCSADRAIN, &now))
		return err_sys(e, "set the terminal");
	s->is_open = true;
	return say("\033[?1049h\033[?25l\033[2J", e);
}

void screen_close(struct screen *s)
{
	struct err ignored = ERR_NONE; /* the terminal may be gone */

	if (!s->is_open)
		return;
	s->is_open = false;
	(void)say("\033[?25h\033[?1049l", &ignored);
	(void)tcsetattr(STDIN_FILENO, TCSADRAIN, &s->before);
}

struct screen_size screen_size(void)
{
	struct winsize w = { 0 };

	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &w) || !w.ws_col || !w.ws_row)
		return (struct screen_size){ 80, 24 };
	return (struct screen_size){ w.ws_col, w.ws_row };
}

/* One line up to its end; returns the place behind it. */
static const char *put_line(const char *line, size_t width)
{
	size_t column = 0;

	while (*line && *line != '\n') {
		size_t length = *line == '\033' ? strcspn(line, "m") + 1 : 1;
		if (*line == '\033' || column++ < width)
			(void)fwrite(line, 1, length, stdout); /* a failure is seen at the flush */
		line += length;
	}
	(void)fputs("\033[K", stdout);
	return *line ? line + 1 : line;
}

int screen_show(const struct text *lines, struct err *e)
{
	struct screen_size size = screen_size();
	const char *line = lines->at;

	(void)fputs("\033[H", stdout);
	for (size_t row = 0; *line && row < size.height; row++) {
		if (row)
			(void)fputs("\r\n", stdout);
		line = put_line(line, size.width);
	}
	return say("\033[J", e);
}
