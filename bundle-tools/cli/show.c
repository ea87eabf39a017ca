#include "bundle-tools/cli/show.h"

#include <string.h>

const char *show_size(struct arena *a, uint64_t bytes)
{
	static const char *const units[] = { "B", "KB", "MB", "GB", "TB" };
	double size = (double)bytes;
	size_t unit = 0;

	while (size >= 1000 && unit < 4) {
		size /= 1000;
		unit++;
	}
	return arena_format(a, unit ? "%.1f%s" : "%.0f%s", size, units[unit]);
}

const char *show_time(struct arena *a, const char *time)
{
	char *shown = arena_copy(a, time, strnlen(time, 19));
	char *t = strchr(shown, 'T');

	if (t)
		*t = ' ';
	return shown;
}
