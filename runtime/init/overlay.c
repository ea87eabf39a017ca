/* Overlays whose layers have more text than mount(2)'s one page, where fsconfig(2) takes no single layers (before 6.7) or a
 * filter knows it not: every layer is opened and called by its number, in the directory of our descriptors. */
#include "runtime/init/sys.h"
#include "runtime/init/tree.h"

enum { LAYERS_MAX = 512, DATA_MAX = 4096, NO_OPTION = -1 };

struct layers {
	char data[DATA_MAX];
	size_t length;
	bool has_lower;
	unsigned count;
	int fds[LAYERS_MAX];
};

static const char *value_of(const char *option, const char *key)
{
	return text_begins(option, key) ? option + text_length(key) : (const char *)0;
}

static void add(struct layers *l, const char *text)
{
	l->length = text_add(l->data, DATA_MAX, l->length, text);
}

struct number {
	char text[12];
};

static const char *write_number(struct number *n, int value)
{
	char *at = n->text + sizeof n->text - 1;

	*at = 0;
	do
		*--at = (char)('0' + value % 10);
	while (value /= 10);
	return at;
}

static long add_layer(struct layers *l, const char *path, const char *separator)
{
	long fd = l->count == LAYERS_MAX ? -E2BIG : sys_openat(AT_FDCWD, path, O_PATH | O_DIRECTORY | O_CLOEXEC, 0);
	struct number name;

	if (fd < 0)
		return fd;
	l->fds[l->count++] = (int)fd;
	add(l, separator);
	add(l, write_number(&name, (int)fd));
	return l->length < DATA_MAX ? 0 : -E2BIG;
}

/* One after the other: "lowerdir=1:2:3::4". */
static int open_layers(struct init *i, const struct op_mount *p, struct layers *l)
{
	for (uint32_t n = 0; n < p->options.count; n++) {
		const char *option = init_item(i, p->options, n);
		const char *lower = value_of(option, "lowerdir+="), *data = value_of(option, "datadir+=");
		long result = 0;
		if (lower)
			result = add_layer(l, lower, l->has_lower ? ":" : "lowerdir=");
		else if (data)
			result = add_layer(l, data, "::");
		l->has_lower |= lower != (const char *)0;
		if (result < 0)
			return init_fail(i, __NR_openat, -result, n);
	}
	return 0;
}

static int add_others(struct init *i, const struct op_mount *p, struct layers *l)
{
	for (uint32_t n = 0; n < p->options.count; n++) {
		const char *option = init_item(i, p->options, n);
		if (value_of(option, "lowerdir+=") || value_of(option, "datadir+="))
			continue;
		add(l, ",");
		add(l, option);
		if (l->length >= DATA_MAX)
			return init_fail(i, __NR_mount, E2BIG, NO_OPTION);
	}
	return 0;
}

/* In "self/fd" of a procfs of ours every name is a descriptor's number: the layers', and the target's. */
static int enter_descriptors(struct init *i)
{
	int proc_fd = proc_find(i);
	long fd = proc_fd < 0 ? -1 : sys_openat(proc_fd, "self/fd", O_PATH | O_DIRECTORY | O_CLOEXEC, 0);

	if (proc_fd < 0 || init_expect(i, __NR_openat, fd) < 0)
		return -1;
	int result = init_expect(i, __NR_fchdir, sys_fchdir((int)fd));
	(void)sys_close((int)fd); /* only a reference */
	return result;
}

static int mount_layers(struct init *i, const struct op_mount *p, const char *source, int target_fd, struct layers *l)
{
	struct number target;
	uint64_t flags = p->superblock | tree_mount_flags(p->set);

	if (open_layers(i, p, l) < 0 || add_others(i, p, l) < 0 || enter_descriptors(i) < 0)
		return -1;
	return init_expect(i, __NR_mount, sys_mount(source, write_number(&target, target_fd), "overlay", flags, l->data));
}

int overlay_mount(struct init *i, const struct op_mount *p, const char *source, int target_fd)
{
	struct layers l = { .length = 0 };
	int result = mount_layers(i, p, source, target_fd, &l);

	while (l.count)
		(void)sys_close(l.fds[--l.count]); /* only references */
	if (i->has_pid_to_enter)
		proc_drop(i);
	return result < 0 ? -1 : init_expect(i, __NR_chdir, sys_chdir("/"));
}
