/* Changes of devices, addresses and routes. */
#include "bundle-tools/net/link.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_link.h>
#include <linux/ip.h>
#include <linux/rtnetlink.h>
#include <linux/veth.h>
#include <string.h>

const char *address_text(struct arena *a, uint32_t address)
{
	return arena_format(a, "%u.%u.%u.%u", address >> 24, address >> 16 & 255, address >> 8 & 255, address & 255);
}

int link_make_pair(struct netlink *n, const char *outside, const char *inside, int netns_fd, unsigned mtu, struct err *e)
{
	char buffer[NETLINK_MESSAGE];
	struct nlmsghdr *m = netlink_begin(buffer, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, sizeof(struct ifinfomsg));

	mnl_attr_put_strz(m, IFLA_IFNAME, outside);
	mnl_attr_put_u32(m, IFLA_MTU, mtu);
	struct nlattr *information = mnl_attr_nest_start(m, IFLA_LINKINFO);
	mnl_attr_put_strz(m, IFLA_INFO_KIND, "veth");
	struct nlattr *data = mnl_attr_nest_start(m, IFLA_INFO_DATA);
	struct nlattr *peer = mnl_attr_nest_start(m, VETH_INFO_PEER);
	(void)mnl_nlmsg_put_extra_header(m, sizeof(struct ifinfomsg));
	mnl_attr_put_strz(m, IFLA_IFNAME, inside);
	mnl_attr_put_u32(m, IFLA_MTU, mtu);
	mnl_attr_put_u32(m, IFLA_NET_NS_FD, (uint32_t)netns_fd);
	mnl_attr_nest_end(m, peer);
	mnl_attr_nest_end(m, data);
	mnl_attr_nest_end(m, information);
	return netlink_request(n, m) ? err_sys(e, "make the devices %s and %s", outside, inside) : 0;
}

int link_delete(struct netlink *n, int index, struct err *e)
{
	char buffer[NETLINK_MESSAGE];
	struct nlmsghdr *m = netlink_begin(buffer, RTM_DELLINK, 0, sizeof(struct ifinfomsg));
	struct ifinfomsg *head = mnl_nlmsg_get_payload(m);

	head->ifi_index = index;
	return netlink_request(n, m) && errno != ENODEV ? err_sys(e, "remove a network device") : 0;
}

int link_add_name(struct netlink *n, int index, const char *name, struct err *e)
{
	char buffer[NETLINK_MESSAGE];
	struct nlmsghdr *m = netlink_begin(buffer, RTM_NEWLINKPROP, NLM_F_CREATE | NLM_F_EXCL, sizeof(struct ifinfomsg));
	struct ifinfomsg *head = mnl_nlmsg_get_payload(m);

	head->ifi_index = index;
	struct nlattr *list = mnl_attr_nest_start(m, IFLA_PROP_LIST);
	mnl_attr_put_strz(m, IFLA_ALT_IFNAME, name);
	mnl_attr_nest_end(m, list);
	return netlink_request(n, m) && errno != EEXIST ? err_sys(e, "give a network device the name %s", name) : 0;
}

/* Settings of /proc/sys/net/ipv4/conf/DEVICE; the attribute's type is the setting's number. */
static void put_settings(struct nlmsghdr *m, const struct link_change *change)
{
	struct nlattr *families = mnl_attr_nest_start(m, IFLA_AF_SPEC), *inet = mnl_attr_nest_start(m, AF_INET);
	struct nlattr *settings = mnl_attr_nest_start(m, IFLA_INET_CONF);

	if (change->forwards || change->forwards_no_more)
		mnl_attr_put_u32(m, IPV4_DEVCONF_FORWARDING, change->forwards);
	if (change->strict_sources)
		mnl_attr_put_u32(m, IPV4_DEVCONF_RP_FILTER, 1);
	if (change->routes_localnet)
		mnl_attr_put_u32(m, IPV4_DEVCONF_ROUTE_LOCALNET, 1);
	mnl_attr_nest_end(m, settings);
	mnl_attr_nest_end(m, inet);
	mnl_attr_nest_end(m, families);
}

int link_change(struct netlink *n, int index, const struct link_change *change, struct err *e)
{
	char buffer[NETLINK_MESSAGE];
	struct nlmsghdr *m = netlink_begin(buffer, RTM_SETLINK, 0, sizeof(struct ifinfomsg));
	struct ifinfomsg *head = mnl_nlmsg_get_payload(m);

	head->ifi_index = index;
	head->ifi_change = head->ifi_flags = change->is_up ? IFF_UP : 0;
	if (change->alias)
		mnl_attr_put(m, IFLA_IFALIAS, strlen(change->alias), change->alias);
	if (change->forwards || change->forwards_no_more || change->strict_sources || change->routes_localnet)
		put_settings(m, change);
	return netlink_request(n, m) ? err_sys(e, "set up a network device") : 0;
}

int link_add_address(struct netlink *n, int index, struct subnet address, struct err *e)
{
	char buffer[NETLINK_MESSAGE];
	struct nlmsghdr *m = netlink_begin(buffer, RTM_NEWADDR, NLM_F_CREATE | NLM_F_REPLACE, sizeof(struct ifaddrmsg));
	struct ifaddrmsg *head = mnl_nlmsg_get_payload(m);
	const uint32_t broadcast = address.address | (uint32_t)((UINT64_C(1) << (32 - address.prefix)) - 1);

	head->ifa_family = AF_INET;
	head->ifa_prefixlen = (unsigned char)address.prefix;
	head->ifa_index = (unsigned)index;
	mnl_attr_put_u32(m, IFA_LOCAL, htonl(address.address));
	mnl_attr_put_u32(m, IFA_ADDRESS, htonl(address.address));
	mnl_attr_put_u32(m, IFA_BROADCAST, htonl(broadcast));
	return netlink_request(n, m) ? err_sys(e, "set an address") : 0;
}

int link_add_route(struct netlink *n, int index, struct subnet to, uint32_t gateway, struct err *e)
{
	char buffer[NETLINK_MESSAGE];
	struct nlmsghdr *m = netlink_begin(buffer, RTM_NEWROUTE, NLM_F_CREATE | NLM_F_REPLACE, sizeof(struct rtmsg));
	struct rtmsg *head = mnl_nlmsg_get_payload(m);

	*head = (struct rtmsg){ .rtm_family = AF_INET, .rtm_dst_len = (unsigned char)to.prefix, .rtm_table = RT_TABLE_MAIN,
				.rtm_protocol = RTPROT_STATIC, .rtm_scope = RT_SCOPE_UNIVERSE, .rtm_type = RTN_UNICAST };
	if (to.prefix)
		mnl_attr_put_u32(m, RTA_DST, htonl(to.address));
	mnl_attr_put_u32(m, RTA_GATEWAY, htonl(gateway));
	mnl_attr_put_u32(m, RTA_OIF, (uint32_t)index);
	return netlink_request(n, m) ? err_sys(e, "set a route") : 0;
}
