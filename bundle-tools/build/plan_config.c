/* The planner's instructions that change how the image is run, and make no layer. */
#include "bundle-tools/build/planner.h"

#include "bundle-tools/build/instruction.h"
#include "bundle-tools/run/bundle.h"
#include "bundle-tools/run/signal_name.h"

#include <string.h>

/* A quoted value is one word of the pair: quotes are taken away by the expansion. */
static int read_environment(struct planner *p)
{
	struct spec_texts pairs, *env = &p->stage->config.env;

	if (planner_expand_all(p, &pairs)) /* all of them before any is set: ENV A=1 B=$A uses the old A */
		return -1;
	for (size_t i = 0; i < pairs.count; i++)
		bundle_set_env(p->c, env, pairs.at[i]);
	return 0;
}

static void set_label(struct planner *p, const char *pair)
{
	struct spec_map *labels = &p->stage->config.labels;
	const char *equals = strchr(pair, '=');
	struct spec_pair label = { arena_copy(&p->c->arena, pair, (size_t)(equals - pair)), equals + 1 };
	struct spec_pair *grown = arena_alloc(&p->c->arena, (labels->count + 1) * sizeof *grown);

	if (labels->count)
		memcpy(grown, labels->at, labels->count * sizeof *grown);
	labels->at = grown;
	for (size_t i = 0; i < labels->count; i++) {
		if (strcmp(labels->at[i].key, label.key) == 0) {
			labels->at[i] = label;
			return;
		}
	}
	labels->at[labels->count++] = label;
}

static int read_labels(struct planner *p)
{
	struct spec_texts pairs;

	if (planner_expand_all(p, &pairs))
		return -1;
	for (size_t i = 0; i < pairs.count; i++)
		set_label(p, pairs.at[i]);
	return 0;
}

static void add_key(struct planner *p, struct spec_image_empty **at, size_t *count, const char *key)
{
	for (size_t i = 0; i < *count; i++)
		if (strcmp((*at)[i].key, key) == 0)
			return;
	struct spec_image_empty *grown = arena_alloc(&p->c->arena, (*count + 1) * sizeof *grown);
	if (*count)
		memcpy(grown, *at, *count * sizeof *grown);
	grown[(*count)++].key = key;
	*at = grown;
}

static int read_ports(struct planner *p)
{
	struct spec_image_config *config = &p->stage->config;
	struct spec_texts ports;

	if (planner_expand_all(p, &ports))
		return -1;
	for (size_t i = 0; i < ports.count; i++) {
		if (!instruction_is_port(ports.at[i]))
			return err_set(p->e, "%s is no port: 1 to 65535, with /tcp or /udp if wanted", ports.at[i]);
		const char *port = strchr(ports.at[i], '/') ? ports.at[i] : arena_format(&p->c->arena, "%s/tcp", ports.at[i]);
		add_key(p, &config->exposed_ports.at, &config->exposed_ports.count, port);
	}
	return 0;
}

static int read_volumes(struct planner *p)
{
	struct spec_image_config *config = &p->stage->config;
	struct spec_texts volumes;

	if (planner_expand_all(p, &volumes))
		return -1;
	for (size_t i = 0; i < volumes.count; i++) {
		if (volumes.at[i][0] != '/')
			return err_set(p->e, "VOLUME %s is no absolute path", volumes.at[i]);
		if (!volumes.at[i][strspn(volumes.at[i], "/.")])
			return err_set(p->e, "VOLUME %s is the root itself", volumes.at[i]);
		add_key(p, &config->volumes.at, &config->volumes.count, volumes.at[i]);
	}
	return 0;
}

static int read_word(struct planner *p)
{
	const char *word = planner_expand(p, p->i->words.at[0]);

	if (!word)
		return -1;
	if (p->i->kind == INSTRUCTION_USER) {
		if (!word[0] || word[0] == ':')
			return err_set(p->e, "USER needs a user");
		p->stage->config.user = word;
		return 0;
	}
	if (!signal_read(word))
		return err_set(p->e, "%s is no signal", word);
	p->stage->config.stop_signal = word;
	return 0;
}

/* An ENTRYPOINT makes the CMD of the image below meaningless. */
static int read_command(struct planner *p)
{
	struct spec_image_config *config = &p->stage->config;

	if (p->i->kind == INSTRUCTION_CMD) {
		planner_read_command(p, &config->cmd);
		p->stage->has_own_cmd = true;
		return 0;
	}
	planner_read_command(p, &config->entrypoint);
	if (!p->stage->has_own_cmd)
		config->cmd = (struct spec_texts){ 0 };
	return 0;
}

int planner_read_config(struct planner *p)
{
	switch (p->i->kind) {
	case INSTRUCTION_ENV:
		return read_environment(p);
	case INSTRUCTION_LABEL:
		return read_labels(p);
	case INSTRUCTION_EXPOSE:
		return read_ports(p);
	case INSTRUCTION_VOLUME:
		return read_volumes(p);
	case INSTRUCTION_SHELL:
		p->stage->config.shell = p->i->words;
		return 0;
	case INSTRUCTION_USER:
	case INSTRUCTION_STOPSIGNAL:
		return read_word(p);
	default:
		return read_command(p);
	}
}
