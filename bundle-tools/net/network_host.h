/* What the commands about networks share: the lock, what the host has, and the removal of what is no longer needed. Private to
 * the files net/network*.c. */
#pragma once

#include "bundle-tools/net/elements.h"
#include "bundle-tools/net/link.h"
#include "bundle-tools/net/names.h"
#include "bundle-tools/net/network.h"

#define NETWORK_LOCK "/run/conductor.lock"

struct network_host {
	struct conductor *c;
	int lock_fd;
	struct netlink links_socket, rules_socket;
	struct links links;
	struct elements present;
};

/* Take the lock and look. Close it also after an error. */
int host_open(struct network_host *h, struct conductor *c, struct err *e);
void host_close(struct network_host *h);
#define own_host __attribute__((cleanup(host_close))) struct network_host

/* Whose a device is stands in its element's comment. */
struct network_owner {
	char name[65], address[16], tag[9];
};
void owner_write(struct conductor *c, const char *name, const char *address, char comment[ELEMENT_COMMENT]);
bool owner_read(const char *comment, struct network_owner *out);

/* Whether the table has the device as that of a container of our store. */
bool host_has_container(const struct network_host *h, const char *device, const char *container);

/* Whether a device of the container's name is ours: it says so, or the table does and it has not been described yet. */
bool host_owns_device(const struct network_host *h, const struct link *device, const struct network_names *names,
		      const char *container);

/* Remove all elements of a device and its address; what nobody needs any more goes too, in the end the table. */
int host_release(struct network_host *h, const char *device, const char *address, struct err *e);

/* The same for all devices that are no longer there. */
int host_sweep(struct network_host *h, struct err *e);

/* "192.168.1.2" in the host's byte order; 0 for anything else. */
uint32_t address_read(const char *text);
