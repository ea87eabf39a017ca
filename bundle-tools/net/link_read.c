/* What there is of devices, addresses and routes. */
#include "bundle-tools/net/link.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_link.h>
#include <linux/ip.h>
#include <linux/rtnetlink.h>
#include <stdio.h>
#include <string.h>

/* --- devices -------------------------------------------------------------------------------------------------------- */

static void read_statistics(struct link *out, const struct nlattr *attribute)
{
	struct rtnl_link_stats64 s = { 0 };
	size_t length = mnl_attr_get_payload_len(attribute);

	memcpy(&s, mnl_attr_get_payload(attribute), length < sizeof s ? length : sizeof s); /* it grows with the kernel */
	out->rx_bytes = s.rx_bytes;
	out->tx_bytes = s.tx_bytes;
	out->rx_packets = s.rx_packets;
	out->tx_packets = s.tx_packets;
}

/* The settings are a list of numbers, the first of which is that with number 1. */
static void read_settings(struct link *out, const struct nlattr *families)
{
	const struct nlattr *family, *inside;
	uint32_t value;

	NETLINK_EACH_INSIDE(family, families) {
		if (mnl_attr_get_type(family) != AF_INET)
			continue;
		NETLINK_EACH_INSIDE(inside, family) {
			if (mnl_attr_get_type(inside) != IFLA_INET_CONF || mnl_attr_get_payload_len(inside) < sizeof value)
				continue;
			const char *numbers = mnl_attr_get_payload(inside);
			memcpy(&value, numbers + (IPV4_DEVCONF_FORWARDING - 1) * sizeof value, sizeof value);
			out->is_forwarding = value;
		}
	}
}

static void read_link(const struct nlmsghdr *m, struct link *out)
{
	const struct ifinfomsg *head = mnl_nlmsg_get_payload(m);
	const struct nlattr *a;

	*out = (struct link){ .index = head->ifi_index, .is_up = head->ifi_flags & IFF_UP, .is_loopback = head->ifi_flags & IFF_LOOPBACK };
	NETLINK_EACH(a, m, sizeof *head) {
		if (mnl_attr_get_type(a) == IFLA_IFNAME)
			(void)snprintf(out->name, sizeof out->name, "%s", mnl_attr_get_str(a));
		else if (mnl_attr_get_type(a) == IFLA_IFALIAS)
			(void)snprintf(out->alias, sizeof out->alias, "%s", mnl_attr_get_str(a));
		else if (mnl_attr_get_type(a) == IFLA_MTU)
			out->mtu = mnl_attr_get_u32(a);
		else if (mnl_attr_get_type(a) == IFLA_STATS64)
			read_statistics(out, a);
		else if (mnl_attr_get_type(a) == IFLA_AF_SPEC)
			read_settings(out, a);
	}
}

static int take_link(const struct nlmsghdr *m, void *context)
{
	struct links *all = context;
	size_t size = all->count * sizeof *all->at;

	all->at = arena_grow(all->arena, all->at, size, size + sizeof *all->at);
	read_link(m, &all->at[all->count++]);
	return MNL_CB_OK;
}

int links_read(struct netlink *n, struct arena *a, struct links *out, struct err *e)
{
	char buffer[NETLINK_MESSAGE];
	struct nlmsghdr *m = netlink_begin(buffer, RTM_GETLINK, NLM_F_DUMP, sizeof(struct ifinfomsg));

	*out = (struct links){ .arena = a };
	return netlink_read(n, m, take_link, out, &out->count) ? err_sys(e, "list the network devices") : 0;
}

const struct link *links_find(const struct links *all, const char *name)
{
	for (size_t i = 0; i < all->count; i++)
		if (strcmp(all->at[i].name, name) == 0)
			return &all->at[i];
	return NULL;
}

static int take_one(const struct nlmsghdr *m, void *context)
{
	read_link(m, context);
	return MNL_CB_OK;
}

int link_find(struct netlink *n, const char *name, struct link *out, struct err *e)
{
	char buffer[NETLINK_MESSAGE];
	struct nlmsghdr *m = netlink_begin(buffer, RTM_GETLINK, 0, sizeof(struct ifinfomsg));
	size_t count;

	mnl_attr_put_strz(m, IFLA_IFNAME, name);
	if (netlink_read(n, m, take_one, out, &count) == 0)
		return 0;
	return errno == ENODEV ? 1 : err_sys(e, "find the network device %s", name);
}

/* --- addresses and routes ------------------------------------------------------------------------------------------- */

bool subnet_overlaps(struct subnet a, struct subnet b)
{
	unsigned prefix = a.prefix < b.prefix ? a.prefix : b.prefix;
	uint32_t mask = prefix ? UINT32_MAX << (32 - prefix) : 0;

	return (a.address & mask) == (b.address & mask);
}

static void add_subnet(struct subnets *all, const struct nlattr *address, unsigned prefix, int device)
{
	size_t size = all->count * sizeof *all->at, devices = all->count * sizeof *all->device;
	uint32_t in_order = 0;

	if (address && mnl_attr_get_payload_len(address) == sizeof in_order)
		memcpy(&in_order, mnl_attr_get_payload(address), sizeof in_order);
	all->at = arena_grow(all->arena, all->at, size, size + sizeof *all->at);
	all->device = arena_grow(all->arena, all->device, devices, devices + sizeof *all->device);
	all->at[all->count] = (struct subnet){ ntohl(in_order), prefix };
	all->device[all->count++] = device;
}

static int take_address(const struct nlmsghdr *m, void *context)
{
	const struct ifaddrmsg *head = mnl_nlmsg_get_payload(m);
	const struct nlattr *a, *local = NULL;

	NETLINK_EACH(a, m, sizeof *head)
		if (mnl_attr_get_type(a) == IFA_LOCAL)
			local = a;
	if (head->ifa_family == AF_INET && local)
		add_subnet(context, local, head->ifa_prefixlen, (int)head->ifa_index);
	return MNL_CB_OK;
}

int subnets_read_addresses(struct netlink *n, struct arena *a, struct subnets *out, struct err *e)
{
	char buffer[NETLINK_MESSAGE];
	struct nlmsghdr *m = netlink_begin(buffer, RTM_GETADDR, NLM_F_DUMP, sizeof(struct ifaddrmsg));
	struct ifaddrmsg *head = mnl_nlmsg_get_payload(m);

	head->ifa_family = AF_INET;
	*out = (struct subnets){ .arena = a };
	return netlink_read(n, m, take_address, out, &out->count) ? err_sys(e, "list the addresses") : 0;
}

static int take_route(const struct nlmsghdr *m, void *context)
{
	const struct rtmsg *head = mnl_nlmsg_get_payload(m);
	const struct nlattr *a, *to = NULL, *device = NULL;

	NETLINK_EACH(a, m, sizeof *head) {
		if (mnl_attr_get_type(a) == RTA_DST)
			to = a;
		else if (mnl_attr_get_type(a) == RTA_OIF)
			device = a;
	}
	if (head->rtm_family == AF_INET && head->rtm_dst_len && to)
		add_subnet(context, to, head->rtm_dst_len, device ? (int)mnl_attr_get_u32(device) : 0);
	return MNL_CB_OK;
}

int subnets_read_routes(struct netlink *n, struct arena *a, struct subnets *out, struct err *e)
{
	char buffer[NETLINK_MESSAGE];
	struct nlmsghdr *m = netlink_begin(buffer, RTM_GETROUTE, NLM_F_DUMP, sizeof(struct rtmsg));
	struct rtmsg *head = mnl_nlmsg_get_payload(m);

	head->rtm_family = AF_INET;
	*out = (struct subnets){ .arena = a };
	return netlink_read(n, m, take_route, out, &out->count) ? err_sys(e, "list the routes") : 0;
}

/* The answer is one route. */
static int take_device(const struct nlmsghdr *m, void *context)
{
	const struct nlattr *a;
	int *index = context;

	NETLINK_EACH(a, m, sizeof(struct rtmsg))
		if (mnl_attr_get_type(a) == RTA_OIF)
			*index = (int)mnl_attr_get_u32(a);
	return MNL_CB_OK;
}

int link_find_uplink(struct netlink *n, int *index, struct err *e)
{
	enum { NOBODY = 0xc6336401 }; /* 198.51.100.1: for documentation (RFC 5737), so that nobody has a route of its own to it */
	char buffer[NETLINK_MESSAGE];
	struct nlmsghdr *m = netlink_begin(buffer, RTM_GETROUTE, 0, sizeof(struct rtmsg));
	struct rtmsg *head = mnl_nlmsg_get_payload(m);
	size_t count;

	head->rtm_family = AF_INET;
	head->rtm_dst_len = 32;
	mnl_attr_put_u32(m, RTA_DST, htonl(NOBODY));
	*index = 0;
	if (netlink_read(n, m, take_device, index, &count) && errno != ENETUNREACH && errno != EHOSTUNREACH && errno != EACCES)
		return err_sys(e, "find the default route");
	return 0;
}
