/* Lists of numbers as the kernel writes CPUs and memory nodes: "0-3,7". Spaces around a range and empty elements are
 * fine, as runc has them. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { NUMBER_SET_SIZE = 8192 }; /* the most CPUs that a kernel is built for */

struct number_set {
	uint64_t words[NUMBER_SET_SIZE / 64]; /* bit N % 64 of word N / 64: the kernel's order on our machines */
	size_t count;                         /* words up to the last that is not 0; at least 1 */
};

/* False when it is no such list, or has no number in it. */
bool number_list_read(const char *text, struct number_set *out);
