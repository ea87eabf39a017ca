#include "spec/check_rules.h"

#include "spec/base/text.h"

#include <string.h>

static const char *const limits[] = { "AS",       "CORE", "CPU",    "DATA",  "FSIZE", "LOCKS",  "MEMLOCK",
				      "MSGQUEUE", "NICE", "NOFILE", "NPROC", "RSS",   "RTPRIO", "RTTIME",
				      "SIGPENDING", "STACK" };

static bool is_limit(const char *type)
{
	for (size_t i = 0; i < sizeof limits / sizeof *limits; i++)
		if (strcmp(type + strlen("RLIMIT_"), limits[i]) == 0)
			return true;
	return false;
}

static const char *list_limits(struct problems *p)
{
	struct text t;

	text_init(&t, p->arena);
	for (size_t i = 0; i < sizeof limits / sizeof *limits; i++)
		text_add(&t, "%sRLIMIT_%s", i ? ", " : "one of ", limits[i]);
	return t.at;
}

static bool is_repeated(const struct spec_process *process, size_t index)
{
	for (size_t i = 0; i < index; i++)
		if (text_is_equal(process->rlimits.at[i].type, process->rlimits.at[index].type))
			return true;
	return false;
}

static void check_rlimits(const struct spec_process *process, const char *pointer, struct problems *p)
{
	enum { LIMITS_MAX = 64 }; /* there are 16; a longer list repeats itself */

	for (size_t i = 0; i < process->rlimits.count && i < LIMITS_MAX; i++) {
		const struct spec_rlimit *r = &process->rlimits.at[i];
		if (r->type && !is_limit(r->type))
			check_refuse(p, AT(p, "%s/rlimits/%zu/type", pointer, i), AT(p, "Linux has no %s", r->type),
				     list_limits(p));
		else if (r->type && is_repeated(process, i))
			check_refuse(p, AT(p, "%s/rlimits/%zu/type", pointer, i),
				     AT(p, "the limit %s is there twice", r->type), "keep one of them");
		if (r->soft.is_set && r->hard.is_set && r->soft.value > r->hard.value)
			check_refuse(p, AT(p, "%s/rlimits/%zu/soft", pointer, i), "is above the hard limit",
				     AT(p, "at most %llu", (unsigned long long)r->hard.value));
	}
}

/* Names that the kernel has are known to plan/, which warns about the others; here only what no kernel can have. */
static bool is_capability_name(const char *name)
{
	return text_has_prefix(name, "CAP_") && name[4] &&
	       name[strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789")] == '\0';
}

static void check_capabilities(const struct spec_capabilities *c, const char *pointer, struct problems *p)
{
	const struct {
		const char *name;
		const struct spec_texts *names;
	} sets[] = { { "bounding", &c->bounding },
		     { "effective", &c->effective },
		     { "inheritable", &c->inheritable },
		     { "permitted", &c->permitted },
		     { "ambient", &c->ambient } };

	for (size_t s = 0; s < sizeof sets / sizeof *sets; s++)
		for (size_t i = 0; i < sets[s].names->count; i++) {
			const char *name = sets[s].names->at[i];
			if (is_capability_name(name))
				continue;
			const char *quoted = json_quote(p->arena, name, strlen(name));
			check_warn(p, AT(p, "%s/capabilities/%s/%zu", pointer, sets[s].name, i),
				   AT(p, "%s is no name of a capability", quoted), "names are written as CAP_CHOWN");
		}
}

static void check_env(const struct spec_texts *env, const char *pointer, struct problems *p)
{
	for (size_t i = 0; i < env->count; i++) {
		const char *equals = strchr(env->at[i], '=');
		if (!equals || equals == env->at[i])
			check_warn(p, AT(p, "%s/env/%zu", pointer, i), "has no name or no value",
				   "write it as NAME=VALUE");
	}
}

static void check_id(const struct spec_linux *linux, bool is_group, uint64_t id, const char *pointer,
		     struct problems *p)
{
	if (!check_is_mapped(linux, is_group, id))
		check_refuse(p, pointer, AT(p, "%llu is not mapped in the user namespace", (unsigned long long)id),
			     is_group ? "/linux/gidMappings must have it" : "/linux/uidMappings must have it");
}

static void check_user(const struct spec_user *user, const char *pointer, const struct spec_linux *linux,
		       struct problems *p)
{
	const struct spec_ids *gids = &user->additional_gids;

	if (!check_find_namespace(linux, NAMESPACE_USER))
		return;
	check_id(linux, false, user->uid.value, AT(p, "%s/user/uid", pointer), p);
	check_id(linux, true, user->gid.value, AT(p, "%s/user/gid", pointer), p);
	for (size_t i = 0; i < gids->count; i++)
		check_id(linux, true, gids->at[i], AT(p, "%s/user/additionalGids/%zu", pointer, i), p);
}

static void check_console(const struct spec_process *process, const char *pointer, struct problems *p)
{
	const struct spec_console_size *size = process->console_size;

	if (size && !process->terminal.value && (size->height.value || size->width.value))
		check_warn(p, AT(p, "%s/consoleSize", pointer), "is ignored without a terminal",
			   "set terminal to true");
}

void check_process(const struct spec_process *process, const char *pointer, const struct spec_linux *linux,
		   struct problems *p)
{
	check_console(process, pointer, p);
	check_env(&process->env, pointer, p);
	check_rlimits(process, pointer, p);
	if (process->capabilities)
		check_capabilities(process->capabilities, pointer, p);
	if (process->scheduler)
		check_scheduler(process->scheduler, pointer, p);
	if (process->user)
		check_user(process->user, pointer, linux, p);
}
