/* Hooks: which run outside and which inside, when, and what they are told. */
#include "runtime/plan/planner.h"
#include "spec/annotations.h"
#include "spec/state.h"

#include <string.h>

/* The lifecycle calls a container "creating" in its step 2 and "created" after that; the first hooks are step 3. */
static const struct {
	const char *word;
	const char *status; /* that they are told */
	size_t offset;      /* of their list in struct spec_hooks */
} kinds[HOOK_COUNT] = {
	[HOOK_PRESTART] = { "prestart", "created", offsetof(struct spec_hooks, prestart) },
	[HOOK_CREATE_RUNTIME] = { "createRuntime", "created", offsetof(struct spec_hooks, create_runtime) },
	[HOOK_CREATE_CONTAINER] = { "createContainer", "created", offsetof(struct spec_hooks, create_container) },
	[HOOK_START_CONTAINER] = { "startContainer", "created", offsetof(struct spec_hooks, start_container) },
	[HOOK_POSTSTART] = { "poststart", "running", offsetof(struct spec_hooks, poststart) },
	[HOOK_POSTSTOP] = { "poststop", "stopped", offsetof(struct spec_hooks, poststop) },
};

const char *plan_hook_word(unsigned when)
{
	return when < HOOK_COUNT ? kinds[when].word : "?";
}

static const spec_hook_list *find_list(const struct spec *spec, enum plan_hook when)
{
	static const spec_hook_list none;

	if (!spec->hooks)
		return &none;
	return (const void *)((const char *)spec->hooks + kinds[when].offset);
}

/* --- what they are told ------------------------------------------------------------------------------------------- */

const char *plan_hook_state(const struct plan_request *request, enum plan_hook when, int64_t pid)
{
	struct state state = { .oci_version = request->spec->oci_version, .id = request->id, .bundle = request->bundle,
			       .pid = { true, pid }, .annotations = request->spec->annotations };
	struct text json;

	text_init(&json, request->arena);
	state_print(&state, kinds[when].status, JSON_LINE, &json);
	return json.at;
}

/* --- ops ---------------------------------------------------------------------------------------------------------- */

static struct op_hook make_hook(struct plan_writer *w, const struct spec_hook *hook, enum plan_hook when, size_t number)
{
	bool has_args = hook->args.count;

	return (struct op_hook){ .when = when,
				 .number = number,
				 .path = plan_add_text(w, hook->path),
				 .args = plan_add_texts(w, has_args ? hook->args.at : &hook->path, has_args ? hook->args.count : 1),
				 .env = plan_add_texts(w, hook->env.at, hook->env.count),
				 .timeout = (uint64_t)hook->timeout.value };
}

static void add_outside(struct plan_writer *w, const struct spec *spec)
{
	static const enum plan_hook order[] = { HOOK_PRESTART, HOOK_CREATE_RUNTIME, HOOK_POSTSTART, HOOK_POSTSTOP };

	for (size_t k = 0; k < sizeof order / sizeof *order; k++) {
		const spec_hook_list *list = find_list(spec, order[k]);
		for (size_t i = 0; i < list->count; i++) {
			struct op_hook hook = make_hook(w, &list->at[i], order[k], i);
			plan_add(w, OP_HOOK, 0, &hook, &list->at[i]);
		}
	}
}

static void add_inside(struct planner *p, enum plan_hook when)
{
	const spec_hook_list *list = find_list(p->spec, when);
	static const char key[] = "\"pid\":";

	if (!list->count)
		return;
	/* no text in the JSON holds the key like this: the quotes in it would be escaped */
	char *state = arena_text(p->arena, plan_hook_state(p->request, when, 0));
	char *pid = strstr(state, key) + strlen(key);
	plan_text end = plan_add_text(&p->w, pid + strlen("0"));
	*pid = '\0';
	plan_text start = plan_add_text(&p->w, state);
	bool has_output = annotation_find(p->spec, ANNOTATION_HOOKS_STDOUT);
	bool has_errors = annotation_find(p->spec, ANNOTATION_HOOKS_STDERR);
	for (size_t i = 0; i < list->count; i++) {
		struct op_hook h = make_hook(&p->w, &list->at[i], when, i);
		PLAN_ADD(&p->w, HOOK_INSIDE, hook_inside, 0, &list->at[i], .when = h.when, .number = h.number, .path = h.path,
			 .args = h.args, .env = h.env, .timeout = h.timeout, .output = has_output ? SLOT_OUTPUT : 0,
			 .errors = has_errors ? SLOT_ERRORS : 0, .state = start, .state_end = end);
	}
}

/* The runtime opens it, as it does for its own hooks: a path of the host's. */
static void add_output(struct planner *p, enum annotation which, enum plan_slot slot)
{
	const struct spec_pair *pair = annotation_find_pair(p->spec, which);

	if (pair && (find_list(p->spec, HOOK_CREATE_CONTAINER)->count || find_list(p->spec, HOOK_START_CONTAINER)->count))
		PLAN_ADD(&p->w, HOOK_OUTPUT, hook_output, 0, &pair->value, .slot = slot, .path = plan_add_text(&p->w, pair->value));
}

void plan_outside_hooks(struct planner *p)
{
	add_outside(&p->w, p->spec);
	add_output(p, ANNOTATION_HOOKS_STDOUT, SLOT_OUTPUT);
	add_output(p, ANNOTATION_HOOKS_STDERR, SLOT_ERRORS);
}

void plan_hooks_before_pivot(struct planner *p)
{
	if (find_list(p->spec, HOOK_PRESTART)->count || find_list(p->spec, HOOK_CREATE_RUNTIME)->count)
		PLAN_ADD(&p->w, AWAIT, await, 0, NULL, .what = AWAIT_HOOKS);
	add_inside(p, HOOK_CREATE_CONTAINER);
}

void plan_hooks_before_payload(struct planner *p)
{
	add_inside(p, HOOK_START_CONTAINER);
}

struct plan plan_hooks(const struct plan_request *request)
{
	struct plan_writer w;

	plan_begin(&w, request->arena);
	add_outside(&w, request->spec);
	return plan_finish(&w);
}
