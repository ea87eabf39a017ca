#include "bundle-tools/net/network_host.h"

#include "bundle-tools/net/flows.h"
#include "bundle-tools/run/bundle.h"
#include "bundle-tools/store/interrupt.h"
#include "spec/base/own.h"
#include "spec/base/text.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>

enum { LOCK_POLL_MS = 10, LOCK_POLLS = 3000 };

/* --- the lock and what there is ------------------------------------------------------------------------------------- */

static int take_lock(struct network_host *h, struct err *e)
{
	h->lock_fd = open(NETWORK_LOCK, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (h->lock_fd < 0)
		return err_sys(e, "open " NETWORK_LOCK);
	for (int i = 0; i < LOCK_POLLS; i++) {
		if (flock(h->lock_fd, LOCK_EX | LOCK_NB) == 0)
			return 0;
		if (errno != EWOULDBLOCK)
			return err_sys(e, "lock " NETWORK_LOCK);
		if (interrupt_check(LOCK_POLL_MS, e))
			return -1;
	}
	return err_set(e, "another conductor holds " NETWORK_LOCK " for too long");
}

static int look(struct network_host *h, struct err *e)
{
	struct arena *a = &h->c->arena;
	struct subnets addresses = { 0 };

	if (links_read(&h->links_socket, a, &h->links, e) || subnets_read_addresses(&h->links_socket, a, &addresses, e))
		return -1;
	for (size_t i = 0; i < h->links.count; i++)
		for (size_t k = 0; k < addresses.count; k++)
			if (addresses.device[k] == h->links.at[i].index)
				h->links.at[i].has_address = true;
	return elements_read(&h->rules_socket, a, &h->present, e);
}

int host_open(struct network_host *h, struct conductor *c, struct err *e)
{
	*h = (struct network_host){ .c = c, .lock_fd = -1 };
	if (take_lock(h, e))
		return -1;
	if (netlink_open(&h->links_socket, NETLINK_ROUTE, -1, e) || netlink_open(&h->rules_socket, NETLINK_NETFILTER, -1, e))
		return -1;
	return look(h, e);
}

void host_close(struct network_host *h)
{
	netlink_close(&h->links_socket);
	netlink_close(&h->rules_socket);
	drop_fd(&h->lock_fd);
}

/* --- owners --------------------------------------------------------------------------------------------------------- */

void owner_write(struct conductor *c, const char *name, const char *address, char comment[ELEMENT_COMMENT])
{
	(void)snprintf(comment, ELEMENT_COMMENT, "%.64s %.15s %.8s", name, address, bundle_store_tag(c));
}

bool owner_read(const char *comment, struct network_owner *out)
{
	return sscanf(comment, "%64s %15s %8s", out->name, out->address, out->tag) == 3;
}

bool host_has_container(const struct network_host *h, const char *device, const char *container)
{
	struct element x = element_device(SET_CIFS, device, "");
	const struct element *found = elements_find(&h->present, &x);
	struct network_owner owner;

	return found && owner_read(found->comment, &owner) && strcmp(owner.name, container) == 0 &&
	       strcmp(owner.tag, bundle_store_tag(h->c)) == 0;
}

bool host_owns_device(const struct network_host *h, const struct link *device, const struct network_names *names,
		      const char *container)
{
	return strcmp(device->alias, names->alias) == 0 || (!device->alias[0] && host_has_container(h, device->name, container));
}

uint32_t address_read(const char *text)
{
	struct in_addr address;

	return inet_pton(AF_INET, text, &address) == 1 ? ntohl(address.s_addr) : 0;
}

/* --- removal -------------------------------------------------------------------------------------------------------- */

static bool is_needed(const struct elements *kept)
{
	for (size_t i = 0; i < kept->count; i++)
		if (kept->at[i].set == SET_INTERNET || kept->at[i].set == SET_PUBLISH)
			return true;
	return false;
}

/* Who has made the whole host a router meanwhile wants the device to forward. */
static bool host_forwards(void)
{
	own_fd fd = open("/proc/sys/net/ipv4/ip_forward", O_RDONLY | O_CLOEXEC);
	char value = '0';

	return fd >= 0 && read(fd, &value, 1) == 1 && value == '1';
}

/* Devices of the host forward only while a container needs it. Their elements move from `kept` to `gone`. */
static int stop_forwarding(struct network_host *h, struct elements *kept, struct elements *gone, struct err *e)
{
	const struct link_change change = { .forwards_no_more = true };
	size_t left = 0;

	for (size_t i = 0; i < kept->count; i++) {
		const struct element *x = &kept->at[i];
		const struct link *device = x->set == SET_FORWARDING ? links_find(&h->links, (const char *)x->key) : NULL;
		if (x->set != SET_FORWARDING) {
			kept->at[left++] = *x;
			continue;
		}
		if (device && !host_forwards()) {
			if (link_change(&h->links_socket, device->index, &change, e))
				return err_add(e, "let %s forward no more", device->name);
			h->links.at[device - h->links.at].is_forwarding = false;
		}
		elements_add(gone, x);
	}
	kept->count = left;
	return 0;
}

static bool has_containers(const struct elements *all)
{
	for (size_t i = 0; i < all->count; i++)
		if (all->at[i].set == SET_CIFS)
			return true;
	return false;
}

static int delete_elements(struct network_host *h, const struct elements *kept, const struct elements *gone, struct err *e)
{
	struct batch b;

	batch_begin(&b, &h->c->arena);
	if (has_containers(kept))
		elements_write(&b, gone, true);
	else
		ruleset_delete(&b);
	return batch_send(&b, &h->rules_socket, "remove the rules of a network", e);
}

int host_release(struct network_host *h, const char *device, const char *address, struct err *e)
{
	struct elements kept = { .arena = &h->c->arena, .has_table = h->present.has_table }, gone = { .arena = &h->c->arena };
	uint32_t number = address_read(address);

	for (size_t i = 0; i < h->present.count; i++) {
		const struct element *x = &h->present.at[i];
		bool is_port = x->set == SET_PUBLISH && number && element_address(x) == number;
		elements_add(is_port || (x->set != SET_FORWARDING && element_has_device(x, device)) ? &gone : &kept, x);
	}
	if (h->present.has_table) {
		if (!is_needed(&kept) && stop_forwarding(h, &kept, &gone, e))
			return -1;
		if ((gone.count || !has_containers(&kept)) && delete_elements(h, &kept, &gone, e))
			return -1;
		kept.has_table = has_containers(&kept);
		h->present = kept;
	}
	return number ? flows_forget(&h->c->arena, number, e) : 0;
}

int host_sweep(struct network_host *h, struct err *e)
{
	struct elements before = h->present;

	for (size_t i = 0; i < before.count; i++) {
		struct network_owner owner = { 0 };
		const char *device = (const char *)before.at[i].key;
		if (before.at[i].set != SET_CIFS || links_find(&h->links, device))
			continue;
		(void)owner_read(before.at[i].comment, &owner); /* without one it has no address that we know */
		if (host_release(h, device, owner.address, e))
			return err_add(e, "remove what is left of %s", device);
	}
	return 0;
}
