#include "runtime/init/init.h"
#include "runtime/init/sys.h"

enum { MAX_BASE = 1 << 20 };

static bool is_plan_sound(const char *plan, uint64_t size)
{
	const struct plan_header *header = (const void *)plan;
	const struct op *op = (const void *)(plan + header->ops);

	if (header->magic != PLAN_MAGIC || header->size != size)
		return false;
	if (header->ops % _Alignof(struct op) || header->ops > size)
		return false;
	if (header->count > (size - header->ops) / sizeof *op)
		return false;
	for (uint32_t n = 0; n < header->count; n++)
		if (op[n].kind >= OP_COUNT || op[n].payload >= size)
			return false;
	return true;
}

/* Privately, and writable: EXEC makes addresses of the offsets in place. */
static int map_plan(struct init *i)
{
	int fd = init_slot(i, SLOT_PLAN);
	struct stat s;

	if (init_expect(i, __NR_fstat, sys_fstat(fd, &s)) < 0)
		return -1;
	if (s.st_size < (long)sizeof(struct plan_header) || s.st_size > PLAN_MAX)
		return init_fail(i, __NR_fstat, EINVAL, s.st_size);
	long at = sys_mmap((size_t)s.st_size, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd);
	if (init_expect(i, __NR_mmap, at) < 0)
		return -1;
	i->plan = (char *)at;
	return is_plan_sound(i->plan, (uint64_t)s.st_size) ? 0 : init_fail(i, __NR_mmap, EINVAL, s.st_size);
}

/* Nothing of ours survives the payload's exec; what the caller preserves lies below the base. */
static int close_slots_on_exec(struct init *i)
{
	const struct plan_header *header = (const void *)i->plan;

	/* 5.11 has the flag; filtered hosts may have no close_range at all. Others than the slots are not inherited. */
	if (sys_close_range(i->base, ~0u, CLOSE_RANGE_CLOEXEC) == 0)
		return 0;
	for (uint32_t slot = 0; slot < header->slots; slot++) {
		long result = sys_fcntl(init_slot(i, slot), F_SETFD, FD_CLOEXEC);
		if (result != -EBADF && init_expect(i, __NR_fcntl, result) < 0) /* EBADF: an unused slot */
			return -1;
	}
	return 0;
}

/* The maps come before all else, as nothing works without them: the first AWAIT tells. */
static bool has_maps_to_await(const struct init *i)
{
	const struct op *op = init_find_op(i, OP_AWAIT);
	const struct op_await *await = op ? (const void *)(i->plan + op->payload) : NULL;

	return await && await->what == AWAIT_MAPS;
}

static int begin(struct init *i)
{
	if (map_plan(i) < 0 || close_slots_on_exec(i) < 0)
		return -1;
	i->has_maps_to_await = has_maps_to_await(i);
	i->has_pid_to_enter = init_find_op(i, OP_ENTER_PID);
	if (init_guard(i) < 0)
		return -1;
	(void)sys_umask(0); /* what we make has the mode that the plan says; tells the mask before */
	(void)sys_setsid(); /* EPERM: we lead a process group already, which is as good */
	return 0;
}

static int carry_out(struct init *i, const struct op *op)
{
	const void *payload = i->plan + op->payload;

	switch (op->kind) {
#define CASE_OUTSIDE(NAME, word)
#define CASE_INSIDE(NAME, word) \
	case OP_##NAME:         \
		return init_##word(i, op, payload);
#define OP(NAME, word, side, file, meaning) CASE_##side(NAME, word)
		PLAN_OPS(OP)
#undef OP
	default:
		return 0; /* the runtime's */
	}
}

static int carry_out_all(struct init *i)
{
	const struct plan_header *header = (const void *)i->plan;
	const struct op *op = (const void *)(i->plan + header->ops);

	for (uint32_t n = 0; n < header->count; n++) {
		i->op = n;
		if (carry_out(i, op + n) < 0)
			return -1;
	}
	return 0;
}

static bool read_number(const char *text, uint64_t max, uint64_t *out)
{
	uint64_t number = 0;

	for (; *text >= '0' && *text <= '9' && number <= max; text++)
		number = number * 10 + (uint64_t)(*text - '0');
	*out = number;
	return !*text && number <= max;
}

/* BASE, and where I am the joiner still: [BASE FLAGS], with what my child is to be born in. */
static bool read_arguments(struct init *i, const long *stack, uint64_t *flags)
{
	const char *const *argv = (const void *)(stack + 1);
	uint64_t base;

	if (stack[0] < 2 || stack[0] > 3 || !read_number(argv[1], MAX_BASE, &base) || base < 3)
		return false;
	i->base = (unsigned)base;
	return stack[0] == 2 || read_number(argv[2], UINT32_MAX, flags);
}

/* Who am I: the container's first process, between the runtime's clone and the payload's exec. I was executed from a
 * sealed memory file: no code and no memory of the host's is mapped here.
 * With a joined pid namespace the runtime's joiner has become me, and it is my first fork that all this is true of.
 * In which namespaces: those that the clone made new; ops JOIN, UNSHARE and ENTER_PID enter the others.
 * What is still the host's: the root directory and the mounts until PIVOT, the user until USER, descriptors 0 to 2,
 * those the caller preserves, and the slots, of which none outlives the exec. */
__attribute__((used)) _Noreturn void init_main(const long *stack);
void init_main(const long *stack)
{
	struct init i = { .op = UINT32_MAX, .root_fd = -1, .null_fd = -1, .null_tree_fd = -1, .mask_fd = -1, .parent_fd = -1,
			  .proc_fd = -1, .tail_fd = -1 };
	uint64_t flags = 0;

	if (!read_arguments(&i, stack, &flags))
		sys_exit_group(1); /* nobody to tell: a person has started us by hand */
	i.channel = i.reply = init_slot(&i, SLOT_CHANNEL);
	if ((stack[0] == 2 || init_take_over(&i, flags) == 0) && begin(&i) == 0)
		(void)carry_out_all(&i); /* comes back only to fail: the last op is EXEC */
	init_tell_failure(&i);
	sys_exit_group(1);
}

SYS_ENTRY(init_main);

/* --- what the compiler calls -------------------------------------------------------------------------------------- */

void *memcpy(void *restrict to, const void *restrict from, size_t size)
{
	for (size_t n = 0; n < size; n++)
		((char *)to)[n] = ((const char *)from)[n];
	return to;
}

void *memmove(void *to, const void *from, size_t size)
{
	if ((uintptr_t)to < (uintptr_t)from)
		return memcpy(to, from, size);
	while (size--)
		((char *)to)[size] = ((const char *)from)[size];
	return to;
}

void *memset(void *at, int byte, size_t size)
{
	for (size_t n = 0; n < size; n++)
		((char *)at)[n] = (char)byte;
	return at;
}

int memcmp(const void *a, const void *b, size_t size)
{
	const unsigned char *x = a, *y = b;

	for (; size && *x == *y; size--)
		x++, y++;
	return size ? *x - *y : 0;
}
