/* create, start, run, kill, delete: from options to life/. */
#include "runtime/cli/commands.h"
#include "runtime/cli/signals.h"
#include "runtime/life/container.h"
#include "spec/base/text.h"

#include <errno.h>
#include <string.h>

enum { LOCK_WAIT_MS = 10000 };

COMMAND(create)
{
	const struct create_options *o = options;
	struct creation c = { .b = b, .id = line->at[0], .options = &o->container };

	(void)exit_code;
	if (life_create(&c, e) < 0)
		return err_add(e, "create %s", c.id);
	life_creation_close(&c);
	return 0;
}

COMMAND(start)
{
	struct container c;

	(void)options;
	(void)exit_code;
	if (container_find(b, line->at[0], LOCK_WAIT_MS, false, &c, e) < 0)
		return err_add(e, "start %s", line->at[0]);
	int result = life_start(&c, e);
	container_close(&c);
	return result < 0 ? err_add(e, "start %s", line->at[0]) : 0;
}

/* An operand with a slash is a bundle; the id is made from its last component. */
static const char *make_id(struct boxcar *b, const char *bundle)
{
	char *id = arena_text(&b->arena, bundle);
	size_t length = strlen(id);

	while (length > 1 && id[length - 1] == '/')
		id[--length] = '\0';
	char *name = strrchr(id, '/') + 1;
	for (char *c = name; *c; c++)
		if (!strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_+.-", *c))
			*c = '-';
	if (name[0] == '.' || name[0] == '-' || name[0] == '\0')
		return arena_format(&b->arena, "bundle%s", name);
	return name;
}

COMMAND(run)
{
	const struct run_command_options *o = options;
	struct container_options container = o->container;
	struct run_options run = { o->is_detached, o->has_keep, o->has_no_subreaper };
	const char *id = line->at[0];

	if (strchr(id, '/') && !container.bundle) {
		container.bundle = id;
		id = make_id(b, id);
	}
	return life_run(b, id, &container, &run, exit_code, e) < 0 ? err_add(e, "run %s", id) : 0;
}

COMMAND(exec)
{
	const struct exec_command_options *o = options;
	struct exec_options x = o->exec;

	x.args = line->at + 1;
	x.arg_count = line->count - 1;
	return life_exec(b, line->at[0], &x, exit_code, e) < 0 ? err_add(e, "exec in %s", line->at[0]) : 0;
}

static int kill_container(struct boxcar *b, const char *id, int signal, bool is_for_all, struct err *e)
{
	struct container c;

	if (container_find(b, id, -1, false, &c, e) < 0)
		return -1;
	int result = life_kill(&c, signal, is_for_all, e);
	container_close(&c);
	return result;
}

COMMAND(kill)
{
	const struct kill_options *o = options;
	const char *text = line->count > 1 ? line->at[1] : "TERM";
	int signal = signal_find(text);

	(void)exit_code;
	if (signal < 0) {
		(void)err_set(e, "kill %s: there is no signal \"%s\"", line->at[0], text);
		return err_hint(e, "give a number, or a name such as KILL or SIGKILL");
	}
	return kill_container(b, line->at[0], signal, o->is_for_all, e) < 0 ? err_add(e, "kill %s", line->at[0]) : 0;
}

COMMAND(delete)
{
	const struct delete_options *o = options;

	(void)exit_code;
	if (life_delete(b, line->at[0], o->is_forced, NULL, e) == 0)
		return 0;
	if (o->is_forced && strcmp(e->text, STORE_MISSING) == 0)
		return 0; /* engines delete what is gone already, and expect that to be well */
	return err_add(e, "delete %s", line->at[0]);
}
