/* stats, top: what containers use, as a screen that renews itself, as a table, or as JSON lines. */
#include "bundle-tools/cli/commands.h"

#include "bundle-tools/store/store.h"
#include "bundle-tools/watch/rates.h"
#include "bundle-tools/watch/screen.h"
#include "bundle-tools/watch/view.h"
#include "spec/base/durations.h"
#include "spec/json/write.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { INTERVAL_MS = 1000, OUTPUT_SIZE = 16 << 20 };

struct display {
	struct view view;
	struct screen screen;
	uint64_t interval, rounds; /* rounds: shown so far */
	size_t named;
};

static int print(struct display *d, struct err *e)
{
	struct text *out = &d->view.out;
	bool is_written = fwrite(out->at, 1, out->length, stdout) == out->length && fflush(stdout) == 0;

	return is_written ? 0 : err_sys(e, "write to stdout");
}

static void begin(struct display *d)
{
	arena_reset(d->view.out.arena);
	text_init(&d->view.out, d->view.out.arena);
}

/* The line of the runtime, with the name that the user gave before it and the rates behind it. */
static int show_json(void *context, const struct sample *at, size_t count, struct err *e)
{
	struct display *d = context;
	struct text *out = &d->view.out;
	struct rates r;

	begin(d);
	for (size_t i = 0; i < count; i++) {
		text_add(out, "{\"name\":");
		json_write_text(at[i].name, out);
		size_t brace = out->length;
		json_write(&record_stats, at[i].now, JSON_LINE, out);
		out->at[brace] = ','; /* the object's own brace */
		out->length--;
		rates_read(at[i].before, at[i].now, &r);
		text_add(out, ",\"rates\":");
		json_write(&record_rates, &r, JSON_LINE, out);
		text_add(out, "}\n");
	}
	return print(d, e);
}

static void add_samples(struct display *d, const struct sample *at, size_t count)
{
	if (d->named == 1 && count == 1)
		view_details(&d->view, &at[0]);
	for (size_t i = 0; i < count && d->named != 1; i++)
		view_row(&d->view, &at[i]);
	if (!count)
		text_add(&d->view.out, "No containers found\n");
}

/* Shares need two looks: the first is only remembered. */
static int show_table(void *context, const struct sample *at, size_t count, struct err *e)
{
	struct display *d = context;

	begin(d);
	if (d->rounds++ == 0)
		return 0;
	if (d->named != 1 && d->rounds == 2)
		view_header(&d->view);
	add_samples(d, at, count);
	return print(d, e);
}

static int show_screen(void *context, const struct sample *at, size_t count, struct err *e)
{
	struct display *d = context;
	struct view *v = &d->view;

	begin(d);
	v->width = screen_size().width;
	text_add(&v->out, "conductor: %zu container%s, every %.3g s, q to end\n\n", count, count == 1 ? "" : "s",
		 (double)d->interval / 1000);
	if (d->named != 1 && count)
		view_header(v);
	add_samples(d, at, count);
	return screen_show(&v->out, e);
}

static int run_display(struct conductor *c, const struct stats_options *o, const struct command_line *line, struct display *d,
		       struct err *e)
{
	bool is_terminal = isatty(STDIN_FILENO) && isatty(STDOUT_FILENO), is_live = !o->has_json && is_terminal;
	struct watch_request r = { .interval = d->interval, .rounds = o->count, .is_live = is_live, .context = d,
				   .show = o->has_json ? show_json : is_live ? show_screen : show_table };

	if (targets_find(c, line->at, (size_t)line->count, &r.targets, e))
		return -1;
	d->named = r.targets.count;
	d->view.has_colours = is_live && !getenv("NO_COLOR");
	if (!r.rounds && !o->interval && !is_live)
		r.rounds = 1;
	if (r.rounds && !o->has_json)
		r.rounds++;
	if (is_live && screen_open(&d->screen, e)) {
		screen_close(&d->screen);
		return -1;
	}
	int result = watch(c, &r, e);
	screen_close(&d->screen);
	if (result == 0 && !o->has_json && !is_live && d->rounds < 2 && printf("No containers found\n") < 0)
		result = err_sys(e, "write to stdout");
	return result;
}

COMMAND(stats)
{
	const struct stats_options *o = options;
	struct display d = { .named = 0 };
	struct arena output;

	(void)exit_code;
	if (duration_read("interval", o->interval, INTERVAL_MS, &d.interval, e))
		return err_add(e, "stats");
	c->root_fd = open(c->root, O_RDONLY | O_DIRECTORY | O_CLOEXEC); /* without a store there are still cgroups */
	if (c->root_fd < 0 && errno != ENOENT)
		return err_sys(e, "open %s", c->root);
	arena_init(&output, OUTPUT_SIZE);
	text_init(&d.view.out, &output);
	int result = run_display(c, o, line, &d, e);
	arena_finish(&output);
	return result ? err_add(e, "stats") : 0;
}
