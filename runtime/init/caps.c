/* Capabilities: what the payload may ever have, what it has, and that an exec gives it no more. */
#include "runtime/init/init.h"
#include "runtime/init/sys.h"

#include <linux/capability.h>

#define BIT(number) (1ull << (number))

enum { CAPABILITIES = 64 };

struct sets {
	uint64_t permitted, effective, inheritable;
};

static int read_sets(struct init *i, struct sets *out)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct d[_LINUX_CAPABILITY_U32S_3];

	if (init_expect(i, __NR_capget, sys_capget(&header, d)) < 0)
		return -1;
	out->permitted = d[0].permitted | (uint64_t)d[1].permitted << 32;
	out->effective = d[0].effective | (uint64_t)d[1].effective << 32;
	out->inheritable = d[0].inheritable | (uint64_t)d[1].inheritable << 32;
	return 0;
}

static int write_sets(struct init *i, const struct sets *s)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct d[_LINUX_CAPABILITY_U32S_3] = {
		{ (uint32_t)s->effective, (uint32_t)s->permitted, (uint32_t)s->inheritable },
		{ (uint32_t)(s->effective >> 32), (uint32_t)(s->permitted >> 32), (uint32_t)(s->inheritable >> 32) },
	};

	return init_expect(i, __NR_capset, sys_capset(&header, d));
}

/* Dropping takes CAP_SETPCAP, whatever it is that is dropped: without it, only what is there makes a failure. */
static long drop_bounding(unsigned n)
{
	long result = sys_prctl(PR_CAPBSET_DROP, n, 0);

	if (result != -EPERM)
		return result;
	long is_there = sys_prctl(PR_CAPBSET_READ, n, 0);
	return is_there > 0 ? -EPERM : is_there;
}

int init_bounding(struct init *i, const struct op *op, const struct op_bounding *p)
{
	(void)op;
	for (unsigned n = 0; n < CAPABILITIES; n++) {
		long result = p->set & BIT(n) ? 0 : drop_bounding(n);
		if (result == -EINVAL) /* this kernel has no more */
			break;
		if (result < 0)
			return init_fail(i, __NR_prctl, -result, n);
	}
	return 0;
}

static int write_ambient(struct init *i, uint64_t set)
{
	if (init_expect(i, __NR_prctl, sys_prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0)) < 0)
		return -1;
	for (unsigned n = 0; n < CAPABILITIES; n++) {
		long result = set & BIT(n) ? sys_prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, n) : 0;
		if (result < 0)
			return init_fail(i, __NR_prctl, -result, n);
	}
	return 0;
}

/* Those of `wanted` that are there; CLEAR_ALL has taken the others. */
static uint64_t read_ambient(uint64_t wanted)
{
	uint64_t set = 0;

	for (unsigned n = 0; n < CAPABILITIES; n++)
		if (wanted & BIT(n) && sys_prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_IS_SET, n) > 0)
			set |= BIT(n);
	return set;
}

/* What the kernel says must be what the plan says: a security module or a kernel's mistake may have it otherwise. */
static int verify_sets(struct init *i, const struct sets *wanted, uint64_t ambient)
{
	struct sets is;

	if (read_sets(i, &is) < 0)
		return -1;
	uint64_t differs = (is.permitted ^ wanted->permitted) | (is.effective ^ wanted->effective) |
			   (is.inheritable ^ wanted->inheritable);
	if (differs)
		return init_fail(i, __NR_capget, EPERM, __builtin_ctzll(differs));
	differs = read_ambient(ambient) ^ ambient;
	return differs ? init_fail(i, __NR_prctl, EPERM, __builtin_ctzll(differs)) : 0;
}

int init_caps(struct init *i, const struct op *op, const struct op_caps *p)
{
	struct sets now;

	(void)op;
	if (read_sets(i, &now) < 0)
		return -1;
	uint64_t kept = p->kept & now.permitted;
	struct sets wanted = { p->permitted | kept, p->effective | kept, p->inheritable };
	if (write_sets(i, &wanted) < 0 || write_ambient(i, p->ambient) < 0 || verify_sets(i, &wanted, p->ambient) < 0)
		return -1;
	return init_expect(i, __NR_prctl, sys_prctl(PR_SET_KEEPCAPS, 0, 0));
}

int init_no_new_privs(struct init *i, const struct op *op, const struct op_no_new_privs *p)
{
	(void)op, (void)p;
	return init_expect(i, __NR_prctl, sys_prctl(PR_SET_NO_NEW_PRIVS, 1, 0));
}
