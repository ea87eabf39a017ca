/* Owns the time of day as text. gmtime_r of the C library opens /etc/localtime first, seven system calls for what is a division. */
#pragma once

#include <stddef.h>

enum { CLOCK_TEXT = 80 };

/* Now as RFC 3339 with nanoseconds, UTC: "2026-11-22T01:47:58.123456789Z". `out` has CLOCK_TEXT bytes. */
void clock_write_now(char *out);

/* The same for a time since 1970-01-01 (not before it). */
void clock_write(char *out, long long seconds, long nanoseconds);
