#include "bundle-tools/run/configure.h"

#include "spec/base/own.h"
#include "spec/base/text.h"
#include "spec/json/read.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static bool has_blank(const char *word)
{
	return word[strcspn(word, " \t\n")];
}

static void set_words(struct conductor *c, struct spec_texts *out, const char *one, const char *two, const char *three)
{
	const char **at = arena_alloc(&c->arena, 3 * sizeof *at);

	at[0] = one;
	at[1] = two;
	at[2] = three;
	*out = (struct spec_texts){ at, three ? 3 : two ? 2 : 1 };
}

/* "exec" makes the command process 1 itself; a list of commands needs the shell. */
static void split_by_shell(struct conductor *c, struct spec_texts *command)
{
	const char *text = command->at[0];
	bool is_simple = !strpbrk(text, ";&|<>()`\n=") && strncmp(text, "exec ", 5) != 0;

	set_words(c, command, "/bin/sh", "-c", is_simple ? arena_format(&c->arena, "exec %s", text) : text);
}

void container_read_command(struct conductor *c, int root_fd, struct spec_texts *command)
{
	if (command->count == 1 && has_blank(command->at[0])) {
		split_by_shell(c, command);
	} else if (!command->count) {
		own_fd bash = root_fd < 0 ? -1 : root_open(root_fd, "/bin/bash", O_PATH, 0);
		set_words(c, command, bash >= 0 ? "/bin/bash" : "/bin/sh", NULL, NULL);
	}
}

/* The image's entrypoint and what follows it. */
static void choose_arguments(const struct configuring *x, struct spec_texts *out)
{
	const struct spec_image_config *image = x->image ? x->image->config : NULL;
	const struct spec_texts none = { 0 }, *first = image ? &image->entrypoint : &none;
	const struct spec_texts *rest = x->options->command.count || !image ? &x->options->command : &image->cmd;
	const char **at = arena_alloc(&x->c->arena, (first->count + rest->count + 1) * sizeof *at);

	if (first->count)
		memcpy(at, first->at, first->count * sizeof *at);
	if (rest->count)
		memcpy(at + first->count, rest->at, rest->count * sizeof *at);
	*out = (struct spec_texts){ at, first->count + rest->count };
	if (!first->count)
		container_read_command(x->c, x->root_fd, out);
}

/* -e NAME=VALUE, or -e NAME: the value that we have ourselves. */
static void choose_environment(const struct configuring *x, bool has_terminal, struct spec_texts *out)
{
	struct conductor *c = x->c;

	*out = x->image && x->image->config ? x->image->config->env : (struct spec_texts){ 0 };
	bundle_add_path(c, out);
	if (has_terminal)
		bundle_set_env(c, out, arena_format(&c->arena, "TERM=%s", getenv("TERM") ? getenv("TERM") : "xterm"));
	for (size_t i = 0; i < x->options->env.count; i++) {
		const char *pair = x->options->env.at[i];
		if (strchr(pair, '='))
			bundle_set_env(c, out, pair);
		else if (getenv(pair))
			bundle_set_env(c, out, arena_format(&c->arena, "%s=%s", pair, getenv(pair)));
	}
}

/* --- files that are bound into it ----------------------------------------------------------------------------------- */

static bool is_local(const char *line)
{
	return strncmp(line, "nameserver", 10) == 0 && strstr(line, " 127.");
}

/* A file of the host without resolvers that only the host itself reaches; whether there are others. */
static bool keep_resolvers(const struct configuring *x, const char *path, struct text *kept)
{
	struct err ignored = ERR_NONE; /* a host without the file has no names to resolve */
	const char *text = "";
	size_t length = 0;
	bool has_any = false;

	(void)json_load(AT_FDCWD, path, &x->c->arena, &text, &length, &ignored); /* it loads any text */
	text_init(kept, &x->c->arena);
	char *rest = arena_text(&x->c->arena, text);
	for (char *line; (line = strsep(&rest, "\n"));) {
		if (!line[0] || (strcmp(x->options->network, "host") != 0 && is_local(line)))
			continue;
		text_add(kept, "%s\n", line);
		has_any = has_any || strncmp(line, "nameserver", 10) == 0;
	}
	return has_any;
}

/* The host's; where systemd's resolver on 127.0.0.53 stands before the real ones, those. */
static int write_resolvers(const struct configuring *x, struct err *e)
{
	struct text kept, behind;

	if (!keep_resolvers(x, "/etc/resolv.conf", &kept) && keep_resolvers(x, "/run/systemd/resolve/resolv.conf", &behind))
		kept = behind;
	return store_write_file(x->dir_fd, "resolv.conf", kept.at, kept.length, WRITE_PLAIN, e);
}

static const char *hostname(const struct container_options *options)
{
	return options->hostname ? options->hostname : options->name;
}

static int write_files(const struct configuring *x, struct err *e)
{
	const char *hosts = arena_format(&x->c->arena, "127.0.0.1\tlocalhost\n::1\tlocalhost ip6-localhost ip6-loopback\n127.0.1.1\t%s\n",
					 hostname(x->options));

	return write_resolvers(x, e) || store_write_file(x->dir_fd, "hosts", hosts, strlen(hosts), WRITE_PLAIN, e) ? -1 : 0;
}

static int choose_mounts(const struct configuring *x, struct bundle *b, struct err *e)
{
	size_t given = x->options->volumes.count, own = x->image ? x->image->config->volumes.count : 0, count = 0;
	struct bundle_mount *m = arena_alloc(&x->c->arena, (given + own + 2) * sizeof *m);

	m[0] = (struct bundle_mount){ arena_format(&x->c->arena, "%s/hosts", x->directory), "/etc/hosts", false };
	m[1] = (struct bundle_mount){ arena_format(&x->c->arena, "%s/resolv.conf", x->directory), "/etc/resolv.conf", false };
	if (configure_volumes(x, m + 2, &count, e))
		return -1;
	count += 2;
	for (size_t i = 0; i < given; i++) {
		const struct container_volume *v = &x->options->volumes.at[i];
		m[count++] = (struct bundle_mount){ v->source, v->destination, v->is_readonly };
	}
	b->mounts.at = m;
	b->mounts.count = count;
	return 0;
}

int configure(const struct configuring *x, struct err *e)
{
	const struct spec_image_config *image = x->image ? x->image->config : NULL;
	const struct container_options *o = x->options;
	bool has_terminal = !o->is_detached && isatty(STDIN_FILENO) && isatty(STDOUT_FILENO);
	struct bundle b = {
		.cwd = image && image->working_dir ? image->working_dir : "/",
		.hostname = hostname(o),
		.has_terminal = has_terminal,
		.shares_network = strcmp(o->network, "host") == 0,
		.has_cgroup_mount = true,
		.has_user_namespace = x->has_user_namespace,
		.cgroups_path = arena_format(&x->c->arena, "/conductor-%s-%s", bundle_store_tag(x->c), o->name),
		.memory = o->memory,
		.cpu_quota = o->cpu_quota,
		.pids = o->pids,
	};

	choose_arguments(x, &b.args);
	choose_environment(x, has_terminal, &b.env);
	if (choose_mounts(x, &b, e))
		return -1;
	configure_annotations(x, &b.annotations);
	if (root_find_user(x->c, x->root_fd, o->user ? o->user : image ? image->user : NULL, &b.user, e) || write_files(x, e))
		return -1;
	return bundle_write(x->c, x->dir_fd, &b, e);
}
