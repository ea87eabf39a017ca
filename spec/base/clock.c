#include "spec/base/clock.h"

#include <time.h>

/* At least so many digits, and what follows them. Every sample and every log line has a time: printf is half of its cost. */
static char *put(char *out, unsigned long long number, int width, char end)
{
	char digits[20], *first = digits + sizeof digits;

	for (; number || width > 0; number /= 10, width--)
		*--first = (char)('0' + number % 10);
	while (first < digits + sizeof digits)
		*out++ = *first++;
	*out++ = end;
	return out;
}

/* The Gregorian calendar repeats after 146,097 days; counted from March, the leap day comes last. */
void clock_write(char *out, long long seconds, long nanoseconds)
{
	long long days = seconds / 86400 + 719468; /* from 0000-03-01 */
	unsigned of_day = (unsigned)(seconds % 86400);
	unsigned of_era = (unsigned)(days % 146097);
	unsigned year_of_era = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
	unsigned of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
	unsigned month = (5 * of_year + 2) / 153; /* 0 is March */
	unsigned day = of_year - (153 * month + 2) / 5 + 1;
	long long year = (long long)year_of_era + days / 146097 * 400 + (month >= 10);

	month = month < 10 ? month + 3 : month - 9;
	out = put(out, (unsigned long long)year, 4, '-');
	out = put(out, month, 2, '-');
	out = put(out, day, 2, 'T');
	out = put(out, of_day / 3600, 2, ':');
	out = put(out, of_day / 60 % 60, 2, ':');
	out = put(out, of_day % 60, 2, '.');
	out = put(out, (unsigned long long)nanoseconds, 9, 'Z');
	*out = '\0';
}

void clock_write_now(char *out)
{
	struct timespec now = { 0 };

	(void)clock_gettime(CLOCK_REALTIME, &now); /* cannot fail for this clock */
	clock_write(out, now.tv_sec, now.tv_nsec);
}
