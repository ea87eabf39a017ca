/* Owns `table inet conductor`: its sets, chains and rules, as rows. They never change; what differs from container to container
 * are elements of the sets (net/elements.h). conformance/conductor/table.nft is the same table in nft's words. */
#pragma once

#include "bundle-tools/conductor.h"

#include <stdbool.h>
#include <stddef.h>

#define RULESET_TABLE "conductor"

enum ruleset_set {
	SET_CIFS,       /* the outer end of every container's network */
	SET_INTERNET,   /* of those that may go anywhere */
	SET_FORWARDING, /* devices of the host for which we have switched forwarding on */
	SET_PEERS,      /* who may talk to whom */
	SET_HAIRPIN,    /* a container with itself, by a port that it has exposed */
	SET_PUBLISH,    /* protocol and port of the host: address and port of a container */
	SET_COUNT,
};

struct ruleset_set_row {
	const char *name;
	unsigned key_type, key_length, data_type, data_length; /* types as nft's user land counts them; data 0: a set, no map */
};
extern const struct ruleset_set_row ruleset_sets[SET_COUNT];

/* A batch of nf_tables messages: all of it is done or nothing. */
struct batch {
	struct arena *arena;
	char *at;
	size_t length, room;
	unsigned sequence;
};

void batch_begin(struct batch *b, struct arena *a);

/* Room for one more message; batch_put takes as much of it as the message needs. */
struct nlmsghdr *batch_next(struct batch *b, unsigned type, unsigned flags);
void batch_put(struct batch *b, const struct nlmsghdr *m);

struct netlink;

/* Whether all rules are there, as this version of conductor writes them: to replace them costs a wait for every processor. */
bool ruleset_is_current(struct netlink *n);

/* The table with its sets, chains and rules, whatever of it is there already. */
void ruleset_write(struct batch *b);
void ruleset_delete(struct batch *b);

/* Send it. `doing` is the context of the error. */
int batch_send(struct batch *b, struct netlink *n, const char *doing, struct err *e);
