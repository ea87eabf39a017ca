#include "runtime/host/seccomp_filter.h"

#include "spec/base/own.h"

#include <errno.h>
#include <sys/mman.h>
#include <sys/stat.h>

static void own_release_filter(const scmp_filter_ctx *filter)
{
	if (*filter)
		seccomp_release(*filter);
}

#define own_filter __attribute__((cleanup(own_release_filter))) scmp_filter_ctx

static int choose_architecture(scmp_filter_ctx filter, uint32_t token)
{
	int failed = 0;

	if (token == seccomp_arch_native())
		return 0;
	failed = seccomp_arch_add(filter, token);
	return failed < 0 ? failed : seccomp_arch_remove(filter, SCMP_ARCH_NATIVE);
}

/* A file is the only thing that libseccomp 2.5 writes to. */
static int export_program(scmp_filter_ctx filter, struct arena *a, struct sock_fprog *out, struct err *e)
{
	own_fd fd = memfd_create("seccomp", MFD_CLOEXEC);
	struct stat s;

	if (fd < 0)
		return err_sys(e, "make a memory file for the seccomp filter");
	int failed = seccomp_export_bpf(filter, fd);
	if (failed < 0)
		return err_number(e, -failed, "generate the seccomp filter");
	if (fstat(fd, &s) < 0)
		return err_sys(e, "read the seccomp filter");
	struct sock_filter *at = arena_alloc(a, (size_t)s.st_size);
	if (pread(fd, at, (size_t)s.st_size, 0) != s.st_size)
		return err_sys(e, "read the seccomp filter");
	*out = (struct sock_fprog){ (unsigned short)((size_t)s.st_size / sizeof *at), at };
	return 0;
}

/* On i386 libseccomp adds the form by socketcall(2) to each rule, and there rules can contradict each other that do not in the
 * direct form, which is the one wanted: without conditions the other form takes up everything. */
static int settle_indirect_form(scmp_filter_ctx filter, const struct seccomp_call *call)
{
	if (call->token != SCMP_ARCH_X86 || call->number == I386_SOCKETCALL || call->number == I386_IPC)
		return 0;
	int failed = seccomp_rule_add(filter, call->action, seccomp_syscall_resolve_name("socketcall"), 0);
	return failed < 0 ? failed : seccomp_rule_add(filter, call->action, seccomp_syscall_resolve_name("ipc"), 0);
}

int seccomp_generate(const struct seccomp_call *calls, size_t count, uint32_t default_action, struct arena *a,
		     struct sock_fprog *out, struct err *e)
{
	own_filter filter = seccomp_init(default_action);

	if (!filter)
		return err_set(e, "libseccomp refuses the default action of the seccomp filter");
	int failed = choose_architecture(filter, calls->token);
	failed = failed < 0 ? failed : settle_indirect_form(filter, calls);
	for (size_t i = 0; i < count && failed >= 0; i++)
		failed = seccomp_rule_add_array(filter, calls[i].action, calls[i].named, calls[i].asked_count, calls[i].asked);
	if (failed == -EEXIST) {
		own_text name = seccomp_syscall_resolve_num_arch(calls->token, (int)calls->number);
		return err_set(e, "rules of the seccomp filter contradict each other: the same condition, another action, for the "
				  "system call %s", name ? name : "of a number without a name");
	}
	if (failed < 0)
		return err_number(e, -failed, "add a rule to the seccomp filter");
	return export_program(filter, a, out, e);
}
