/* What only the process itself can set, and the payload has from it. */
#include "runtime/init/init.h"
#include "runtime/init/sys.h"

int init_memory_policy(struct init *i, const struct op *op, const struct op_memory_policy *p)
{
	const uint64_t *nodes = p->mask.count ? (const void *)(i->plan + p->mask.at) : NULL;
	uint64_t bits = p->mask.count ? (uint64_t)p->mask.count * 64 + 1 : 0; /* the kernel takes one off */

	(void)op;
	return init_expect(i, __NR_set_mempolicy, sys_set_mempolicy(p->mode | p->flags, nodes, bits));
}

int init_personality(struct init *i, const struct op *op, const struct op_personality *p)
{
	(void)op;
	return init_expect(i, __NR_personality, sys_personality(p->domain));
}
