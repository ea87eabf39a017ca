#include "bundle-tools/build/planner.h"

#include <string.h>

struct step *planner_add_step(struct planner *p, enum step_kind kind)
{
	size_t size = p->plan.steps.count * sizeof *p->plan.steps.at;

	p->plan.steps.at = arena_grow(&p->c->arena, p->plan.steps.at, size, size + sizeof *p->plan.steps.at);
	struct step *s = &p->plan.steps.at[p->plan.steps.count++];
	*s = (struct step){ .kind = kind, .instruction = p->i, .below = p->stage->layers };
	s->parent = s->below.count ? s->below.at[s->below.count - 1] : "";
	return s;
}

/* A new list: earlier steps keep the one they have. */
static void push_layer(struct planner *p, const char *key)
{
	struct spec_texts *layers = &p->stage->layers;
	const char **at = arena_alloc(&p->c->arena, (layers->count + 1) * sizeof *at);

	if (layers->count)
		memcpy(at, layers->at, layers->count * sizeof *at);
	at[layers->count] = key;
	*layers = (struct spec_texts){ at, layers->count + 1 };
}

void planner_set_key(struct planner *p, struct step *s, const char *kind, const struct spec_texts *parts)
{
	char key[HASH_TEXT];
	struct hash h;

	hash_init(&h);
	hash_add_text(&h, "layer 1");
	hash_add_text(&h, p->plan.generation);
	hash_add_text(&h, s->parent);
	hash_add_text(&h, kind);
	for (size_t i = 0; i < parts->count; i++)
		hash_add_text(&h, parts->at[i]);
	hash_finish_text(&h, key);
	s->key = arena_text(&p->c->arena, key);
	push_layer(p, s->key);
}

const char *planner_join(struct planner *p, const char *path)
{
	const char *cwd = p->stage->config.working_dir;

	if (path[0] == '/')
		return path;
	return arena_format(&p->c->arena, "%s/%s", cwd && strcmp(cwd, "/") != 0 ? cwd : "", path);
}

/* --- variables ------------------------------------------------------------------------------------------------------ */

static const char *find_argument(const struct variable *at, size_t count, const char *name)
{
	for (size_t i = count; i-- > 0;)
		if (strcmp(at[i].name, name) == 0)
			return at[i].value;
	return NULL;
}

static const char *find_variable(const void *context, const char *name)
{
	const struct planner *p = context;
	size_t length = strlen(name);

	if (!p->stage || p->i->kind == INSTRUCTION_FROM)
		return find_argument(p->global.at, p->global.count, name);
	const struct spec_texts *env = &p->stage->config.env;
	for (size_t i = 0; i < env->count; i++)
		if (strncmp(env->at[i], name, length) == 0 && env->at[i][length] == '=')
			return env->at[i] + length + 1;
	return find_argument(p->stage->arguments.at, p->stage->arguments.count, name);
}

const char *planner_expand(struct planner *p, const char *word)
{
	struct variables v = { find_variable, p };

	return words_expand(word, &v, &p->c->arena, p->e);
}

const char *planner_expand_body(struct planner *p, const char *body)
{
	struct variables v = { find_variable, p };

	return words_expand_body(body, &v, &p->c->arena, p->e);
}

int planner_expand_all(struct planner *p, struct spec_texts *out)
{
	struct spec_texts expanded = { .at = arena_alloc(&p->c->arena, (p->i->words.count + 1) * sizeof *expanded.at) };

	for (size_t i = 0; i < p->i->words.count; i++) {
		const char *word = p->i->is_list ? p->i->words.at[i] : planner_expand(p, p->i->words.at[i]);
		if (!word)
			return -1;
		expanded.at[expanded.count++] = word;
	}
	*out = expanded;
	return 0;
}

/* The value of --build-arg, marked as used; NULL when it was not given. */
static const char *find_option(struct planner *p, const char *name)
{
	const char *value = NULL;
	size_t length = strlen(name);

	for (size_t i = 0; i < p->options->arguments.count; i++) {
		const char *pair = p->options->arguments.at[i];
		if (strncmp(pair, name, length) != 0 || pair[length] != '=')
			continue;
		value = pair + length + 1;
		p->is_argument_used[i] = true;
	}
	return value;
}

static int declare(struct planner *p, const char *word)
{
	const char *equals = strchr(word, '=');
	const char *name = equals ? arena_copy(&p->c->arena, word, (size_t)(equals - word)) : word;
	const char *value = find_option(p, name);

	if (!name[0])
		return err_set(p->e, "ARG %s has no name", word);
	if (!value && equals)
		value = planner_expand(p, equals + 1);
	else if (!value && p->stage)
		value = find_argument(p->global.at, p->global.count, name);
	if (!value && equals)
		return -1;
	struct variable **at = p->stage ? &p->stage->arguments.at : &p->global.at;
	size_t *count = p->stage ? &p->stage->arguments.count : &p->global.count, size = *count * sizeof **at;
	*at = arena_grow(&p->c->arena, *at, size, size + sizeof **at);
	(*at)[(*count)++] = (struct variable){ name, value };
	return 0;
}

int planner_read_argument(struct planner *p)
{
	for (size_t i = 0; i < p->i->words.count; i++)
		if (declare(p, p->i->words.at[i]))
			return -1;
	return 0;
}

static int check_arguments(struct planner *p)
{
	for (size_t i = 0; i < p->options->arguments.count; i++)
		if (!p->is_argument_used[i])
			return err_set(p->e, "--build-arg %s: %s has no ARG of that name", p->options->arguments.at[i], p->file->path);
	return 0;
}

/* --- all instructions ----------------------------------------------------------------------------------------------- */

static int read_instruction(struct planner *p)
{
	switch (p->i->kind) {
	case INSTRUCTION_FROM:
		return planner_read_from(p);
	case INSTRUCTION_COPY:
		return planner_read_copy(p);
	case INSTRUCTION_RUN:
		return planner_read_run(p);
	case INSTRUCTION_ARG:
		return planner_read_argument(p);
	case INSTRUCTION_WORKDIR:
		return planner_read_workdir(p);
	default:
		return planner_read_config(p);
	}
}

/* What the image's history says of an instruction. */
static void add_history(struct planner *p, size_t steps_before)
{
	struct stage *stage = p->stage;
	size_t size = stage ? stage->history.count * sizeof *stage->history.at : 0;

	if (!stage || p->i->kind == INSTRUCTION_ARG)
		return;
	if (p->plan.steps.count == steps_before) /* shown, and makes no layer */
		(void)planner_add_step(p, STEP_CONFIG);
	stage->history.at = arena_grow(&p->c->arena, stage->history.at, size, size + sizeof *stage->history.at);
	stage->history.at[stage->history.count++] =
		(struct spec_image_step){ p->i->shown, p->plan.steps.at[p->plan.steps.count - 1].key };
}

/* All that was done, in every stage: what a later build is compared with. */
static struct spec_image_step *list_steps(struct planner *p)
{
	struct spec_image_step *steps = arena_alloc(&p->c->arena, (p->plan.steps.count + 1) * sizeof *steps);

	for (size_t i = 0; i < p->plan.steps.count; i++)
		steps[i] = (struct spec_image_step){ p->plan.steps.at[i].instruction->shown, p->plan.steps.at[i].key };
	return steps;
}

static void fill_image(struct planner *p)
{
	struct spec_image_config *config = arena_alloc(&p->c->arena, sizeof *config);

	*config = p->stage->config;
	p->plan.image = (struct image){
		.name = p->options->image,
		.architecture = base_architecture(),
		.layers = p->stage->layers,
		.base = p->stage->base,
		.generation = p->plan.generation,
		.config = config,
		.history = { p->stage->history.at, p->stage->history.count },
		.steps = { list_steps(p), p->plan.steps.count },
	};
	if (!p->plan.image.layers.at)
		p->plan.image.layers.at = arena_alloc(&p->c->arena, sizeof(char *));
}

int plan_read(struct conductor *c, const struct conductorfile *file, const struct build_options *options, struct plan *out,
	      struct err *e)
{
	struct planner p = { .c = c, .file = file, .options = options, .plan = { .generation = out->generation }, .e = e };

	p.is_argument_used = arena_alloc(&c->arena, options->arguments.count * sizeof(bool));
	for (size_t i = 0; i < file->instructions.count; i++) {
		size_t before = p.plan.steps.count;
		p.i = &file->instructions.at[i];
		if (read_instruction(&p))
			return conductorfile_err(file, p.i, e);
		add_history(&p, before);
	}
	if (check_arguments(&p))
		return -1;
	fill_image(&p);
	*out = p.plan;
	return 0;
}
