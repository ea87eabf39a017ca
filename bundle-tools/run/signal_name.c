#include "bundle-tools/run/signal_name.h"

#include "spec/base/text.h"

#include <signal.h>
#include <string.h>

static int read_realtime(const char *name)
{
	uint64_t number = 0;
	bool counts_up = strncmp(name, "RTMIN", 5) == 0;

	if (!counts_up && strncmp(name, "RTMAX", 5) != 0)
		return 0;
	if (name[5] && (name[5] != (counts_up ? '+' : '-') || !text_read_uint(name + 6, 30, &number)))
		return 0;
	return counts_up ? SIGRTMIN + (int)number : SIGRTMAX - (int)number;
}

int signal_read(const char *text)
{
	const char *name = strncmp(text, "SIG", 3) == 0 ? text + 3 : text;
	uint64_t number;

	if (text_read_uint(text, 64, &number))
		return (int)number;
	for (int signal = 1; signal < NSIG; signal++)
		if (sigabbrev_np(signal) && strcmp(sigabbrev_np(signal), name) == 0)
			return signal;
	return read_realtime(name);
}
