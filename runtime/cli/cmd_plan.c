/* check and explain: the same reading, checking and planning as create, and nothing done. */
#include "runtime/cli/commands.h"

#include <stdio.h>

COMMAND(check)
{
	const struct check_options *o = options;
	struct prepared p;
	struct text t;

	(void)line;
	if (prepare_container(b, NULL, &o->container, &p, e) < 0)
		return err_add(e, "check");
	if (o->format == 1) {
		text_init(&t, &b->arena);
		problems_write(&p.problems, p.file, &t);
		if (puts(t.at) < 0)
			return err_sys(e, "write to stdout");
	} else {
		problems_print(&p.problems, p.file, stdout);
	}
	*exit_code = p.problems.mistakes ? 1 : 0;
	return 0;
}

COMMAND(explain)
{
	const struct check_options *o = options;
	struct prepared p;
	struct text t;

	(void)line;
	(void)exit_code;
	if (prepare_container(b, NULL, &o->container, &p, e) < 0 || prepare_accept(b, &p, e) < 0)
		return err_add(e, "explain");
	text_init(&t, &b->arena);
	if (o->format == 1)
		plan_print_json(&p.plan, &p.request, &t);
	else
		plan_print(&p.plan, &p.request, &t);
	if (fwrite(t.at, 1, t.length, stdout) != t.length)
		return err_sys(e, "write to stdout");
	return 0;
}
