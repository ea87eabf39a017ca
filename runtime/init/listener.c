/* The listener of SCMP_ACT_NOTIFY. From the load of the filter on any call may be forbidden, or wait for that very listener: it is
 * taken out of this process by the other side, and meanwhile nothing is done here but to look at memory. */
#include "runtime/init/init.h"
#include "runtime/init/sys.h"

#include <linux/memfd.h>

int listener_offer(struct init *i, struct message_page **out)
{
	const struct message_page page = { .listener = -1 };
	long fd = sys_memfd_create("boxcar-listener", MFD_CLOEXEC);

	if (init_expect(i, __NR_memfd_create, fd) < 0 || init_expect(i, __NR_write, sys_write((int)fd, &page, sizeof page)) < 0)
		return -1;
	long at = sys_mmap(sizeof page, PROT_READ | PROT_WRITE, MAP_SHARED, (int)fd);
	if (init_expect(i, __NR_mmap, at) < 0 || init_send(i, i->reply, MESSAGE_LISTENER, 0, (int)fd) < 0)
		return -1;
	(void)sys_close((int)fd); /* only a reference */
	*out = (void *)at;
	return 0;
}

void listener_wait(struct message_page *page, int listener)
{
	unsigned long began = machine_ticks();

	__atomic_store_n(&page->listener, listener, __ATOMIC_RELEASE);
	while (!__atomic_load_n(&page->is_taken, __ATOMIC_ACQUIRE)) {
		if (machine_ticks() - began > machine_half_minute())
			__builtin_trap(); /* nobody will come, and exit_group too may be a call that waits */
		machine_relax();
	}
}
