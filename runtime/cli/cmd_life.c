/* create, start, run, exec, kill, delete, wait: from options to life/. */
#include "runtime/cli/commands.h"
#include "runtime/cli/signals.h"
#include "runtime/life/container.h"
#include "spec/base/text.h"

#include <errno.h>
#include <regex.h>
#include <signal.h>
#include <stdio.h>
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

/* --- one container, or all whose id matches ----------------------------------------------------------------------- */

typedef int act(struct boxcar *b, const char *id, const void *how, struct err *e);

static int compile(const char *pattern, regex_t *out, struct err *e)
{
	char why[256];
	int error = regcomp(out, pattern, REG_EXTENDED | REG_NOSUB);

	if (!error)
		return 0;
	(void)regerror(error, out, why, sizeof why);
	return err_set(e, "%s is not a regular expression: %s", pattern, why);
}

/* A failure keeps none of the others from its turn; the first one is told. */
static int act_on_matches(struct boxcar *b, const regex_t *pattern, act *deed, const void *how, struct err *e)
{
	struct store store = { .root_fd = -1 };
	size_t count, failures = 0, matches = 0;
	const char **ids;

	if (store_open(&store, b->root, false, e) < 0)
		return -1;
	int result = store_list(&store, &b->arena, &ids, &count, e);
	store_close(&store);
	for (size_t i = 0; result == 0 && i < count; i++) {
		struct err *failure = arena_alloc(&b->arena, sizeof *failure);
		if (regexec(pattern, ids[i], 0, NULL, 0) != 0)
			continue;
		matches++;
		if (deed(b, ids[i], how, failure) == 0 || strcmp(failure->text, STORE_MISSING) == 0) /* ended by itself meanwhile */
			continue;
		if (failures++ == 0) {
			*e = *failure;
			(void)err_add(e, "%s", ids[i]);
		}
	}
	return failures ? err_add(e, "%zu of %zu containers", failures, matches) : result;
}

static int act_on(struct boxcar *b, const char *operand, bool is_pattern, act *deed, const void *how, struct err *e)
{
	regex_t pattern;

	if (!is_pattern)
		return deed(b, operand, how, e);
	if (compile(operand, &pattern, e) < 0)
		return -1;
	int result = act_on_matches(b, &pattern, deed, how, e);
	regfree(&pattern);
	return result;
}

/* --- kill, delete, wait ------------------------------------------------------------------------------------------- */

enum { THE_CONTAINERS_OWN = -2 };

struct killing {
	int signal;
	bool is_for_all;
};

/* The image's word for it, which the specification's conversion of images puts here. */
static int find_own_signal(const struct container *c, struct err *e)
{
	static const char key[] = "org.opencontainers.image.stopSignal";
	const char *text = NULL;

	for (size_t i = 0; c->state && i < c->state->annotations.count; i++)
		if (text_is_equal(c->state->annotations.at[i].key, key))
			text = c->state->annotations.at[i].value;
	int number = text && text[0] ? signal_find(text) : SIGTERM;
	return number < 0 ? err_set(e, "the annotation %s: there is no signal \"%s\"", key, text) : number;
}

static int kill_container(struct boxcar *b, const char *id, const void *how, struct err *e)
{
	const struct killing *k = how;
	struct container c;

	if (container_find(b, id, -1, false, &c, e) < 0)
		return -1;
	int signal = k->signal == THE_CONTAINERS_OWN ? find_own_signal(&c, e) : k->signal;
	int result = signal < 0 ? -1 : life_kill(&c, signal, k->is_for_all, e);
	container_close(&c);
	return result;
}

COMMAND(kill)
{
	const struct kill_options *o = options;
	const char *text = line->count > 1 ? line->at[1] : NULL;
	const struct killing how = { text ? signal_find(text) : THE_CONTAINERS_OWN, o->is_for_all };

	(void)exit_code;
	if (text && how.signal < 0) {
		(void)err_set(e, "kill %s: there is no signal \"%s\"", line->at[0], text);
		return err_hint(e, "give a number, or a name such as KILL or SIGKILL");
	}
	return act_on(b, line->at[0], o->is_pattern, kill_container, &how, e) < 0 ? err_add(e, "kill %s", line->at[0]) : 0;
}

static int delete_container(struct boxcar *b, const char *id, const void *how, struct err *e)
{
	const struct delete_options *o = how;

	if (life_delete(b, id, o->is_forced, NULL, e) == 0)
		return 0;
	if (!o->is_forced || strcmp(e->text, STORE_MISSING) != 0)
		return -1;
	*e = ERR_NONE; /* engines delete what is gone already, and expect that to be well */
	return 0;
}

COMMAND(delete)
{
	const struct delete_options *o = options;

	(void)exit_code;
	return act_on(b, line->at[0], o->is_pattern, delete_container, o, e) < 0 ? err_add(e, "delete %s", line->at[0]) : 0;
}

COMMAND(wait)
{
	struct container c;
	int status;

	(void)options;
	(void)exit_code;
	if (container_find(b, line->at[0], -1, false, &c, e) < 0)
		return err_add(e, "wait %s", line->at[0]);
	int result = life_wait(&c, &status, e);
	container_close(&c);
	if (result < 0)
		return err_add(e, "wait %s", line->at[0]);
	return printf("%d\n", status) < 0 ? err_sys(e, "write to stdout") : 0;
}
