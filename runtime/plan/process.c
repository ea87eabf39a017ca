/* The process: terminal, environment, working directory, user, limits, and the end of the plan, in the one order that works. */
#include "runtime/plan/planner.h"

#include <string.h>
#include <sys/resource.h>

static const struct {
	const char *name;
	unsigned number;
} rlimits[] = {
	{ "RLIMIT_AS", RLIMIT_AS },           { "RLIMIT_CORE", RLIMIT_CORE },         { "RLIMIT_CPU", RLIMIT_CPU },
	{ "RLIMIT_DATA", RLIMIT_DATA },       { "RLIMIT_FSIZE", RLIMIT_FSIZE },       { "RLIMIT_LOCKS", RLIMIT_LOCKS },
	{ "RLIMIT_MEMLOCK", RLIMIT_MEMLOCK }, { "RLIMIT_MSGQUEUE", RLIMIT_MSGQUEUE }, { "RLIMIT_NICE", RLIMIT_NICE },
	{ "RLIMIT_NOFILE", RLIMIT_NOFILE },   { "RLIMIT_NPROC", RLIMIT_NPROC },       { "RLIMIT_RSS", RLIMIT_RSS },
	{ "RLIMIT_RTPRIO", RLIMIT_RTPRIO },   { "RLIMIT_RTTIME", RLIMIT_RTTIME },     { "RLIMIT_SIGPENDING", RLIMIT_SIGPENDING },
	{ "RLIMIT_STACK", RLIMIT_STACK },
};

static void plan_rlimit(struct planner *p, const struct spec_rlimit *r)
{
	for (size_t i = 0; r->type && i < sizeof rlimits / sizeof *rlimits; i++) {
		if (strcmp(r->type, rlimits[i].name) != 0)
			continue;
		PLAN_ADD(&p->w, RLIMIT, rlimit, 0, r, .name = plan_add_text(&p->w, r->type), .resource = rlimits[i].number,
			 .soft = r->soft.value, .hard = r->hard.value);
		return;
	}
	planner_refuse(p, &r->type, planner_text(p, "the kernel knows no resource limit %s", r->type ? r->type : ""),
		       "use one of getrlimit(2), such as RLIMIT_NOFILE");
}

static const char *find_variable(const struct spec_process *process, const char *name)
{
	size_t length = strlen(name);

	for (size_t i = 0; i < process->env.count; i++)
		if (strncmp(process->env.at[i], name, length) == 0 && process->env.at[i][length] == '=')
			return process->env.at[i] + length + 1;
	return NULL;
}

void plan_terminal(struct planner *p, const struct spec_process *process, unsigned how)
{
	const struct spec_console_size *size = process->console_size;

	if (process->terminal.is_set && process->terminal.value)
		PLAN_ADD(&p->w, CONSOLE, console, 0, &process->terminal, .rows = size ? size->height.value : 0,
			 .columns = size ? size->width.value : 0, .uid = process->user ? process->user->uid.value : 0, .how = how);
}

/* Where the caller's own user namespace denies it, engines have had no choice. */
static void plan_denied_groups(struct planner *p, const struct spec_user *u)
{
	static const char denied[] = "no groups can be set: where a group is mapped without privilege, the kernel denies setgroups";
	bool is_lost = false;

	for (size_t i = 0; i < u->additional_gids.count; i++)
		is_lost |= u->additional_gids.at[i] != u->gid.value;
	if (plan_setgroups(p) != SETGROUPS_DENY || !is_lost)
		return;
	if (p->facts->is_setgroups_denied)
		planner_warn(p, &u->additional_gids, denied, NULL);
	else
		planner_refuse(p, &u->additional_gids, denied, "leave them out, or map subordinate ids (/etc/subgid), too");
}

static void plan_user(struct planner *p, const struct spec_process *process)
{
	static const struct spec_user root;
	const struct spec_user *u = process->user ? process->user : &root;
	const void *origin = process->user ? (const void *)process->user : NULL;
	bool has_terminal = process->terminal.is_set && process->terminal.value;

	if (plan_setgroups(p) == SETGROUPS_KEEP && u->additional_gids.count)
		planner_warn(p, &u->additional_gids, "not set: the annotation run.oci.keep_original_groups keeps the caller's groups", NULL);
	plan_denied_groups(p, u);
	if (!has_terminal)
		PLAN_ADD(&p->w, STDIO, stdio, 0, origin, .uid = u->uid.value, .gid = u->gid.value);
	PLAN_ADD(&p->w, UMASK, umask, 0, u->umask.is_set ? &u->umask : NULL, .mask = u->umask.is_set ? u->umask.value : 022);
	PLAN_ADD(&p->w, USER, user, 0, origin, .uid = u->uid.value, .gid = u->gid.value,
		 .groups = plan_add_numbers(&p->w, u->additional_gids.at, u->additional_gids.count), .setgroups = plan_setgroups(p));
}

void plan_directory(struct planner *p, const struct spec_process *process)
{
	const struct spec_user *u = process->user;

	PLAN_ADD(&p->w, CWD, cwd, 0, &process->cwd, .path = plan_add_text(&p->w, process->cwd), .uid = u ? u->uid.value : 0,
		 .gid = u ? u->gid.value : 0);
}

/* Limits are set while the capability to raise them is there; the bounding set goes before the ids, the other sets after. */
void plan_process(struct planner *p, const struct spec_process *process)
{
	const struct spec_user *u = process->user;
	struct capability_sets sets;

	plan_read_capabilities(p, process, &sets);
	plan_inherited(p);
	plan_labels(p, process);
	if (!find_variable(process, "HOME"))
		PLAN_ADD(&p->w, HOME, home, 0, NULL, .uid = u ? u->uid.value : 0);
	for (size_t i = 0; i < process->rlimits.count; i++)
		plan_rlimit(p, &process->rlimits.at[i]);
	plan_bounding(p, process, &sets);
	plan_user(p, process);
	plan_capabilities(p, process, &sets);
	if (process->no_new_privileges.is_set && process->no_new_privileges.value)
		plan_add(&p->w, OP_NO_NEW_PRIVS, 0, "", &process->no_new_privileges);
	PLAN_ADD(&p->w, FIND, find, 0, &process->args, .name = plan_add_text(&p->w, process->args.count ? process->args.at[0] : ""),
		 .path = plan_add_text(&p->w, find_variable(process, "PATH")));
}

void plan_exec_payload(struct planner *p, const struct spec_process *process)
{
	struct spec_texts env = plan_environment(p, process);

	plan_seccomp(p);
	PLAN_ADD(&p->w, EXEC, exec, 0, &process->args, .args = plan_add_texts(&p->w, process->args.at, process->args.count),
		 .env = plan_add_texts(&p->w, env.at, env.count), .ignored = p->facts->ignored_signals);
}
