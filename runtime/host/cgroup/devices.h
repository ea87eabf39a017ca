/* Owns what a list of device rules means and how the kernel is told.
 *
 * The list is read from its end: for each of the wanted accesses r, w and m the last rule that covers type, number and access
 * decides; what no rule covers is denied. A rule of type 'a' for all numbers and accesses resets everything before it; one with
 * a number or fewer accesses stands for the same rule of both types. An empty list changes nothing. */
#pragma once

#include "runtime/host/cgroup/cgroup.h"

#include <linux/bpf.h>

/* A rule as numbers: what `device_rule` says, checked. */
struct device_match {
	bool is_allowed;
	uint32_t type;         /* BPF_DEVCG_DEV_* */
	uint32_t access;       /* BPF_DEVCG_ACC_* */
	int64_t major, minor;  /* -1: all */
};

/* The rules after the last reset, in order, 'a' made into two; `starts_allowed` is what the reset left. */
struct device_list {
	bool starts_allowed;
	struct device_match *at;
	size_t count;
};

int devices_read(const struct device_rule *rules, size_t count, struct arena *a, struct device_list *out, struct err *e);

/* cgroup v1 keeps one default and exceptions to it: a rule that takes back a part of an earlier exception cannot be said
 * there, and would silently do nothing. False with an error. */
int devices_check_v1(const struct device_list *list, struct err *e);

/* The program for cgroup v2. Pure. */
struct device_program {
	struct bpf_insn *at;
	size_t count;
};
void devices_compile(const struct device_list *list, struct arena *a, struct device_program *out);

/* Load it and attach it to the cgroup, in place of an earlier one of ours. */
int devices_attach(int cgroup_fd, const struct device_rule *rules, size_t count, struct arena *a, struct err *e);
