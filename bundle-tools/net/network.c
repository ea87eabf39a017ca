/* Giving a container a network. */
#include "bundle-tools/net/network.h"

#include "bundle-tools/net/firewall.h"
#include "bundle-tools/net/network_host.h"
#include "bundle-tools/store/store.h"
#include "runtime/life/steps.h"
#include "spec/base/own.h"
#include "spec/base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

enum { NETWORKS_MOST = 254, DEFAULT_MTU = 1500, ALL_PREFIX = 16, OWN_PREFIX = 24, HOST_SIDE = 1, CONTAINER_SIDE = 2 };

struct joining {
	struct conductor *c;
	const struct network_options *o;
	struct network_host *host;
	struct network_names names;
	struct elements added;
	struct subnet all;  /* 192.168.0.0/16 */
	uint32_t own;       /* 192.168.N.0 */
	const char *address; /* the container's */
	const struct link *uplink; /* or NULL */
	int index;          /* of the outer device; 0: not made yet */
	bool is_new;
};

/* --- addresses ------------------------------------------------------------------------------------------------------ */

static int read_subnet(struct joining *j, struct err *e)
{
	char *second = arena_text(&j->c->arena, j->o->subnet);
	const char *first = strsep(&second, ".");
	uint64_t a, b;

	if (!second || !text_read_uint(first, 223, &a) || !a || a == 127 || !text_read_uint(second, 255, &b)) {
		(void)err_set(e, "--subnet %s is not the first half of an IPv4 address", j->o->subnet);
		return err_hint(e, "two numbers with a dot, such as 192.168 or 10.77");
	}
	j->all = (struct subnet){ (uint32_t)(a << 24 | b << 16), ALL_PREFIX };
	return 0;
}

static bool is_taken(const struct subnets *taken, struct subnet wanted, unsigned shortest)
{
	for (size_t i = 0; i < taken->count; i++)
		if (taken->at[i].prefix >= shortest && subnet_overlaps(taken->at[i], wanted))
			return true;
	return false;
}

/* The first network that neither an address of the host nor one of its routes to a single network has. */
static int choose_free(struct joining *j, struct err *e)
{
	struct subnets addresses = { 0 }, routes = { 0 };
	struct netlink *n = &j->host->links_socket;

	if (subnets_read_addresses(n, &j->c->arena, &addresses, e) || subnets_read_routes(n, &j->c->arena, &routes, e))
		return -1;
	for (uint32_t i = 1; i <= NETWORKS_MOST; i++) {
		struct subnet wanted = { j->all.address | i << 8, OWN_PREFIX };
		if (is_taken(&addresses, wanted, 1) || is_taken(&routes, wanted, ALL_PREFIX + 1))
			continue;
		j->own = wanted.address;
		return 0;
	}
	(void)err_set(e, "the host has no network in %s.0.0/16 that is free", j->o->subnet);
	return err_hint(e, "--subnet 10.77 takes others");
}

/* The network that it has already, if the device is really the container's. */
static int take_existing(struct joining *j, const struct link *device, struct err *e)
{
	const struct network *network = NULL;

	if (!host_owns_device(j->host, device, &j->names, j->o->name)) {
		(void)err_set(e, "the host has a network device %s already", device->name);
		return err_hint(e, device->alias[0] ? "it is described as \"%s\"" : "it is none of ours%s", device->alias);
	}
	if (network_read(j->c, j->o->name, &network, e))
		return -1;
	if (!network || !address_read(network->address))
		return err_set(e, "the network of %s has no record; `conductor stop %s` removes it", j->o->name, j->o->name);
	j->own = address_read(network->address) & ~UINT32_C(255);
	j->all.address = j->own & ~UINT32_C(65535);
	j->index = device->index;
	return 0;
}

static int choose_address(void *context, struct err *e)
{
	struct joining *j = context;
	const struct link *device = links_find(&j->host->links, j->names.outside);

	j->is_new = !device;
	if (read_subnet(j, e) || (device ? take_existing(j, device, e) : choose_free(j, e)))
		return -1;
	j->address = address_text(&j->c->arena, j->own | CONTAINER_SIDE);
	return 0;
}

/* --- ports ---------------------------------------------------------------------------------------------------------- */

static int add_port(struct joining *j, const struct network_port *port, const char *comment, struct err *e)
{
	struct element x = element_port(port->protocol, port->outer, j->own | CONTAINER_SIDE, port->inner, comment);
	const struct element *has = elements_find(&j->host->present, &x);
	struct network_owner owner = { 0 };

	if (elements_find(&j->added, &x))
		return err_set(e, "port %u/%s is given twice", port->outer, port_protocol(port));
	if (has && memcmp(has->data, x.data, sizeof x.data) == 0)
		return 0; /* again the same */
	if (has) {
		(void)owner_read(has->comment, &owner); /* without one the port alone is named */
		return err_set(e, "port %u/%s of the host leads to container %s already", port->outer, port_protocol(port),
			       owner.name[0] ? owner.name : "of somebody else");
	}
	if (port_check_free(j->c, port, e))
		return -1;
	elements_add(&j->added, &x);
	return 0;
}

static void add_new(struct joining *j, struct element x)
{
	if (!elements_find(&j->host->present, &x))
		elements_add(&j->added, &x);
}

/* What arrives on any device with an address can be for a container, or an answer to one. */
static void add_forwarding(struct joining *j)
{
	for (size_t i = 0; i < j->host->links.count; i++) {
		const struct link *l = &j->host->links.at[i];
		struct element cif = element_device(SET_CIFS, l->name, "");
		if (l->is_up && !l->is_loopback && l->has_address && !l->is_forwarding && !elements_find(&j->host->present, &cif) &&
		    strcmp(l->name, j->names.outside) != 0)
			add_new(j, element_device(SET_FORWARDING, l->name, ""));
	}
}

static int choose_elements(void *context, struct err *e)
{
	struct joining *j = context;
	char comment[ELEMENT_COMMENT];

	owner_write(j->c, j->o->name, j->address, comment);
	add_new(j, element_device(SET_CIFS, j->names.outside, comment));
	add_new(j, element_pair(SET_HAIRPIN, j->names.outside, j->names.outside));
	if (j->o->has_internet)
		add_new(j, element_device(SET_INTERNET, j->names.outside, ""));
	for (size_t i = 0; i < j->o->port_count; i++)
		if (add_port(j, &j->o->ports[i], comment, e))
			return -1;
	if (j->o->has_internet || j->o->port_count)
		add_forwarding(j);
	return 0;
}

/* --- the record and the rules --------------------------------------------------------------------------------------- */

static const char *record_path(struct joining *j)
{
	return arena_format(&j->c->arena, "containers/%s/network.json", j->o->name);
}

static int write_record(void *context, struct err *e)
{
	struct joining *j = context;
	const char *directory = arena_format(&j->c->arena, "containers/%s", j->o->name);
	own_fd dir_fd = openat(j->c->root_fd, directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	const char *json = arena_format(&j->c->arena, "{\"device\": \"%s\", \"address\": \"%s\", \"subnet\": \"%u.%u\"}\n",
					j->names.outside, j->address, j->all.address >> 24, j->all.address >> 16 & 255);

	if (dir_fd < 0)
		return err_sys(e, "open the directory of %s", j->o->name);
	return j->is_new ? store_write_file(dir_fd, "network.json", json, strlen(json), WRITE_PLAIN, e) : 0;
}

static void remove_record(void *context)
{
	struct joining *j = context;

	if (j->is_new)
		(void)unlinkat(j->c->root_fd, record_path(j), 0); /* `stop` then finds nothing else, and removes it */
}

static int write_rules(void *context, struct err *e)
{
	struct joining *j = context;
	struct batch b;

	batch_begin(&b, &j->c->arena);
	if (!ruleset_is_current(&j->host->rules_socket))
		ruleset_write(&b);
	elements_write(&b, &j->added, false);
	return batch_send(&b, &j->host->rules_socket, "write table inet " RULESET_TABLE, e);
}

static void remove_rules(void *context)
{
	struct joining *j = context;
	struct err ignored = ERR_NONE; /* the next command sweeps it */

	if (elements_read(&j->host->rules_socket, &j->c->arena, &j->host->present, &ignored) == 0 && j->is_new)
		(void)host_release(j->host, j->names.outside, j->address, &ignored);
}

/* --- devices -------------------------------------------------------------------------------------------------------- */

static int find_uplink(void *context, struct err *e)
{
	struct joining *j = context;
	int index = 0;

	if (link_find_uplink(&j->host->links_socket, &index, e))
		return -1;
	for (size_t i = 0; i < j->host->links.count; i++)
		if (j->host->links.at[i].index == index)
			j->uplink = &j->host->links.at[i];
	if (j->o->has_internet && !j->uplink)
		log_warn(&j->c->log, "the host has no default route itself: %s does not reach the internet", j->o->name);
	return 0;
}

static int make_devices(void *context, struct err *e)
{
	struct joining *j = context;
	struct netlink *n = &j->host->links_socket;
	struct link device;

	if (!j->is_new)
		return 0;
	if (link_make_pair(n, j->names.outside, j->names.inside, j->o->netns_fd, j->uplink ? j->uplink->mtu : DEFAULT_MTU, e))
		return -1;
	int found = link_find(n, j->names.outside, &device, e);
	j->index = device.index;
	return found > 0 ? err_set(e, "the device %s has gone again", j->names.outside) : found;
}

static void remove_devices(void *context)
{
	struct joining *j = context;
	struct err ignored = ERR_NONE; /* it goes with the container's namespace, too */

	if (j->is_new && j->index)
		(void)link_delete(&j->host->links_socket, j->index, &ignored);
}

static int set_up_outside(void *context, struct err *e)
{
	struct joining *j = context;
	struct netlink *n = &j->host->links_socket;
	const struct link_change change = { .alias = j->names.alias, .is_up = true, .forwards = true, .strict_sources = true,
					    .routes_localnet = j->o->port_count };

	if (link_change(n, j->index, &change, e) || link_add_address(n, j->index, (struct subnet){ j->own | HOST_SIDE, OWN_PREFIX }, e))
		return -1;
	return j->names.outside_long ? link_add_name(n, j->index, j->names.outside_long, e) : 0;
}

static int set_up_loopback(struct netlink *n, struct err *e)
{
	struct link lo;
	int found = link_find(n, "lo", &lo, e);

	if (found)
		return found < 0 ? -1 : 0;
	return lo.is_up ? 0 : link_change(n, lo.index, &(struct link_change){ .is_up = true }, e);
}

static int set_up_inside(void *context, struct err *e)
{
	struct joining *j = context;
	const uint32_t gateway = j->own | HOST_SIDE;
	own_netlink n = { 0 };
	struct link device;

	if (netlink_open(&n, NETLINK_ROUTE, j->o->netns_fd, e) || set_up_loopback(&n, e))
		return -1;
	int found = link_find(&n, j->names.inside, &device, e);
	if (found)
		return found < 0 ? -1 : err_set(e, "the device %s has gone from the container", j->names.inside);
	if (link_change(&n, device.index, &(struct link_change){ .is_up = true }, e) ||
	    link_add_address(&n, device.index, (struct subnet){ j->own | CONTAINER_SIDE, OWN_PREFIX }, e) ||
	    link_add_route(&n, device.index, j->all, gateway, e))
		return -1;
	/* who asks at an exposed port may be anywhere; without -i the rules let nothing but answers go there */
	if ((j->o->has_internet || j->o->port_count) && link_add_route(&n, device.index, (struct subnet){ 0 }, gateway, e))
		return -1;
	return j->names.inside_long ? link_add_name(&n, device.index, j->names.inside_long, e) : 0;
}

/* Last, so that nothing is forwarded for a network that failed. */
static int start_forwarding(void *context, struct err *e)
{
	const struct link_change change = { .forwards = true };
	struct joining *j = context;

	for (size_t i = 0; i < j->host->links.count; i++) {
		const struct link *l = &j->host->links.at[i];
		struct element x = element_device(SET_FORWARDING, l->name, "");
		bool is_wanted = elements_find(&j->added, &x) || elements_find(&j->host->present, &x); /* of a killed one, too */
		if (is_wanted && !l->is_forwarding && link_change(&j->host->links_socket, l->index, &change, e))
			return err_add(e, "let %s forward", l->name);
	}
	return 0;
}

static const struct step joining_steps[] = {
	{ "choose an address", choose_address, NULL },
	{ "choose the rules", choose_elements, NULL },
	{ "find the way out", find_uplink, NULL },
	{ "note it", write_record, remove_record },
	{ "write the rules", write_rules, remove_rules },
	{ "make the devices", make_devices, remove_devices },
	{ "set up the outer device", set_up_outside, NULL },
	{ "set up the inner device", set_up_inside, NULL },
	{ "let the host forward", start_forwarding, NULL },
};

int network_add(struct conductor *c, const struct network_options *o, const char **address, struct err *e)
{
	own_host host = { .lock_fd = -1 };
	struct joining j = { .c = c, .o = o, .host = &host, .added.arena = &c->arena };

	names_choose(c, o->name, &j.names);
	if (host_open(&host, c, e) || host_sweep(&host, e))
		return -1;
	if (steps_run(joining_steps, sizeof joining_steps / sizeof *joining_steps, &j, e))
		return -1;
	*address = j.address;
	return o->has_internet || o->port_count ? firewall_warn(c, &host.rules_socket, e) : 0;
}
