/* The terminal: a new pty of the container's own devpts. The master goes to the runtime; the peer, never looked up
 * by a path, becomes stdin, stdout and stderr, the controlling terminal, and /dev/console. */
#include "runtime/init/sys.h"
#include "runtime/init/tree.h"

#include <asm/termios.h>

/* "/dev/pts" may be anything: only a devpts gives a pty. */
static long open_ptmx(int directory)
{
	struct statfs fs;
	long result = sys_fstatfs(directory, &fs);

	if (result < 0)
		return result;
	if (fs.f_type != DEVPTS_SUPER_MAGIC)
		return -ENODEV;
	return sys_openat(directory, "ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC | O_NOFOLLOW, 0);
}

static int open_master(struct init *i)
{
	long directory = path_open(i->root_fd, "/dev/pts", PATH_FIND, PATH_FOLLOW), master;

	if (init_expect(i, __NR_openat2, directory) < 0)
		return -1;
	master = open_ptmx((int)directory);
	(void)sys_close((int)directory); /* only a reference */
	return init_expect(i, __NR_openat, master) < 0 ? -1 : (int)master;
}

static int open_peer(struct init *i, int master)
{
	const int unlocked = 0;

	if (init_expect(i, __NR_ioctl, sys_ioctl(master, TIOCSPTLCK, &unlocked)) < 0)
		return -1;
	long peer = sys_ioctl_number(master, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC);
	return init_expect(i, __NR_ioctl, peer) < 0 ? -1 : (int)peer;
}

static int put_on_console(struct init *i, int peer)
{
	static const struct tree_change nothing;
	char buffer[32];
	const char *name;
	long parent = path_open_parent(i->root_fd, "/dev/console", &name, buffer, sizeof buffer);
	long target = parent < 0 ? parent : path_open_node((int)parent, name), tree;
	int result = -1;

	if (parent >= 0)
		(void)sys_close((int)parent); /* here and below: only a reference */
	if (init_expect(i, __NR_openat, target) < 0)
		return -1;
	tree = tree_clone(peer, "", 0);
	if (init_expect(i, __NR_open_tree, tree) == 0) {
		result = tree_attach(i, (int)tree, (int)target, &nothing);
		(void)sys_close((int)tree);
	}
	(void)sys_close((int)target);
	return result;
}

static int prepare(struct init *i, int peer, const struct op_console *p)
{
	const struct winsize size = { .ws_row = (unsigned short)p->rows, .ws_col = (unsigned short)p->columns };

	if (p->rows && p->columns && init_expect(i, __NR_ioctl, sys_ioctl(peer, TIOCSWINSZ, &size)) < 0)
		return -1;
	if (init_expect(i, __NR_fchown, sys_fchown(peer, p->uid, (uint32_t)-1)) < 0)
		return -1;
	return p->how & CONSOLE_BIND ? put_on_console(i, peer) : 0;
}

/* init leads a session of its own since its start. */
static int take_peer(struct init *i, int peer)
{
	if (init_expect(i, __NR_ioctl, sys_ioctl_number(peer, TIOCSCTTY, 0)) < 0)
		return -1;
	for (int fd = 0; fd < 3; fd++)
		if (init_expect(i, __NR_dup3, sys_dup3(peer, fd, 0)) < 0)
			return -1;
	return 0;
}

static int set_up(struct init *i, int master, const struct op_console *p)
{
	int peer = open_peer(i, master), result;

	if (peer < 0)
		return -1;
	result = prepare(i, peer, p);
	if (result == 0)
		result = init_send(i, i->channel, MESSAGE_CONSOLE, 0, master);
	if (result == 0)
		result = take_peer(i, peer);
	(void)sys_close(peer); /* 0 to 2 are the peer now */
	return result;
}

int init_console(struct init *i, const struct op *op, const struct op_console *p)
{
	int master = path_find_root(i) < 0 ? -1 : open_master(i);

	(void)op;
	if (master < 0)
		return -1;
	int result = set_up(i, master, p);
	(void)sys_close(master); /* the runtime has it */
	return result;
}
