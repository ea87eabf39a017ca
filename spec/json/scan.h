/* What yajl lets pass or cannot place, found in the raw text before it is parsed: bytes that are no UTF-8 of RFC 3629
 * (yajl takes C0 AF as a slash), NUL, lone surrogates (yajl hands them over as '?'), too many levels. It is no second
 * parser: it knows strings, escapes and brackets, nothing else. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct scan_fault {
	size_t at;           /* byte offset */
	bool is_too_deep;    /* a pointer to it would help nobody */
	const char *message; /* what is wrong there */
	const char *advice;
};

/* False when there is a fault, described in *fault. */
bool json_scan(const char *text, size_t length, struct scan_fault *fault);
