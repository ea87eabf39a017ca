#include "bundle-tools/net/firewall.h"

#include "bundle-tools/net/ruleset.h"

#include <libnftnl/chain.h>
#include <libnftnl/common.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <string.h>

struct looking {
	struct conductor *c;
	size_t count;
	const char *names[8];
};

static bool drops(const struct nftnl_chain *chain)
{
	unsigned family = nftnl_chain_get_u32(chain, NFTNL_CHAIN_FAMILY);

	return (family == NFPROTO_IPV4 || family == NFPROTO_INET) && nftnl_chain_is_set(chain, NFTNL_CHAIN_HOOKNUM) &&
	       nftnl_chain_get_u32(chain, NFTNL_CHAIN_HOOKNUM) == NF_INET_FORWARD &&
	       nftnl_chain_is_set(chain, NFTNL_CHAIN_POLICY) && nftnl_chain_get_u32(chain, NFTNL_CHAIN_POLICY) == NF_DROP &&
	       strcmp(nftnl_chain_get_str(chain, NFTNL_CHAIN_TABLE), RULESET_TABLE) != 0;
}

static int take_chain(const struct nlmsghdr *m, void *context)
{
	struct looking *l = context;
	struct nftnl_chain *chain = nftnl_chain_alloc();

	if (nftnl_chain_nlmsg_parse(m, chain) == 0 && drops(chain) && l->count < sizeof l->names / sizeof *l->names)
		l->names[l->count++] = arena_format(&l->c->arena, "%s of table %s %s", nftnl_chain_get_str(chain, NFTNL_CHAIN_NAME),
						    nftnl_chain_get_u32(chain, NFTNL_CHAIN_FAMILY) == NFPROTO_IPV4 ? "ip" : "inet",
						    nftnl_chain_get_str(chain, NFTNL_CHAIN_TABLE));
	nftnl_chain_free(chain);
	return MNL_CB_OK;
}

int firewall_warn(struct conductor *c, struct netlink *n, struct err *e)
{
	char buffer[NETLINK_MESSAGE];
	struct nlmsghdr *m = nftnl_nlmsg_build_hdr(buffer, NFT_MSG_GETCHAIN, NFPROTO_UNSPEC, NLM_F_DUMP, 0);
	struct looking l = { .c = c };

	if (netlink_read(n, m, take_chain, &l, &l.count))
		return err_sys(e, "list the chains of the firewall");
	for (size_t i = 0; i < l.count; i++)
		log_warn(&c->log, "another firewall drops what it does not accept itself (policy drop of chain %s): it must accept the devices "
			 "called ...-outside, or containers reach nothing", l.names[i]);
	return 0;
}
