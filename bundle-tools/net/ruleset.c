#include "bundle-tools/net/ruleset.h"

#include "bundle-tools/net/netlink.h"

#include <netinet/in.h> /* before the kernel's own */

#include <libnftnl/chain.h>
#include <libnftnl/common.h>
#include <libnftnl/expr.h>
#include <libnftnl/rule.h>
#include <libnftnl/set.h>
#include <libnftnl/table.h>
#include <libnftnl/udata.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_conntrack_common.h>
#include <linux/netfilter/nf_nat.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/rtnetlink.h>
#include <stdio.h>
#include <string.h>

enum { PARTS_MOST = 10, MESSAGE_ROOM = 2048, VERSION_ROOM = 32 };

/* --- sets ----------------------------------------------------------------------------------------------------------- */

enum { TYPE_ADDRESS = 7, TYPE_PROTOCOL = 12, TYPE_SERVICE = 13, TYPE_NAME = 41, TYPE_BITS = 6 };
#define BOTH(a, b) ((a) << TYPE_BITS | (b))

const struct ruleset_set_row ruleset_sets[SET_COUNT] = {
	[SET_CIFS] = { "cifs", TYPE_NAME, 16, 0, 0 },
	[SET_INTERNET] = { "internet", TYPE_NAME, 16, 0, 0 },
	[SET_FORWARDING] = { "forwarding", TYPE_NAME, 16, 0, 0 },
	[SET_PEERS] = { "peers", BOTH(TYPE_NAME, TYPE_NAME), 32, 0, 0 },
	[SET_HAIRPIN] = { "hairpin", BOTH(TYPE_NAME, TYPE_NAME), 32, 0, 0 },
	[SET_PUBLISH] = { "publish", BOTH(TYPE_PROTOCOL, TYPE_SERVICE), 8, BOTH(TYPE_ADDRESS, TYPE_SERVICE), 8 },
};

/* --- chains --------------------------------------------------------------------------------------------------------- */

enum chain { CHAIN_GUARD, CHAIN_ARRIVING, CHAIN_LEAVING, CHAIN_SOURCES, CHAIN_PASSING, CHAIN_COUNT };

static const struct {
	const char *name, *type;
	unsigned hook;
	int priority;
} chains[CHAIN_COUNT] = {
	[CHAIN_GUARD] = { "guard", "filter", NF_INET_PRE_ROUTING, -300 },
	[CHAIN_ARRIVING] = { "arriving", "nat", NF_INET_PRE_ROUTING, -100 },
	[CHAIN_LEAVING] = { "leaving", "nat", NF_INET_LOCAL_OUT, -100 },
	[CHAIN_SOURCES] = { "sources", "nat", NF_INET_POST_ROUTING, 100 },
	[CHAIN_PASSING] = { "passing", "filter", NF_INET_FORWARD, 0 },
};

/* --- rules ---------------------------------------------------------------------------------------------------------- */

enum part_kind {
	PART_END, PART_META, PART_FIND, PART_FIND_NOT, PART_MAP, PART_IS, PART_BITS, PART_BYTES, PART_CONNECTION, PART_LOCAL,
	PART_VERDICT, PART_REJECT, PART_MASQUERADE, PART_REDIRECT,
};

/* The meaning of a and b differs from kind to kind; see write_part. */
struct part {
	enum part_kind kind;
	unsigned a, b, c;
};

struct rule_row {
	enum chain chain;
	struct part parts[PARTS_MOST];
};

/* The words that rules are made of. nft reads registers back as it writes them itself: 1 and 2 of 16 bytes, 9 of 4. */
#define IN_DEVICE(set) { PART_META, NFT_META_IIFNAME, 1, 0 }, { PART_FIND, set, 0, 0 }
#define OUT_DEVICE(set) { PART_META, NFT_META_OIFNAME, 1, 0 }, { PART_FIND, set, 0, 0 }
#define OUT_DEVICE_NOT(set) { PART_META, NFT_META_OIFNAME, 1, 0 }, { PART_FIND_NOT, set, 0, 0 }
#define DEVICES(set) { PART_META, NFT_META_IIFNAME, 1, 0 }, { PART_META, NFT_META_OIFNAME, 2, 0 }, { PART_FIND, set, 0, 0 }
#define IPV4 { PART_META, NFT_META_NFPROTO, 1, 0 }, { PART_IS, NFPROTO_IPV4, 1, 0 }
#define LOOPBACK_AT(offset) IPV4, { PART_BYTES, NFT_PAYLOAD_NETWORK_HEADER, offset, 1 }, { PART_IS, 127, 1, 0 }
#define TO_LOOPBACK LOOPBACK_AT(16)
#define FROM_LOOPBACK LOOPBACK_AT(12)
#define TCP { PART_META, NFT_META_L4PROTO, 1, 0 }, { PART_IS, IPPROTO_TCP, 1, 0 }
#define TRANSLATED { PART_CONNECTION, NFT_CT_STATUS, 0, 0 }, { PART_BITS, IPS_DST_NAT, 0, 0 }
#define STATE_BIT(state) (1U << ((state) + 1)) /* as the kernel's macro, without a sign */
#define KNOWN { PART_CONNECTION, NFT_CT_STATE, 0, 0 }, \
	{ PART_BITS, STATE_BIT(IP_CT_ESTABLISHED) | STATE_BIT(IP_CT_RELATED), 0, 0 }
#define PUBLISHED { PART_LOCAL, 0, 0, 0 }, { PART_IS, RTN_LOCAL, 4, 0 }, { PART_META, NFT_META_L4PROTO, 1, 0 }, \
	{ PART_BYTES, NFT_PAYLOAD_TRANSPORT_HEADER, 2, 2 }, { PART_MAP, SET_PUBLISH, 0, 0 }, { PART_REDIRECT, 0, 0, 0 }
#define ACCEPT { PART_VERDICT, NF_ACCEPT, 0, 0 }
#define DROP { PART_VERDICT, NF_DROP, 0, 0 }
#define MASQUERADE { PART_MASQUERADE, 0, 0, 0 }

static const struct rule_row rules[] = {
	/* route_localnet would let a container reach what listens on the host's 127.0.0.1 only */
	{ CHAIN_GUARD, { IN_DEVICE(SET_CIFS), TO_LOOPBACK, DROP } },
	{ CHAIN_ARRIVING, { PUBLISHED } },
	{ CHAIN_LEAVING, { PUBLISHED } },
	{ CHAIN_SOURCES, { IN_DEVICE(SET_INTERNET), OUT_DEVICE_NOT(SET_CIFS), MASQUERADE } },
	{ CHAIN_SOURCES, { OUT_DEVICE(SET_CIFS), FROM_LOOPBACK, MASQUERADE } },
	{ CHAIN_SOURCES, { DEVICES(SET_HAIRPIN), TRANSLATED, MASQUERADE } },
	{ CHAIN_PASSING, { KNOWN, ACCEPT } },
	{ CHAIN_PASSING, { DEVICES(SET_PEERS), ACCEPT } },
	{ CHAIN_PASSING, { TRANSLATED, OUT_DEVICE(SET_CIFS), ACCEPT } },
	{ CHAIN_PASSING, { IN_DEVICE(SET_INTERNET), OUT_DEVICE_NOT(SET_CIFS), ACCEPT } },
	/* a refusal tells at once what silence tells after minutes */
	{ CHAIN_PASSING, { IN_DEVICE(SET_CIFS), TCP, { PART_REJECT, NFT_REJECT_TCP_RST, 0, 0 } } },
	{ CHAIN_PASSING, { IN_DEVICE(SET_CIFS), { PART_REJECT, NFT_REJECT_ICMPX_UNREACH, NFT_REJECT_ICMPX_ADMIN_PROHIBITED, 0 } } },
	{ CHAIN_PASSING, { OUT_DEVICE(SET_CIFS), DROP } },
	/* a host that forwards for containers is no router for its neighbours */
	{ CHAIN_PASSING, { IN_DEVICE(SET_FORWARDING), DROP } },
};

static const char *const part_names[] = {
	[PART_META] = "meta", [PART_FIND] = "lookup", [PART_FIND_NOT] = "lookup", [PART_MAP] = "lookup", [PART_IS] = "cmp",
	[PART_BITS] = "bitwise", [PART_BYTES] = "payload", [PART_CONNECTION] = "ct", [PART_LOCAL] = "fib",
	[PART_VERDICT] = "immediate", [PART_REJECT] = "reject", [PART_MASQUERADE] = "masq", [PART_REDIRECT] = "nat",
};

static void write_find(struct nftnl_expr *x, const struct part *p)
{
	nftnl_expr_set_u32(x, NFTNL_EXPR_LOOKUP_SREG, NFT_REG_1);
	(void)nftnl_expr_set_str(x, NFTNL_EXPR_LOOKUP_SET, ruleset_sets[p->a].name);
	nftnl_expr_set_u32(x, NFTNL_EXPR_LOOKUP_SET_ID, p->a + 1);
	if (p->kind == PART_FIND_NOT)
		nftnl_expr_set_u32(x, NFTNL_EXPR_LOOKUP_FLAGS, NFT_LOOKUP_F_INV);
	if (p->kind == PART_MAP)
		nftnl_expr_set_u32(x, NFTNL_EXPR_LOOKUP_DREG, NFT_REG_1);
}

static void write_compare(struct nftnl_expr *x, unsigned operation, const void *bytes, unsigned length)
{
	nftnl_expr_set_u32(x, NFTNL_EXPR_CMP_SREG, NFT_REG_1);
	nftnl_expr_set_u32(x, NFTNL_EXPR_CMP_OP, operation);
	nftnl_expr_set(x, NFTNL_EXPR_CMP_DATA, bytes, length);
}

static void write_bits(struct nftnl_rule *rule, struct nftnl_expr *x, uint32_t mask)
{
	const uint32_t zero = 0;
	struct nftnl_expr *compare = nftnl_expr_alloc("cmp");

	nftnl_expr_set_u32(x, NFTNL_EXPR_BITWISE_SREG, NFT_REG_1);
	nftnl_expr_set_u32(x, NFTNL_EXPR_BITWISE_DREG, NFT_REG_1);
	nftnl_expr_set_u32(x, NFTNL_EXPR_BITWISE_LEN, sizeof mask);
	nftnl_expr_set(x, NFTNL_EXPR_BITWISE_MASK, &mask, sizeof mask);
	nftnl_expr_set(x, NFTNL_EXPR_BITWISE_XOR, &zero, sizeof zero);
	nftnl_rule_add_expr(rule, x);
	write_compare(compare, NFT_CMP_NEQ, &zero, sizeof zero);
	nftnl_rule_add_expr(rule, compare);
}

static void write_redirect(struct nftnl_expr *x)
{
	nftnl_expr_set_u32(x, NFTNL_EXPR_NAT_TYPE, NFT_NAT_DNAT);
	nftnl_expr_set_u32(x, NFTNL_EXPR_NAT_FAMILY, NFPROTO_IPV4);
	nftnl_expr_set_u32(x, NFTNL_EXPR_NAT_REG_ADDR_MIN, NFT_REG_1);
	nftnl_expr_set_u32(x, NFTNL_EXPR_NAT_REG_PROTO_MIN, NFT_REG32_01);
}

static void write_bytes(struct nftnl_expr *x, const struct part *p)
{
	nftnl_expr_set_u32(x, NFTNL_EXPR_PAYLOAD_BASE, p->a);
	nftnl_expr_set_u32(x, NFTNL_EXPR_PAYLOAD_OFFSET, p->b);
	nftnl_expr_set_u32(x, NFTNL_EXPR_PAYLOAD_LEN, p->c);
	/* a port stands behind the protocol, as the second part of a key */
	nftnl_expr_set_u32(x, NFTNL_EXPR_PAYLOAD_DREG, p->c == 2 ? NFT_REG32_01 : NFT_REG_1);
}

static void write_part(struct nftnl_rule *rule, const struct part *p)
{
	struct nftnl_expr *x = nftnl_expr_alloc(part_names[p->kind]);

	switch (p->kind) {
	case PART_META:
		nftnl_expr_set_u32(x, NFTNL_EXPR_META_KEY, p->a);
		nftnl_expr_set_u32(x, NFTNL_EXPR_META_DREG, p->b);
		break;
	case PART_FIND:
	case PART_FIND_NOT:
	case PART_MAP:
		write_find(x, p);
		break;
	case PART_IS:
		write_compare(x, NFT_CMP_EQ, &p->a, p->b); /* the lowest bytes; the machines that we know are little-endian */
		break;
	case PART_BITS:
		write_bits(rule, x, p->a);
		return;
	case PART_BYTES:
		write_bytes(x, p);
		break;
	case PART_CONNECTION:
		nftnl_expr_set_u32(x, NFTNL_EXPR_CT_KEY, p->a);
		nftnl_expr_set_u32(x, NFTNL_EXPR_CT_DREG, NFT_REG_1);
		break;
	case PART_LOCAL:
		nftnl_expr_set_u32(x, NFTNL_EXPR_FIB_RESULT, NFT_FIB_RESULT_ADDRTYPE);
		nftnl_expr_set_u32(x, NFTNL_EXPR_FIB_FLAGS, NFTA_FIB_F_DADDR);
		nftnl_expr_set_u32(x, NFTNL_EXPR_FIB_DREG, NFT_REG_1);
		break;
	case PART_VERDICT:
		nftnl_expr_set_u32(x, NFTNL_EXPR_IMM_DREG, NFT_REG_VERDICT);
		nftnl_expr_set_u32(x, NFTNL_EXPR_IMM_VERDICT, p->a);
		break;
	case PART_REJECT:
		nftnl_expr_set_u32(x, NFTNL_EXPR_REJECT_TYPE, p->a);
		nftnl_expr_set_u8(x, NFTNL_EXPR_REJECT_CODE, (uint8_t)p->b);
		break;
	case PART_REDIRECT:
		write_redirect(x);
		break;
	default: /* masquerade has no attributes */
		break;
	}
	nftnl_rule_add_expr(rule, x);
}

/* --- messages ------------------------------------------------------------------------------------------------------- */

void batch_begin(struct batch *b, struct arena *a)
{
	*b = (struct batch){ .arena = a, .room = MESSAGE_ROOM, .at = arena_alloc(a, MESSAGE_ROOM) };
	b->length = nftnl_batch_begin(b->at, ++b->sequence)->nlmsg_len;
}

static void grow(struct batch *b)
{
	if (b->room - b->length >= MESSAGE_ROOM)
		return;
	b->at = arena_grow(b->arena, b->at, b->room, 2 * b->room + MESSAGE_ROOM);
	b->room = 2 * b->room + MESSAGE_ROOM;
}

struct nlmsghdr *batch_next(struct batch *b, unsigned type, unsigned flags)
{
	grow(b);
	return nftnl_nlmsg_build_hdr(b->at + b->length, (uint16_t)type, NFPROTO_INET, (uint16_t)flags, ++b->sequence);
}

void batch_put(struct batch *b, const struct nlmsghdr *m)
{
	b->length += (m->nlmsg_len + 3U) & ~3U; /* messages begin at multiples of 4 */
}

int batch_send(struct batch *b, struct netlink *n, const char *doing, struct err *e)
{
	char buffer[NETLINK_MESSAGE];
	struct nlmsghdr *mark = netlink_begin(buffer, NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_GETGEN, 0, sizeof(struct nfgenmsg));
	int number;

	grow(b);
	b->length += nftnl_batch_end(b->at + b->length, ++b->sequence)->nlmsg_len;
	n->sequence = b->sequence; /* so that the mark's is another one than those of the batch */
	if (netlink_send_batch(n, b->at, b->length, mark, &number))
		return err_sys(e, "%s", doing);
	return number ? err_number(e, number, "%s", doing) : 0;
}

static void write_table(struct batch *b, unsigned type)
{
	struct nftnl_table *table = nftnl_table_alloc();
	struct nlmsghdr *m = batch_next(b, type, type == NFT_MSG_NEWTABLE ? NLM_F_CREATE : 0);

	(void)nftnl_table_set_str(table, NFTNL_TABLE_NAME, RULESET_TABLE);
	nftnl_table_nlmsg_build_payload(m, table);
	batch_put(b, m);
	nftnl_table_free(table);
}

/* What nft writes with a set, and needs to read its elements back: the byte order of keys and data. */
static void write_byte_orders(struct nftnl_set *set, const struct ruleset_set_row *row)
{
	struct nftnl_udata_buf *notes = nftnl_udata_buf_alloc(NFT_USERDATA_MAXLEN);
	enum { HOST = 1, NETWORK = 2 };

	(void)nftnl_udata_put_u32(notes, NFTNL_UDATA_SET_KEYBYTEORDER, row->key_type == TYPE_NAME ? HOST : NETWORK);
	if (row->data_type)
		(void)nftnl_udata_put_u32(notes, NFTNL_UDATA_SET_DATABYTEORDER, NETWORK);
	(void)nftnl_set_set_data(set, NFTNL_SET_USERDATA, nftnl_udata_buf_data(notes), nftnl_udata_buf_len(notes));
	nftnl_udata_buf_free(notes);
}

static void write_set(struct batch *b, unsigned number)
{
	const struct ruleset_set_row *row = &ruleset_sets[number];
	struct nftnl_set *set = nftnl_set_alloc();
	struct nlmsghdr *m = batch_next(b, NFT_MSG_NEWSET, NLM_F_CREATE);

	(void)nftnl_set_set_str(set, NFTNL_SET_TABLE, RULESET_TABLE);
	(void)nftnl_set_set_str(set, NFTNL_SET_NAME, row->name);
	nftnl_set_set_u32(set, NFTNL_SET_ID, number + 1);
	nftnl_set_set_u32(set, NFTNL_SET_FAMILY, NFPROTO_INET);
	nftnl_set_set_u32(set, NFTNL_SET_KEY_TYPE, row->key_type);
	nftnl_set_set_u32(set, NFTNL_SET_KEY_LEN, row->key_length);
	if (row->data_type) {
		nftnl_set_set_u32(set, NFTNL_SET_FLAGS, NFT_SET_MAP);
		nftnl_set_set_u32(set, NFTNL_SET_DATA_TYPE, row->data_type);
		nftnl_set_set_u32(set, NFTNL_SET_DATA_LEN, row->data_length);
	}
	write_byte_orders(set, row);
	nftnl_set_nlmsg_build_payload(m, set);
	batch_put(b, m);
	nftnl_set_free(set);
}

static void write_chain(struct batch *b, unsigned number)
{
	struct nftnl_chain *chain = nftnl_chain_alloc();
	struct nlmsghdr *m = batch_next(b, NFT_MSG_NEWCHAIN, NLM_F_CREATE);

	(void)nftnl_chain_set_str(chain, NFTNL_CHAIN_TABLE, RULESET_TABLE);
	(void)nftnl_chain_set_str(chain, NFTNL_CHAIN_NAME, chains[number].name);
	(void)nftnl_chain_set_str(chain, NFTNL_CHAIN_TYPE, chains[number].type);
	nftnl_chain_set_u32(chain, NFTNL_CHAIN_HOOKNUM, chains[number].hook);
	nftnl_chain_set_s32(chain, NFTNL_CHAIN_PRIO, chains[number].priority);
	nftnl_chain_set_u32(chain, NFTNL_CHAIN_POLICY, NF_ACCEPT);
	nftnl_chain_nlmsg_build_payload(m, chain);
	batch_put(b, m);
	nftnl_chain_free(chain);
}

/* The first rule's comment: a sum of all rows (FNV-1a), so that another version's rules are known as such. */
static void write_version(char text[VERSION_ROOM])
{
	const unsigned char *bytes = (const unsigned char *)rules;
	uint32_t sum = 2166136261U;

	for (size_t i = 0; i < sizeof rules; i++)
		sum = (sum ^ bytes[i]) * 16777619U;
	(void)snprintf(text, VERSION_ROOM, "conductor %08x", sum);
}

static void add_version(struct nftnl_rule *rule)
{
	struct nftnl_udata_buf *notes = nftnl_udata_buf_alloc(NFT_USERDATA_MAXLEN);
	char version[VERSION_ROOM];

	write_version(version);
	(void)nftnl_udata_put_strz(notes, NFTNL_UDATA_RULE_COMMENT, version); /* it fits */
	(void)nftnl_rule_set_data(rule, NFTNL_RULE_USERDATA, nftnl_udata_buf_data(notes), nftnl_udata_buf_len(notes));
	nftnl_udata_buf_free(notes);
}

struct counting {
	size_t count;
	char version[VERSION_ROOM];
	bool has_version;
};

static int take_comment(const struct nftnl_udata *note, void *context)
{
	struct counting *k = context;

	if (nftnl_udata_type(note) == NFTNL_UDATA_RULE_COMMENT &&
	    strncmp(nftnl_udata_get(note), k->version, nftnl_udata_len(note)) == 0)
		k->has_version = true;
	return 0;
}

static int take_rule(const struct nlmsghdr *m, void *context)
{
	struct nftnl_rule *rule = nftnl_rule_alloc();
	struct counting *k = context;
	uint32_t length = 0;

	if (nftnl_rule_nlmsg_parse(m, rule) == 0) {
		const void *notes = nftnl_rule_get_data(rule, NFTNL_RULE_USERDATA, &length);
		if (notes)
			(void)nftnl_udata_parse(notes, length, take_comment, k); /* foreign notes are none of ours */
		k->count++;
	}
	nftnl_rule_free(rule);
	return MNL_CB_OK;
}

bool ruleset_is_current(struct netlink *n)
{
	char buffer[NETLINK_MESSAGE];
	struct nlmsghdr *m = nftnl_nlmsg_build_hdr(buffer, NFT_MSG_GETRULE, NFPROTO_INET, NLM_F_DUMP, 0);
	struct nftnl_rule *rule = nftnl_rule_alloc();
	struct counting k = { 0 };

	write_version(k.version);
	(void)nftnl_rule_set_str(rule, NFTNL_RULE_TABLE, RULESET_TABLE);
	nftnl_rule_nlmsg_build_payload(m, rule);
	nftnl_rule_free(rule);
	return netlink_read(n, m, take_rule, &k, &k.count) == 0 && k.has_version && k.count == sizeof rules / sizeof *rules;
}

static void write_rule(struct batch *b, const struct rule_row *row, unsigned type)
{
	struct nftnl_rule *rule = nftnl_rule_alloc();
	struct nlmsghdr *m = batch_next(b, type, type == NFT_MSG_NEWRULE ? NLM_F_CREATE | NLM_F_APPEND : 0);

	(void)nftnl_rule_set_str(rule, NFTNL_RULE_TABLE, RULESET_TABLE);
	if (row)
		(void)nftnl_rule_set_str(rule, NFTNL_RULE_CHAIN, chains[row->chain].name);
	for (size_t i = 0; row && i < PARTS_MOST && row->parts[i].kind != PART_END; i++)
		write_part(rule, &row->parts[i]);
	if (row == rules)
		add_version(rule);
	nftnl_rule_nlmsg_build_payload(m, rule);
	batch_put(b, m);
	nftnl_rule_free(rule);
}

void ruleset_write(struct batch *b)
{
	write_table(b, NFT_MSG_NEWTABLE);
	for (unsigned i = 0; i < SET_COUNT; i++)
		write_set(b, i);
	for (unsigned i = 0; i < CHAIN_COUNT; i++)
		write_chain(b, i);
	write_rule(b, NULL, NFT_MSG_DELRULE); /* all of the table: those of an earlier version, too */
	for (size_t i = 0; i < sizeof rules / sizeof *rules; i++)
		write_rule(b, &rules[i], NFT_MSG_NEWRULE);
}

void ruleset_delete(struct batch *b)
{
	write_table(b, NFT_MSG_DELTABLE);
}
