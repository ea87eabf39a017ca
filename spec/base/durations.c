#include "spec/base/durations.h"

#include <stdbool.h>
#include <string.h>

static const uint64_t year = 365ull * 24 * 3600 * 1000;

/* Digits with up to three decimals, in thousandths; *text goes behind them. */
static bool read_thousandths(const char **text, uint64_t *out)
{
	uint64_t number = 0;
	const char *c = *text;
	unsigned decimals = 0;

	for (; *c >= '0' && *c <= '9' && number < year; c++)
		number = number * 10 + (uint64_t)(*c - '0');
	if (c == *text)
		return false;
	if (*c == '.')
		for (c++; *c >= '0' && *c <= '9' && decimals < 3; c++, decimals++)
			number = number * 10 + (uint64_t)(*c - '0');
	for (; decimals < 3; decimals++)
		number *= 10;
	*text = c;
	*out = number;
	return true;
}

static bool read_parts(const char *text, uint64_t *out)
{
	static const struct {
		const char *unit;
		uint64_t milliseconds;
	} units[] = { { "ms", 1 }, { "s", 1000 }, { "m", 60000 }, { "h", 3600000 } };
	uint64_t sum = 0, part;

	do {
		uint64_t factor = 0;
		if (!read_thousandths(&text, &part))
			return false;
		for (size_t i = 0; i < sizeof units / sizeof *units && !factor; i++)
			if (strncmp(text, units[i].unit, strlen(units[i].unit)) == 0) {
				factor = units[i].milliseconds;
				text += strlen(units[i].unit);
			}
		if (!factor && (*text || sum)) /* without a unit it is seconds, and alone */
			return false;
		if (__builtin_mul_overflow(part, factor ? factor : 1000, &part) || part / 1000 > year)
			return false;
		sum += part / 1000;
	} while (*text);
	*out = sum;
	return sum >= 1 && sum <= year;
}

int duration_read(const char *name, const char *text, uint64_t missing, uint64_t *out, struct err *e)
{
	*out = missing;
	if (!text || read_parts(text, out))
		return 0;
	(void)err_set(e, "--%s %s is not a length of time", name, text);
	return err_hint(e, "give seconds, or a number with ms, s, m or h, such as 500ms; at least 1ms");
}
