/* Addresses leave a device that changes its namespace: they are read before and given to it anew. */
#include "runtime/libexec/netdev/link.h"

#include <errno.h>
#include <linux/if_addr.h>
#include <linux/rtnetlink.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#ifndef IFA_PROTO
#define IFA_PROTO 11 /* 5.18 */
#endif

/* Of the flags that the kernel tells, those that it takes. */
enum { FLAGS_KEPT = IFA_F_NODAD | IFA_F_HOMEADDRESS | IFA_F_MANAGETEMPADDR | IFA_F_NOPREFIXROUTE | IFA_F_MCAUTOJOIN };

/* --- reading ------------------------------------------------------------------------------------------------------ */

struct reading {
	int index;
	struct addresses *out;
	bool is_out_of_memory;
};

/* In a dump every message begins on such a boundary. */
static size_t size_of(const struct nlmsghdr *message)
{
	return (message->nlmsg_len + (MNL_ALIGNTO - 1u)) & ~(MNL_ALIGNTO - 1u);
}

static int take_flags(const struct nlattr *attribute, void *data)
{
	if (mnl_attr_get_type(attribute) == IFA_FLAGS)
		*(uint32_t *)data = mnl_attr_get_u32(attribute);
	return MNL_CB_OK;
}

static uint32_t find_flags(const struct nlmsghdr *message)
{
	const struct ifaddrmsg *address = mnl_nlmsg_get_payload(message);
	uint32_t flags = address->ifa_flags;

	(void)mnl_attr_parse(message, sizeof *address, take_flags, &flags); /* take_flags refuses nothing */
	return flags;
}

static int take_address(const struct nlmsghdr *message, void *data)
{
	const struct ifaddrmsg *address = mnl_nlmsg_get_payload(message);
	size_t size = size_of(message);
	struct reading *r = data;

	if ((int)address->ifa_index != r->index || address->ifa_scope != RT_SCOPE_UNIVERSE || !(find_flags(message) & IFA_F_PERMANENT))
		return MNL_CB_OK;
	char *bytes = realloc(r->out->bytes, r->out->length + size);
	r->is_out_of_memory |= !bytes;
	if (!bytes)
		return MNL_CB_OK;
	memset(bytes + r->out->length, 0, size);
	memcpy(bytes + r->out->length, message, message->nlmsg_len);
	r->out->bytes = bytes;
	r->out->length += size;
	return MNL_CB_OK;
}

int addresses_read(struct netlink *n, int index, struct addresses *out)
{
	struct reading reading = { .index = index, .out = out };
	struct netlink_request r;

	*out = (struct addresses){ 0 };
	(void)netlink_begin(&r, RTM_GETADDR, NLM_F_DUMP, sizeof(struct ifaddrmsg));
	int result = netlink_ask(n, &r, take_address, &reading);
	return result == 0 && reading.is_out_of_memory ? -ENOMEM : result;
}

void addresses_free(struct addresses *a)
{
	free(a->bytes);
	*a = (struct addresses){ 0 };
}

/* --- adding ------------------------------------------------------------------------------------------------------- */

/* "eth0:1" of what is called net0 now is "net0:1". */
static void add_label(struct nlmsghdr *to, const char *label, const char *name)
{
	char text[IFNAMSIZ];
	const char *colon = strchr(label, ':');

	if (snprintf(text, sizeof text, "%s%s", name, colon ? colon : "") >= (int)sizeof text)
		(void)snprintf(text, sizeof text, "%s", name);
	mnl_attr_put_strz(to, IFA_LABEL, text);
}

struct copy {
	struct nlmsghdr *to;
	const char *name;
};

static int copy_attribute(const struct nlattr *attribute, void *data)
{
	const struct copy *c = data;

	switch (mnl_attr_get_type(attribute)) {
	case IFA_LABEL:
		add_label(c->to, mnl_attr_get_str(attribute), c->name);
		break;
	case IFA_ADDRESS:
	case IFA_LOCAL:
	case IFA_BROADCAST:
	case IFA_CACHEINFO:
	case IFA_RT_PRIORITY:
	case IFA_PROTO:
		mnl_attr_put(c->to, mnl_attr_get_type(attribute), mnl_attr_get_payload_len(attribute), mnl_attr_get_payload(attribute));
		break;
	default:
		break;
	}
	return MNL_CB_OK;
}

static int add_address(struct netlink *n, const struct nlmsghdr *from, int index, const char *name)
{
	const struct ifaddrmsg *old = mnl_nlmsg_get_payload(from);
	struct netlink_request r;
	struct ifaddrmsg *address = netlink_begin(&r, RTM_NEWADDR, NLM_F_ACK | NLM_F_CREATE | NLM_F_EXCL, sizeof *address);

	*address = *old;
	address->ifa_flags = 0;
	address->ifa_index = (uint32_t)index;
	(void)mnl_attr_parse(from, sizeof *old, copy_attribute, &(struct copy){ r.header, name }); /* it refuses nothing */
	mnl_attr_put_u32(r.header, IFA_FLAGS, find_flags(from) & FLAGS_KEPT);
	int result = netlink_ask(n, &r, NULL, NULL);
	return result == -EEXIST ? 0 : result;
}

int addresses_add(struct netlink *n, const struct addresses *a, int index, const char *name)
{
	int result = 0;

	for (size_t at = 0; at < a->length && result == 0;) {
		const struct nlmsghdr *message = (const void *)(a->bytes + at);
		result = add_address(n, message, index, name);
		at += size_of(message);
	}
	return result;
}
