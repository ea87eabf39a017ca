/* state, list, features, help: what there is. */
#include "runtime/cli/commands.h"
#include "runtime/host/seccomp.h"
#include "runtime/life/container.h"
#include "runtime/life/memory.h"
#include "spec/annotations.h"
#include "spec/base/own.h"
#include "spec/base/version.h"
#include "spec/features.h"

#include <stdio.h>
#include <string.h>
#include <sys/capability.h>

static int print(const struct text *t, struct err *e)
{
	if (fwrite(t->at, 1, t->length, stdout) != t->length)
		return err_sys(e, "write to stdout");
	return 0;
}

/* A create that is at work, or that died, has no state file yet: what is known is the id. */
static struct state *state_of(const struct container *c)
{
	struct state *s = c->state;

	if (!s) {
		s = arena_alloc(&c->b->arena, sizeof *s);
		*s = (struct state){ .oci_version = FEATURES_VERSION_MAX, .id = c->id, .bundle = "", .rootfs = "", .created = "",
				     .owner = "" };
	}
	s->out_of_memory = memory_find_kills(&c->cgroup, &c->b->arena);
	return s;
}

COMMAND(state)
{
	struct container c;
	struct text t;

	(void)options;
	(void)exit_code;
	if (container_find(b, line->at[0], -1, false, &c, e) < 0)
		return err_add(e, "state %s", line->at[0]);
	text_init(&t, &b->arena);
	state_print(state_of(&c), status_word(c.status), JSON_SPACES, &t);
	container_close(&c);
	return print(&t, e);
}

/* --- list --------------------------------------------------------------------------------------------------------- */

static void list_row(const struct container *c, int format, int width, bool is_first, struct text *t)
{
	const struct state *s = state_of(c);
	bool has_pid = c->status != STATUS_STOPPED && s->pid.is_set;

	if (format == 1) {
		text_add(t, "%s", is_first ? "" : ",");
		state_print(s, status_word(c->status), JSON_LINE, t);
		while (t->length && t->at[t->length - 1] == '\n')
			t->at[--t->length] = '\0';
		return;
	}
	text_add(t, "%-*s %-10lld %-10s %-30s %-32s %s\n", width, c->id, has_pid ? (long long)s->pid.value : 0ll, status_word(c->status),
		 s->bundle, s->created, s->owner);
}

static bool list_one(struct boxcar *b, const char *id, const struct list_options *o, int width, bool is_first, struct text *t)
{
	struct err problem = ERR_NONE;
	struct container c;
	char text[512];

	if (container_find(b, id, -1, true, &c, &problem) < 0) {
		if (strcmp(problem.text, STORE_MISSING) != 0) /* gone since the directory was read */
			log_warn(&b->log, "list: %s: %s", id, err_line(&problem, text, sizeof text));
		return false;
	}
	list_row(&c, o->format, width, is_first, t);
	container_close(&c);
	return true;
}

COMMAND(list)
{
	const struct list_options *o = options;
	struct store store = { .root_fd = -1 };
	const char **ids;
	size_t count;
	struct text t;
	bool is_first = true;
	int width = 20;

	(void)line;
	(void)exit_code;
	if (store_open(&store, b->root, false, e) < 0 || store_list(&store, &b->arena, &ids, &count, e) < 0)
		return err_add(e, "list");
	store_close(&store);
	for (size_t i = 0; i < count; i++) /* engines' ids have 64 characters */
		width = (int)strlen(ids[i]) > width ? (int)strlen(ids[i]) : width;
	text_init(&t, &b->arena);
	if (!o->is_quiet && o->format == 0)
		text_add(&t, "%-*s %-10s %-10s %-30s %-32s %s\n", width, "ID", "PID", "STATUS", "BUNDLE", "CREATED", "OWNER");
	if (!o->is_quiet && o->format == 1)
		text_add(&t, "[");
	for (size_t i = 0; i < count; i++) {
		if (o->is_quiet)
			text_add(&t, "%s\n", ids[i]);
		else if (list_one(b, ids[i], o, width, is_first, &t))
			is_first = false;
	}
	if (!o->is_quiet && o->format == 1)
		text_add(&t, "]\n");
	return print(&t, e);
}

/* --- features ----------------------------------------------------------------------------------------------------- */

static const char *const *capability_names(struct arena *a)
{
	const char **names = arena_alloc(a, 65 * sizeof *names);
	size_t count = 0;

	for (cap_value_t n = 0; n < cap_max_bits() && count < 64; n++) {
		char *name = cap_to_name(n);
		for (char *c = name; c && *c; c++)
			*c = (char)(*c >= 'a' && *c <= 'z' ? *c - 'a' + 'A' : *c);
		if (name)
			names[count++] = arena_text(a, name);
		(void)cap_free(name);
	}
	return names;
}

static const char *list_annotations(struct arena *a)
{
	struct text t;

	text_init(&t, a);
	for (size_t i = 0; i < ANNOTATION_COUNT; i++)
		text_add(&t, "%s%s", i ? "," : "", annotation_rows[i].key);
	return t.at;
}

/* Of the flags that this release knows, those that this kernel knows, too. */
static const char *const *seccomp_flags(struct arena *a)
{
	const char **names = arena_alloc(a, (SECCOMP_FLAG_COUNT + 1) * sizeof *names);
	size_t count = 0;

	for (size_t i = 0; words_seccomp_flag.at[i]; i++)
		if (seccomp_has_flags(plan_seccomp_flag(i)))
			names[count++] = words_seccomp_flag.at[i];
	return names;
}

COMMAND(features)
{
	/* they name files and sockets of the host, and what its systemd does */
	static const char *const unsafe_annotations[] = { "run.oci.", "org.systemd.property.", NULL };
	struct spec_pair notes[] = { { "org.boxcar.version", version_release }, { "org.boxcar.commit", version_commit },
				     { "org.boxcar.annotations", list_annotations(&b->arena) } };
	struct features_input input = {
		.mount_options = plan_mount_options(&b->arena),
		.capabilities = capability_names(&b->arena),
		.seccomp_flags = seccomp_flags(&b->arena),
		.has_cgroup_v1 = true,
		.has_cgroup_v2 = true,
		.has_systemd = true,
		.has_systemd_user = true,
		.annotations = { notes, 3 },
		.unsafe_annotations = unsafe_annotations,
	};
	struct text t;

	(void)options;
	(void)line;
	(void)exit_code;
	text_init(&t, &b->arena);
	features_print(&input, &t);
	return print(&t, e);
}

/* --- help --------------------------------------------------------------------------------------------------------- */

COMMAND(help)
{
	const struct command *command = line->count ? command_find(&boxcar_program, line->at[0]) : NULL;

	(void)b;
	(void)options;
	(void)exit_code;
	if (line->count && !command) {
		(void)err_set(e, "help: there is no command \"%s\"", line->at[0]);
		return err_hint(e, "`boxcar help` lists them");
	}
	if (command)
		command_print_help(&boxcar_program, command, stdout);
	else
		program_print_help(&boxcar_program, stdout);
	return 0;
}
