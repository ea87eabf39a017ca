/* The op page: everything a plan can hold. One row an op: its word, its side, its payload, the file that carries it out
 * and what it means. The payload structs, the bounds check, `boxcar explain` and both dispatchers derive from these rows.
 *
 * A plan is one block of bytes: a header, the ops in order, then payloads, lists, texts and blobs, all found by 32-bit
 * offsets from the block's start. It is checked once (plan_is_sound) and then trusted. Outside ops are carried out by the
 * runtime, inside ops by boxcar-init, each in the order given. The format is private to one build.
 *
 * init is built without a C library and sees only this file and messages.h: keep it free of other includes. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { PLAN_MAGIC = 0x62786331, PLAN_MAX = 16 << 20 };

/* Descriptors that init inherits, as numbers from 0; the real descriptor is the slot base plus this number. The base (3
 * plus the preserved descriptors) is init's only argument, in decimal. */
enum plan_slot {
	SLOT_PLAN,    /* the sealed plan */
	SLOT_CHANNEL, /* SOCK_SEQPACKET to the runtime, closed by the payload's exec */
	SLOT_LISTEN,  /* listening socket for `start`; only for create */
	SLOT_LOCK,    /* the file whose flock says "created"; only for create */
	SLOT_OUTPUT,  /* files for the stdout and the stderr of hooks inside; only where annotations name them */
	SLOT_ERRORS,
	SLOT_FILTER,  /* memfd with the seccomp program (struct sock_filter array); only with seccomp */
	SLOT_FIRST,   /* from here on: namespaces to join, trees to attach, as the plan's ops say */
};

typedef uint32_t plan_text;  /* offset of a NUL-terminated text; 0 is absent */
typedef uint32_t plan_index; /* a slot */
struct plan_texts {          /* list of texts: `at` is the offset of count + 2 uint64_t: offsets, then two zeros. init adds the */
	uint32_t at, count;  /* block's address to each in place (its mapping is private) and has an argv. The last zero is spare */
};
struct plan_numbers {        /* list of uint64_t */
	uint32_t at, count;
};
struct plan_blob {           /* raw bytes */
	uint32_t at, size;
};

/* Members of payloads: kind, name, and for FLAGS and WORD the table (plan/print.c) that gives the bits their names. */
#define PLAN_TYPE_TEXT plan_text
#define PLAN_TYPE_TEXTS struct plan_texts
#define PLAN_TYPE_NUMBERS struct plan_numbers
#define PLAN_TYPE_BLOB struct plan_blob
#define PLAN_TYPE_NUMBER uint64_t /* printed in decimal */
#define PLAN_TYPE_INTEGER int64_t /* the same, with a sign */
#define PLAN_TYPE_OCTAL uint64_t
#define PLAN_TYPE_FLAGS uint64_t
#define PLAN_TYPE_WORD uint64_t
#define PLAN_TYPE_SLOT plan_index

/* --- payloads ----------------------------------------------------------------------------------------------------- */

#define PLAN_CGROUP(M)                                                                                                  \
	M(TEXT, path, NONE) /* below each hierarchy's mount point, begins with '/' */
#define PLAN_SCOPE(M)                                                                                                   \
	M(TEXT, unit, NONE)                                                                                             \
	M(TEXT, path, NONE) /* of its cgroup, as CGROUP's, which is that one or below it */
#define PLAN_UNIT_PROPERTY(M)                                                                                           \
	M(TEXT, name, NONE)                                                                                             \
	M(TEXT, signature, NONE) /* as D-Bus types it: "t", "as", "a(ss)" */                                            \
	M(TEXTS, values, NONE)   /* each as its basic type prints */
#define PLAN_LIMIT(M)                                                                                                   \
	M(TEXT, controller, NONE) /* "memory"; "" on the unified hierarchy for files that belong to no controller */     \
	M(TEXT, file, NONE)                                                                                             \
	M(TEXT, value, NONE)
#define PLAN_CGROUP_OWNER(M) M(NUMBER, uid, NONE) /* of the host */
#define PLAN_DEVICE_RULE(M) /* one row of linux.resources.devices, in order; the first call resets the list */         \
	M(WORD, is_allowed, ALLOW)                                                                                      \
	M(TEXT, type, NONE)    /* a, b or c */                                                                         \
	M(TEXT, major, NONE)   /* number or "*" */                                                                     \
	M(TEXT, minor, NONE)                                                                                            \
	M(TEXT, access, NONE)
#define PLAN_RDT(M)                                                                                                     \
	M(TEXT, path, NONE)       /* directory of the class */                                                          \
	M(FLAGS, how, RDT)                                                                                              \
	M(TEXTS, lines, NONE)     /* for its schemata file */                                                           \
	M(NUMBER, compared, NONE) /* so many of the first ones are only compared when the class exists already */       \
	M(TEXT, monitor, NONE)    /* name of the monitoring group, or absent */
#define PLAN_ENTER_RDT(M) M(TEXT, path, NONE) M(TEXT, monitor, NONE)
#define PLAN_NAMESPACE_FILE(M) /* open a namespace to join */                                                           \
	M(SLOT, slot, NONE)                                                                                             \
	M(FLAGS, type, CLONE)                                                                                           \
	M(TEXT, path, NONE)
#define PLAN_TREE(M) /* clone a host tree with open_tree(2), for init to attach */                                      \
	M(SLOT, slot, NONE)                                                                                             \
	M(TEXT, source, NONE)                                                                                           \
	M(FLAGS, how, TREE)                                                                                             \
	M(TEXT, uid_map, NONE)   /* id-mapped by these, as in UID_MAP; both or neither */                               \
	M(TEXT, gid_map, NONE)                                                                                          \
	M(SLOT, namespace, NONE) /* id-mapped as this joined user namespace is; 0: none */
#define PLAN_FILTER(M) /* compile the seccomp filter into SLOT_FILTER */                                                \
	M(WORD, default_action, ACTION)                                                                                 \
	M(NUMBER, default_errno, NONE)                                                                                  \
	M(NUMBERS, architectures, NONE) /* libseccomp's SCMP_ARCH_* tokens */                                           \
	M(WORD, newer, NEWER) /* for calls above the highest one that the rules name, on each listed architecture */    \
	M(FLAGS, flags, FILTER)
#define PLAN_FILTER_RULE(M) /* one rule of the filter before it: these calls, when all arguments match */               \
	M(TEXTS, calls, NONE)                                                                                           \
	M(WORD, action, ACTION)                                                                                         \
	M(NUMBER, errno_value, NONE)                                                                                    \
	M(NUMBERS, arguments, NONE) /* four numbers each: index, COMPARE_*, value, second value */
#define PLAN_TIME_OFFSETS(M) M(TEXT, offsets, NONE) /* "monotonic 86400 0\n" lines, as /proc/PID/timens_offsets takes them */
#define PLAN_CLONE(M)                                                                                                   \
	M(FLAGS, new, CLONE)    /* namespaces made in the clone */                                                      \
	M(FLAGS, joined, CLONE) /* namespaces the joiner enters first; 0: no joiner */                                  \
	M(FLAGS, how, PROCESS)                                                                                          \
	M(TEXT, cgroup, NONE)   /* path for CLONE_INTO_CGROUP; absent: entered afterwards, see ENTER_CGROUP */
#define PLAN_GID_MAP(M)                                                                                                 \
	M(TEXT, lines, NONE) /* "0 100000 65536\n", as /proc/PID/gid_map takes them */                                  \
	M(WORD, by, MAPPER)                                                                                             \
	M(WORD, setgroups, SETGROUPS)
#define PLAN_UID_MAP(M) /* the same with /proc/PID/uid_map; init is told that both are there */                         \
	M(TEXT, lines, NONE)                                                                                            \
	M(WORD, by, MAPPER)
#define PLAN_OOM_SCORE(M) M(TEXT, value, NONE)
#define PLAN_FIRST_CPUS(M)                                                                                              \
	M(TEXT, list, NONE)    /* "0-3,7" */                                                                            \
	M(NUMBERS, mask, NONE) /* the same in bits, 64 a number */
#define PLAN_CPUS(M) M(TEXT, list, NONE) M(NUMBERS, mask, NONE)
#define PLAN_SCHEDULER(M) /* for sched_setattr(2) */                                                                    \
	M(WORD, policy, POLICY)                                                                                         \
	M(FLAGS, flags, SCHEDULER)                                                                                      \
	M(INTEGER, nice, NONE)                                                                                          \
	M(NUMBER, priority, NONE)                                                                                       \
	M(NUMBER, runtime, NONE) /* nanoseconds */                                                                      \
	M(NUMBER, deadline, NONE)                                                                                       \
	M(NUMBER, period, NONE)
#define PLAN_IO_PRIORITY(M) /* for ioprio_set(2) */                                                                     \
	M(WORD, class, IO_CLASS) /* IOPRIO_CLASS_* */                                                                   \
	M(NUMBER, priority, NONE)
#define PLAN_ENTER_CGROUP(M) M(TEXT, path, NONE) /* v1 and hybrid: write the pid into every hierarchy */
#define PLAN_DELEGATE(M)                                                                                                \
	M(TEXT, path, NONE)  /* of a cgroup below the container's own, on v2 */                                         \
	M(NUMBER, uid, NONE) /* of the host */
#define PLAN_HOOK_OUTPUT(M) M(SLOT, slot, NONE) M(TEXT, path, NONE)
#define PLAN_NET_DEVICE(M)                                                                                              \
	M(TEXT, device, NONE)                                                                                           \
	M(TEXT, name, NONE)      /* in the container; with "%d" at its end: the first that is free */                   \
	M(TEXT, namespace, NONE) /* the joined network namespace; absent: init's */
#define PLAN_HOOK(M)                                                                                                    \
	M(WORD, when, HOOK)                                                                                             \
	M(NUMBER, number, NONE)  /* its place in the configuration's list */                                            \
	M(TEXT, path, NONE)                                                                                             \
	M(TEXTS, args, NONE)                                                                                            \
	M(TEXTS, env, NONE)                                                                                             \
	M(NUMBER, timeout, NONE) /* seconds; 0: as long as it takes */
#define PLAN_AWAIT(M) M(WORD, what, AWAIT)
#define PLAN_BECOME_ROOT(M) M(NUMBER, uid, NONE) M(NUMBER, gid, NONE) M(WORD, setgroups, SETGROUPS)
#define PLAN_JOIN(M) M(SLOT, slot, NONE) M(FLAGS, type, CLONE)
#define PLAN_UNSHARE(M) M(FLAGS, type, CLONE)
#define PLAN_ENTER_PID(M) M(SLOT, slot, NONE)
#define PLAN_KEYRING(M) M(TEXT, name, NONE) M(TEXT, label, NONE) /* its SELinux label */
#define PLAN_HOSTNAME(M) M(TEXT, name, NONE)
#define PLAN_DOMAINNAME(M) M(TEXT, name, NONE)
#define PLAN_LOOPBACK(M)
#define PLAN_SYSCTL(M)                                                                                                  \
	M(TEXT, key, NONE) /* with slashes: "net/ipv4/ip_forward" */                                                    \
	M(TEXT, value, NONE)
#define PLAN_PROPAGATION(M) M(FLAGS, flags, MOUNT) /* MS_* for the host's tree before anything is mounted */
#define PLAN_ROOT(M) M(TEXT, path, NONE) M(FLAGS, set, ATTRIBUTE)
#define PLAN_MOUNT(M)                                                                                                   \
	M(TEXT, type, NONE)                                                                                             \
	M(TEXT, source, NONE)                                                                                           \
	M(TEXT, target, NONE)                                                                                           \
	M(TEXTS, options, NONE)     /* for fsconfig(2): "key=value" or "flag" */                                        \
	M(FLAGS, superblock, MOUNT) /* MS_RDONLY, MS_SYNCHRONOUS, MS_LAZYTIME, MS_I_VERSION ... */                      \
	M(FLAGS, set, ATTRIBUTE)    /* MOUNT_ATTR_* */                                                                  \
	M(FLAGS, propagation, MOUNT)                                                                                    \
	M(FLAGS, how, NEW)                                                                                              \
	M(TEXT, instead, NONE)      /* shown read-only, mounts below included, where the mount is denied; absent: nothing */
#define PLAN_BIND(M)                                                                                                    \
	M(TEXT, source, NONE) /* host path; absent when `slot` holds the tree */                                        \
	M(SLOT, slot, NONE)   /* 0: none */                                                                             \
	M(TEXT, target, NONE)                                                                                           \
	M(FLAGS, how, TREE)                                                                                             \
	M(FLAGS, set, ATTRIBUTE)                                                                                        \
	M(FLAGS, clear, ATTRIBUTE)                                                                                      \
	M(FLAGS, set_below, ATTRIBUTE) /* recursive ones (rro ...) */                                                   \
	M(FLAGS, clear_below, ATTRIBUTE)                                                                                \
	M(FLAGS, propagation, MOUNT)
#define PLAN_REMOUNT(M)                                                                                                 \
	M(TEXT, target, NONE)                                                                                           \
	M(FLAGS, set, ATTRIBUTE)                                                                                        \
	M(FLAGS, clear, ATTRIBUTE)                                                                                      \
	M(FLAGS, propagation, MOUNT)                                                                                    \
	M(FLAGS, how, TREE)
#define PLAN_DEVICE(M)                                                                                                  \
	M(TEXT, path, NONE)                                                                                             \
	M(OCTAL, mode, NONE) /* with the type bits */                                                                   \
	M(NUMBER, major, NONE)                                                                                          \
	M(NUMBER, minor, NONE)                                                                                          \
	M(NUMBER, uid, NONE)                                                                                            \
	M(NUMBER, gid, NONE)                                                                                            \
	M(TEXT, host, NONE) /* in a user namespace: the host's device of that number, to bind; else absent */
#define PLAN_LINK(M) M(TEXT, target, NONE) M(TEXT, path, NONE)
#define PLAN_CONSOLE(M) M(NUMBER, rows, NONE) M(NUMBER, columns, NONE) M(NUMBER, uid, NONE) M(FLAGS, how, CONSOLE)
#define PLAN_READONLY(M) M(TEXT, path, NONE)
#define PLAN_MASK(M) M(TEXT, path, NONE)
#define PLAN_PIVOT(M) M(WORD, how, PIVOT)
#define PLAN_ROOT_MODE(M) M(FLAGS, set, ATTRIBUTE) M(FLAGS, propagation, MOUNT)
#define PLAN_HOOK_INSIDE(M)                                                                                             \
	PLAN_HOOK(M)                                                                                                    \
	M(SLOT, output, NONE)    /* for its stdout; 0: it is read and dropped */                                        \
	M(SLOT, errors, NONE)    /* for its stderr; 0: its last bytes are kept */                                       \
	M(TEXT, state, NONE)     /* for its stdin, up to the pid, which only init knows as the container sees it */     \
	M(TEXT, state_end, NONE) /* and after the pid */
#define PLAN_HOME(M) M(NUMBER, uid, NONE) /* adds HOME= from /etc/passwd to EXEC's environment; "/" when it says nothing */
#define PLAN_FIND(M) M(TEXT, name, NONE) M(TEXT, path, NONE) /* the executable; `path` is the value of PATH, or absent */
#define PLAN_LISTEN_PID(M) /* the digits of PLAN_LISTEN_VARIABLE in EXEC's environment become its own pid */
#define PLAN_COMMIT(M)
#define PLAN_START(M)
#define PLAN_STDIO(M) M(NUMBER, uid, NONE) M(NUMBER, gid, NONE)
#define PLAN_MEMORY_POLICY(M) /* for set_mempolicy(2) */                                                                \
	M(WORD, mode, MEMORY)   /* MPOL_* */                                                                            \
	M(FLAGS, flags, MEMORY) /* MPOL_F_* */                                                                          \
	M(TEXT, nodes, NONE)    /* "0-3,7" */                                                                           \
	M(NUMBERS, mask, NONE)
#define PLAN_PERSONALITY(M) M(WORD, domain, DOMAIN) /* PER_* */
#define PLAN_APPARMOR(M) M(TEXT, name, NONE)
#define PLAN_SELINUX(M) M(TEXT, label, NONE)
#define PLAN_RLIMIT(M) M(TEXT, name, NONE) M(NUMBER, resource, NONE) M(NUMBER, soft, NONE) M(NUMBER, hard, NONE)
#define PLAN_CWD(M) M(TEXT, path, NONE) M(NUMBER, uid, NONE) M(NUMBER, gid, NONE)
#define PLAN_BOUNDING(M) M(FLAGS, set, CAP)
#define PLAN_USER(M)                                                                                                    \
	M(NUMBER, uid, NONE)                                                                                            \
	M(NUMBER, gid, NONE)                                                                                            \
	M(NUMBERS, groups, NONE)                                                                                        \
	M(WORD, setgroups, SETGROUPS)
#define PLAN_UMASK(M) M(OCTAL, mask, NONE)
#define PLAN_CAPS(M)                                                                                                    \
	M(FLAGS, permitted, CAP)                                                                                        \
	M(FLAGS, effective, CAP)                                                                                        \
	M(FLAGS, inheritable, CAP)                                                                                      \
	M(FLAGS, ambient, CAP)                                                                                          \
	M(FLAGS, kept, CAP) /* held in permitted and effective until the exec: what loading the filter needs */
#define PLAN_NO_NEW_PRIVS(M)
#define PLAN_SECCOMP(M) M(FLAGS, flags, FILTER)
#define PLAN_EXEC(M)                                                                                                    \
	M(TEXTS, args, NONE)                                                                                            \
	M(TEXTS, env, NONE)                                                                                             \
	M(FLAGS, ignored, SIGNAL) /* bit N-1: the caller ignores signal N; the payload must not */

/* --- the rows: NAME, lower-case word, side, file that carries it out, meaning ------------------------------------- */

/* Where the kernel or a filter refuses a call, the op has another way of the same strength:
 *
 *   every path below the root     openat2        ENOSYS EPERM EAGAIN   a walk by descriptor, init/walk.c
 *   MOUNT                         mount          any                   fsopen to move_mount, which names a bad option; and back.
 *                                                                      With a copy fsopen alone: it is filled before it is seen
 *   MOUNT of many layers          fsconfig       any                   mount, its layers named by their descriptors' numbers
 *   MOUNT of sysfs                mount          EPERM                 in a user namespace that owns no network namespace: the
 *                                                                      host's /sys, bound read-only
 *   ROOT BIND REMOUNT READONLY    mount_setattr  ENOSYS EPERM          mount on the descriptor's link in a procfs of ours, for each
 *   ROOT_MODE                                                          mount of a tree
 *   MASK                          fsopen         ENOSYS EPERM          a tmpfs for each directory, by mount on its descriptor
 *   DEVICE                        mknodat        EPERM                 the host's device of that number, bound
 *   SYSCTL APPARMOR SELINUX       fsopen         any                   the container's own procfs, verified
 */
#define PLAN_OPS(OP)                                                                                                      \
	OP(SCOPE, scope, OUTSIDE, "host/systemd.c", "have systemd make a scope for the container")                        \
	OP(UNIT_PROPERTY, unit_property, OUTSIDE, "host/systemd.c", "set a property of the unit")                         \
	OP(CGROUP, cgroup, OUTSIDE, "host/cgroup/cgroup.c", "make the container's cgroup in every hierarchy")             \
	OP(LIMIT, limit, OUTSIDE, "host/cgroup/cgroup.c", "write a resource limit")                                       \
	OP(DEVICE_RULE, device_rule, OUTSIDE, "host/cgroup/devices.c", "allow or deny devices")                           \
	OP(CGROUP_OWNER, cgroup_owner, OUTSIDE, "host/cgroup/owner.c", "give the cgroup to the container's user")          \
	OP(RDT, rdt, OUTSIDE, "host/rdt.c", "take a class of cache and memory bandwidth")                                 \
	OP(NAMESPACE_FILE, namespace_file, OUTSIDE, "host/processes.c", "open a namespace to join")                       \
	OP(TREE, tree, OUTSIDE, "host/processes.c", "clone a host tree for init to attach")                               \
	OP(FILTER, filter, OUTSIDE, "host/seccomp.c", "begin the seccomp filter")                                         \
	OP(FILTER_RULE, filter_rule, OUTSIDE, "host/seccomp.c", "add a rule to the seccomp filter")                       \
	OP(TIME_OFFSETS, time_offsets, OUTSIDE, "host/processes.c", "set the clocks of the new time namespace")           \
	OP(CLONE, clone, OUTSIDE, "host/processes.c", "start init in its new namespaces")                                 \
	OP(GID_MAP, gid_map, OUTSIDE, "host/idmap.c", "map the user namespace's group ids")                               \
	OP(UID_MAP, uid_map, OUTSIDE, "host/idmap.c", "map the user namespace's user ids")                                \
	OP(OOM_SCORE, oom_score, OUTSIDE, "host/processes.c", "set how likely the kernel kills it for memory")            \
	OP(ENTER_CGROUP, enter_cgroup, OUTSIDE, "host/cgroup/cgroup.c", "put init into the cgroup")                       \
	OP(DELEGATE, delegate, OUTSIDE, "host/cgroup/owner.c", "give a cgroup below to the container, and put init there") \
	OP(FIRST_CPUS, first_cpus, OUTSIDE, "host/schedule.c", "start init on these CPUs")                                \
	OP(CPUS, cpus, OUTSIDE, "host/schedule.c", "choose the CPUs that it runs on")                                     \
	OP(SCHEDULER, scheduler, OUTSIDE, "host/schedule.c", "set the scheduling policy")                                 \
	OP(IO_PRIORITY, io_priority, OUTSIDE, "host/schedule.c", "set the priority of its input and output")              \
	OP(NET_DEVICE, net_device, OUTSIDE, "host/netdev.c", "move a network device into the container")                  \
	OP(ENTER_RDT, enter_rdt, OUTSIDE, "host/rdt.c", "put init into the class")                                        \
	OP(HOOK, hook, OUTSIDE, "life/hooks.c", "run a hook")                                                             \
	OP(HOOK_OUTPUT, hook_output, OUTSIDE, "host/slots.c", "open the file that hooks inside write to")                  \
	OP(AWAIT, await, INSIDE, "init/messages.c", "wait for the runtime")                                               \
	OP(BECOME_ROOT, become_root, INSIDE, "init/user.c", "become root of the user namespace")                          \
	OP(JOIN, join, INSIDE, "init/namespace.c", "join a namespace")                                                    \
	OP(UNSHARE, unshare, INSIDE, "init/namespace.c", "make namespaces of its own")                                    \
	OP(ENTER_PID, enter_pid, INSIDE, "init/namespace.c", "enter the joined pid namespace by a last fork")             \
	OP(KEYRING, keyring, INSIDE, "init/namespace.c", "join a new session keyring")                                    \
	OP(HOSTNAME, hostname, INSIDE, "init/namespace.c", "set the host name")                                           \
	OP(DOMAINNAME, domainname, INSIDE, "init/namespace.c", "set the NIS domain name")                                 \
	OP(LOOPBACK, loopback, INSIDE, "init/namespace.c", "bring the loopback interface up")                             \
	OP(SYSCTL, sysctl, INSIDE, "init/sysctl.c", "set a kernel parameter")                                             \
	OP(PROPAGATION, propagation, INSIDE, "init/mount.c", "cut the copied mounts off from the host's")                 \
	OP(ROOT, root, INSIDE, "init/root.c", "take the root file system")                                                \
	OP(MOUNT, mount, INSIDE, "init/mount.c", "mount a new file system")                                               \
	OP(BIND, bind, INSIDE, "init/bind.c", "show a host file or directory")                                            \
	OP(REMOUNT, remount, INSIDE, "init/bind.c", "change a mount's attributes")                                        \
	OP(DEVICE, device, INSIDE, "init/device.c", "make a device")                                                      \
	OP(LINK, link, INSIDE, "init/device.c", "make a symbolic link")                                                   \
	OP(CONSOLE, console, INSIDE, "init/console.c", "open the terminal")                                               \
	OP(READONLY, readonly, INSIDE, "init/mask.c", "make a path read-only")                                            \
	OP(MASK, mask, INSIDE, "init/mask.c", "hide a path")                                                              \
	OP(PIVOT, pivot, INSIDE, "init/root.c", "make the root file system the root")                                     \
	OP(ROOT_MODE, root_mode, INSIDE, "init/root.c", "set the root's attributes and propagation")                      \
	OP(HOOK_INSIDE, hook_inside, INSIDE, "init/hook.c", "run a hook inside")                                          \
	OP(HOME, home, INSIDE, "init/home.c", "find the user's home directory")                                           \
	OP(FIND, find, INSIDE, "init/exec.c", "find the executable")                                                      \
	OP(CWD, cwd, INSIDE, "init/exec.c", "change to the working directory")                                            \
	OP(STDIO, stdio, INSIDE, "init/user.c", "give stdin, stdout and stderr to the user")                              \
	OP(BOUNDING, bounding, INSIDE, "init/caps.c", "drop capabilities from the bounding set")                          \
	OP(USER, user, INSIDE, "init/user.c", "become the user")                                                          \
	OP(UMASK, umask, INSIDE, "init/user.c", "set the file mode creation mask")                                        \
	OP(CAPS, caps, INSIDE, "init/caps.c", "set the capabilities")                                                     \
	OP(MEMORY_POLICY, memory_policy, INSIDE, "init/process.c", "choose the memory nodes")                             \
	OP(PERSONALITY, personality, INSIDE, "init/process.c", "set the execution domain")                                \
	OP(APPARMOR, apparmor, INSIDE, "init/label.c", "take the AppArmor profile")                                       \
	OP(SELINUX, selinux, INSIDE, "init/label.c", "take the SELinux label")                                            \
	OP(RLIMIT, rlimit, INSIDE, "init/user.c", "set a resource limit of the process")                                  \
	OP(NO_NEW_PRIVS, no_new_privs, INSIDE, "init/caps.c", "forbid gaining privileges by exec")                        \
	OP(LISTEN_PID, listen_pid, INSIDE, "init/exec.c", "tell the payload its own process id, for socket activation")   \
	OP(COMMIT, commit, INSIDE, "init/messages.c", "report that all is prepared and wait for the runtime's consent")   \
	OP(START, start, INSIDE, "init/messages.c", "wait for `start`")                                                   \
	OP(SECCOMP, seccomp, INSIDE, "init/exec.c", "load the seccomp filter")                                            \
	OP(EXEC, exec, INSIDE, "init/exec.c", "become the payload")

enum plan_side { PLAN_OUTSIDE, PLAN_INSIDE };

enum plan_kind {
#define OP(NAME, word, side, file, meaning) OP_##NAME,
	PLAN_OPS(OP)
#undef OP
	OP_COUNT
};

#define PLAN_MEMBER(kind, name, words) PLAN_TYPE_##kind name;
#define OP(NAME, word, side, file, meaning)   \
	struct op_##word {                    \
		PLAN_##NAME(PLAN_MEMBER)      \
	};
PLAN_OPS(OP)
#undef OP
#undef PLAN_MEMBER

/* Flag words of an op, all that stands for control flow. */
enum op_flag {
	OP_MAY_BE_MISSING = 1, /* nothing to do when the target does not exist */
	OP_MAY_BE_DENIED = 2,  /* left out when this host's privileges do not reach (EPERM, EACCES); the plan warns beforehand */
	OP_MAY_EXIST = 4,      /* an existing object of the right kind is fine */
	OP_OR_NEXT = 8,        /* the next op is another way, for a kernel that does not have this file; else it is skipped */
	OP_ABOVE_USAGE = 16,   /* refused when the cgroup already uses more */
	OP_LATE = 32,          /* only once init is in the scope: until then boxcar-systemd counts there, too */
};

struct op {
	uint16_t kind;    /* enum plan_kind */
	uint16_t flags;   /* enum op_flag */
	uint32_t payload; /* offset, 8-byte aligned */
	uint32_t origin;  /* for the runtime only: arena offset of the model member it came from; 0: a default of ours */
	uint32_t spare;
};

struct plan_header {
	uint32_t magic, size; /* of the whole block */
	uint32_t ops, count;  /* offset of the first op, number of ops */
	uint32_t slots;       /* number of slots used, fixed ones included */
	uint32_t spare;
};

/* Words of the FLAGS and WORD members that are our own (the others are the kernel's: CLONE_NEW*, MS_*, MOUNT_ATTR_*). */
#define PLAN_LISTEN_VARIABLE "LISTEN_PID=0000000000"
enum plan_tree {
	TREE_RECURSIVE = 1,
	TREE_NO_FOLLOW = 2,    /* a source that ends in a symlink: that symlink itself */
	TREE_MAP_BELOW = 4,    /* id-map the mounts below, too */
	TREE_COPY_LINK = 8,    /* a source that is a symlink is made anew as one, and nothing is mounted */
	TREE_TARGET_AS_IS = 16, /* a target that ends in a symlink: that symlink itself */
};
enum plan_new {
	NEW_COPY_UP = 1,      /* tmpcopyup: the new tmpfs gets what the directory that it covers holds */
	NEW_NO_DEVICES = 2,   /* but devices: in a user namespace they can be neither made nor, in its tmpfs, opened */
	NEW_TARGET_AS_IS = 4, /* a target that ends in a symlink is no place to mount on */
};
enum { MOUNT_COPYING = -2 }; /* detail of a MOUNT's failure: it was the copy; -1: the mount, from 0 on: that option */
enum plan_process { PROCESS_SHARES_MEMORY = 1, PROCESS_AMBIENT = 2 }; /* CLONE_VM; all capabilities carried over the exec of init */
enum plan_newer { NEWER_DEFAULT, NEWER_ENOSYS }; /* what calls get that are newer than all that a filter names */
enum plan_mapper { MAPPER_WRITE, MAPPER_HELPER }; /* who writes an id map: the runtime itself, or newuidmap and newgidmap */
enum plan_setgroups { SETGROUPS_ALLOW, SETGROUPS_DENY, SETGROUPS_KEEP }; /* KEEP: those of the caller stay */
enum plan_await { AWAIT_MAPS, AWAIT_CGROUP, AWAIT_HOOKS, AWAIT_DEVICES };
enum plan_hook { /* in the order of a life; the spec's words for them are in plan/hooks.c */
	HOOK_PRESTART,
	HOOK_CREATE_RUNTIME,
	HOOK_CREATE_CONTAINER, /* inside */
	HOOK_START_CONTAINER,  /* inside */
	HOOK_POSTSTART,
	HOOK_POSTSTOP,
	HOOK_COUNT,
};
enum { HOOK_TAIL = 3072 }; /* bytes of a failed hook's stderr that are told: the last ones */
enum plan_console {
	CONSOLE_IN_ROOT = 1, /* /dev/pts is below the root descriptor, which is not the root yet */
	CONSOLE_BIND = 2,    /* bind the terminal on /dev/console */
};
enum plan_rdt {
	RDT_OWN = 1,        /* named after the container: must not exist yet, and goes with it */
	RDT_MUST_EXIST = 2,
};
enum plan_pivot {
	PIVOT_ROOT,
	PIVOT_MOVE,   /* MS_MOVE and chroot: --no-pivot */
	PIVOT_CHROOT, /* chroot alone: there is no mount namespace */
};
