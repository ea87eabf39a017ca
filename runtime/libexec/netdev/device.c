#include "runtime/libexec/netdev/device.h"

#include "runtime/libexec/netdev/link.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct device {
	struct device *before;             /* moved before this one */
	int home_fd, namespace_fd;         /* the second is owned: the namespace lives as long as something may come back from it */
	struct netlink home, away;
	char name[IFNAMSIZ], wanted[IFNAMSIZ], there[IFNAMSIZ];
	struct link link, link_there;
	struct addresses addresses;
};

static void device_free(struct device *d)
{
	netlink_close(&d->home);
	netlink_close(&d->away);
	addresses_free(&d->addresses);
	(void)close(d->namespace_fd); /* only a reference */
	free(d);
}

/* --- there -------------------------------------------------------------------------------------------------------- */

static int enter(struct device *d)
{
	struct stat home, away;

	if (fstat(d->home_fd, &home) < 0 || fstat(d->namespace_fd, &away) < 0)
		return -errno;
	if (home.st_dev == away.st_dev && home.st_ino == away.st_ino)
		return -EINVAL;
	int result = netlink_open(&d->home, d->home_fd, d->home_fd);
	return result < 0 ? result : netlink_open(&d->away, d->namespace_fd, d->home_fd);
}

static int find(struct device *d)
{
	int result = link_find(&d->home, d->name, &d->link);

	if (result == 0)
		memcpy(d->name, d->link.name, sizeof d->name);
	return result;
}

static int read_addresses(struct device *d)
{
	return addresses_read(&d->home, d->link.index, &d->addresses);
}

static int choose_name(struct netlink *n, const char *wanted, char *out)
{
	struct link other;

	if (strchr(wanted, '%'))
		return link_find_name(n, wanted, out);
	(void)snprintf(out, IFNAMSIZ, "%s", wanted);
	int result = link_find(n, out, &other);
	return result == 0 ? -EEXIST : result == -ENODEV ? 0 : result;
}

static int choose(struct device *d)
{
	return choose_name(&d->away, d->wanted[0] ? d->wanted : d->name, d->there);
}

static int transfer(struct device *d)
{
	int result = link_move(&d->home, d->link.index, d->namespace_fd, d->there);

	return result < 0 ? result : link_find(&d->away, d->there, &d->link_there);
}

static int give_addresses(struct device *d)
{
	return addresses_add(&d->away, &d->addresses, d->link_there.index, d->there);
}

static int set_up(struct device *d)
{
	return link_set_up(&d->away, d->link_there.index);
}

static const struct {
	enum netdev_part part;
	int (*go)(struct device *d);
} parts[] = {
	{ NETDEV_ENTER, enter },       { NETDEV_FIND, find },
	{ NETDEV_ADDRESSES, read_addresses }, { NETDEV_NAME, choose },
	{ NETDEV_TRANSFER, transfer }, { NETDEV_ADDRESSES, give_addresses },
	{ NETDEV_UP, set_up },
};

/* --- and back ----------------------------------------------------------------------------------------------------- */

/* A move whose renaming failed leaves it there under its old name; one that never left is at home. */
static bool is_away(struct device *d)
{
	struct link at_home;

	if (!d->link.index || link_find(&d->home, d->name, &at_home) == 0)
		return false;
	return link_find(&d->away, d->there, &d->link_there) == 0 || link_find(&d->away, d->name, &d->link_there) == 0;
}

/* Where another one has got its name meanwhile, it is called as the kernel calls those that come back by themselves. */
static void bring_back(struct device *d)
{
	char name[IFNAMSIZ];
	struct link link;

	if (!is_away(d) || (choose_name(&d->home, d->name, name) < 0 && link_find_name(&d->home, "dev%d", name) < 0))
		return;
	if (link_move(&d->away, d->link_there.index, d->home_fd, name) < 0 || link_find(&d->home, name, &link) < 0)
		return;
	(void)addresses_add(&d->home, &d->addresses, link.index, name); /* here and below: nobody is left to be told */
	if (d->link.is_up)
		(void)link_set_up(&d->home, link.index);
}

void devices_bring_back(struct devices *d)
{
	while (d->last) {
		struct device *device = d->last;
		d->last = device->before;
		bring_back(device);
		device_free(device);
	}
}

/* --- all of it ---------------------------------------------------------------------------------------------------- */

int devices_move(struct devices *d, struct netdev_message *m, int namespace_fd)
{
	struct device *device = calloc(1, sizeof *device);
	int result = 0;

	m->part = NETDEV_ASK;
	if (!device) {
		(void)close(namespace_fd); /* only a reference */
		return -ENOMEM;
	}
	*device = (struct device){ .before = d->last, .home_fd = d->home_fd, .namespace_fd = namespace_fd };
	(void)snprintf(device->name, IFNAMSIZ, "%.*s", IFNAMSIZ - 1, m->device);
	(void)snprintf(device->wanted, IFNAMSIZ, "%.*s", IFNAMSIZ - 1, m->name);
	for (size_t i = 0; i < sizeof parts / sizeof *parts && result == 0; i++) {
		m->part = parts[i].part;
		result = parts[i].go(device);
	}
	if (result < 0) {
		bring_back(device);
		device_free(device);
		return result;
	}
	(void)snprintf(m->name, IFNAMSIZ, "%s", device->there);
	d->last = device;
	return 0;
}
