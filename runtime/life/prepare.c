/* From a bundle to a plan, for create, run, check and explain alike. */
#include "runtime/life/boxcar.h"

#include "runtime/host/facts.h"
#include "runtime/life/scope.h"
#include "spec/base/own.h"
#include "spec/check.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

enum { ACTIVATION_MAX = 200 };

static const char *find_absolute(struct boxcar *b, const char *path, struct err *e)
{
	own_text real = realpath(path, NULL);

	if (!real) {
		(void)err_sys(e, "open the bundle %s", path);
		(void)err_hint(e, "give the directory that holds config.json with --bundle");
		return NULL;
	}
	return arena_text(&b->arena, real);
}

static int read_configuration(struct boxcar *b, const struct container_options *o, struct prepared *out, struct err *e)
{
	const char *name = o->config ? o->config : "config.json";

	out->bundle = find_absolute(b, o->bundle ? o->bundle : ".", e);
	if (!out->bundle)
		return -1;
	out->file = name[0] == '/' ? name : arena_format(&b->arena, "%s/%s", out->bundle, name);
	if (json_load(AT_FDCWD, out->file, &b->arena, &out->text, &out->length, e) < 0) {
		if (e->number == ENOENT)
			(void)err_hint(e, "a bundle is a directory with a config.json and a root file system; `boxcar spec` writes one");
		return -1;
	}
	return 0;
}

static void check_configuration(struct boxcar *b, struct prepared *p)
{
	problems_init(&p->problems, &b->arena);
	p->spec = json_read(&record_spec, p->text, p->length, &p->problems);
	if (!p->spec)
		return;
	check_spec(p->spec, true, &p->problems);
	check_later(&record_spec, p->spec, "", &p->problems);
}

/* sd_listen_fds(3): meant for us only when our pid is named. */
static int read_activation(struct plan_request *request, struct err *e)
{
	const char *pid = getenv("LISTEN_PID"), *count = getenv("LISTEN_FDS");
	uint64_t number;

	if (!pid || !count || !text_read_uint(pid, INT32_MAX, &number) || number != (uint64_t)getpid())
		return 0;
	if (!text_read_uint(count, ACTIVATION_MAX, &number))
		return err_set(e, "LISTEN_FDS is %s, not a number from 0 to %d", count, ACTIVATION_MAX);
	request->listen_fds = (unsigned)number;
	request->listen_names = getenv("LISTEN_FDNAMES");
	request->preserve_fds += request->listen_fds;
	return 0;
}

static int find_notify_directory(struct boxcar *b, const char *id, const char **out, struct err *e)
{
	own_text here = b->root[0] == '/' ? NULL : get_current_dir_name();

	if (b->root[0] != '/' && !here)
		return err_sys(e, "find the working directory");
	*out = arena_format(&b->arena, "%s%s%s/%s/notify", here ? here : "", here ? "/" : "", b->root, id);
	return 0;
}

/* Only without root: root may make any. */
static void look_at_cgroup(struct boxcar *b, const struct plan_request *request)
{
	struct problems ignored; /* the plan finds them again */

	problems_init(&ignored, &b->arena);
	const char *path = b->facts.is_rootless && request->cgroups == PLAN_CGROUPFS ? plan_cgroup_path(request, &ignored) : NULL;
	if (path)
		facts_look_at_cgroup(path, &b->arena, &b->facts);
}

int prepare_container(struct boxcar *b, const char *id, const struct container_options *o, struct prepared *out, struct err *e)
{
	*out = (struct prepared){ 0 };
	if (read_configuration(b, o, out, e) < 0)
		return -1;
	check_configuration(b, out);
	bool has_labels = out->spec && plan_has_labels(out->spec, out->spec->process);
	bool has_rdt = out->spec && out->spec->linux && out->spec->linux->intel_rdt;
	if (facts_probe(FACTS_PLAN | (has_labels ? FACTS_LABELS : 0) | (has_rdt ? FACTS_RESCTRL : 0), &b->arena, &b->facts, e) < 0)
		return -1;
	if (b->cgroups == PLAN_SYSTEMD && scope_find_systemd(b, e) < 0)
		return -1;
	out->request = (struct plan_request){
		.spec = out->spec,
		.facts = &b->facts,
		.arena = &b->arena,
		.id = id ? id : "ID",
		.bundle = out->bundle,
		.cgroups = b->cgroups,
		.preserve_fds = (unsigned)o->preserve_fds,
		.has_no_pivot = o->has_no_pivot,
		.has_no_new_keyring = o->has_no_new_keyring,
	};
	if (id && read_activation(&out->request, e) < 0)
		return -1;
	if (id && b->notify_socket && find_notify_directory(b, id, &out->request.notify_directory, e) < 0)
		return -1;
	if (out->spec && !out->problems.mistakes)
		look_at_cgroup(b, &out->request);
	if (out->spec && !out->problems.mistakes)
		(void)plan_container(&out->request, &out->problems, &out->plan);
	problems_place(&out->problems, out->text, out->length);
	return 0;
}

int prepare_accept(struct boxcar *b, const struct prepared *p, struct err *e)
{
	for (size_t i = 0; i < p->problems.count; i++) {
		const struct problem *problem = &p->problems.at[i];
		if (problem->is_warning)
			log_warn(&b->log, "%s: %s", problem->pointer, problem->message);
	}
	return problems_err(&p->problems, p->file, e);
}
