/* stats, top: what containers use, as figures or as a screen that renews itself. */
#include "bundle-tools/cli/commands.h"

#include "bundle-tools/monitor/screen.h"
#include "bundle-tools/monitor/targets.h"
#include "bundle-tools/run/runtime.h"
#include "bundle-tools/store/interrupt.h"
#include "bundle-tools/store/store.h"
#include "spec/base/text.h"
#include "spec/json/read.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { INTERVAL_MS = 1000, INTERVAL_MOST = 3600 * 1000, WORDS_MORE = 6 };

/* "500ms", "2s", "2" */
static int read_interval(const char *text, int *out, struct err *e)
{
	size_t digits = strspn(text, "0123456789");
	char number[8] = { 0 };
	uint64_t value;

	if (digits && digits < sizeof number)
		memcpy(number, text, digits);
	bool is_ms = strcmp(text + digits, "ms") == 0, is_s = !text[digits] || strcmp(text + digits, "s") == 0;
	if ((!is_ms && !is_s) || !text_read_uint(number, is_ms ? INTERVAL_MOST : INTERVAL_MOST / 1000, &value) || !value)
		return err_set(e, "--interval %s is not a time from 1ms to 3600s, such as 500ms or 2s", text);
	*out = (int)value * (is_ms ? 1 : 1000);
	return 0;
}

/* The runtime's own command line. */
static const char **stats_argv(struct conductor *c, const struct targets *t)
{
	static const char *const words[] = { "stats", "--json", NULL };
	const char **argv = runtime_argv(c, words, t->ids.count + 2 * t->cgroups.count + WORDS_MORE);
	size_t n = RUNTIME_ARGV_FIRST + 2;

	for (size_t i = 0; i < t->cgroups.count; i++) {
		argv[n++] = "--cgroup";
		argv[n++] = t->cgroups.at[i];
	}
	for (size_t i = 0; i < t->ids.count; i++)
		argv[n++] = t->ids.at[i];
	return argv;
}

/* The figures as the runtime writes them, until it ends. */
static int pass_json(struct conductor *c, const char **argv, int interval, uint64_t count, int *exit_code, struct err *e)
{
	size_t n = RUNTIME_ARGV_FIRST;

	while (argv[n])
		n++;
	argv[n++] = "--interval";
	argv[n++] = arena_format(&c->arena, "%dms", interval);
	if (count) {
		argv[n++] = "--count";
		argv[n++] = arena_format(&c->arena, "%llu", (unsigned long long)count);
	}
	struct spawn s = { .argv = argv, .in = -1, .out = -1, .error = -1, .passes_signals = true };
	return spawn_wait(&s, exit_code, e);
}

static int read_sample(struct conductor *c, const char *const *argv, struct sample *out, struct err *e)
{
	struct problems problems;
	const char *text;

	*out = (struct sample){ 0 };
	if (spawn_read(c, argv, &text, e))
		return err_hint(e, "`%s stats` tells more; runtimes other than boxcar have no such command", c->runtime);
	char *rest = arena_text(&c->arena, text);
	for (char *line; (line = strsep(&rest, "\n"));) {
		size_t size = out->count * sizeof *out->at;
		if (!line[0])
			continue;
		problems_init(&problems, &c->arena);
		const struct stats *s = json_read(&record_stats, line, strlen(line), &problems);
		problems_place(&problems, line, strlen(line));
		if (problems_err(&problems, "stats", e))
			return -1;
		out->at = arena_grow(&c->arena, out->at, size, size + sizeof *out->at);
		out->at[out->count++] = s;
	}
	return 0;
}

static int show(struct conductor *c, const struct sample *now, const struct sample *before, bool is_live, struct err *e)
{
	struct text out;

	text_init(&out, &c->arena);
	if (is_live)
		text_add(&out, "\033[H\033[J"); /* from the top of an empty screen */
	if (now->count)
		screen_write(now, before, is_live, &out);
	else
		text_add(&out, "No containers found\n");
	return fputs(out.at, stdout) < 0 || fflush(stdout) ? err_sys(e, "write to stdout") : 0;
}

/* Rates need two looks: the first one is shown only where more follow at once. Memory is taken anew for every two rounds: a screen
 * may stay open for weeks. */
static int show_rounds(struct conductor *c, const char *const *argv, int interval, uint64_t count, bool is_live, struct err *e)
{
	struct arena rounds[2];
	struct sample samples[2] = { { 0 }, { 0 } };
	struct arena kept = c->arena;
	int result = 0;

	for (size_t i = 0; i < 2; i++)
		arena_init(&rounds[i], ARENA_SIZE);
	for (uint64_t i = 0; result == 0 && (!count || i <= count); i++) {
		size_t now = i % 2;
		arena_finish(&rounds[now]);
		arena_init(&rounds[now], ARENA_SIZE);
		c->arena = rounds[now];
		result = read_sample(c, argv, &samples[now], e);
		if (result == 0 && (is_live || i))
			result = show(c, &samples[now], &samples[!now], is_live, e);
		rounds[now] = c->arena;
		if (result == 0 && (!count || i < count))
			result = interrupt_check(interval, e);
	}
	c->arena = kept;
	for (size_t i = 0; i < 2; i++)
		arena_finish(&rounds[i]);
	return result;
}

COMMAND(stats)
{
	const struct stats_options *o = options;
	bool is_live = isatty(STDOUT_FILENO);
	int interval = INTERVAL_MS;
	struct targets t;

	if (o->interval && read_interval(o->interval, &interval, e))
		return -1;
	if (store_open(c, e) || targets_find(c, line->at, line->count, &t, e))
		return -1;
	const char **argv = stats_argv(c, &t);
	uint64_t count = o->count ? o->count : is_live || o->interval ? 0 : 1;
	return o->has_json ? pass_json(c, argv, interval, count, exit_code, e) : show_rounds(c, argv, interval, count, is_live, e);
}
