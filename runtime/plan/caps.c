/* Capabilities: names are lowered to the kernel's bits; what the caller cannot give away is left out with a warning. */
#include "runtime/plan/planner.h"

#include <linux/capability.h>
#include <strings.h>
#include <sys/capability.h>

#define CAP_BIT(n) (1ull << (n))

/* -1 for a name the library does not know. */
static int find_number(const char *name)
{
	cap_value_t value;

	return cap_from_name(name, &value) == 0 ? (int)value : -1;
}

static uint64_t read_set(struct planner *p, const struct spec_texts *names)
{
	uint64_t set = 0;

	for (size_t i = 0; i < names->count; i++) {
		int number = find_number(names->at[i]);
		if (number < 0 || (unsigned)number > p->facts->last_capability)
			planner_warn(p, &names->at[i], planner_text(p, "the capability %s is unknown here and is left out", names->at[i]),
				     NULL);
		else
			set |= CAP_BIT(number);
	}
	return set;
}

static void warn_about(struct planner *p, const void *member, uint64_t missing, const char *why)
{
	struct text names;

	text_init(&names, p->arena);
	for (unsigned n = 0; n < 64; n++) {
		char *name = missing & CAP_BIT(n) ? cap_to_name((cap_value_t)n) : NULL;
		if (name)
			text_add(&names, "%s%s", names.length ? ", " : "", name);
		(void)cap_free(name);
	}
	planner_warn(p, member, planner_text(p, "%s: %s", why, names.at), NULL);
}

/* A user namespace gives its first process all of them. */
static uint64_t available(const struct planner *p)
{
	return planner_has(p, CLONE_NEWUSER) ? CAP_BIT(p->facts->last_capability + 1) - 1 : p->facts->capabilities;
}

void plan_read_capabilities(struct planner *p, const struct spec_process *process, struct capability_sets *out)
{
	const struct spec_capabilities *c = process->capabilities;
	uint64_t most = available(p);

	*out = (struct capability_sets){ 0 };
	if (!c)
		return;
	*out = (struct capability_sets){ read_set(p, &c->bounding), read_set(p, &c->permitted), read_set(p, &c->effective),
					 read_set(p, &c->inheritable), read_set(p, &c->ambient) };
	uint64_t missing = (out->bounding | out->permitted | out->effective | out->inheritable | out->ambient) & ~most;
	if (missing)
		warn_about(p, c, missing, "left out, because the caller does not have it");
	out->bounding &= most;
	out->permitted &= most;
	out->effective &= most & out->permitted;
	out->inheritable &= most;
	/* the kernel grants no other; buildah asks for all of them without inheritable ones, and means nothing by it */
	out->ambient &= out->permitted & out->inheritable;
}

/* The kernel drops with CAP_SETPCAP only; the set itself is in the caller's order. */
void plan_bounding(struct planner *p, const struct spec_process *process, const struct capability_sets *sets)
{
	PLAN_ADD(&p->w, BOUNDING, bounding, 0, process->capabilities ? &process->capabilities->bounding : NULL,
		 .set = sets->bounding);
}

void plan_capabilities(struct planner *p, const struct spec_process *process, const struct capability_sets *sets)
{
	bool has_no_new_privs = process->no_new_privileges.is_set && process->no_new_privileges.value;

	/* Loading a filter takes CAP_SYS_ADMIN or no_new_privs (seccomp(2)); the exec takes it away again. */
	PLAN_ADD(&p->w, CAPS, caps, 0, process->capabilities, .permitted = sets->permitted, .effective = sets->effective,
		 .inheritable = sets->inheritable, .ambient = sets->ambient,
		 .kept = p->linux->seccomp && !has_no_new_privs ? CAP_BIT(CAP_SYS_ADMIN) : 0);
}
