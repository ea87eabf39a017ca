/* Peers, and the end of networks. */
#include "bundle-tools/net/firewall.h"
#include "bundle-tools/net/network_host.h"
#include "spec/base/own.h"
#include "spec/field_rows.h"
#include "spec/json/read.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#define OWNER struct network
static const struct field network_rows[] = {
	TEXT("device", device, FILLED, "The outer device."),
	TEXT("address", address, FILLED, "The container's address."),
	TEXT("subnet", subnet, FILLED, "First half of all addresses."),
};
static RECORD(network);
#undef OWNER

static const char *record_path(struct conductor *c, const char *container)
{
	return arena_format(&c->arena, "containers/%s/network.json", container);
}

int network_read(struct conductor *c, const char *container, const struct network **out, struct err *e)
{
	const char *text, *path = record_path(c, container);
	struct problems problems;
	size_t length;

	*out = NULL;
	if (faccessat(c->root_fd, path, F_OK, 0))
		return errno == ENOENT ? 0 : err_sys(e, "look for %s/%s", c->root, path);
	if (json_load(c->root_fd, path, &c->arena, &text, &length, e))
		return -1;
	problems_init(&problems, &c->arena);
	*out = json_read(&record_network, text, length, &problems);
	problems_place(&problems, text, length);
	return problems_err(&problems, path, e);
}

/* --- peers ---------------------------------------------------------------------------------------------------------- */

/* NULL with an error. */
static const struct network *read_needed(struct network_host *h, const char *container, struct err *e)
{
	const struct network *network = NULL;

	if (network_read(h->c, container, &network, e))
		return NULL;
	if (network && links_find(&h->links, network->device))
		return network;
	(void)err_set(e, "container %s has no network", container);
	(void)err_hint(e, "`conductor addnetwork %s` gives it one", container);
	return NULL;
}

int network_peer(struct conductor *c, const char *a, const char *b, struct err *e)
{
	own_host h = { .lock_fd = -1 };
	struct batch batch;

	if (strcmp(a, b) == 0)
		return err_set(e, "%s is one container; it reaches itself", a);
	if (host_open(&h, c, e))
		return -1;
	const struct network *first = read_needed(&h, a, e), *second = first ? read_needed(&h, b, e) : NULL;
	if (!first || !second)
		return -1;
	if (strcmp(first->subnet, second->subnet) != 0)
		return err_set(e, "%s is in %s.0.0/16 and %s in %s.0.0/16: they have no route to each other", a, first->subnet, b,
			       second->subnet);
	struct element both[2] = { element_pair(SET_PEERS, first->device, second->device),
				   element_pair(SET_PEERS, second->device, first->device) };
	struct elements added = { .arena = &c->arena, .at = both, .count = 2 };
	batch_begin(&batch, &c->arena);
	elements_write(&batch, &added, false); /* elements that are there already are no error */
	if (batch_send(&batch, &h.rules_socket, "write table inet " RULESET_TABLE, e))
		return -1;
	return firewall_warn(c, &h.rules_socket, e);
}

/* --- the end -------------------------------------------------------------------------------------------------------- */

static int remove_all(struct network_host *h, const char *container, const char *address, struct err *e)
{
	struct network_names names;

	names_choose(h->c, container, &names);
	bool has_elements = host_has_container(h, names.outside, container);
	const struct link *device = links_find(&h->links, names.outside);
	if (device && host_owns_device(h, device, &names, container) && link_delete(&h->links_socket, device->index, e))
		return -1;
	return has_elements ? host_release(h, names.outside, address, e) : 0;
}

int network_remove(struct conductor *c, const char *container, struct err *e)
{
	const char *path = record_path(c, container);
	const struct network *network = NULL;
	struct err ignored = ERR_NONE; /* a record that cannot be read must not keep the rest from being removed */
	own_host h = { .lock_fd = -1 };

	if (faccessat(c->root_fd, path, F_OK, 0))
		return errno == ENOENT ? 0 : err_sys(e, "look for %s/%s", c->root, path);
	(void)network_read(c, container, &network, &ignored);
	if (host_open(&h, c, e) || remove_all(&h, container, network ? network->address : "", e))
		return err_add(e, "remove the network of %s", container);
	return unlinkat(c->root_fd, path, 0) ? err_sys(e, "remove %s/%s", c->root, path) : 0;
}

int network_sweep(struct conductor *c, struct err *e)
{
	own_host h = { .lock_fd = -1 };

	if (access(NETWORK_LOCK, F_OK) && errno == ENOENT) /* nobody has had a network since this machine began */
		return 0;
	return host_open(&h, c, e) || host_sweep(&h, e) ? -1 : 0;
}
