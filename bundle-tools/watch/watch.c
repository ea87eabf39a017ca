#include "bundle-tools/watch/watch.h"

#include "bundle-tools/run/spawn.h"
#include "bundle-tools/store/interrupt.h"
#include "spec/base/own.h"
#include "spec/json/read.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/signalfd.h>
#include <unistd.h>

/* A round comes in one piece: what has been quiet for so long is over. */
enum { QUIET_MS = 30, LATE_MS = 200, END_MS = 10000, PIPE_SIZE = 1 << 20, ROUND_SIZE = 64 << 20, WORDS_MOST = 12 };

struct round {
	struct arena arena;
	const struct stats **at;
	size_t count, room;
};

struct watching {
	struct conductor *c;
	const struct watch_request *request;
	struct round rounds[2], *now, *before;
	struct text pending; /* of a line that has not come whole */
	int reader, words_fd, signal_fd;
	bool is_over, has_ended; /* has_ended: what runs beside us, by itself */
};

/* --- rounds ----------------------------------------------------------------------------------------------------------- */

static const char *key_of(const struct stats *s)
{
	return s->id ? s->id : s->cgroup ? s->cgroup : "";
}

static const struct stats *find(const struct round *r, const struct stats *like)
{
	for (size_t i = 0; i < r->count; i++)
		if (!r->at[i]->id == !like->id && strcmp(key_of(r->at[i]), key_of(like)) == 0)
			return r->at[i];
	return NULL;
}

/* Where a hierarchy is mounted may stand before the cgroup's path when a user names it. */
static bool is_end_of(const char *path, const char *end)
{
	size_t length = strlen(path), tail = strlen(end);

	while (length > 1 && path[length - 1] == '/')
		length--;
	return length >= tail && memcmp(path + length - tail, end, tail) == 0;
}

static const char *name_of(const struct watching *w, const struct stats *s)
{
	const struct targets *t = &w->request->targets;

	for (size_t i = 0; i < t->count; i++)
		if (!s->id && t->at[i].cgroup && is_end_of(t->at[i].cgroup, key_of(s)))
			return t->at[i].name;
	return key_of(s);
}

static int show_round(struct watching *w, struct err *e)
{
	struct round *now = w->now;
	struct sample *samples = arena_alloc(&now->arena, now->count * sizeof *samples);

	for (size_t i = 0; i < now->count; i++)
		samples[i] = (struct sample){ name_of(w, now->at[i]), now->at[i], find(w->before, now->at[i]) };
	int result = w->request->show(w->request->context, samples, now->count, e);
	w->now = w->before;
	w->before = now;
	arena_reset(&w->now->arena);
	w->now->at = NULL;
	w->now->count = w->now->room = 0;
	return result;
}

static const struct stats *read_line(struct watching *w, const char *line, size_t length, struct err *e)
{
	struct problems problems;
	char *copy = arena_copy(&w->now->arena, line, length);

	problems_init(&problems, &w->now->arena);
	const struct stats *s = json_read(&record_stats, copy, length, &problems);
	problems_place(&problems, copy, length);
	return problems_err(&problems, "what stats says", e) ? NULL : s;
}

static int take_line(struct watching *w, const char *line, size_t length, struct err *e)
{
	const struct stats *s = read_line(w, line, length, e);

	if (!s)
		return -1;
	if (find(w->now, s)) { /* the next round has begun */
		if (show_round(w, e) || !(s = read_line(w, line, length, e)))
			return -1;
	}
	struct round *now = w->now;
	if (now->count == now->room) {
		size_t room = now->room ? now->room * 2 : 16;
		now->at = arena_grow(&now->arena, now->at, now->room * sizeof *now->at, room * sizeof *now->at);
		now->room = room;
	}
	now->at[now->count++] = s;
	return 0;
}

static int take_lines(struct watching *w, struct err *e)
{
	char block[65536];
	ssize_t got = read(w->reader, block, sizeof block);
	size_t from = 0;
	char *end;

	if (got < 0)
		return errno == EINTR ? 0 : err_sys(e, "read what stats says");
	w->is_over = w->has_ended = got == 0;
	text_add_bytes(&w->pending, block, (size_t)got);
	while ((end = memchr(w->pending.at + from, '\n', w->pending.length - from))) {
		size_t length = (size_t)(end - w->pending.at) - from;
		if (take_line(w, w->pending.at + from, length, e))
			return -1;
		from += length + 1;
	}
	w->pending.length -= from;
	memmove(w->pending.at, w->pending.at + from, w->pending.length);
	return w->pending.length > JSON_MAX_BYTES ? err_set(e, "stats says a line without an end") : 0;
}

/* --- the wait --------------------------------------------------------------------------------------------------------- */

/* Ctrl-C is a way out of the screen like q. */
static int leave_by(const struct watching *w, int signal, struct err *e)
{
	return signal == SIGINT && w->request->is_live ? 0 : interrupt_err(signal, e);
}

static int take_signal(struct watching *w, struct err *e)
{
	struct signalfd_siginfo info;

	if (read(w->signal_fd, &info, sizeof info) != (ssize_t)sizeof info)
		return errno == EAGAIN ? 0 : err_sys(e, "read a signal");
	w->is_over = true;
	return leave_by(w, (int)info.ssi_signo, e);
}

static int take_key(struct watching *w, struct err *e)
{
	char key;
	ssize_t got = read(STDIN_FILENO, &key, 1);

	if (got < 0)
		return err_sys(e, "read a key");
	w->is_over = got == 0 || key == 'q' || key == 'Q' || key == 27;
	return 0;
}

static int wait_once(struct watching *w, struct err *e)
{
	struct pollfd fds[3] = { { .fd = w->reader, .events = POLLIN }, { .fd = w->signal_fd, .events = POLLIN },
				 { .fd = w->request->is_live ? STDIN_FILENO : -1, .events = POLLIN } };
	uint64_t late = w->request->interval + w->request->interval / 2 + LATE_MS;
	int timeout = w->now->count ? QUIET_MS : w->request->is_live ? (int)(late < INT32_MAX ? late : INT32_MAX) : -1;
	int ready = poll(fds, 3, timeout);

	if (ready < 0)
		return errno == EINTR ? 0 : err_sys(e, "wait for stats");
	if (ready == 0)
		return show_round(w, e);
	if (fds[1].revents)
		return take_signal(w, e);
	if (fds[2].revents && take_key(w, e))
		return -1;
	return fds[0].revents && !w->is_over ? take_lines(w, e) : 0;
}

/* --- the program beside us ---------------------------------------------------------------------------------------------- */

static const char *const *write_argv(struct watching *w)
{
	const struct watch_request *r = w->request;
	struct arena *a = &w->c->arena;
	const char **argv = arena_alloc(a, (WORDS_MOST + 2 * r->targets.count) * sizeof *argv);
	size_t n = 0;

	argv[n++] = w->c->counter;
	argv[n++] = "--root";
	argv[n++] = arena_format(a, "%s/runtime", w->c->root);
	argv[n++] = "stats";
	argv[n++] = "--json";
	argv[n++] = "--interval";
	argv[n++] = arena_format(a, "%llums", (unsigned long long)r->interval);
	if (r->rounds) {
		argv[n++] = "--count";
		argv[n++] = arena_format(a, "%llu", (unsigned long long)r->rounds);
	}
	for (size_t i = 0; i < r->targets.count; i++) {
		if (!r->targets.at[i].id)
			argv[n++] = "--cgroup";
		argv[n++] = r->targets.at[i].id ? r->targets.at[i].id : r->targets.at[i].cgroup;
	}
	return argv;
}

static int begin(struct watching *w, pid_t *pid, struct err *e)
{
	int pipes[2];

	if (pipe2(pipes, O_CLOEXEC))
		return err_sys(e, "make a pipe");
	own_fd writer = pipes[1];
	w->reader = pipes[0];
	(void)fcntl(w->reader, F_SETPIPE_SZ, PIPE_SIZE); /* where it may not be so large a round comes in pieces */
	w->words_fd = memfd_create("words", MFD_CLOEXEC);
	own_fd nothing = open("/dev/null", O_RDWR | O_CLOEXEC);
	if (w->words_fd < 0 || nothing < 0)
		return err_sys(e, "open what stats reads and says");
	struct spawn s = { .argv = write_argv(w), .in = nothing, .out = writer, .error = w->words_fd };
	return spawn_begin(&s, pid, e);
}

/* What it said on stderr, without its own name before it. */
static int explain(struct watching *w, int exit_code, struct err *e)
{
	char said[1024];
	ssize_t length = pread(w->words_fd, said, sizeof said - 1, 0);

	said[length < 0 ? 0 : length] = '\0';
	said[strcspn(said, "\n")] = '\0';
	const char *after = strncmp(said, "boxcar: ", 8) == 0 ? said + 8 : said;
	if (strncmp(after, "stats: ", 7) == 0)
		after += 7;
	return after[0] ? err_set(e, "%s", after) : err_set(e, "%s stats ended with %d", w->c->counter, exit_code);
}

static int run(struct watching *w, struct err *e)
{
	struct err ignored = ERR_NONE; /* the first mistake is told */
	int exit_code = 0, result;
	pid_t pid;

	if (begin(w, &pid, e))
		return -1;
	do {
		result = wait_once(w, e);
	} while (result == 0 && !w->is_over);
	if (result == 0 && w->now->count)
		result = show_round(w, e);
	if (spawn_end(pid, w->has_ended ? END_MS : 0, &exit_code, result ? &ignored : e))
		return -1;
	if (result || !w->has_ended || !exit_code)
		return result;
	/* Ctrl-C is for both: the end of the one may be seen before the signal of the other */
	return exit_code == 128 + SIGINT ? leave_by(w, SIGINT, e) : explain(w, exit_code, e);
}

int watch(struct conductor *c, const struct watch_request *r, struct err *e)
{
	struct watching w = { .c = c, .request = r, .reader = -1, .words_fd = -1 };
	sigset_t signals, before;

	w.now = &w.rounds[0];
	w.before = &w.rounds[1];
	arena_init(&w.now->arena, ROUND_SIZE);
	arena_init(&w.before->arena, ROUND_SIZE);
	text_init(&w.pending, &c->arena);
	interrupt_signals(&signals);
	(void)sigprocmask(SIG_BLOCK, &signals, &before); /* cannot fail */
	w.signal_fd = signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK);
	int result = w.signal_fd < 0 ? err_sys(e, "wait for signals") : run(&w, e);
	(void)sigprocmask(SIG_SETMASK, &before, NULL); /* cannot fail */
	drop_fd(&w.signal_fd);
	drop_fd(&w.reader);
	drop_fd(&w.words_fd);
	arena_finish(&w.rounds[0].arena);
	arena_finish(&w.rounds[1].arena);
	return result;
}
