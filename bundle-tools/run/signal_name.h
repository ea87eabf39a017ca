/* Owns signals as words: 9, KILL, SIGKILL, SIGRTMIN+3. */
#pragma once

/* The number, or 0 for a text that names none. */
int signal_read(const char *text);
