/* Labels of security modules. AppArmor without its module is a mistake: who named a profile counts on it. SELinux labels are left
 * out with a warning where SELinux is off, as the test suite of the specification has it. */
#include "runtime/plan/planner.h"

#include <string.h>

static bool is_set(const char *text)
{
	return text && text[0];
}

bool plan_has_labels(const struct spec *spec, const struct spec_process *process)
{
	return (spec->linux && is_set(spec->linux->mount_label)) ||
	       (process && (is_set(process->apparmor_profile) || is_set(process->selinux_label)));
}

static void plan_profile(struct planner *p, const struct spec_process *process)
{
	const char *profile = process->apparmor_profile;

	if (p->facts->has_apparmor)
		PLAN_ADD(&p->w, APPARMOR, apparmor, 0, &process->apparmor_profile, .name = plan_add_text(&p->w, profile));
	else if (strcmp(profile, "unconfined") != 0) /* as it is without the module */
		planner_refuse(p, &process->apparmor_profile, planner_text(p, "this host has no AppArmor for the profile %s", profile),
			       "leave it out, or boot with apparmor=1 security=apparmor");
}

static const char *find_label(struct planner *p, const char *label)
{
	return is_set(label) && p->facts->has_selinux ? label : NULL;
}

const char *plan_find_label(struct planner *p, const struct spec_process *process)
{
	return find_label(p, process->selinux_label);
}

const char *plan_find_mount_label(struct planner *p)
{
	return find_label(p, p->linux->mount_label);
}

static void warn(struct planner *p, const char *const *label)
{
	if (is_set(*label) && !p->facts->has_selinux)
		planner_warn(p, label, "is left out: SELinux is not in force on this host", NULL);
}

void plan_labels(struct planner *p, const struct spec_process *process)
{
	const char *label = plan_find_label(p, process);

	warn(p, &process->selinux_label);
	warn(p, &p->linux->mount_label);
	if (is_set(process->apparmor_profile))
		plan_profile(p, process);
	if (label)
		PLAN_ADD(&p->w, SELINUX, selinux, 0, &process->selinux_label, .label = plan_add_text(&p->w, label));
}
