/* What init reported in numbers becomes one line that a person can act on. */
#include "runtime/life/container.h"
#include "runtime/life/memory.h"

#include "runtime/host/facts.h"
#include "runtime/host/filter.h"
#include "runtime/host/mountinfo.h"
#include "spec/base/own.h"

#include <errno.h>
#include <linux/mount.h>
#include <seccomp.h>
#include <signal.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>

/* The member that a user would name: where, or what. */
static const char *find_subject(const struct plan *plan, const struct op *op)
{
	static const char *const names[] = { "target", "path", "name", "key", "source", "nodes", "label" };
	const char *payload = plan_payload(plan, op);

	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		for (const struct plan_member *m = plan_kind_members(op->kind); m->name; m++)
			if (m->kind == PLAN_TEXT && strcmp(m->name, names[i]) == 0 && *(const plan_text *)(const void *)(payload + m->offset))
				return plan_get_text(plan, *(const plan_text *)(const void *)(payload + m->offset));
	return NULL;
}

static int explain_find(const char *name, const struct message *m, struct err *e)
{
	if (m->error == ENOENT && !strchr(name, '/')) {
		(void)err_set(e, "exec: \"%s\": executable file not found in $PATH", name);
		e->number = ENOENT;
		return -1;
	}
	if (m->error == ENOENT || m->error == ENOTDIR)
		return err_number(e, m->error, "exec: \"%s\": stat %s", name, name);
	return err_number(e, m->error, "exec: \"%s\"", name);
}

static int explain_exec(const char *name, const struct message *m, struct err *e)
{
	if (m->number == 1 && m->error == ENOENT)
		return err_number(e, ENOENT, "exec %s: the file is there, but the interpreter or loader it names is not", name);
	(void)err_number(e, m->error, "exec %s", name);
	if (m->error == ENOEXEC)
		return err_hint(e, "is it a program for this machine, or a script with a #! line?");
	return -1;
}

static int explain_limit(struct boxcar *b, const struct op_rlimit *limit, const char *name, const struct message *m, struct err *e)
{
	struct err ignored = ERR_NONE;

	(void)err_number(e, m->error, "set %s to soft %llu, hard %llu", name, (unsigned long long)limit->soft,
			 (unsigned long long)limit->hard);
	if (m->error == EPERM && limit->resource < 16 && facts_probe(FACTS_LIMITS, &b->arena, &b->facts, &ignored) == 0)
		return err_hint(e, "the caller's hard limit is %llu, and raising it needs CAP_SYS_RESOURCE; ask for no more than that",
				(unsigned long long)b->facts.hard_limits[limit->resource]);
	return -1;
}

static int explain_directory(const char *path, const struct message *m, struct err *e)
{
	(void)err_number(e, m->error, "change to the working directory %s", path);
	if (m->call == SYS_getcwd)
		return err_hint(e, "it lies outside the container's root");
	return -1;
}

static const char *name_call(struct arena *a, uint32_t call)
{
	own_text name = seccomp_syscall_resolve_num_arch(SCMP_ARCH_NATIVE, (int)call);

	return name ? arena_text(a, name) : arena_format(a, "system call %u", call);
}

/* A user namespace gets these only where it sees the host's whole: mount_too_revealing() of the kernel. */
static int explain_denied(struct arena *a, const char *type, struct err *e)
{
	const char *directory = text_is_equal(type, "proc") ? "/proc" : text_is_equal(type, "sysfs") ? "/sys" : NULL;
	const char *covers = directory ? mountinfo_find_covers(directory, a) : NULL;

	if (!directory)
		return -1;
	if (covers)
		return err_hint(e, "a user namespace gets a %s of its own only where no part of %s is covered; here mounts cover it: %s; the "
				   "container around must show it whole (podman: --security-opt unmask=ALL; LXC: nesting.conf), or bind %s instead",
				type, directory, covers, directory);
	if (mountinfo_is_readonly(directory, a))
		return err_hint(e, "%s is read-only here, and a user namespace gets no other one: give the mount the option \"ro\"", directory);
	return err_hint(e, "in a user namespace it needs a %s namespace made with it", directory[1] == 'p' ? "pid" : "network");
}

static bool has_user_namespace(const struct birth *birth)
{
	for (size_t i = 0; i < plan_count(birth->plan); i++)
		if (plan_find_op(birth->plan, i)->kind == OP_BECOME_ROOT)
			return true;
	return birth->b->facts.is_in_user_namespace;
}

static int explain_mount(const struct birth *birth, const struct op_mount *mount, const struct message *m, const char *call,
			 struct err *e)
{
	const struct plan *plan = birth->plan;
	const char *type = plan_get_text(plan, mount->type), *target = plan_get_text(plan, mount->target);

	if ((m->call == SYS_fsconfig || m->call == SYS_openat) && m->number >= 0 && m->number < mount->options.count)
		return err_number(e, m->error, "mount %s on %s: the option %s", type, target,
				  plan_get_item(plan, mount->options, (size_t)m->number));
	if (m->number != MOUNT_COPYING) {
		(void)err_number(e, m->error, "mount %s on %s: %s", type, target, call);
		return m->error == EPERM && has_user_namespace(birth) ? explain_denied(&birth->b->arena, type, e) : -1;
	}
	(void)err_number(e, m->error, "copy what is below %s into its %s: %s", target, type, call);
	if (m->error == ENOSPC)
		return err_hint(e, "give it a larger \"size=\" or \"nr_inodes=\", or leave tmpcopyup out");
	return m->error == ENAMETOOLONG ? err_hint(e, "64 directories deep is the most") : -1;
}

/* The number is what the options would take away from the mount. */
static int explain_locked(struct arena *a, const struct message *m, struct err *e)
{
	uint64_t lost = (uint64_t)m->number & ~(uint64_t)MOUNT_ATTR__ATIME;

	if (m->call == SYS_mount_setattr && m->error == ENOSYS)
		return err_hint(e, "options that hold for the mounts below, too, need Linux 5.12 where one of these covers another");
	if (m->call != SYS_mount_setattr || m->error != EPERM || !m->number)
		return -1;
	return err_hint(e, "the mount's %s%s%s came from outside of the user namespace and stays: leave the options out that change it",
			lost ? plan_name_attributes(a, lost) : "", lost && lost != (uint64_t)m->number ? " and " : "",
			lost != (uint64_t)m->number ? "access time" : "");
}

/* Of a bind whose tree the runtime cloned, too. */
static const char *find_source(const struct plan *plan, const struct op_bind *bind)
{
	for (size_t i = 0; !bind->source && i < plan_count(plan); i++) {
		const struct op *op = plan_find_op(plan, i);
		const struct op_tree *tree = plan_payload(plan, op);
		if (op->kind == OP_TREE && tree->slot == bind->slot)
			return plan_get_text(plan, tree->source);
	}
	return bind->source ? plan_get_text(plan, bind->source) : "a host path";
}

static int explain_profile(const char *profile, const struct message *m, const char *call, struct err *e)
{
	(void)err_number(e, m->error, "take the AppArmor profile %s: %s", profile, call);
	return m->error == ENOENT ? err_hint(e, "load it with apparmor_parser") : -1;
}

static int explain_keyring(const struct plan *plan, const struct op_keyring *keyring, const struct message *m, const char *call,
			   struct err *e)
{
	if (keyring->label && m->call != SYS_keyctl)
		return err_number(e, m->error, "give the SELinux label %s to keys: %s", plan_get_text(plan, keyring->label), call);
	return err_number(e, m->error, "join the new session keyring %s: %s", plan_get_text(plan, keyring->name), call);
}

static int explain_op(const struct birth *birth, const struct op *op, const struct message *m, struct err *e)
{
	const char *subject = find_subject(birth->plan, op), *call = name_call(&birth->b->arena, m->call);
	const struct op_bind *bind = plan_payload(birth->plan, op);

	switch (op->kind) {
	case OP_FIND:
		return explain_find(plan_get_text(birth->plan, ((const struct op_find *)plan_payload(birth->plan, op))->name), m, e);
	case OP_EXEC:
		return explain_exec(plan_get_item(birth->plan, ((const struct op_exec *)plan_payload(birth->plan, op))->args, 0), m, e);
	case OP_RLIMIT:
		return explain_limit(birth->b, plan_payload(birth->plan, op), subject, m, e);
	case OP_CWD:
		return explain_directory(subject, m, e);
	case OP_MOUNT:
		return explain_mount(birth, plan_payload(birth->plan, op), m, call, e);
	case OP_KEYRING:
		return explain_keyring(birth->plan, plan_payload(birth->plan, op), m, call, e);
	case OP_APPARMOR:
		return explain_profile(subject, m, call, e);
	case OP_BIND:
		(void)err_number(e, m->error, "bind %s on %s: %s", find_source(birth->plan, bind), subject, call);
		return explain_locked(&birth->b->arena, m, e);
	case OP_REMOUNT:
		(void)err_number(e, m->error, "%s %s: %s", plan_kind_meaning(op->kind), subject, call);
		return explain_locked(&birth->b->arena, m, e);
	case OP_LOOPBACK:
		(void)err_number(e, m->error, "%s: %s", plan_kind_meaning(op->kind), call);
		return m->error == EPERM ? err_hint(e, "it needs CAP_NET_ADMIN, which the caller may not have") : -1;
	default:
		return err_number(e, m->error, "%s%s%s: %s", plan_kind_meaning(op->kind), subject ? " " : "", subject ? subject : "", call);
	}
}

int birth_place_error(const struct birth *birth, const struct op *op, struct err *e)
{
	const char *pointer = op ? plan_find_origin(birth->request, op) : "";

	if (op && !pointer[0] && birth->exec)
		return config_text_place(&birth->process_text, plan_find_exec_origin(birth->exec, op), &birth->b->arena, e);
	return config_text_place(&birth->config, pointer, &birth->b->arena, e);
}

/* Where not even the arguments find memory in the cgroup, execve says E2BIG; those of init are short. */
static bool lacks_memory(const struct birth *birth, const struct message *m, struct cgroup_memory *memory)
{
	if (!birth->cgroup || (m->error != E2BIG && m->error != ENOMEM))
		return false;
	cgroup_read_memory(birth->cgroup, memory);
	return memory->limit < 1 << 20;
}

int birth_explain_failure(const struct birth *birth, const struct message *m, struct err *e)
{
	const struct op *op = plan_find_op(birth->plan, m->op);
	struct cgroup_memory memory;

	if (!op && lacks_memory(birth, m, &memory))
		return memory_explain("init cannot be started for lack of memory", &memory, e);
	if (!op) {
		(void)err_number(e, m->error, "start init: %s", name_call(&birth->b->arena, m->call));
		filter_explain(e);
		return err_hint(e, "vm.memfd_noexec or a security module may forbid executing a memory file");
	}
	(void)explain_op(birth, op, m, e);
	return birth_place_error(birth, op, e);
}

int container_explain_failure(const struct container *c, const struct message *m, struct err *e)
{
	struct problems problems;
	const struct spec *spec;
	const char *text;
	size_t length;

	if (m->call != SYS_execve)
		return err_number(e, m->error, "%s", name_call(&c->b->arena, m->call));
	problems_init(&problems, &c->b->arena);
	if (store_read_config(&c->entry, &c->b->arena, &text, &length, e) < 0)
		return -1;
	spec = json_read(&record_spec, text, length, &problems);
	if (!spec || !spec->process || !spec->process->args.count)
		return err_number(e, m->error, "exec");
	return explain_exec(spec->process->args.at[0], m, e);
}

int birth_explain_death(struct birth *birth, struct err *e)
{
	struct cgroup_memory memory = { 0 };
	int code = 0;

	if (birth->process.pid <= 0)
		return err_set(e, "init is gone");
	if (birth->cgroup)
		cgroup_read_memory(birth->cgroup, &memory);
	if (process_wait(&birth->process, &code, e) < 0)
		return -1;
	if (memory.oom_kills && memory.oom_kills != UINT64_MAX)
		return memory_explain("init was killed for memory", &memory, e);
	if (code > 128)
		return err_set(e, "init was killed by signal %d before it was ready", code - 128);
	return err_set(e, "init ended with code %d before it was ready", code);
}

void birth_suspect_memory(const struct birth *birth, struct err *e)
{
	struct cgroup_memory memory = { 0 };

	if (birth->cgroup)
		cgroup_read_memory(birth->cgroup, &memory);
	if (memory.oom_kills && memory.oom_kills != UINT64_MAX)
		(void)memory_explain(arena_format(&birth->b->arena, "%s; the kernel has killed for memory in its cgroup", e->text), &memory, e);
}
