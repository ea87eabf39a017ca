/* boxcar-init: what its files share. init is the only program of ours that runs inside a container: static, without a C
 * library, without an allocator, raw system calls only (sys.h). It executes the inside ops of a plan that the runtime
 * has checked, in order, and becomes the payload. It never formats text: a failure is {op, call, errno, one number}. */
#pragma once

#include "runtime/plan/messages.h"
#include "runtime/plan/ops.h"

enum { INIT_PATH_MAX = 4096, INIT_HOME_MAX = 1024 };

struct init {
	char *plan;        /* the plan, mapped privately */
	unsigned base;     /* slot N is descriptor base + N */
	int channel;       /* to the runtime; -1 once closed (create, after COMMIT) */
	int reply;         /* where a failure is told now: the channel, or the connection of `start` */
	uint32_t op;       /* index of the op in work */
	uint32_t peer_uid; /* SO_PEERCRED of the channel: who may send START */
	unsigned gone_ahead; /* bits 1 << enum plan_await of the GO messages that came already */
	bool has_maps_to_await; /* stays dumpable until they are written */
	bool has_pid_to_enter;  /* the plan has an ENTER_PID op */

	int root_fd;       /* O_PATH, the container's root; -1 before ROOT */
	int null_fd;       /* O_PATH of the host's verified /dev/null, opened at ROOT where the plan masks; -1 */
	int null_tree_fd;  /* a detached clone of it, for masks after PIVOT (ENTER_PID), where the host's can no longer be cloned; -1 */
	int mask_fd;       /* O_PATH of the first masked directory's shared read-only tmpfs; -1 until there is one */
	int parent_fd;     /* the directory of the node made last, kept where the next op makes one in it; -1 */
	int proc_fd;       /* private procfs for SYSCTL; -1 until there is one */

	char executable[INIT_PATH_MAX]; /* what FIND found */
	bool has_listen_pid;            /* LISTEN_PID: EXEC writes our pid into the environment */
	char home[INIT_HOME_MAX];       /* "HOME=..." from HOME, or empty */
	struct {                        /* what SECCOMP prepared; EXEC loads it as its last call before execve */
		void *at;               /* struct sock_filter array; NULL: none */
		size_t size;
		uint64_t flags;
		uint32_t op;
	} filter;

	/* where the failure is recorded */
	uint32_t failed_call;
	int failed_error;
	int64_t failed_number;
	uint32_t failed_hook; /* 1 + its number, where a hook failed */
	int tail_fd;          /* the tail of its stderr; -1: none */
};

/* Record a failure: the call's number (__NR_*), a positive errno, a detail. Returns -1. */
int init_fail(struct init *i, long call, long error, int64_t number);

/* `result` of a raw call: below 0 it is recorded and -1 returned, else 0. */
int init_expect(struct init *i, long call, long result);

/* Of a text that is there: 0 is absent. */
static inline const char *init_text(const struct init *i, plan_text text)
{
	return i->plan + text;
}

static inline const char *init_item(const struct init *i, struct plan_texts list, uint32_t index)
{
	return i->plan + ((const uint64_t *)(const void *)(i->plan + list.at))[index];
}

static inline uint64_t init_number(const struct init *i, struct plan_numbers list, uint32_t index)
{
	return ((const uint64_t *)(const void *)(i->plan + list.at))[index];
}

static inline int init_slot(const struct init *i, plan_index slot)
{
	return (int)(i->base + slot);
}

/* The first op of a kind, or NULL. */
static inline const struct op *init_find_op(const struct init *i, enum plan_kind kind)
{
	const struct plan_header *header = (const void *)i->plan;
	const struct op *op = (const void *)(i->plan + header->ops);

	for (uint32_t n = 0; n < header->count; n++)
		if (op[n].kind == kind)
			return op + n;
	return (const struct op *)0;
}

/* exec.c: addresses for offsets, in place and so only once; `last` goes into the spare slot. */
char **init_vector(struct init *i, struct plan_texts list, char *last);

/* namespace.c: a last fork goes on in our place, in new namespaces (CLONE_NEW*, but for time) and the joined pid namespace. */
int init_take_over(struct init *i, uint64_t new_namespaces);

/* messages.c */
int init_guard(struct init *i); /* die with the runtime, be closed to others: anew after every change of ids */
int init_send(struct init *i, int socket, enum message_kind kind, int64_t number, int fd); /* fd -1: none */
void init_tell_failure(struct init *i);
void init_leave_if_alone(struct init *i); /* exits when the channel's other end is gone */

/* listener.c: tell the other side where to look (before the filter is loaded); wait until it has taken the listener. */
int listener_offer(struct init *i, struct message_page **out);
void listener_wait(struct message_page *page, int listener);

/* path.c: the one resolver below the root. Results are O_PATH|O_CLOEXEC descriptors, or a negative errno. */
enum path_make { PATH_FIND, PATH_MAKE_DIRECTORY, PATH_MAKE_FILE };
enum path_rule {
	PATH_FOLLOW = 0,
	PATH_NO_SYMLINKS = 1, /* a symlink anywhere on the way is -ELOOP: for proc, sysfs and cgroup mounts */
	PATH_LAST_AS_IS = 2,  /* the last component itself, also when it is a symlink */
};
long path_open(int root_fd, const char *path, enum path_make make, unsigned rules);
/* The directory that holds the last component (made when missing), and that component's name. */
long path_open_parent(int root_fd, const char *path, const char **name, char *buffer, unsigned long size);
/* A regular file of the image for reading: never blocks, never a device, FIFO or directory. */
long path_open_regular(int root_fd, const char *path);
/* A file in this directory to mount something on: made when missing, used when regular or a device, -ELOOP for a symlink. */
long path_open_node(int parent_fd, const char *name);
/* walk.c: path_open's second way alone, for its tests. */
long path_walk(int root_fd, const char *path, enum path_make make, unsigned rules);
/* root_fd; opened of "/" when there was no ROOT op. -1 after init_fail. */
int path_find_root(struct init *i);

/* proc.c: a procfs that no path of the image led to: one that MOUNT made, else a private one, kept in proc_fd. Where a user
 * namespace may not have that, the container's own, verified. -1 after init_fail. */
int proc_find(struct init *i);
/* A file below sys/ of such a procfs, or one of our own process' ("attr/exec"), for writing: no symlink and no mount on
 * the way. The procfs that is made for the latter shows nothing but processes. -1 after init_fail. */
int proc_open_sysctl(struct init *i, const char *key);
int proc_open_own(struct init *i, const char *name);
/* Close it again, if it is kept: before a pid namespace is entered, in which a neighbour could read the descriptor. */
void proc_drop(struct init *i);

/* device.c: a symlink of this text; one that is there already is fine, anything else of that name is -EEXIST. */
long link_make(int parent_fd, const char *name, const char *target);

/* overlay.c: mount(2) of an overlay whose options name its layers one by one ("lowerdir+=/a"); the number of a failure is that of
 * the option. */
int overlay_mount(struct init *i, const struct op_mount *p, const char *source, int target_fd);

/* label.c: the SELinux label of keys that are made from now on. */
int label_keys(struct init *i, const char *label);

/* copy.c: fill the root of a detached mount with what a directory holds; `how` is the plan's NEW_*. */
int copy_up(struct init *i, int from_fd, int to_fd, uint64_t how);

/* move.c: PIVOT_MOVE up to the chroot. */
int root_move(struct init *i);

/* Every inside op has one function; the table in main.c derives from the op page. */
#define INIT_OP_OUTSIDE(word)
#define INIT_OP_INSIDE(word) int init_##word(struct init *i, const struct op *op, const struct op_##word *p);
#define OP(NAME, word, side, file, meaning) INIT_OP_##side(word)
PLAN_OPS(OP)
#undef OP
