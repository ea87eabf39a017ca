/* Which process exec starts: the container's own or one from a file, and what the options make of it. */
#include "runtime/life/exec.h"

#include "spec/base/own.h"

#include <string.h>
#include <sys/capability.h>

/* "UID" or "UID:GID"; numbers only: names would have to be looked up in a file of the image. */
static int set_user(const struct exec_options *o, struct spec_user *user, struct arena *a, struct err *e)
{
	const char *colon = strchr(o->user, ':');
	const char *uid = colon ? arena_copy(a, o->user, (size_t)(colon - o->user)) : o->user;

	user->uid.is_set = true;
	if (!text_read_uint(uid, UINT32_MAX - 1, &user->uid.value) ||
	    (colon && !text_read_uint(colon + 1, UINT32_MAX - 1, &user->gid.value))) {
		(void)err_set(e, "--user %s is not a user id", o->user);
		return err_hint(e, "give UID or UID:GID as numbers below 4294967295");
	}
	return 0;
}

static int add_groups(const struct exec_options *o, struct spec_user *user, struct arena *a, struct err *e)
{
	const struct spec_ids *old = &user->additional_gids;
	uint64_t *groups = arena_alloc(a, (old->count + o->groups.count + 1) * sizeof *groups);

	for (size_t i = 0; i < old->count; i++)
		groups[i] = old->at[i];
	for (size_t i = 0; i < o->groups.count; i++) {
		if (!text_read_uint(o->groups.at[i], UINT32_MAX - 1, &groups[old->count + i])) {
			(void)err_set(e, "--additional-gids %s is not a group id", o->groups.at[i]);
			return err_hint(e, "give a number below 4294967295; the option may be repeated");
		}
	}
	user->additional_gids = (struct spec_ids){ groups, old->count + o->groups.count };
	return 0;
}

static int change_user(const struct exec_options *o, struct spec_process *process, struct arena *a, struct err *e)
{
	struct spec_user *user = arena_alloc(a, sizeof *user);

	if (process->user)
		*user = *process->user;
	process->user = user;
	if (o->user && set_user(o, user, a, e) < 0)
		return -1;
	return add_groups(o, user, a, e);
}

/* The last one of a name counts, and only that one is handed over. */
static int add_environment(const struct exec_options *o, struct spec_process *process, struct arena *a, struct err *e)
{
	const struct spec_texts *old = &process->env;
	const char **env = arena_alloc(a, (old->count + o->env.count + 1) * sizeof *env);
	size_t count = 0;

	for (size_t i = 0; i < old->count; i++)
		env[count++] = old->at[i];
	for (size_t i = 0; i < o->env.count; i++) {
		const char *variable = o->env.at[i], *equals = strchr(variable, '=');
		size_t at = 0;
		if (!equals || equals == variable)
			return err_set(e, "--env %s: must be NAME=VALUE", variable);
		while (at < count && strncmp(env[at], variable, (size_t)(equals - variable) + 1) != 0)
			at++;
		env[at] = variable;
		count = at == count ? count + 1 : count;
	}
	process->env = (struct spec_texts){ env, count };
	return 0;
}

static void add_name(struct spec_texts *set, const char *name, struct arena *a)
{
	const char **at = arena_alloc(a, (set->count + 1) * sizeof *at);

	for (size_t i = 0; i < set->count; i++)
		at[i] = set->at[i];
	at[set->count] = name;
	*set = (struct spec_texts){ at, set->count + 1 };
}

/* Root gets what is in the bounding set by its exec; for another user the kernel keeps only ambient ones. */
static int add_capabilities(const struct exec_options *o, struct spec_process *process, struct arena *a, struct err *e)
{
	bool is_root = !process->user || process->user->uid.value == 0;
	struct spec_capabilities *sets = arena_alloc(a, sizeof *sets);
	cap_value_t ignored;

	if (process->capabilities)
		*sets = *process->capabilities;
	for (size_t i = 0; i < o->capabilities.count; i++) {
		const char *name = o->capabilities.at[i];
		struct spec_texts *const all[] = { &sets->bounding, &sets->permitted, &sets->effective, &sets->inheritable,
						   &sets->ambient };
		if (cap_from_name(name, &ignored) < 0) {
			(void)err_set(e, "--cap %s: there is no such capability", name);
			return err_hint(e, "give a name such as CAP_KILL; the option may be repeated");
		}
		for (size_t n = 0; n < (is_root ? 3 : 5); n++)
			add_name(all[n], name, a);
	}
	process->capabilities = sets;
	return 0;
}

static void set_labels(const struct exec_options *o, struct spec_process *process)
{
	if (o->has_no_new_privs)
		process->no_new_privileges = (struct opt_bool){ true, true };
	if (o->process_label)
		process->selinux_label = o->process_label;
	if (o->apparmor)
		process->apparmor_profile = o->apparmor;
	if (o->cwd)
		process->cwd = o->cwd;
}

const char *exec_find_option(const struct exec_options *o, const char *pointer)
{
	const char *last = strrchr(pointer, '/');
	const struct {
		const char *value, *member, *option;
	} rows[] = {
		{ o->process_label, "/selinuxLabel", "--process-label" },
		{ o->apparmor, "/apparmorProfile", "--apparmor" },
	};

	for (size_t i = 0; last && i < sizeof rows / sizeof *rows; i++)
		if (rows[i].value && strcmp(last, rows[i].member) == 0)
			return rows[i].option;
	return NULL;
}

struct spec_process *exec_make_process(const struct exec_options *o, const struct spec_process *base, struct arena *a,
				       struct err *e)
{
	struct spec_process *process = arena_alloc(a, sizeof *process);

	*process = *base;
	if (!o->process_file) {
		process->args = (struct spec_texts){ (const char **)(void *)o->args, (size_t)o->arg_count };
		process->terminal = (struct opt_bool){ true, o->has_terminal };
		process->console_size = NULL;
	}
	if (o->has_terminal)
		process->terminal = (struct opt_bool){ true, true };
	if (o->cwd && o->cwd[0] != '/') {
		(void)err_set(e, "--cwd %s: must be an absolute path", o->cwd);
		return NULL;
	}
	set_labels(o, process);
	if ((o->user || o->groups.count) && change_user(o, process, a, e) < 0)
		return NULL;
	if (o->capabilities.count && add_capabilities(o, process, a, e) < 0)
		return NULL;
	return add_environment(o, process, a, e) < 0 ? NULL : process;
}
