/* pause, resume, ps: what the container's cgroup tells and does. */
#include "runtime/cli/commands.h"
#include "runtime/life/ps.h"

#include <stdio.h>

enum { LOCK_WAIT_MS = 10000 };

static int with_container(struct boxcar *b, const char *id, int (*act)(struct container *c, struct err *e), struct err *e)
{
	struct container c;

	if (container_find(b, id, LOCK_WAIT_MS, false, &c, e) < 0)
		return -1;
	int result = act(&c, e);
	container_close(&c);
	return result;
}

COMMAND(pause)
{
	(void)options;
	(void)exit_code;
	return with_container(b, line->at[0], life_pause, e) < 0 ? err_add(e, "pause %s", line->at[0]) : 0;
}

COMMAND(resume)
{
	(void)options;
	(void)exit_code;
	return with_container(b, line->at[0], life_resume, e) < 0 ? err_add(e, "resume %s", line->at[0]) : 0;
}

/* As runc: a stopped container has no list. */
static int print_pids(const struct container *c, struct text *out, struct err *e)
{
	pid_t *pids;
	size_t count;

	if (ps_read_pids(c, &pids, &count, e) < 0)
		return -1;
	if (!count)
		text_add(out, "null\n");
	for (size_t i = 0; i < count; i++)
		text_add(out, "%s%d%s", i ? "," : "[", (int)pids[i], i + 1 == count ? "]\n" : "");
	return 0;
}

COMMAND(ps)
{
	const struct ps_options *o = options;
	struct container c;
	struct text out;

	(void)exit_code;
	text_init(&out, &b->arena);
	if (container_find(b, line->at[0], -1, false, &c, e) < 0)
		return err_add(e, "ps %s", line->at[0]);
	int result = o->format == 1 ? print_pids(&c, &out, e) : ps_print(&c, line->at + 1, (size_t)line->count - 1, &out, e);
	container_close(&c);
	if (result < 0)
		return err_add(e, "ps %s", line->at[0]);
	return fwrite(out.at, 1, out.length, stdout) == out.length ? 0 : err_sys(e, "write to stdout");
}
