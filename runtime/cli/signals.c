#include "runtime/cli/signals.h"

#include "spec/base/text.h"

#include <signal.h>
#include <string.h>
#include <strings.h>

static int find_realtime(const char *name)
{
	bool is_least = strncasecmp(name, "RTMIN", 5) == 0, is_most = strncasecmp(name, "RTMAX", 5) == 0;
	uint64_t distance = 0;

	if (!is_least && !is_most)
		return -1;
	const char *rest = name + 5;
	if (*rest && (*rest != (is_least ? '+' : '-') || !text_read_uint(rest + 1, (uint64_t)(SIGRTMAX - SIGRTMIN), &distance)))
		return -1;
	return is_least ? SIGRTMIN + (int)distance : SIGRTMAX - (int)distance;
}

int signal_find(const char *text)
{
	const char *name = strncasecmp(text, "SIG", 3) == 0 ? text + 3 : text;
	uint64_t number;

	if (text_read_uint(text, (uint64_t)SIGRTMAX, &number))
		return (int)number;
	for (int n = 1; n < 32; n++) {
		const char *known = sigabbrev_np(n);
		if (known && strcasecmp(known, name) == 0)
			return n;
	}
	if (strcasecmp(name, "IOT") == 0)
		return SIGABRT;
	if (strcasecmp(name, "CLD") == 0)
		return SIGCHLD;
	return find_realtime(name);
}
