/* The planner's instructions that make layers: FROM, COPY, RUN, WORKDIR. */
#include "bundle-tools/build/planner.h"

#include "bundle-tools/run/bundle.h"
#include "spec/base/text.h"

#include <string.h>

/* --- FROM ----------------------------------------------------------------------------------------------------------- */

static struct stage *add_stage(struct planner *p)
{
	size_t size = p->stages.count * sizeof *p->stages.at;

	p->stages.at = arena_grow(&p->c->arena, p->stages.at, size, size + sizeof *p->stages.at);
	p->stage = &p->stages.at[p->stages.count++];
	*p->stage = (struct stage){ .name = p->i->stage, .base = "" };
	return p->stage;
}

static const struct stage *find_stage(const struct planner *p, const char *name)
{
	uint64_t number;

	for (size_t i = 0; i < p->stages.count; i++)
		if (p->stages.at[i].name && strcasecmp(p->stages.at[i].name, name) == 0)
			return &p->stages.at[i];
	return text_read_uint(name, UINT32_MAX, &number) && number < p->stages.count ? &p->stages.at[number] : NULL;
}

static int begin_with_base(struct planner *p, const char *name)
{
	const struct build_options *o = p->options;
	struct base base = { .mirror = o->mirror, .keyring = o->keyring, .variant = (enum base_variant)o->variant };
	int found = base_find(p->c, name, p->options->packages, &base, p->e);

	if (found == 1) {
		(void)err_set(p->e, "there is no image %s", name);
		return err_hint(p->e, "FROM takes debian:SUITE, ubuntu:SUITE, scratch, an image of `conductor images` or an earlier stage");
	}
	if (found)
		return -1;
	struct stage *stage = add_stage(p);
	struct step *s = planner_add_step(p, STEP_BASE);
	s->base = base;
	s->key = base_key(p->c, &base);
	stage->base = s->key;
	const char **layers = arena_alloc(&p->c->arena, sizeof *layers);
	layers[0] = s->key;
	stage->layers = (struct spec_texts){ layers, 1 };
	return 0;
}

static void begin_with_stage(struct planner *p, const struct stage *from)
{
	struct stage before = *from; /* the list may move */
	struct stage *stage = add_stage(p);

	stage->base = before.base;
	stage->layers = before.layers;
	stage->config = before.config;
	stage->arguments.at = before.arguments.at;
	stage->arguments.count = before.arguments.count;
	stage->history.at = before.history.at;
	stage->history.count = before.history.count;
}

static void begin_with_image(struct planner *p, const struct image *image)
{
	struct stage *stage = add_stage(p);

	stage->base = image->base;
	stage->layers = image->layers;
	stage->history.at = image->history.at;
	stage->history.count = image->history.count;
	if (image->config)
		stage->config = *image->config;
}

int planner_read_from(struct planner *p)
{
	const char *name = planner_expand(p, p->i->words.at[0]);
	struct image *image = NULL;

	if (!name)
		return -1;
	if (p->i->stage && (!store_is_name(p->i->stage) || find_stage(p, p->i->stage)))
		return err_set(p->e, "%s cannot be the name of a stage: it is taken, or no name", p->i->stage);
	const struct stage *from = find_stage(p, name);
	if (from) {
		begin_with_stage(p, from);
		return 0;
	}
	if (strcmp(name, "scratch") == 0) {
		(void)add_stage(p);
		return 0;
	}
	int found = image_find(p->c, name, &image, p->e);
	if (found == 0)
		begin_with_image(p, image);
	return found == 1 ? begin_with_base(p, name) : found;
}

/* --- COPY ----------------------------------------------------------------------------------------------------------- */

static int read_rules(struct planner *p, struct copy *copy)
{
	const char *owner = p->i->owner ? planner_expand(p, p->i->owner) : NULL;
	const char *mode = p->i->mode ? planner_expand(p, p->i->mode) : NULL;
	uint64_t bits = 0;

	if ((p->i->owner && !owner) || (p->i->mode && !mode))
		return -1;
	if (mode && !text_read_octal(mode, 07777, &bits))
		return err_set(p->e, "--chmod=%s is no octal mode", mode);
	copy->owner = owner;
	copy->rules = (struct tree_rules){ .has_owner = owner || copy->is_docker, .has_mode = mode, .mode = (mode_t)bits };
	return 0;
}

static int add_bodies(struct planner *p, struct copy *copy, struct spec_texts *words)
{
	size_t kept = 0;

	for (size_t i = 0; i < p->i->heredocs.count; i++) {
		const struct heredoc *h = &p->i->heredocs.at[i];
		const char *body = h->is_literal ? h->body : planner_expand_body(p, h->body);
		if (!body)
			return -1;
		copy_add_body(p->c, copy, h->name, body);
	}
	for (size_t i = 0; i < words->count; i++) /* what is left are files and the destination */
		if (strncmp(words->at[i], "<<", 2) != 0 || !p->i->heredocs.count)
			words->at[kept++] = words->at[i];
	words->count = kept;
	return 0;
}

/* Where it goes, of what kind, and who it will belong to: all but the content. */
static void list_parts(const struct copy *copy, struct arena *a, struct spec_texts *parts)
{
	words_add(parts, copy->is_docker ? "docker" : "course", a);
	words_add(parts, copy->destination, a);
	words_add(parts, copy->has_slash ? "/" : "", a);
	words_add(parts, copy->owner, a);
}

static int read_from_stage(struct planner *p, struct step *s, const struct spec_texts *words)
{
	const char *name = planner_expand(p, p->i->from);
	struct arena *a = &p->c->arena;
	struct spec_texts parts = { 0 };
	struct image *image = NULL;

	if (!name)
		return -1;
	const struct stage *from = find_stage(p, name);
	bool is_stage = from && from != p->stage;
	int found = is_stage ? 0 : image_find(p->c, name, &image, p->e);
	if (found)
		return found < 0 ? -1 : err_set(p->e, "--from=%s: there is no earlier stage and no image of that name", name);
	if (is_stage)
		s->from_layers = from->layers;
	else if (image)
		s->from_layers = image->layers;
	s->from_words = *words;
	list_parts(&s->copy, a, &parts);
	words_add(&parts, s->copy.rules.has_mode ? arena_format(a, "%o", s->copy.rules.mode) : NULL, a);
	words_add(&parts, s->from_layers.count ? s->from_layers.at[s->from_layers.count - 1] : "", a);
	for (size_t i = 0; i < words->count; i++)
		words_add(&parts, words->at[i], a);
	planner_set_key(p, s, "COPY --from", &parts);
	return 0;
}

static int read_from_context(struct planner *p, struct step *s, const struct spec_texts *words)
{
	struct spec_texts parts = { 0 };
	char digest[HASH_TEXT];
	struct text manifest;
	struct hash h;

	if (copy_find(p->c, &s->copy, words, p->e))
		return -1;
	text_init(&manifest, &p->c->arena);
	copy_write_manifest(&s->copy, &manifest);
	s->manifest = manifest.at;
	hash_init(&h);
	hash_add(&h, manifest.at, manifest.length);
	hash_finish_text(&h, digest);
	list_parts(&s->copy, &p->c->arena, &parts);
	words_add(&parts, arena_text(&p->c->arena, digest), &p->c->arena);
	planner_set_key(p, s, "COPY", &parts);
	return 0;
}

int planner_read_copy(struct planner *p)
{
	struct copy copy = { .is_docker = p->file->is_docker };
	struct spec_texts words;

	if (planner_expand_all(p, &words) || read_rules(p, &copy) || add_bodies(p, &copy, &words))
		return -1;
	if (words.count < 1 || (words.count < 2 && !p->i->heredocs.count))
		return err_set(p->e, "COPY needs a source and a destination");
	for (size_t i = 0; i < words.count; i++)
		if (!words.at[i][0])
			return err_set(p->e, "COPY has an empty path");
	const char *destination = words.at[--words.count];
	copy.has_slash = destination[strlen(destination) - 1] == '/' || strcmp(destination, ".") == 0;
	copy.destination = planner_join(p, destination);
	size_t length = strlen(copy.destination);
	while (length > 1 && copy.destination[length - 1] == '/')
		length--;
	copy.destination = arena_copy(&p->c->arena, copy.destination, length);
	struct step *s = planner_add_step(p, p->i->from ? STEP_COPY_FROM : STEP_COPY);
	s->copy = copy;
	if (p->i->from && p->i->heredocs.count)
		return err_set(p->e, "--from and a heredoc exclude each other");
	return p->i->from ? read_from_stage(p, s, &words) : read_from_context(p, s, &words);
}

/* --- RUN, WORKDIR --------------------------------------------------------------------------------------------------- */

/* The command as the shell gets it. */
void planner_read_command(struct planner *p, struct spec_texts *out)
{
	static const char *const course[] = { "/bin/bash", "-c" }, *const docker[] = { "/bin/sh", "-c" };
	const struct spec_texts *shell = &p->stage->config.shell;

	if (p->i->is_list) {
		*out = p->i->words;
		return;
	}
	*out = (struct spec_texts){ 0 };
	if (p->i->script) {
		words_add(out, STEP_SCRIPT, &p->c->arena);
		return;
	}
	for (size_t i = 0; i < shell->count; i++)
		words_add(out, shell->at[i], &p->c->arena);
	for (size_t i = 0; i < 2 && !shell->count; i++)
		words_add(out, p->file->is_docker ? docker[i] : course[i], &p->c->arena);
	words_add(out, p->i->rest, &p->c->arena);
}

static void read_environment(struct planner *p, struct spec_texts *out)
{
	const struct stage *stage = p->stage;

	*out = (struct spec_texts){ 0 };
	for (const struct variable *v = stage->arguments.at; v < stage->arguments.at + stage->arguments.count; v++)
		if (v->value)
			bundle_set_env(p->c, out, arena_format(&p->c->arena, "%s=%s", v->name, v->value));
	for (size_t i = 0; i < stage->config.env.count; i++)
		bundle_set_env(p->c, out, stage->config.env.at[i]);
	bundle_add_path(p->c, out);
}

int planner_read_run(struct planner *p)
{
	struct spec_texts parts = { 0 };
	struct step *s = planner_add_step(p, STEP_RUN);

	planner_read_command(p, &s->args);
	s->shell = (struct spec_texts){ p->stage->config.shell.at, p->stage->config.shell.count ? 1 : 0 };
	read_environment(p, &s->env);
	s->cwd = p->stage->config.working_dir ? p->stage->config.working_dir : "/";
	s->user = p->stage->config.user ? p->stage->config.user : "";
	s->base_key = p->stage->base;
	words_add(&parts, s->cwd, &p->c->arena);
	words_add(&parts, s->user, &p->c->arena);
	for (size_t i = 0; i < s->args.count; i++)
		words_add(&parts, s->args.at[i], &p->c->arena);
	words_add(&parts, p->i->script, &p->c->arena);
	for (size_t i = 0; i < s->env.count; i++)
		words_add(&parts, s->env.at[i], &p->c->arena);
	planner_set_key(p, s, "RUN", &parts);
	return 0;
}

int planner_read_workdir(struct planner *p)
{
	const char *path = planner_expand(p, p->i->words.at[0]);
	struct spec_texts parts = { 0 };

	if (!path)
		return -1;
	if (!path[0])
		return err_set(p->e, "WORKDIR needs a directory");
	p->stage->config.working_dir = planner_join(p, path);
	if (strcmp(p->stage->config.working_dir, "/") == 0)
		return 0;
	struct step *s = planner_add_step(p, STEP_WORKDIR);
	s->cwd = p->stage->config.working_dir;
	words_add(&parts, s->cwd, &p->c->arena);
	planner_set_key(p, s, "WORKDIR", &parts);
	return 0;
}
