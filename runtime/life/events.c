#include "runtime/life/events.h"

#include "runtime/host/cgroup/stats.h"
#include "spec/base/own.h"

#include <errno.h>
#include <poll.h>
#include <time.h>

enum { LOOK_MS = 20, LOOKING_MS = 2000 };

struct watch {
	struct container *c;
	const struct events_request *request;
	struct sampler sampler;
	int memory_fd; /* -1: nothing counts memory */
	uint64_t kills;
	uint64_t looks_until; /* ms: v1 tells that memory has run out before it counts whom it kills for that */
	struct arena round;
};

static uint64_t now_ms(void)
{
	struct timespec now = { 0 };

	(void)clock_gettime(CLOCK_MONOTONIC, &now); /* cannot fail with this clock */
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

static int show_stats(struct watch *w, struct err *e)
{
	size_t mark = arena_mark(&w->round);
	struct container c = *w->c;
	struct stats s;
	struct text line;
	int result = 0;

	text_init(&line, &w->round);
	c.cgroup.arena = &w->round;
	if (sampler_read(&w->sampler, &w->round, &s)) {
		events_print_stats(&c, &s, &line);
		result = w->request->show(&line, e);
	}
	arena_rewind(&w->round, mark);
	return result;
}

/* Each process that was killed is one event. */
static int show_kills(struct watch *w, struct err *e)
{
	uint64_t kills = cgroup_read_kills(&w->c->cgroup);
	size_t mark = arena_mark(&w->round);
	struct text line;
	int result = 0;

	text_init(&line, &w->round);
	text_add(&line, "{\"type\":\"oom\",\"id\":\"%s\"}\n", w->c->id); /* ids have no characters to escape */
	for (; w->kills < kills && result == 0; w->kills++)
		result = w->request->show(&line, e);
	arena_rewind(&w->round, mark);
	return result;
}

/* 1: the container has ended. */
static int wait_for_event(struct watch *w, uint64_t until, struct err *e)
{
	struct pollfd at[] = { { w->c->pidfd, POLLIN, 0 }, { w->memory_fd, POLLIN, 0 } };
	uint64_t now = now_ms();
	uint64_t left = until > now ? until - now : 0;
	bool is_looking = now < w->looks_until;

	if (is_looking && left > LOOK_MS)
		left = LOOK_MS;
	int got = poll(at, 2, left > INT32_MAX ? INT32_MAX : (int)left);

	if (got < 0 && errno != EINTR)
		return err_sys(e, "wait for the container");
	if (at[1].revents) {
		cgroup_take_memory_event(w->memory_fd);
		w->looks_until = now_ms() + LOOKING_MS;
	}
	if ((at[0].revents || at[1].revents || is_looking) && show_kills(w, e) < 0)
		return -1;
	return at[0].revents ? 1 : 0;
}

static int watch_until_end(struct watch *w, struct err *e)
{
	uint64_t next = now_ms() + w->request->interval;

	if (show_kills(w, e) < 0) /* since the first count, before anything watched */
		return -1;
	for (;;) {
		int ended = wait_for_event(w, next, e);
		if (ended)
			return ended < 0 ? -1 : 0;
		if (now_ms() < next)
			continue;
		if (show_stats(w, e) < 0)
			return -1;
		next += w->request->interval;
	}
}

static int begin(struct watch *w, struct err *e)
{
	struct container *c = w->c;

	if (c->status == STATUS_STOPPED || c->status == STATUS_CREATING)
		return err_set(e, "container not running");
	if (!c->cgroup.path[0])
		return err_set(e, "the container has no cgroup of its own, so that nothing counts for it");
	if (sampler_open(&c->cgroup, (pid_t)c->state->pid.value, &w->sampler, e) < 0)
		return -1;
	w->kills = cgroup_read_kills(&c->cgroup);
	w->memory_fd = w->request->is_once ? -1 : cgroup_watch_memory(&c->cgroup, e);
	if (w->memory_fd < 0 && !w->request->is_once && e->number != ENOENT) {
		sampler_close(&w->sampler);
		return -1;
	}
	*e = ERR_NONE;
	return 0;
}

int life_events(struct container *c, const struct events_request *request, struct err *e)
{
	struct watch w = { .c = c, .request = request, .memory_fd = -1 };

	if (begin(&w, e) < 0)
		return -1;
	arena_init(&w.round, 64 << 20);
	int result = request->is_once ? show_stats(&w, e) : watch_until_end(&w, e);
	arena_finish(&w.round);
	sampler_close(&w.sampler);
	drop_fd(&w.memory_fd);
	return result;
}
