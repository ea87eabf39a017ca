/* addnetwork, peer: containers that are connected. */
#include "bundle-tools/cli/commands.h"

#include "bundle-tools/net/network.h"
#include "bundle-tools/run/container.h"
#include "bundle-tools/run/user_namespace.h"
#include "bundle-tools/store/interrupt.h"
#include "spec/base/own.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { WAIT_MS = 5000, POLL_MS = 20 };

/* A `run` in the background may still be on its way: wait a little for its container. */
static int wait_for_container(struct conductor *c, const char *name, struct container **out, struct runtime_state *state,
			      struct err *e)
{
	for (int waited = 0; waited <= WAIT_MS; waited += POLL_MS) {
		struct err unknown = ERR_NONE; /* told when it stays so */
		bool is_last = waited + POLL_MS > WAIT_MS;
		if (container_read(c, name, out, is_last ? e : &unknown) == 0) {
			if (runtime_read_state(c, name, container_directory(c, name), state, e))
				return -1;
			if (state->pid)
				return 0;
			if (state->status == RUNTIME_STOPPED)
				return err_set(e, "container %s has ended", name);
		}
		if (!is_last && interrupt_check(POLL_MS, e))
			return -1;
	}
	return e->text[0] ? -1 : err_set(e, "container %s does not run", name);
}

static int open_network_namespace(const struct container *container, pid_t pid, struct arena *a, struct err *e)
{
	struct stat inside, ours;

	if (strcmp(container->network, "own") != 0) {
		(void)err_set(e, "container %s was made with --net-%s", container->name,
			      strcmp(container->network, "host") == 0 ? "host" : "isolate");
		return err_hint(e, "one that is to get a network is made without that");
	}
	own_fd fd = open(arena_format(a, "/proc/%d/ns/net", (int)pid), O_RDONLY | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &inside) || stat("/proc/self/ns/net", &ours))
		return err_sys(e, "open the network namespace of %s", container->name);
	if (inside.st_ino == ours.st_ino && inside.st_dev == ours.st_dev)
		return err_set(e, "container %s has the host's network", container->name);
	return take_fd(&fd);
}

static int read_ports(struct conductor *c, const struct addnetwork_options *o, struct network_options *out, struct err *e)
{
	out->ports = arena_alloc(&c->arena, (o->expose.count + o->publish.count + 1) * sizeof *out->ports);
	for (size_t i = 0; i < o->expose.count; i++)
		if (port_read_expose(c, o->expose.at[i], &out->ports[out->port_count++], e))
			return -1;
	for (size_t i = 0; i < o->publish.count; i++)
		if (port_read_publish(c, o->publish.at[i], &out->ports[out->port_count++], e))
			return -1;
	return 0;
}

static const char *choose_subnet(const char *given)
{
	const char *set = getenv("CONDUCTOR_SUBNET");

	return given ? given : set && set[0] ? set : "192.168";
}

static int add_network(struct conductor *c, const char *name, const struct addnetwork_options *o, struct err *e)
{
	struct network_options n = { .name = name, .subnet = choose_subnet(o->subnet), .has_internet = o->has_internet };
	struct container *container = NULL;
	struct runtime_state state = { 0 };
	const char *address;

	if (read_ports(c, o, &n, e) || store_open(c, e) || wait_for_container(c, name, &container, &state, e))
		return -1;
	own_fd netns_fd = open_network_namespace(container, state.pid, &c->arena, e);
	if (netns_fd < 0)
		return -1;
	n.netns_fd = netns_fd;
	if (network_add(c, &n, &address, e))
		return -1;
	(void)printf("%s has the address %s\n", name, address);
	return 0;
}

static int refuse_without_root(struct err *e)
{
	return user_namespace_refuse("a network",
				     "its addresses and rules are the host's; without root `run` gives none, --net-host the host's", e);
}

COMMAND(addnetwork)
{
	(void)exit_code;
	if (refuse_without_root(e))
		return err_add(e, "addnetwork %s", line->at[0]);
	return add_network(c, line->at[0], options, e) ? err_add(e, "addnetwork %s", line->at[0]) : 0;
}

COMMAND(peer)
{
	struct container *container = NULL;

	(void)options;
	(void)exit_code;
	if (refuse_without_root(e))
		return err_add(e, "peer %s %s", line->at[0], line->at[1]);
	if (store_open(c, e) || container_read(c, line->at[0], &container, e) || container_read(c, line->at[1], &container, e) ||
	    network_peer(c, line->at[0], line->at[1], e))
		return err_add(e, "peer %s %s", line->at[0], line->at[1]);
	(void)printf("Added peer to peer traffic between %s and %s...\n", line->at[0], line->at[1]);
	return 0;
}
