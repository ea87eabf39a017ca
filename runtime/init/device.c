/* Devices, FIFOs and links below the root. */
#include "runtime/init/sys.h"
#include "runtime/init/tree.h"

/* Where something is to be: a name in a directory. */
struct place {
	int parent_fd;
	const char *name;
	char buffer[INIT_PATH_MAX];
};

/* Of DEVICE and LINK; "" of others. */
static const char *node_path(const struct init *i, const struct op *op)
{
	const void *payload = i->plan + op->payload;

	if (op->kind == OP_DEVICE)
		return init_text(i, ((const struct op_device *)payload)->path);
	return op->kind == OP_LINK ? init_text(i, ((const struct op_link *)payload)->path) : "";
}

static size_t parent_length(const char *path)
{
	size_t length = text_length(path);

	while (length > 0 && path[length - 1] != '/')
		length--;
	return length;
}

/* A run of nodes in one directory looks that up once: nothing is mounted in between. */
static bool is_parent_needed_next(const struct init *i, const struct op *op)
{
	const char *a = node_path(i, op), *b = node_path(i, op + 1);
	size_t length = parent_length(a);

	return *b && parent_length(b) == length && memcmp(a, b, length) == 0 && b[length] && b[length] != '.';
}

static int find_place(struct init *i, const struct op *op, struct place *out)
{
	const char *path = node_path(i, op);
	int root_fd = path_find_root(i);

	if (root_fd < 0)
		return -1;
	if (i->parent_fd >= 0) {
		out->parent_fd = i->parent_fd;
		out->name = path + parent_length(path);
		return 0;
	}
	long fd = path_open_parent(root_fd, path, &out->name, out->buffer, sizeof out->buffer);
	if (init_expect(i, __NR_openat2, fd) < 0)
		return -1;
	out->parent_fd = (int)fd;
	return 0;
}

static void leave_place(struct init *i, const struct op *op, const struct place *at)
{
	if (is_parent_needed_next(i, op)) {
		i->parent_fd = at->parent_fd;
		return;
	}
	i->parent_fd = -1;
	(void)sys_close(at->parent_fd); /* only a reference */
}

/* --- DEVICE ------------------------------------------------------------------------------------------------------- */

static bool is_same_device(const struct stat *st, const struct op_device *p)
{
	bool is_fifo = (p->mode & S_IFMT) == S_IFIFO;

	return (st->st_mode & S_IFMT) == (p->mode & S_IFMT) && (is_fifo || st->st_rdev == sys_device(p->major, p->minor));
}

/* The host's own device, by descriptor, and none other. */
static long clone_device(const char *host, const struct op_device *p)
{
	struct stat st;
	long fd = sys_openat(AT_FDCWD, host, O_PATH | O_NOFOLLOW | O_CLOEXEC, 0);
	long result = fd < 0 ? fd : sys_fstat((int)fd, &st);

	if (result == 0)
		result = is_same_device(&st, p) ? tree_clone((int)fd, "", 0) : -ENODEV;
	if (fd >= 0)
		(void)sys_close((int)fd); /* only a reference */
	return result;
}

static int bind_device(struct init *i, const struct place *at, const struct op_device *p, const char *host)
{
	static const struct tree_change nothing;
	long target = path_open_node(at->parent_fd, at->name), tree;
	int result = -1;

	if (init_expect(i, __NR_openat, target) < 0)
		return -1;
	tree = clone_device(host, p);
	if (init_expect(i, __NR_open_tree, tree) == 0) {
		result = tree_attach(i, (int)tree, (int)target, &nothing);
		(void)sys_close((int)tree); /* a reference to what is attached; else the failure counts */
	}
	(void)sys_close((int)target); /* only a reference */
	return result;
}

static int accept_existing(struct init *i, const struct op *op, const struct place *at, const struct op_device *p)
{
	struct stat st;

	if (init_expect(i, __NR_newfstatat, sys_fstatat(at->parent_fd, at->name, &st, AT_SYMLINK_NOFOLLOW)) < 0)
		return -1;
	return op->flags & OP_MAY_EXIST && is_same_device(&st, p) ? 0 : init_fail(i, __NR_mknodat, EEXIST, 0);
}

/* EPERM: we lack CAP_MKNOD, or the devices cgroup around us refuses; the host's own device may still be bound. */
static int make_device(struct init *i, const struct op *op, const struct place *at, const struct op_device *p)
{
	bool is_fifo = (p->mode & S_IFMT) == S_IFIFO;
	long result = sys_mknodat(at->parent_fd, at->name, (unsigned)p->mode, is_fifo ? 0 : sys_device(p->major, p->minor));

	if (result == -EEXIST)
		return accept_existing(i, op, at, p);
	if (result == -EPERM && !is_fifo)
		return bind_device(i, at, p, init_text(i, p->path));
	if (result == 0 && (p->uid || p->gid))
		return init_expect(i, __NR_fchownat,
				   sys_fchownat(at->parent_fd, at->name, p->uid, p->gid, AT_SYMLINK_NOFOLLOW));
	return init_expect(i, __NR_mknodat, result);
}

int init_device(struct init *i, const struct op *op, const struct op_device *p)
{
	struct place at;

	if (find_place(i, op, &at) < 0)
		return -1;
	int result = p->host ? bind_device(i, &at, p, init_text(i, p->host)) : make_device(i, op, &at, p);
	leave_place(i, op, &at);
	return result;
}

/* --- LINK --------------------------------------------------------------------------------------------------------- */

static bool has_text(int parent_fd, const char *name, const char *target)
{
	char text[INIT_PATH_MAX];
	long length = sys_readlinkat(parent_fd, name, text, sizeof text - 1);

	if (length < 0)
		return false;
	text[length] = 0;
	return text_equal(text, target);
}

long link_make(int parent_fd, const char *name, const char *target)
{
	long result = sys_symlinkat(target, parent_fd, name);

	return result == -EEXIST && has_text(parent_fd, name, target) ? 0 : result;
}

/* A directory of that name stays: unlinkat(2) refuses it. */
static long replace(const struct place *at, const char *target)
{
	long result = sys_unlinkat(at->parent_fd, at->name, 0);

	return result < 0 ? -EEXIST : sys_symlinkat(target, at->parent_fd, at->name);
}

int init_link(struct init *i, const struct op *op, const struct op_link *p)
{
	const char *target = init_text(i, p->target);
	struct place at;

	if (find_place(i, op, &at) < 0)
		return -1;
	long result = link_make(at.parent_fd, at.name, target);
	if (result == -EEXIST && op->flags & OP_MAY_EXIST)
		result = replace(&at, target);
	leave_place(i, op, &at);
	return init_expect(i, __NR_symlinkat, result);
}
