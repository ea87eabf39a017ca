/* Owns ports of the host: as words, and whether one can be had. */
#pragma once

#include "bundle-tools/conductor.h"

#include <stdint.h>

struct network_port {
	unsigned char protocol; /* IPPROTO_TCP or IPPROTO_UDP */
	uint16_t outer, inner;
};

/* "8080-3000": the container's, then the host's. */
int port_read_expose(struct conductor *c, const char *text, struct network_port *out, struct err *e);

/* "3000:8080", "3000:8080/udp": the host's, then the container's. */
int port_read_publish(struct conductor *c, const char *text, struct network_port *out, struct err *e);

const char *port_protocol(const struct network_port *port);

/* An error that names the port, and the program that has it when it can be seen. */
int port_check_free(struct conductor *c, const struct network_port *port, struct err *e);
