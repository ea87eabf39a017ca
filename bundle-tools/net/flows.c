#include "bundle-tools/net/flows.h"

#include "bundle-tools/net/netlink.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_conntrack.h>
#include <stdbool.h>
#include <string.h>

struct flow {
	char *message; /* the request that deletes it */
};

struct flows {
	struct arena *arena;
	uint32_t address; /* in the network's byte order */
	struct flow *at;
	size_t count;
};

/* Whether the source of a direction is the address: what goes to a container has it as the source of the replies. */
static bool has_source(const struct nlattr *tuple, uint32_t address)
{
	const struct nlattr *part, *inside;

	NETLINK_EACH_INSIDE(part, tuple) {
		if (mnl_attr_get_type(part) != CTA_TUPLE_IP)
			continue;
		NETLINK_EACH_INSIDE(inside, part)
			if (mnl_attr_get_type(inside) == CTA_IP_V4_SRC && mnl_attr_get_u32(inside) == address)
				return true;
	}
	return false;
}

static void add_flow(struct flows *all, const struct nlmsghdr *from)
{
	char buffer[NETLINK_MESSAGE];
	struct nlmsghdr *m = netlink_begin(buffer, NFNL_SUBSYS_CTNETLINK << 8 | IPCTNL_MSG_CT_DELETE, 0, sizeof(struct nfgenmsg));
	struct nfgenmsg *head = mnl_nlmsg_get_payload(m);
	size_t size = all->count * sizeof *all->at;
	const struct nlattr *a;

	head->nfgen_family = AF_INET;
	NETLINK_EACH(a, from, sizeof *head) {
		unsigned type = mnl_attr_get_type(a);
		if (type == CTA_TUPLE_ORIG || type == CTA_ID || type == CTA_ZONE)
			mnl_attr_put(m, (uint16_t)(a->nla_type), mnl_attr_get_payload_len(a), mnl_attr_get_payload(a));
	}
	all->at = arena_grow(all->arena, all->at, size, size + sizeof *all->at);
	all->at[all->count++].message = arena_copy(all->arena, buffer, m->nlmsg_len);
}

static int take_flow(const struct nlmsghdr *m, void *context)
{
	struct flows *all = context;
	const struct nlattr *a;
	bool is_wanted = false;

	NETLINK_EACH(a, m, sizeof(struct nfgenmsg)) {
		unsigned type = mnl_attr_get_type(a);
		if ((type == CTA_TUPLE_ORIG || type == CTA_TUPLE_REPLY) && has_source(a, all->address))
			is_wanted = true;
	}
	if (is_wanted)
		add_flow(all, m);
	return MNL_CB_OK;
}

int flows_forget(struct arena *a, uint32_t address, struct err *e)
{
	struct flows all = { .arena = a, .address = htonl(address) };
	char buffer[NETLINK_MESSAGE];
	struct nlmsghdr *m =
		netlink_begin(buffer, NFNL_SUBSYS_CTNETLINK << 8 | IPCTNL_MSG_CT_GET, NLM_F_DUMP, sizeof(struct nfgenmsg));
	struct nfgenmsg *head = mnl_nlmsg_get_payload(m);
	own_netlink n = { 0 };

	if (netlink_open(&n, NETLINK_NETFILTER, -1, e))
		return -1;
	head->nfgen_family = AF_INET;
	if (netlink_read(&n, m, take_flow, &all, &all.count))
		return errno == EINVAL || errno == EOPNOTSUPP ? 0 : err_sys(e, "list the connections");
	for (size_t i = 0; i < all.count; i++)
		if (netlink_request(&n, (struct nlmsghdr *)(void *)all.at[i].message) && errno != ENOENT) /* it has ended by itself */
			return err_sys(e, "forget a connection");
	return 0;
}
