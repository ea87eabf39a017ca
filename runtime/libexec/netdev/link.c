#include "runtime/libexec/netdev/link.h"

#include <errno.h>
#include <linux/rtnetlink.h>
#include <stdio.h>
#include <string.h>

/* --- finding ------------------------------------------------------------------------------------------------------ */

static int take_name(const struct nlattr *attribute, void *data)
{
	if (mnl_attr_get_type(attribute) == IFLA_IFNAME)
		(void)snprintf(((struct link *)data)->name, IFNAMSIZ, "%s", mnl_attr_get_str(attribute));
	return MNL_CB_OK;
}

static int take_link(const struct nlmsghdr *message, void *data)
{
	const struct ifinfomsg *info = mnl_nlmsg_get_payload(message);
	struct link *out = data;

	out->index = info->ifi_index;
	out->is_up = info->ifi_flags & IFF_UP;
	return mnl_attr_parse(message, sizeof *info, take_name, out);
}

int link_find(struct netlink *n, const char *name, struct link *out)
{
	struct netlink_request r;

	*out = (struct link){ 0 };
	(void)netlink_begin(&r, RTM_GETLINK, NLM_F_ACK, sizeof(struct ifinfomsg));
	mnl_attr_put_strz(r.header, IFLA_IFNAME, name);
	int result = netlink_ask(n, &r, take_link, out);
	return result == 0 && !out->index ? -ENODEV : result;
}

int link_find_name(struct netlink *n, const char *pattern, char *out)
{
	int stem = (int)strlen(pattern) - 2, result = 0;
	struct link other;

	for (unsigned number = 0; result == 0; number++) {
		if (snprintf(out, IFNAMSIZ, "%.*s%u", stem, pattern, number) >= IFNAMSIZ)
			return -ENAMETOOLONG;
		result = link_find(n, out, &other);
	}
	return result == -ENODEV ? 0 : result;
}

/* --- changing ----------------------------------------------------------------------------------------------------- */

int link_move(struct netlink *n, int index, int namespace_fd, const char *name)
{
	struct netlink_request r;
	struct ifinfomsg *info = netlink_begin(&r, RTM_NEWLINK, NLM_F_ACK, sizeof *info);

	info->ifi_index = index;
	mnl_attr_put_u32(r.header, IFLA_NET_NS_FD, (uint32_t)namespace_fd);
	mnl_attr_put_strz(r.header, IFLA_IFNAME, name);
	return netlink_ask(n, &r, NULL, NULL);
}

int link_set_up(struct netlink *n, int index)
{
	struct netlink_request r;
	struct ifinfomsg *info = netlink_begin(&r, RTM_NEWLINK, NLM_F_ACK, sizeof *info);

	info->ifi_index = index;
	info->ifi_flags = info->ifi_change = IFF_UP;
	return netlink_ask(n, &r, NULL, NULL);
}
