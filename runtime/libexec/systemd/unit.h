/* Owns what is asked of systemd about one unit. Results are 0, or a negative errno with what could not be done in *failure. */
#pragma once

#include "runtime/host/systemd_messages.h"
#include "runtime/libexec/systemd/connection.h"
#include "runtime/libexec/systemd/property.h"

struct failure {
	enum systemd_part part;
	char text[1024];
};

/* A scope around this very process. */
int unit_start(struct connection *c, const char *unit, struct property *properties, uint32_t count, struct failure *failure);
int unit_set(struct connection *c, const char *unit, struct property *properties, uint32_t count, struct failure *failure);
int unit_attach(struct connection *c, const char *unit, const char *subgroup, uint32_t pid, struct failure *failure);
int unit_stop(struct connection *c, const char *unit, struct failure *failure);
