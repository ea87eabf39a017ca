/* Owns init's system calls and the kernel's structs that its headers do not carry. init has no C library: every sys_NAME
 * is the call and nothing else, and returns the kernel's answer, a negative errno included. The unit tests link the same
 * files with a C library: nothing here may clash with one. */
#pragma once

#include "runtime/init/machine.h"
#include "runtime/init/text.h"

#include <asm/fcntl.h>
#include <asm/ioctls.h>
#include <asm/poll.h>
#include <asm/resource.h>
#include <asm/signal.h>
#include <asm/socket.h>
#include <asm/stat.h>
#include <asm/statfs.h>
#include <asm/unistd.h>
#include <linux/close_range.h>
#include <linux/errno.h>
#include <linux/fcntl.h>
#include <linux/magic.h>
#include <linux/mman.h>
#include <linux/mount.h>
#include <linux/openat2.h>
#include <linux/prctl.h>
#include <linux/sched.h>
#include <linux/stat.h>
#include <linux/time.h>
#include <linux/uio.h>

#include <stddef.h>
#include <stdint.h>

/* --- what the kernel's headers leave to a C library --------------------------------------------------------------- */

enum { AF_UNIX = 1, AF_INET = 2, SOCK_DGRAM = 2, SOCK_CLOEXEC = O_CLOEXEC, SCM_RIGHTS = 1 };
enum { MSG_TRUNC = 0x20, MSG_NOSIGNAL = 0x4000, MSG_CMSG_CLOEXEC = 0x40000000 };
enum { F_OK = 0, X_OK = 1 };
enum { SEEK_SET = 0 };
enum { MNT_DETACH = 2, UMOUNT_NOFOLLOW = 8 };

/* linux/stat.h has these only where no C library is about. */
#ifndef S_ISREG
#define S_IFMT 00170000
#define S_IFREG 0100000
#define S_IFDIR 0040000
#define S_IFCHR 0020000
#define S_IFBLK 0060000
#define S_IFIFO 0010000
#define S_IFLNK 0120000
#define S_IFSOCK 0140000
#define S_ISREG(mode) (((mode) & S_IFMT) == S_IFREG)
#define S_ISDIR(mode) (((mode) & S_IFMT) == S_IFDIR)
#define S_ISCHR(mode) (((mode) & S_IFMT) == S_IFCHR)
#define S_ISBLK(mode) (((mode) & S_IFMT) == S_IFBLK)
#define S_ISLNK(mode) (((mode) & S_IFMT) == S_IFLNK)
#endif

struct sys_msghdr {
	void *name;
	int name_length;
	struct iovec *parts;
	size_t part_count;
	void *control;
	size_t control_length;
	unsigned flags;
};

struct sys_cmsghdr { /* the descriptor follows it */
	size_t length;
	int level, type;
};

struct sys_ucred {
	uint32_t pid, uid, gid;
};

/* The kernel's dev_t as mknod and stat carry it. */
static inline uint64_t sys_device(uint64_t major, uint64_t minor)
{
	return (minor & 0xff) | (major & 0xfff) << 8 | (minor & ~0xffull) << 12 | (major & ~0xfffull) << 32;
}

struct sys_dirent { /* of getdents64(2) */
	uint64_t inode;
	int64_t next;
	uint16_t length; /* of the entry */
	uint8_t type;
	char name[];
};

/* --- descriptors and files ---------------------------------------------------------------------------------------- */

static inline long sys_openat(int dir, const char *path, int flags, unsigned mode)
{
	return sys_call4(__NR_openat, dir, path, flags, mode);
}

static inline long sys_openat2(int dir, const char *path, const struct open_how *how)
{
	return sys_call4(__NR_openat2, dir, path, how, sizeof *how);
}

static inline long sys_close(int fd)
{
	return sys_call1(__NR_close, fd);
}

static inline long sys_close_range(unsigned first, unsigned last, unsigned flags)
{
	return sys_call3(__NR_close_range, first, last, flags);
}

static inline long sys_dup3(int fd, int to, int flags)
{
	return sys_call3(__NR_dup3, fd, to, flags);
}

static inline long sys_fcntl(int fd, int command, long argument)
{
	return sys_call3(__NR_fcntl, fd, command, argument);
}

static inline long sys_read(int fd, void *buffer, size_t size)
{
	return sys_call3(__NR_read, fd, buffer, size);
}

static inline long sys_write(int fd, const void *buffer, size_t size)
{
	return sys_call3(__NR_write, fd, buffer, size);
}

static inline long sys_lseek(int fd, long offset, int whence)
{
	return sys_call3(__NR_lseek, fd, offset, whence);
}

static inline long sys_ioctl(int fd, unsigned long request, const void *argument)
{
	return sys_call3(__NR_ioctl, fd, request, argument);
}

static inline long sys_ioctl_number(int fd, unsigned long request, long argument)
{
	return sys_call3(__NR_ioctl, fd, request, argument);
}

static inline long sys_fstat(int fd, struct stat *out)
{
	return sys_call2(__NR_fstat, fd, out);
}

static inline long sys_fstatat(int dir, const char *path, struct stat *out, int flags)
{
	return sys_call4(__NR_newfstatat, dir, path, out, flags);
}

static inline long sys_statx(int dir, const char *path, int flags, unsigned mask, struct statx *out)
{
	return sys_call5(__NR_statx, dir, path, flags, mask, out);
}

static inline long sys_fstatfs(int fd, struct statfs *out)
{
	return sys_call2(__NR_fstatfs, fd, out);
}

static inline long sys_faccessat(int dir, const char *path, int mode)
{
	return sys_call3(__NR_faccessat, dir, path, mode);
}

static inline long sys_faccessat2(int dir, const char *path, int mode, int flags) /* 5.8 */
{
	return sys_call4(__NR_faccessat2, dir, path, mode, flags);
}

static inline long sys_readlinkat(int dir, const char *path, char *buffer, size_t size)
{
	return sys_call4(__NR_readlinkat, dir, path, buffer, size);
}

static inline long sys_mkdirat(int dir, const char *path, unsigned mode)
{
	return sys_call3(__NR_mkdirat, dir, path, mode);
}

static inline long sys_mknodat(int dir, const char *path, unsigned mode, uint64_t device)
{
	return sys_call4(__NR_mknodat, dir, path, mode, device);
}

static inline long sys_symlinkat(const char *target, int dir, const char *path)
{
	return sys_call3(__NR_symlinkat, target, dir, path);
}

static inline long sys_unlinkat(int dir, const char *path, int flags)
{
	return sys_call3(__NR_unlinkat, dir, path, flags);
}

static inline long sys_fchown(int fd, uint64_t uid, uint64_t gid)
{
	return sys_call3(__NR_fchown, fd, uid, gid);
}

static inline long sys_fchownat(int dir, const char *path, uint64_t uid, uint64_t gid, int flags)
{
	return sys_call5(__NR_fchownat, dir, path, uid, gid, flags);
}

static inline long sys_fchmodat(int dir, const char *path, unsigned mode) /* follows symlinks */
{
	return sys_call3(__NR_fchmodat, dir, path, mode);
}

/* Seconds and nanoseconds of access, then of change. */
static inline long sys_utimensat(int dir, const char *path, const uint64_t times[4], int flags)
{
	return sys_call4(__NR_utimensat, dir, path, times, flags);
}

static inline long sys_flistxattr(int fd, char *names, size_t size)
{
	return sys_call3(__NR_flistxattr, fd, names, size);
}

static inline long sys_fgetxattr(int fd, const char *name, void *value, size_t size)
{
	return sys_call4(__NR_fgetxattr, fd, name, value, size);
}

static inline long sys_fsetxattr(int fd, const char *name, const void *value, size_t size)
{
	return sys_call5(__NR_fsetxattr, fd, name, value, size, 0);
}

static inline long sys_getdents64(int fd, void *entries, size_t size)
{
	return sys_call3(__NR_getdents64, fd, entries, size);
}

/* From where `from` stands. */
static inline long sys_sendfile(int to, int from, size_t size)
{
	return sys_call4(__NR_sendfile, to, from, 0, size);
}

static inline long sys_chdir(const char *path)
{
	return sys_call1(__NR_chdir, path);
}

static inline long sys_fchdir(int fd)
{
	return sys_call1(__NR_fchdir, fd);
}

static inline long sys_chroot(const char *path)
{
	return sys_call1(__NR_chroot, path);
}

static inline long sys_getcwd(char *buffer, size_t size)
{
	return sys_call2(__NR_getcwd, buffer, size);
}

static inline long sys_mmap(size_t size, int protection, int flags, int fd)
{
	return sys_call6(__NR_mmap, 0, (long)size, protection, flags, fd, 0);
}

static inline long sys_mmap_shared(size_t size) /* without a file, for a child to write to */
{
	return sys_call6(__NR_mmap, 0, (long)size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
}

static inline long sys_munmap(void *at, size_t size)
{
	return sys_call2(__NR_munmap, at, size);
}

static inline long sys_memfd_create(const char *name, unsigned flags)
{
	return sys_call2(__NR_memfd_create, name, flags);
}

static inline long sys_pipe2(int ends[2], int flags)
{
	return sys_call2(__NR_pipe2, ends, flags);
}

/* --- mounts ------------------------------------------------------------------------------------------------------- */

static inline long sys_mount(const char *source, const char *target, const char *type, unsigned long flags,
			     const void *data)
{
	return sys_call5(__NR_mount, source, target, type, flags, data);
}

static inline long sys_umount2(const char *target, int flags)
{
	return sys_call2(__NR_umount2, target, flags);
}

static inline long sys_pivot_root(const char *root, const char *put_old)
{
	return sys_call2(__NR_pivot_root, root, put_old);
}

static inline long sys_fsopen(const char *type, unsigned flags)
{
	return sys_call2(__NR_fsopen, type, flags);
}

static inline long sys_fsconfig(int fd, unsigned command, const char *key, const void *value, int number)
{
	return sys_call5(__NR_fsconfig, fd, command, key, value, number);
}

static inline long sys_fsmount(int fd, unsigned flags, unsigned attributes)
{
	return sys_call3(__NR_fsmount, fd, flags, attributes);
}

static inline long sys_open_tree(int dir, const char *path, unsigned flags)
{
	return sys_call3(__NR_open_tree, dir, path, flags);
}

static inline long sys_move_mount(int from, const char *from_path, int to, const char *to_path, unsigned flags)
{
	return sys_call5(__NR_move_mount, from, from_path, to, to_path, flags);
}

static inline long sys_mount_setattr(int dir, const char *path, unsigned flags, const struct mount_attr *to) /* 5.12 */
{
	return sys_call5(__NR_mount_setattr, dir, path, flags, to, sizeof *to);
}

/* --- processes, ids, limits --------------------------------------------------------------------------------------- */

#include "runtime/init/sys_process.h"

/* --- sockets ------------------------------------------------------------------------------------------------------ */

static inline long sys_socket(int family, int type, int protocol)
{
	return sys_call3(__NR_socket, family, type, protocol);
}

static inline long sys_accept4(int fd, int flags)
{
	return sys_call4(__NR_accept4, fd, 0, 0, flags);
}

static inline long sys_sendmsg(int fd, const struct sys_msghdr *header, int flags)
{
	return sys_call3(__NR_sendmsg, fd, header, flags);
}

static inline long sys_recvfrom(int fd, void *buffer, size_t size, int flags)
{
	return sys_call6(__NR_recvfrom, fd, (long)buffer, (long)size, flags, 0, 0);
}

static inline long sys_getsockopt(int fd, int level, int option, void *value, uint32_t *size)
{
	return sys_call5(__NR_getsockopt, fd, level, option, value, size);
}

/* milliseconds < 0: as long as it takes. */
static inline long sys_poll_for(struct pollfd *at, size_t count, int64_t milliseconds)
{
	const long time[2] = { (long)(milliseconds / 1000), (long)(milliseconds % 1000 * 1000000) };

	return sys_call5(__NR_ppoll, at, count, milliseconds < 0 ? NULL : time, 0, 0);
}

/* Of a clock that only goes forward. */
static inline int64_t sys_now_ms(void)
{
	long time[2] = { 0, 0 };

	(void)sys_call2(__NR_clock_gettime, CLOCK_MONOTONIC, time); /* cannot fail for this clock */
	return (int64_t)time[0] * 1000 + time[1] / 1000000;
}

/* Looks and does not wait. */
static inline long sys_poll_now(struct pollfd *at, size_t count)
{
	const long no_time[2] = { 0, 0 };

	return sys_call5(__NR_ppoll, at, count, no_time, 0, 0);
}
