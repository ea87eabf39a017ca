/* Owns the look at other firewalls: ours never changes them, and cannot accept what one of them drops. */
#pragma once

#include "bundle-tools/conductor.h"
#include "bundle-tools/net/netlink.h"

/* Warn of every chain that drops all that it does not know of what the host forwards. */
int firewall_warn(struct conductor *c, struct netlink *n, struct err *e);
