#include "spec/number_list.h"

#include <ctype.h>
#include <string.h>

static bool read_number(const char **at, unsigned *out)
{
	unsigned number = 0;

	if (!isdigit((unsigned char)**at))
		return false;
	for (; isdigit((unsigned char)**at) && number < NUMBER_SET_SIZE; (*at)++)
		number = number * 10 + (unsigned)(**at - '0');
	*out = number;
	return number < NUMBER_SET_SIZE;
}

/* "3" or "0-3" */
static bool read_range(const char **at, struct number_set *out)
{
	unsigned first, last;

	if (!read_number(at, &first))
		return false;
	last = first;
	if (**at == '-' && (++*at, !read_number(at, &last)))
		return false;
	if (last < first)
		return false;
	for (unsigned n = first; n <= last; n++)
		out->words[n / 64] |= 1ull << n % 64;
	if (out->count < last / 64 + 1)
		out->count = last / 64 + 1;
	return true;
}

bool number_list_read(const char *text, struct number_set *out)
{
	memset(out, 0, sizeof *out);
	for (;; text++) {
		text += strspn(text, " ");
		if (*text && *text != ',' && !read_range(&text, out))
			return false;
		text += strspn(text, " ");
		if (*text != ',')
			return !*text && out->count;
	}
}
