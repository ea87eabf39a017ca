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

static unsigned target_rules(uint64_t how)
{
	return how & TREE_TARGET_AS_IS ? PATH_LAST_AS_IS : PATH_FOLLOW;
}

/* A directory is shown on a directory, anything else on a file. */
static long find_target(struct init *i, const struct op_bind *p, unsigned mode)
{
	return path_open(i->root_fd, init_text(i, p->target), S_ISDIR(mode) ? PATH_MAKE_DIRECTORY : PATH_MAKE_FILE,
			 target_rules(p->how));
}

static int put(struct init *i, const struct op_bind *p, int tree_fd, unsigned mode)
{
	const struct tree_change change = { .set = p->set,
					    .clear = p->clear,
					    .set_below = p->set_below,
					    .clear_below = p->clear_below,
					    .propagation = p->propagation };
	long target = find_target(i, p, mode);

	if (init_expect(i, __NR_openat2, target) < 0)
		return -1;
	int result = tree_attach(i, tree_fd, (int)target, &change);
	(void)sys_close((int)target); /* only a reference */
	return result;
}

/* The link's text is the host's; where it leads is found out below the root, by whoever follows it there. */
static int copy_link(struct init *i, const struct op_bind *p, int tree_fd)
{
	char text[INIT_PATH_MAX], buffer[INIT_PATH_MAX];
	const char *name;
	long length = sys_readlinkat(tree_fd, "", text, sizeof text - 1), parent;

	if (init_expect(i, __NR_readlinkat, length) < 0)
		return -1;
	text[length] = 0;
	parent = path_open_parent(i->root_fd, init_text(i, p->target), &name, buffer, sizeof buffer);
	if (init_expect(i, __NR_openat2, parent) < 0)
		return -1;
	long result = link_make((int)parent, name, text);
	(void)sys_close((int)parent); /* only a reference */
	return init_expect(i, __NR_symlinkat, result);
}

static int put_or_copy(struct init *i, const struct op_bind *p, int tree_fd)
{
	struct stat st;

	if (init_expect(i, __NR_fstat, sys_fstat(tree_fd, &st)) < 0)
		return -1;
	return p->how & TREE_COPY_LINK && S_ISLNK(st.st_mode) ? copy_link(i, p, tree_fd) : put(i, p, tree_fd, st.st_mode);
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
	int result = put_or_copy(i, p, (int)tree);
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
	long fd = path_open(root_fd, init_text(i, p->target), PATH_FIND, target_rules(p->how));
	if (init_expect(i, __NR_openat2, fd) < 0)
		return -1;
	int result = tree_change(i, (int)fd,
				 &(struct tree_change){ .set = p->set, .clear = p->clear, .propagation = p->propagation });
	(void)sys_close((int)fd); /* only a reference */
	return result;
}
