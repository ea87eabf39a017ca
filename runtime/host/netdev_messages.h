/* The netdev page: everything said between the runtime and boxcar-netdev, the program that moves network devices into a container
 * and back. The channel is its descriptor 0, a SOCK_SEQPACKET socket; every message is one record of fixed size.
 *
 *   runtime                          boxcar-netdev
 *   MOVE device, name, descriptor ►  the descriptor is a network namespace: the device goes there, gets the name and its
 *                                    permanent global addresses, and is set up
 *           ◄ MOVED device, name     that is done; `name` is what it is called now
 *           ◄ FAILED error, part     it is where it was before, as far as the kernel allows
 *   KEEP descriptor ►                the descriptor is the runtime's channel to init: COMMIT is said there, which makes the
 *                                    container, and all stay where they are; the program ends
 *           ◄ MOVED                  that is done
 *           ◄ FAILED error, part     init is gone, and all are brought back
 *   end-of-file without KEEP ►       all are brought back, the last one first; the program ends
 *
 * So a runtime that fails, or is killed, leaves no device in a container that nobody made, and none outside of one that was
 * made. Private to one build. */
#pragma once

#include <linux/if.h>
#include <stdint.h>

enum { NETDEV_VERSION = 1 };

enum netdev_kind { NETDEV_MOVE = 1, NETDEV_MOVED, NETDEV_FAILED, NETDEV_KEEP };

/* What a FAILED could not do. */
enum netdev_part {
	NETDEV_ASK,       /* talk to the kernel's rtnetlink, or understand the runtime */
	NETDEV_FIND,      /* find the device */
	NETDEV_ENTER,     /* enter the namespace; EINVAL: it is the caller's own */
	NETDEV_NAME,      /* call it so there: EEXIST: another one has the name */
	NETDEV_TRANSFER,  /* move it */
	NETDEV_ADDRESSES, /* read its addresses, or give them to it there */
	NETDEV_UP,        /* set it up */
	NETDEV_COMMIT,    /* tell init that the container is made */
	NETDEV_PARTS,
};

struct netdev_message {
	uint32_t version; /* NETDEV_VERSION */
	uint32_t kind;
	uint32_t part;
	int32_t error; /* an errno */
	char device[IFNAMSIZ], name[IFNAMSIZ];
};
