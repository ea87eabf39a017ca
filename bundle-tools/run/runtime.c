#include "bundle-tools/run/runtime.h"

#include "spec/base/own.h"
#include "spec/field_rows.h"
#include "spec/json/read.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

#define WORDS(...) ((const char *const[]){ __VA_ARGS__, NULL })

enum { END_SECONDS = 60 };

static const char *link_path(struct conductor *c, const char *bundle)
{
	return arena_format(&c->arena, "%s/runtime", bundle);
}

const char *runtime_program(struct conductor *c, const char *bundle)
{
	char program[PATH_MAX];
	ssize_t length = readlink(link_path(c, bundle), program, sizeof program - 1);

	program[length < 0 ? 0 : length] = '\0';
	return program[0] && spawn_finds(c, program) ? arena_text(&c->arena, program) : c->runtime;
}

static int note_program(struct conductor *c, const char *bundle, struct err *e)
{
	const char *path = link_path(c, bundle);

	if (symlink(c->runtime, path) == 0)
		return 0;
	if (errno != EEXIST || unlink(path) || symlink(c->runtime, path))
		return err_sys(e, "note the runtime in %s", bundle);
	return 0;
}

const char **runtime_argv(struct conductor *c, const char *bundle, const char *const *words, size_t more)
{
	size_t count = 0;

	while (words[count])
		count++;
	const char **argv = arena_alloc(&c->arena, (RUNTIME_ARGV_FIRST + count + more + 1) * sizeof *argv);
	argv[0] = runtime_program(c, bundle);
	argv[1] = "--root";
	argv[2] = arena_format(&c->arena, "%s/runtime", c->root);
	memcpy(argv + RUNTIME_ARGV_FIRST, words, count * sizeof *argv);
	return argv;
}

static const char *log_path(struct conductor *c, const char *bundle)
{
	return arena_format(&c->arena, "%s/runtime.log", bundle);
}

static const char *pid_path(struct conductor *c, const char *bundle)
{
	return arena_format(&c->arena, "%s/pid", bundle);
}

int runtime_run(struct conductor *c, const char *id, const char *bundle, bool passes_signals, int in, int out, int *exit_code,
		struct err *e)
{
	const char *log = log_path(c, bundle);
	const char *pid = pid_path(c, bundle);
	const char *const *words = WORDS("--log", log, "--log-format", "json", "run", "--pid-file", pid, "--bundle", bundle, id);
	struct spawn s = { .in = in, .out = out, .error = out, .passes_signals = passes_signals };

	if (note_program(c, bundle, e))
		return -1;
	s.argv = runtime_argv(c, bundle, words, 0);
	if ((unlink(log) && errno != ENOENT) || (unlink(pid) && errno != ENOENT))
		return err_sys(e, "prepare %s", bundle);
	return spawn_wait(&s, exit_code, e);
}

bool runtime_has_failed(struct conductor *c, const char *bundle)
{
	struct err ignored = ERR_NONE; /* without a log there was nothing to tell */
	const char *said;
	size_t length;

	if (access(pid_path(c, bundle), F_OK) == 0) /* it was there; `stop` may be removing it right now */
		return false;
	return json_load(AT_FDCWD, log_path(c, bundle), &c->arena, &said, &length, &ignored) == 0 &&
	       strstr(said, "\"level\":\"error\""); /* runc and its kin write it so, too; a payload's exit code is no error */
}

int runtime_run_detached(struct conductor *c, const char *id, const char *bundle, int log_fd, struct err *e)
{
	own_fd nothing = open("/dev/null", O_RDWR | O_CLOEXEC);
	int exit_code = 0;
	struct spawn s = { .in = nothing, .out = log_fd, .error = log_fd };

	if (nothing < 0)
		return err_sys(e, "open /dev/null");
	if (note_program(c, bundle, e))
		return -1;
	s.argv = runtime_argv(c, bundle, WORDS("run", "--detach", "--bundle", bundle, id), 0);
	if (spawn_wait(&s, &exit_code, e))
		return -1;
	return exit_code ? err_set(e, "%s run ended with %d", c->runtime, exit_code) : 0;
}

static int call(const char *const *argv, struct err *e)
{
	struct spawn s = { .argv = argv, .in = -1, .out = -1, .error = -1, .timeout = END_SECONDS };
	int exit_code = 0;

	if (spawn_wait(&s, &exit_code, e))
		return -1;
	return exit_code ? err_set(e, "%s %s ended with %d", argv[0], argv[RUNTIME_ARGV_FIRST], exit_code) : 0;
}

int runtime_delete(struct conductor *c, const char *id, const char *bundle, struct err *e)
{
	return call(runtime_argv(c, bundle, WORDS("delete", "--force", id), 0), e);
}

int runtime_kill(struct conductor *c, const char *id, const char *bundle, const char *signal, struct err *e)
{
	return call(runtime_argv(c, bundle, WORDS("kill", id, signal), 0), e);
}

/* --- state ---------------------------------------------------------------------------------------------------------- */

struct shown_state {
	const char *status;
	struct opt_int pid;
};

#define OWNER struct shown_state
static const struct field shown_state_rows[] = {
	TEXT("status", status, NEEDED, "One of the specification's words."),
	INT("pid", pid, 0, "Process outside.", RANGE(0, INT32_MAX)),
};
static RECORD(shown_state);
#undef OWNER

int runtime_read_state(struct conductor *c, const char *id, const char *bundle, struct runtime_state *out, struct err *e)
{
	static const char *const words[] = { "", "created", "running", "stopped" };
	const char **argv = runtime_argv(c, bundle, WORDS("state", id), 0);
	struct problems problems;
	struct err none = ERR_NONE;
	const char *text;

	*out = (struct runtime_state){ RUNTIME_NONE, 0 };
	if (spawn_read(c, argv, &text, &none))
		return spawn_finds(c, argv[0]) ? 0 : err_set(e, "there is no OCI runtime %s", argv[0]);
	problems_init(&problems, &c->arena);
	const struct shown_state *state = json_read(&record_shown_state, text, strlen(text), &problems);
	if (!state || !state->status)
		return err_set(e, "%s state says nothing that can be read", argv[0]);
	for (int i = RUNTIME_CREATED; i <= RUNTIME_STOPPED; i++)
		if (strcmp(state->status, words[i]) == 0)
			out->status = (enum runtime_status)i;
	if (out->status == RUNTIME_CREATED || out->status == RUNTIME_RUNNING)
		out->pid = (pid_t)state->pid.value;
	return 0;
}
