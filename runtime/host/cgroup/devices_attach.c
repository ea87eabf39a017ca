#include "runtime/host/cgroup/devices.h"

#include "spec/base/own.h"

#include <errno.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>

#define OUR_NAME "boxcar_devices"

enum { PROGRAMS_MAX = 64, /* the kernel's own limit for one cgroup and attach type */
       INSTRUCTIONS_MAX = INT16_MAX }; /* a jump reaches no further */

/* Always the whole union, zeroed: kernels 6.17 to 7.1 write past a shorter one in BPF_PROG_QUERY. */
static int call_bpf(enum bpf_cmd command, union bpf_attr *attr)
{
	return (int)syscall(SYS_bpf, command, attr, sizeof *attr);
}

static uint64_t address(const void *at)
{
	return (uint64_t)(uintptr_t)at;
}

/* EAGAIN: a signal came while the verifier ran. */
static int load_once(const struct device_program *p)
{
	union bpf_attr attr;
	int fd = -1;

	for (int tries = 0; tries < 5; tries++) {
		memset(&attr, 0, sizeof attr);
		attr.prog_type = BPF_PROG_TYPE_CGROUP_DEVICE;
		attr.expected_attach_type = BPF_CGROUP_DEVICE;
		attr.insns = address(p->at);
		attr.insn_cnt = (uint32_t)p->count;
		attr.license = address("Apache-2.0");
		memcpy(attr.prog_name, OUR_NAME, sizeof OUR_NAME);
		fd = call_bpf(BPF_PROG_LOAD, &attr);
		if (fd >= 0 || errno != EAGAIN)
			break;
	}
	return fd;
}

static int load(const struct device_program *p, struct err *e)
{
	if (p->count > INSTRUCTIONS_MAX)
		return err_set(e, "there are too many device rules for one program");
	int fd = load_once(p);
	if (fd < 0 && errno == EPERM) {
		/* before Linux 5.11 programs count as locked memory; where this is refused, loading is too, and says so */
		(void)setrlimit(RLIMIT_MEMLOCK, &(struct rlimit){ RLIM_INFINITY, RLIM_INFINITY });
		fd = load_once(p);
	}
	if (fd >= 0)
		return fd;
	(void)err_sys(e, "load the device program");
	if (e->number == EPERM)
		return err_hint(e, "it needs CAP_BPF and CAP_NET_ADMIN, or CAP_SYS_ADMIN, outside of any user namespace");
	return e->number == EINVAL ? err_hint(e, "the kernel needs CONFIG_CGROUP_BPF") : -1;
}

/* The program, when it is one of ours; else -1. */
static int open_ours(uint32_t id)
{
	union bpf_attr attr;
	struct bpf_prog_info info;

	memset(&attr, 0, sizeof attr);
	attr.prog_id = id;
	own_fd fd = call_bpf(BPF_PROG_GET_FD_BY_ID, &attr);
	if (fd < 0)
		return -1;
	memset(&attr, 0, sizeof attr);
	memset(&info, 0, sizeof info);
	attr.info.bpf_fd = (uint32_t)fd;
	attr.info.info_len = sizeof info;
	attr.info.info = address(&info);
	if (call_bpf(BPF_OBJ_GET_INFO_BY_FD, &attr) < 0 || strcmp(info.name, OUR_NAME) != 0)
		return -1;
	return take_fd(&fd);
}

/* Systemd attaches a program of its own to the cgroups that it makes: only ours is replaced. *fd is -1 when there is none. */
static int find_ours(int cgroup_fd, int *fd, struct err *e)
{
	union bpf_attr attr;
	uint32_t ids[PROGRAMS_MAX] = { 0 };

	memset(&attr, 0, sizeof attr);
	attr.query.target_fd = (uint32_t)cgroup_fd;
	attr.query.attach_type = BPF_CGROUP_DEVICE;
	attr.query.prog_ids = address(ids);
	attr.query.prog_cnt = PROGRAMS_MAX;
	*fd = -1;
	if (call_bpf(BPF_PROG_QUERY, &attr) < 0)
		return err_sys(e, "look for the cgroup's device programs");
	for (uint32_t i = 0; i < attr.query.prog_cnt && i < PROGRAMS_MAX && *fd < 0; i++)
		*fd = open_ours(ids[i]);
	return 0;
}

int devices_attach(int cgroup_fd, const struct device_rule *rules, size_t count, struct arena *a, struct err *e)
{
	own_fd ours = -1;
	struct device_list list;
	struct device_program program;
	union bpf_attr attr;

	if (devices_read(rules, count, a, &list, e) < 0 || find_ours(cgroup_fd, &ours, e) < 0)
		return -1;
	if (list.starts_allowed && list.count == 0 && ours < 0)
		return 0;
	devices_compile(&list, a, &program);
	own_fd fd = load(&program, e);
	if (fd < 0)
		return -1;
	memset(&attr, 0, sizeof attr);
	attr.target_fd = (uint32_t)cgroup_fd;
	attr.attach_bpf_fd = (uint32_t)fd;
	attr.attach_type = BPF_CGROUP_DEVICE;
	attr.attach_flags = BPF_F_ALLOW_MULTI | (ours >= 0 ? BPF_F_REPLACE : 0);
	attr.replace_bpf_fd = ours >= 0 ? (uint32_t)ours : 0;
	if (call_bpf(BPF_PROG_ATTACH, &attr) < 0)
		return err_sys(e, "attach the device program to the cgroup");
	return 0;
}
