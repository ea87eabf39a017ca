#include "spec/base/clock.h"

#include <stdio.h>
#include <time.h>

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
	(void)snprintf(out, CLOCK_TEXT, "%04lld-%02u-%02uT%02u:%02u:%02u.%09ldZ", year, month, day, of_day / 3600, of_day / 60 % 60,
		       of_day % 60, nanoseconds);
}

void clock_write_now(char *out)
{
	struct timespec now = { 0 };

	(void)clock_gettime(CLOCK_REALTIME, &now); /* cannot fail for this clock */
	clock_write(out, now.tv_sec, now.tv_nsec);
}
