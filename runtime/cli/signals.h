/* Owns the names of signals. */
#pragma once

/* "15", "TERM", "SIGTERM", "RTMIN+3": the number, 0 allowed; -1 when there is no such signal. */
int signal_find(const char *text);
