#include "bundle-tools/net/elements.h"

#include <arpa/inet.h>
#include <errno.h>
#include <libnftnl/common.h>
#include <libnftnl/set.h>
#include <libnftnl/udata.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <stdio.h>
#include <string.h>

static void copy_name(unsigned char *to, const char *device)
{
	memcpy(to, device, strnlen(device, IFNAMSIZ - 1)); /* the rest is zero */
}

struct element element_device(enum ruleset_set set, const char *device, const char *comment)
{
	struct element x = { .set = set };

	copy_name(x.key, device);
	(void)snprintf(x.comment, sizeof x.comment, "%s", comment);
	return x;
}

struct element element_pair(enum ruleset_set set, const char *from, const char *to)
{
	struct element x = { .set = set };

	copy_name(x.key, from);
	copy_name(x.key + IFNAMSIZ, to);
	return x;
}

struct element element_port(unsigned char protocol, uint16_t outer, uint32_t address, uint16_t inner, const char *comment)
{
	const uint16_t ports[2] = { htons(outer), htons(inner) };
	const uint32_t in_order = htonl(address);
	struct element x = { .set = SET_PUBLISH, .key = { protocol } };

	memcpy(x.key + 4, &ports[0], sizeof *ports);
	memcpy(x.data, &in_order, sizeof in_order);
	memcpy(x.data + 4, &ports[1], sizeof *ports);
	(void)snprintf(x.comment, sizeof x.comment, "%s", comment);
	return x;
}

uint32_t element_address(const struct element *port)
{
	uint32_t in_order;

	memcpy(&in_order, port->data, sizeof in_order);
	return ntohl(in_order);
}

bool element_has_device(const struct element *x, const char *device)
{
	const char *key = (const char *)x->key;

	if (x->set == SET_PUBLISH)
		return false;
	return strncmp(key, device, IFNAMSIZ) == 0 ||
	       (ruleset_sets[x->set].key_length > IFNAMSIZ && strncmp(key + IFNAMSIZ, device, IFNAMSIZ) == 0);
}

void elements_add(struct elements *all, const struct element *x)
{
	size_t size = all->count * sizeof *all->at;

	all->at = arena_grow(all->arena, all->at, size, size + sizeof *all->at);
	all->at[all->count++] = *x;
}

const struct element *elements_find(const struct elements *all, const struct element *x)
{
	for (size_t i = 0; i < all->count; i++)
		if (all->at[i].set == x->set && memcmp(all->at[i].key, x->key, ELEMENT_KEY) == 0)
			return &all->at[i];
	return NULL;
}

/* --- reading -------------------------------------------------------------------------------------------------------- */

struct reading {
	struct elements found;
	enum ruleset_set set;
};

static int take_comment(const struct nftnl_udata *note, void *context)
{
	struct element *x = context;

	if (nftnl_udata_type(note) == NFTNL_UDATA_SET_ELEM_COMMENT)
		(void)snprintf(x->comment, sizeof x->comment, "%.*s", (int)nftnl_udata_len(note), (const char *)nftnl_udata_get(note));
	return 0;
}

static int take_element(struct nftnl_set_elem *from, void *context)
{
	struct reading *r = context;
	struct element x = { .set = r->set };
	uint32_t length = 0;

	const void *key = nftnl_set_elem_get(from, NFTNL_SET_ELEM_KEY, &length);
	if (!key || length > sizeof x.key)
		return 0;
	memcpy(x.key, key, length);
	const void *data = nftnl_set_elem_get(from, NFTNL_SET_ELEM_DATA, &length);
	if (data && length <= sizeof x.data)
		memcpy(x.data, data, length);
	const void *notes = nftnl_set_elem_get(from, NFTNL_SET_ELEM_USERDATA, &length);
	if (notes)
		(void)nftnl_udata_parse(notes, length, take_comment, &x); /* foreign notes are none of ours */
	elements_add(&r->found, &x);
	return 0;
}

static int take_message(const struct nlmsghdr *m, void *context)
{
	struct nftnl_set *set = nftnl_set_alloc();

	if (nftnl_set_elems_nlmsg_parse(m, set) == 0)
		(void)nftnl_set_elem_foreach(set, take_element, context);
	nftnl_set_free(set);
	return MNL_CB_OK;
}

static int read_set(struct netlink *n, struct reading *r)
{
	char buffer[NETLINK_MESSAGE];
	struct nftnl_set *set = nftnl_set_alloc();
	struct nlmsghdr *m = nftnl_nlmsg_build_hdr(buffer, NFT_MSG_GETSETELEM, NFPROTO_INET, NLM_F_DUMP, 0);

	(void)nftnl_set_set_str(set, NFTNL_SET_TABLE, RULESET_TABLE);
	(void)nftnl_set_set_str(set, NFTNL_SET_NAME, ruleset_sets[r->set].name);
	nftnl_set_elems_nlmsg_build_payload(m, set);
	nftnl_set_free(set);
	return netlink_read(n, m, take_message, r, &r->found.count);
}

int elements_read(struct netlink *n, struct arena *a, struct elements *out, struct err *e)
{
	struct elements all = { .arena = a, .has_table = true };

	for (unsigned i = 0; i < SET_COUNT && all.has_table; i++) {
		struct reading r = { .found.arena = a, .set = i };
		if (read_set(n, &r) == 0) {
			for (size_t k = 0; k < r.found.count; k++)
				elements_add(&all, &r.found.at[k]);
		} else if (errno == ENOENT) {
			all.has_table = i > 0; /* a set that a later version of us will make is missing */
		} else {
			return err_sys(e, "read the table inet " RULESET_TABLE);
		}
	}
	*out = all;
	return 0;
}

/* --- writing -------------------------------------------------------------------------------------------------------- */

static void add_comment(struct nftnl_set_elem *to, const char *comment)
{
	struct nftnl_udata_buf *notes = nftnl_udata_buf_alloc(NFT_USERDATA_MAXLEN);

	(void)nftnl_udata_put_strz(notes, NFTNL_UDATA_SET_ELEM_COMMENT, comment); /* it fits: ELEMENT_COMMENT */
	(void)nftnl_set_elem_set(to, NFTNL_SET_ELEM_USERDATA, nftnl_udata_buf_data(notes), nftnl_udata_buf_len(notes));
	nftnl_udata_buf_free(notes);
}

static void write_element(struct batch *b, const struct element *x, bool is_deletion)
{
	const struct ruleset_set_row *row = &ruleset_sets[x->set];
	struct nftnl_set *set = nftnl_set_alloc();
	struct nftnl_set_elem *element = nftnl_set_elem_alloc();
	struct nlmsghdr *m = batch_next(b, is_deletion ? NFT_MSG_DELSETELEM : NFT_MSG_NEWSETELEM, is_deletion ? 0 : NLM_F_CREATE);

	(void)nftnl_set_set_str(set, NFTNL_SET_TABLE, RULESET_TABLE);
	(void)nftnl_set_set_str(set, NFTNL_SET_NAME, row->name);
	if (!is_deletion)
		nftnl_set_set_u32(set, NFTNL_SET_ID, x->set + 1);
	(void)nftnl_set_elem_set(element, NFTNL_SET_ELEM_KEY, x->key, row->key_length);
	if (row->data_length)
		(void)nftnl_set_elem_set(element, NFTNL_SET_ELEM_DATA, x->data, row->data_length);
	if (x->comment[0] && !is_deletion)
		add_comment(element, x->comment);
	nftnl_set_elem_add(set, element); /* freed with the set */
	nftnl_set_elems_nlmsg_build_payload(m, set);
	batch_put(b, m);
	nftnl_set_free(set);
}

void elements_write(struct batch *b, const struct elements *all, bool is_deletion)
{
	for (size_t i = 0; i < all->count; i++)
		write_element(b, &all->at[i], is_deletion);
}
