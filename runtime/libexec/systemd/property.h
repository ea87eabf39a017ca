/* Owns properties of units as they are said over the bus. Results are 0 or a negative errno. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <systemd/sd-bus.h>

struct property {
	const char *name, *signature;
	bool is_optional;
	bool is_dropped;     /* this systemd does not know it */
	const char *values;  /* one after the other, each with its NUL */
	uint32_t value_count;
};

/* What is left of the texts of a message; every reading moves it on. */
struct texts {
	const char *at, *end;
};
const char *texts_next(struct texts *t); /* NULL at the end */

/* Read `count` properties; NULL when the texts do not hold them. To be freed. */
struct property *properties_read(struct texts *t, uint32_t count);

/* Append "a(sv)" without its brackets' ends: the properties that are not dropped. On failure *failed is the one that could not be
 * said. */
int properties_append(sd_bus_message *message, const struct property *properties, uint32_t count, const struct property **failed);

/* Drop the optional ones that are named in what systemd answered. Whether there was one. */
bool properties_drop(struct property *properties, uint32_t count, const char *answer);
