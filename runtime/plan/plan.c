/* The order of a container's life, on one page. */
#include "runtime/plan/planner.h"

static const struct spec_linux no_linux;

void planner_init(struct planner *p, const struct plan_request *request, struct problems *problems)
{
	*p = (struct planner){ .arena = request->arena,
			       .spec = request->spec,
			       .linux = request->spec->linux ? request->spec->linux : &no_linux,
			       .facts = request->facts,
			       .request = request,
			       .problems = problems };
	plan_begin(&p->w, request->arena);
	bool is_possible = request->cgroups == PLAN_SYSTEMD || !request->facts->closed_cgroup;
	if (request->cgroups != PLAN_NO_CGROUP && is_possible && request->facts->hierarchy_count)
		p->cgroup = plan_cgroup_path(request, problems);
}

/* Before the pivot: everything that needs the host's tree. */
static void plan_file_systems(struct planner *p)
{
	plan_root(p);
	plan_mounts(p, false);
	plan_notify(p);
	plan_devices(p);
	if (!p->has_late_proc)
		plan_terminal(p, p->spec->process, CONSOLE_IN_ROOT | CONSOLE_BIND);
	plan_late_readonly(p);
	plan_await_net_devices(p);
	plan_sysctls(p);
	if (!p->has_late_proc)
		plan_hidden_paths(p);
	plan_enter_cgroup_namespace(p);
}

/* After the pivot there is nothing of the host left that a neighbour in a joined pid namespace could reach. */
static void plan_late_proc(struct planner *p)
{
	if (!p->has_late_proc)
		return;
	PLAN_ADD(&p->w, ENTER_PID, enter_pid, 0, NULL, .slot = p->slots[NAMESPACE_PID]);
	plan_terminal(p, p->spec->process, CONSOLE_BIND); /* its session is that of the process after the fork */
	plan_mounts(p, true);
	plan_hidden_paths(p);
}

/* The process comes to be: outside, before and beside what init does. */
static void plan_birth(struct planner *p, const struct spec_process *process)
{
	if (process)
		plan_first_cpus(p, process);
	plan_clone(p);
	if (process && process->oom_score_adj.is_set)
		PLAN_ADD(&p->w, OOM_SCORE, oom_score, 0, &process->oom_score_adj,
			 .value = plan_add_text(&p->w, planner_text(p, "%lld", (long long)process->oom_score_adj.value)));
	if (p->cgroup && !facts_can_clone_into(p->facts))
		PLAN_ADD(&p->w, ENTER_CGROUP, enter_cgroup, 0, NULL, .path = plan_add_text(&p->w, p->cgroup));
	plan_delegation(p);
	plan_enter_rdt(p);
	if (process)
		plan_schedule(p, process);
}

static void plan_end(struct planner *p, const struct spec_process *process, bool has_start)
{
	plan_process(p, process);
	if (p->request->listen_fds)
		plan_add(&p->w, OP_LISTEN_PID, 0, "", NULL);
	plan_add(&p->w, OP_COMMIT, 0, "", NULL);
	if (has_start) {
		plan_add(&p->w, OP_START, 0, "", NULL);
		plan_hooks_before_payload(p);
	}
	plan_exec_payload(p, process);
}

static void plan_keyring(struct planner *p, const struct spec_process *process)
{
	const char *label = plan_find_label(p, process);

	if (!p->request->has_no_new_keyring)
		PLAN_ADD(&p->w, KEYRING, keyring, 0, label ? &process->selinux_label : NULL,
			 .name = plan_add_text(&p->w, planner_text(p, "_ses.%s", p->request->id)), .label = plan_add_text(&p->w, label));
}

bool plan_container(const struct plan_request *request, struct problems *problems, struct plan *out)
{
	const struct spec_process *process = request->spec->process;
	size_t before = problems->mistakes;
	struct planner p;

	if (!process) {
		problems_add(problems, false, "", "the configuration has no process", "add /process with args and cwd");
		return false;
	}
	planner_init(&p, request, problems);
	plan_find_namespaces(&p);
	plan_cgroup(&p);
	plan_rdt(&p);
	plan_open_namespaces(&p);
	plan_filter(&p);

	plan_maps(&p);
	plan_join_namespaces(&p);
	plan_keyring(&p, process);
	plan_names(&p);
	plan_file_systems(&p);
	plan_hooks_before_pivot(&p);
	plan_pivot(&p);
	plan_late_proc(&p);
	plan_directory(&p, process);
	plan_root_mode(&p);
	plan_end(&p, process, true);

	plan_birth(&p, process);
	plan_net_devices(&p);
	plan_outside_hooks(&p);
	*out = plan_finish(&p.w);
	return problems->mistakes == before;
}

/* --- exec --------------------------------------------------------------------------------------------------------- */

/* A container without a mount namespace has only its root changed. */
static void plan_same_root(struct planner *p)
{
	if (planner_has(p, CLONE_NEWNS) || !p->spec->root)
		return;
	PLAN_ADD(&p->w, ROOT, root, 0, &p->spec->root->path,
		 .path = plan_add_text(&p->w, plan_host_path(p, p->spec->root->path)));
	plan_pivot(p);
}

bool plan_exec(const struct plan_exec_request *request, struct problems *problems, struct plan *out)
{
	size_t before = problems->mistakes;
	struct planner p;

	planner_init(&p, &request->container, problems);
	p.is_exec = true;
	p.process_root = request->process_root;
	p.process_model = request->process_model;
	p.container = plan_add_slot(&p.w);
	plan_find_namespaces(&p);
	plan_filter(&p);

	plan_same_root(&p);
	plan_maps(&p);
	plan_enter_cgroup_namespace(&p);
	plan_keyring(&p, request->process);
	plan_terminal(&p, request->process, 0);
	plan_directory(&p, request->process);
	plan_end(&p, request->process, false);

	plan_birth(&p, request->process);
	*out = plan_finish(&p.w);
	return problems->mistakes == before;
}
