#include "runtime/life/ps.h"

#include "runtime/host/spawn.h"
#include "spec/base/text.h"

#include <errno.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { PS_MS = 60000 };

int ps_read_pids(const struct container *c, pid_t **pids, size_t *count, struct err *e)
{
	*pids = arena_alloc(&c->b->arena, sizeof **pids);
	*count = 0;
	if (c->pidfd < 0 || !c->state)
		return 0;
	if (c->cgroup.path[0])
		return cgroup_read_members(&c->cgroup, pids, count, e);
	(*pids)[0] = (pid_t)c->state->pid.value; /* without a cgroup no other is known to be its */
	*count = 1;
	return 0;
}

/* --- the table ---------------------------------------------------------------------------------------------------- */

static int run_ps(struct arena *a, char *const *options, size_t count, struct text *out, struct err *e)
{
	const char *path = spawn_find("ps", a);
	char **args = arena_alloc(a, (count + 3) * sizeof *args);
	struct spawn ps = { .path = path, .args = args, .env = environ, .output = out, .timeout_ms = PS_MS };
	struct spawn_end end;

	if (!path) {
		(void)err_set(e, "there is no ps in PATH");
		return err_hint(e, "install it (Debian: procps), or use --format json");
	}
	args[0] = arena_text(a, "ps");
	args[1] = arena_text(a, "-ef");
	for (size_t i = 0; i < count; i++)
		args[1 + i] = options[i];
	if (spawn_run(&ps, &end, e) < 0)
		return -1;
	if (end.error)
		return err_number(e, end.error, "run %s", path);
	if (!WIFEXITED(end.status) || WEXITSTATUS(end.status) != 0)
		return err_set(e, "ps: %s", end.tail[0] ? end.tail : "it failed without a word");
	return 0;
}

/* The number of the column that is headed PID; -1: there is none. */
static int find_column(const char *header)
{
	int column = 0;

	for (const char *word = header + strspn(header, " \t"); *word && *word != '\n'; column++) {
		size_t length = strcspn(word, " \t\n");
		if (length == 3 && strncmp(word, "PID", 3) == 0)
			return column;
		word += length;
		word += strspn(word, " \t");
	}
	return -1;
}

static bool is_line_of(const char *line, int column, const pid_t *pids, size_t count)
{
	const char *word = line + strspn(line, " \t");
	pid_t pid = 0;

	for (; column > 0 && *word && *word != '\n'; column--) {
		word += strcspn(word, " \t\n");
		word += strspn(word, " \t");
	}
	for (; *word >= '0' && *word <= '9'; word++)
		pid = pid * 10 + (*word - '0');
	for (size_t i = 0; i < count; i++)
		if (pids[i] == pid)
			return true;
	return false;
}

int ps_print(const struct container *c, char *const *options, size_t option_count, struct text *out, struct err *e)
{
	struct text all;
	pid_t *pids;
	size_t count;

	text_init(&all, &c->b->arena);
	if (ps_read_pids(c, &pids, &count, e) < 0 || run_ps(&c->b->arena, options, option_count, &all, e) < 0)
		return -1;
	int column = find_column(all.at);
	if (column < 0) {
		(void)err_set(e, "ps shows no column PID with these options");
		return err_hint(e, "add pid to what is shown, as in `ps ID -o pid,cmd`");
	}
	for (const char *line = all.at; *line;) {
		size_t length = strcspn(line, "\n");
		length += line[length] == '\n';
		if (line == all.at || is_line_of(line, column, pids, count))
			text_add_bytes(out, line, length);
		line += length;
	}
	return 0;
}
