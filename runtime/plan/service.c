/* A container as a service of a service manager: sockets that it passes on (sd_listen_fds(3)), and the one that it is told by
 * (sd_notify(3)). */
#include "runtime/plan/planner.h"

#include <string.h>
#include <sys/mount.h>

#define NOTIFY_TARGET "/run/notify"

void plan_notify(struct planner *p)
{
	const struct mount_options options = { .is_bind = true, .set = MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC };

	if (p->request->notify_directory && planner_has(p, CLONE_NEWNS))
		plan_add_bind(p, arena_alloc(p->arena, sizeof(struct spec_mount)), p->request->notify_directory, NOTIFY_TARGET, &options);
}

static bool is_named(const char *variable, const char *name)
{
	size_t length = strlen(name);

	return strncmp(variable, name, length) == 0 && variable[length] == '=';
}

/* What the image says of another service manager's sockets is not true here. */
struct spec_texts plan_environment(struct planner *p, const struct spec_process *process)
{
	const struct plan_request *r = p->request;
	const struct spec_texts *old = &process->env;
	const char **env = arena_alloc(p->arena, (old->count + 4) * sizeof *env);
	size_t count = 0;

	for (size_t i = 0; i < old->count; i++) {
		bool is_replaced = (r->notify_directory && is_named(old->at[i], "NOTIFY_SOCKET")) ||
				   (r->listen_fds && strncmp(old->at[i], "LISTEN_", 7) == 0);
		if (!is_replaced)
			env[count++] = old->at[i];
	}
	if (r->notify_directory)
		env[count++] = "NOTIFY_SOCKET=" NOTIFY_TARGET "/notify.sock";
	if (r->listen_fds)
		env[count++] = planner_text(p, "LISTEN_FDS=%u", r->listen_fds);
	if (r->listen_fds)
		env[count++] = PLAN_LISTEN_VARIABLE;
	if (r->listen_fds && r->listen_names)
		env[count++] = planner_text(p, "LISTEN_FDNAMES=%s", r->listen_names);
	return (struct spec_texts){ env, count };
}
