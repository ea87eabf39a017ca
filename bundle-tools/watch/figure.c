#include "bundle-tools/watch/figure.h"

#include <stdio.h>

const char *figure_bytes(struct opt_uint n, char out[FIGURE])
{
	static const char units[] = "BKMGTPE";
	double value = (double)n.value;
	size_t unit = 0;

	if (!n.is_set)
		return "-";
	for (; value >= 1000 && unit + 1 < sizeof units - 1; unit++)
		value /= 1024;
	(void)snprintf(out, FIGURE, unit && value < 9.95 ? "%.1f%c" : "%.0f%c", value, units[unit]);
	return out;
}

const char *figure_percent(struct opt_uint n, char out[FIGURE])
{
	if (!n.is_set)
		return "-";
	(void)snprintf(out, FIGURE, "%.1f", (double)n.value / 100);
	return out;
}

const char *figure_count(struct opt_uint n, char out[FIGURE])
{
	if (!n.is_set)
		return "-";
	(void)snprintf(out, FIGURE, "%llu", (unsigned long long)n.value);
	return out;
}

const char *figure_time(struct opt_uint n, char out[FIGURE])
{
	unsigned long long seconds = n.value / 1000000, minutes = seconds / 60, hours = minutes / 60;

	if (!n.is_set)
		return "-";
	if (hours >= 48)
		(void)snprintf(out, FIGURE, "%llud%02lluh", hours / 24, hours % 24);
	else if (hours)
		(void)snprintf(out, FIGURE, "%lluh%02llum", hours, minutes % 60);
	else if (minutes)
		(void)snprintf(out, FIGURE, "%llum%02llus", minutes, seconds % 60);
	else
		(void)snprintf(out, FIGURE, "%.2fs", (double)n.value / 1e6);
	return out;
}
