#include "runtime/life/hooks.h"

#include "runtime/host/spawn.h"
#include "spec/annotations.h"
#include "spec/base/own.h"
#include "spec/json/write.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { ARGS_SHOWN = 400 };

_Static_assert((int)HOOK_TAIL <= (int)SPAWN_TAIL, "what init tells of a tail has room");

/* --- words -------------------------------------------------------------------------------------------------------- */

static const char *show_args(struct arena *a, const struct spec_texts *args)
{
	struct text t;

	text_init(&t, a);
	for (size_t i = 0; i < args->count && t.length < ARGS_SHOWN; i++) {
		text_add(&t, "%s", i ? ", " : "");
		json_write_text(args->at[i], &t);
	}
	if (t.length <= ARGS_SHOWN)
		return t.at;
	return arena_format(a, "%.*s...", ARGS_SHOWN, t.at);
}

static int explain_end(const struct spec_texts *args, const struct spawn_end *end, const char *name, struct arena *a, struct err *e)
{
	double seconds = (double)end->milliseconds / 1000;
	const char *colon = end->tail[0] ? ": " : "", *shown = show_args(a, args);

	if (end->error == ETIMEDOUT) {
		(void)err_set(e, "%s [%s] was killed after %.3f s, which is its timeout%s%s", name, shown, seconds, colon, end->tail);
		e->number = ETIMEDOUT;
		return -1;
	}
	if (end->error)
		return err_number(e, end->error, "%s [%s] cannot be executed", name, shown);
	if (WIFSIGNALED(end->status))
		return err_set(e, "%s [%s] was ended by signal %d after %.3f s%s%s", name, shown, WTERMSIG(end->status), seconds, colon,
			       end->tail);
	return err_set(e, "%s [%s] ended with code %d after %.3f s%s%s", name, shown, WEXITSTATUS(end->status), seconds, colon,
		       end->tail);
}

static int explain(const struct hooks *h, enum plan_hook when, size_t number, const struct spec_texts *args,
		   const struct spawn_end *end, struct err *e)
{
	struct arena *a = &h->b->arena;
	const char *word = plan_hook_word(when);

	(void)explain_end(args, end, arena_format(a, "%s hook %zu", word, number), a, e);
	return config_text_place(&h->config, arena_format(a, "/hooks/%s/%zu", word, number), a, e);
}

/* --- outside ------------------------------------------------------------------------------------------------------ */

static struct spec_texts read_texts(const struct hooks *h, struct plan_texts list)
{
	const char **at = arena_alloc(&h->b->arena, (list.count + 1) * sizeof *at);

	for (size_t i = 0; i < list.count; i++)
		at[i] = plan_get_item(&h->plan, list, i);
	return (struct spec_texts){ at, list.count };
}

/* 0 without the annotation: what is written is then not kept. */
static int open_output(const struct hooks *h, enum annotation which, int *out, struct err *e)
{
	const char *path = annotation_find(h->request->spec, which);

	*out = path ? spawn_open_output(path, e) : 0;
	if (*out >= 0)
		return 0;
	return err_at(e, arena_format(&h->b->arena, "/annotations/%s", annotation_rows[which].key), "");
}

static void close_output(const int *fd)
{
	if (*fd > 0)
		own_close(fd);
}

static int run_hook(const struct hooks *h, const struct op_hook *hook, const char *state, struct err *e)
{
	__attribute__((cleanup(close_output))) int out_fd = 0;
	__attribute__((cleanup(close_output))) int err_fd = 0;

	struct spec_texts args = read_texts(h, hook->args), env = read_texts(h, hook->env);
	struct spawn s = { .path = plan_get_text(&h->plan, hook->path),
			   .args = (char *const *)(const void *)args.at,
			   .env = (char *const *)(const void *)env.at,
			   .directory = h->request->bundle,
			   .input = state,
			   .input_length = strlen(state),
			   .timeout_ms = (int64_t)hook->timeout * 1000 };
	struct spawn_end *end = arena_alloc(&h->b->arena, sizeof *end);

	if (open_output(h, ANNOTATION_HOOKS_STDOUT, &out_fd, e) < 0 || open_output(h, ANNOTATION_HOOKS_STDERR, &err_fd, e) < 0)
		return -1;
	s.out_fd = out_fd;
	s.err_fd = err_fd;
	log_debug(&h->b->log, "%s hook %d: %s", plan_hook_word((unsigned)hook->when), (int)hook->number, s.path);
	if (spawn_run(&s, end, e) < 0)
		return -1;
	if (!end->error && WIFEXITED(end->status) && WEXITSTATUS(end->status) == 0)
		return 0;
	return explain(h, (enum plan_hook)hook->when, hook->number, &args, end, e);
}

static const struct op_hook *find_hook(const struct hooks *h, size_t index, enum plan_hook when)
{
	const struct op *op = plan_find_op(&h->plan, index);
	const struct op_hook *hook = plan_payload(&h->plan, op);

	return op->kind == OP_HOOK && hook->when == when ? hook : NULL;
}

int hooks_run(const struct hooks *h, enum plan_hook when, int64_t pid, struct err *e)
{
	for (size_t i = 0; i < plan_count(&h->plan); i++) {
		const struct op_hook *hook = find_hook(h, i, when);
		if (hook && run_hook(h, hook, plan_hook_state(h->request, when, pid), e) < 0)
			return -1;
	}
	return 0;
}

void hooks_run_poststop(const struct hooks *h)
{
	for (size_t i = 0; i < plan_count(&h->plan); i++) {
		const struct op_hook *hook = find_hook(h, i, HOOK_POSTSTOP);
		struct err failed = ERR_NONE;
		if (hook && run_hook(h, hook, plan_hook_state(h->request, HOOK_POSTSTOP, 0), &failed) < 0)
			log_warn(&h->b->log, "%s", failed.text);
	}
}

/* --- inside ------------------------------------------------------------------------------------------------------- */

/* Whatever init is by now, the descriptor is one that cannot block. */
static void read_tail(int fd, char *out)
{
	struct stat s;
	ssize_t got = -1;

	if (fd >= 0 && fstat(fd, &s) == 0 && S_ISREG(s.st_mode))
		got = pread(fd, out, HOOK_TAIL, 0);
	while (got > 0 && strchr(" \t\r\n", out[got - 1]))
		got--;
	out[got > 0 ? got : 0] = '\0';
}

static struct spec_texts find_args(const struct hooks *h, enum plan_hook when, size_t number)
{
	const struct spec_hooks *hooks = h->request->spec->hooks;
	const char **at = arena_alloc(&h->b->arena, sizeof *at);

	if (!hooks)
		return (struct spec_texts){ 0 };
	const spec_hook_list *list = when == HOOK_CREATE_CONTAINER ? &hooks->create_container : &hooks->start_container;
	if (number >= list->count)
		return (struct spec_texts){ 0 };
	*at = list->at[number].path;
	return list->at[number].args.count ? list->at[number].args : (struct spec_texts){ at, 1 };
}

int hooks_explain_inside(const struct hooks *h, enum plan_hook when, const struct message *m, int tail_fd, struct err *e)
{
	struct spawn_end *end = arena_alloc(&h->b->arena, sizeof *end);
	size_t number = m->hook - 1;
	struct spec_texts args = find_args(h, when, number);

	end->error = m->error;
	end->status = (int)(uint32_t)m->number;
	end->milliseconds = (int64_t)((uint64_t)m->number >> 32);
	read_tail(tail_fd, end->tail);
	return explain(h, when, number, &args, end, e);
}

/* --- later commands ----------------------------------------------------------------------------------------------- */

int hooks_read(struct boxcar *b, const char *id, const char *bundle, const char *text, size_t length, struct hooks *out,
	       struct err *e)
{
	struct plan_request *request = arena_alloc(&b->arena, sizeof *request);
	struct problems problems;

	problems_init(&problems, &b->arena);
	const struct spec *spec = json_read(&record_spec, text, length, &problems);
	if (!spec || problems.mistakes)
		return err_set(e, "the container's kept configuration is damaged");
	*request = (struct plan_request){ .spec = spec, .arena = &b->arena, .id = id, .bundle = bundle };
	*out = (struct hooks){ .b = b, .request = request, .plan = plan_hooks(request),
			       .config = { "config.json", text, length } };
	return 0;
}
