/* Owns the compiling of a plan's FILTER and FILTER_RULE ops into a program for init. How: seccomp_filter.h. */
#pragma once

#include "runtime/plan/encode.h"
#include "spec/base/err.h"
#include "spec/base/log.h"

/* The program of the plan's filter in a sealed memfd (array of struct sock_filter); *filter_fd is -1 when the plan has none.
 * System call names that libseccomp does not know are left out with a debug message. A flag of the filter that this kernel does
 * not have is an error that names it. */
int seccomp_compile(const struct plan *plan, struct log *log, int *filter_fd, struct err *e);

/* Whether this kernel takes a filter with these SECCOMP_FILTER_FLAG_*. */
bool seccomp_has_flags(uint64_t flags);
