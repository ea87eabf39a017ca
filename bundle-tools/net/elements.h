/* Owns the elements of the table's sets: what is in force for which container. They are the record of it, too: whoever comes
 * after a command that was killed reads them. */
#pragma once

#include "bundle-tools/net/netlink.h"
#include "bundle-tools/net/ruleset.h"

#include <net/if.h>
#include <stdbool.h>

enum { ELEMENT_KEY = 32, ELEMENT_COMMENT = 128 };

struct element {
	enum ruleset_set set;
	unsigned char key[ELEMENT_KEY], data[8];
	char comment[ELEMENT_COMMENT]; /* as nft shows it */
};

struct elements {
	struct arena *arena;
	struct element *at;
	size_t count;
	bool has_table;
};

/* A device, and two of them in their order. */
struct element element_device(enum ruleset_set set, const char *device, const char *comment);
struct element element_pair(enum ruleset_set set, const char *from, const char *to);

/* A port of the host that leads to one of a container. Address in the host's byte order. */
struct element element_port(unsigned char protocol, uint16_t outer, uint32_t address, uint16_t inner, const char *comment);

/* The address in a port's data. */
uint32_t element_address(const struct element *port);

/* Whether a device is one of the key's. */
bool element_has_device(const struct element *x, const char *device);

void elements_add(struct elements *all, const struct element *x);

/* The one with the key of x, or NULL. */
const struct element *elements_find(const struct elements *all, const struct element *x);

/* Those of all sets; none when there is no table. */
int elements_read(struct netlink *n, struct arena *a, struct elements *out, struct err *e);

/* Into a batch: make them, or delete them. */
void elements_write(struct batch *b, const struct elements *all, bool is_deletion);
