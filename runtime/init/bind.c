/* Binds and remounts: a tree of the host, or one that the runtime passed in, shown below the root; attributes of a
 * mount. */
#include "runtime/init/sys.h"
#include "runtime/init/tree.h"

/* --- BIND --------------------------------------------------------------------------------------------------------- */

static long take_tree(struct init *i, const struct op_bind *p)
{
	unsigned how = (p->how & TREE_RECURSIVE ? AT_RECURSIVE : 0) | (p->how & TREE_NO_FOLLOW ? AT_SYMLINK_NOFOLLOW : 0);

	return p->slot ? init_slot(i, p->slot) : tree_clone(AT_FDCWD, init_text(i, p->source), how);
}

/* A directory is shown on a directory, anything else on a file. */
static long find_target(struct init *i, const struct op_bind *p, int tree_fd)
{
	struct stat st;
	long result = sys_fstat(tree_fd, &st);

	if (result < 0)
		return result;
	return path_open(i->root_fd, init_text(i, p->target), S_ISDIR(st.st_mode) ? PATH_MAKE_DIRECTORY : PATH_MAKE_FILE,
			 PATH_FOLLOW);
}

static int put(struct init *i, const struct op_bind *p, int tree_fd)
{
	const struct tree_change change = { .set = p->set,
					    .clear = p->clear,
					    .set_below = p->set_below,
					    .clear_below = p->clear_below,
					    .propagation = p->propagation };
	long target = find_target(i, p, tree_fd);

	if (init_expect(i, __NR_openat2, target) < 0)
		return -1;
	int result = tree_attach(i, tree_fd, (int)target, &change);
	(void)sys_close((int)target); /* only a reference */
	return result;
}

int init_bind(struct init *i, const struct op *op, const struct op_bind *p)
{
	long tree;

	(void)op;
	if (path_find_root(i) < 0)
		return -1;
	tree = take_tree(i, p);
	if (init_expect(i, __NR_open_tree, tree) < 0)
		return -1;
	int result = put(i, p, (int)tree);
	(void)sys_close((int)tree); /* a reference to what is attached; else the failure counts */
	return result;
}

/* --- REMOUNT ------------------------------------------------------------------------------------------------------ */

int init_remount(struct init *i, const struct op *op, const struct op_remount *p)
{
	int root_fd = path_find_root(i);

	(void)op;
	if (root_fd < 0)
		return -1;
	long fd = path_open(root_fd, init_text(i, p->target), PATH_FIND, PATH_FOLLOW);
	if (init_expect(i, __NR_openat2, fd) < 0)
		return -1;
	int result = tree_change(i, (int)fd,
				 &(struct tree_change){ .set = p->set, .clear = p->clear, .propagation = p->propagation });
	(void)sys_close((int)fd); /* only a reference */
	return result;
}
