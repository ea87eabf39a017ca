#include "runtime/life/stats.h"

#include "runtime/host/cgroup/stats.h"
#include "runtime/host/facts.h"
#include "runtime/life/container.h"
#include "spec/base/own.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>

/* One that is looked at. Kept, without a sampler, while its state directory is there, so that nobody finds it again. */
struct watched {
	struct watched *next;
	struct container container; /* id NULL: a cgroup alone */
	struct sampler sampler;
	bool is_over;
};

struct watch {
	struct boxcar *b;
	const struct stats_request *request;
	struct watched *first;
	struct arena round;
	uint64_t listed_at;      /* when we looked for containers that are new: us of CLOCK_MONOTONIC; 0: not yet */
	size_t start, kept;      /* the arena's marks: without the list, and with the list as it was when last made anew */
};

enum { GARBAGE_MOST = 1 << 20, ROOM = 8 };

/* --- the list ----------------------------------------------------------------------------------------------------- */

static struct watched *add(struct watch *w)
{
	struct watched **end = &w->first;

	while (*end)
		end = &(*end)->next;
	return *end = arena_alloc(&w->b->arena, sizeof **end);
}

static void end_watch(struct watched *one)
{
	if (one->is_over)
		return;
	one->is_over = true;
	sampler_close(&one->sampler);
}

static void drop(struct watched **at)
{
	struct watched *one = *at;

	end_watch(one);
	if (one->container.id)
		container_close(&one->container);
	*at = one->next;
}

/* A watch may last for months, and each container that comes and goes leaves its words in the arena. When those are more than the
 * list itself, the list begins again from nothing. */
static void collect_garbage(struct watch *w)
{
	size_t used = arena_mark(&w->b->arena) - w->start;

	if (used <= 2 * w->kept + GARBAGE_MOST)
		return;
	while (w->first)
		drop(&w->first);
	arena_rewind(&w->b->arena, w->start);
	w->kept = 0;
}

/* What counts nothing is an error for who names it. */
static int begin_watch(struct watched *one, struct err *e)
{
	struct container *c = &one->container;

	if (c->status == STATUS_STOPPED || c->status == STATUS_CREATING || !c->state)
		return err_set(e, "container not running");
	if (!c->cgroup.path[0])
		return err_set(e, "the container has no cgroup of its own, so that nothing counts for it");
	return sampler_open(&c->cgroup, (pid_t)c->state->pid.value, &one->sampler, e);
}

/* One that is watched holds four descriptors at the least, and a sample opens others for a moment. They are numbered from below. */
static int check_room(struct err *e)
{
	struct rlimit limit;
	own_fd fd = open("/", O_PATH | O_CLOEXEC);

	if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
		return err_sys(e, "read the limit of open files");
	if (fd >= 0 && (rlim_t)fd + ROOM < limit.rlim_cur)
		return 0;
	(void)err_number(e, EMFILE, "open its files");
	return err_hint(e, "raise the hard limit (ulimit -Hn), or name fewer containers");
}

static int add_container(struct watch *w, const char *id, bool is_named, struct err *e)
{
	struct container found;

	if (check_room(e) < 0)
		return -1;
	if (container_find(w->b, id, -1, !is_named, &found, e) < 0)
		return -1;
	struct watched *one = add(w);
	one->container = found;
	int result = begin_watch(one, e);
	one->is_over = result < 0;
	return result;
}

/* "/sys/fs/cgroup/web" and "/web" are the same to users. */
static const char *find_path(struct boxcar *b, const char *path)
{
	char *clean = arena_text(&b->arena, path);

	for (size_t i = 0; i < b->facts.hierarchy_count; i++) {
		const char *mount = b->facts.hierarchies[i].mount_point;
		size_t length = strlen(mount);
		if (strncmp(path, mount, length) == 0 && (path[length] == '/' || !path[length])) {
			clean = arena_text(&b->arena, path + length);
			break;
		}
	}
	for (size_t length = strlen(clean); length && clean[length - 1] == '/'; length--)
		clean[length - 1] = '\0';
	return clean;
}

static int add_cgroup(struct watch *w, const char *path, struct err *e)
{
	if (check_room(e) < 0)
		return err_add(e, "cgroup %s", path);
	struct watched *one = add(w);
	struct cgroup c = { &w->b->facts, find_path(w->b, path), &w->b->arena };

	if (sampler_open(&c, 0, &one->sampler, e) == 0)
		return 0;
	one->is_over = true;
	return -1;
}

static int add_named(struct watch *w, struct err *e)
{
	const struct stats_request *r = w->request;

	for (size_t i = 0; i < r->id_count; i++)
		if (add_container(w, r->ids[i], true, e) < 0)
			return err_add(e, "%s", r->ids[i]);
	for (size_t i = 0; i < r->cgroup_count; i++)
		if (add_cgroup(w, r->cgroups[i], e) < 0)
			return -1;
	return 0;
}

static bool is_watched(const struct watch *w, const char *id)
{
	for (const struct watched *one = w->first; one; one = one->next)
		if (text_is_equal(one->container.id, id))
			return true;
	return false;
}

/* One that cannot be looked at is left out, unless we could look at no other one either. */
static int add_found(struct watch *w, const char *id, struct err *e)
{
	struct err ignored = ERR_NONE;

	if (is_watched(w, id) || add_container(w, arena_text(&w->b->arena, id), false, &ignored) == 0)
		return 0;
	if (ignored.number != EMFILE)
		return 0;
	*e = ignored;
	return err_add(e, "%s", id);
}

/* All containers there are: those that are new since we last looked. */
static int add_all(struct watch *w, uint64_t now, struct err *e)
{
	struct store store = { .root_fd = -1 };
	const char **ids;
	size_t count;

	if (w->listed_at && now - w->listed_at < SAMPLER_SELDOM_US)
		return 0;
	w->listed_at = now;
	collect_garbage(w);
	if (store_open(&store, w->b->root, false, e) < 0)
		return -1;
	int result = store_list(&store, &w->round, &ids, &count, e);
	store_close(&store);
	for (size_t i = 0; result == 0 && i < count; i++)
		result = add_found(w, ids[i], e);
	if (!w->kept)
		w->kept = arena_mark(&w->b->arena) - w->start;
	return result;
}

/* --- a round ------------------------------------------------------------------------------------------------------ */

/* Deleted: a new one of this name is another container. */
static bool is_deleted(const struct watched *one)
{
	struct stat s;

	return one->container.id && (fstat(one->container.entry.fd, &s) < 0 || s.st_nlink == 0);
}

static bool take_sample(struct watch *w, struct watched *one, struct stats *out)
{
	struct container *c = &one->container;

	if (!sampler_read(&one->sampler, &w->round, out))
		return false;
	if (!c->id)
		return true;
	if (container_look(c, one->sampler.is_frozen) == STATUS_STOPPED)
		return false;
	out->id = c->id;
	out->status = status_word(c->status);
	out->pid = c->state->pid;
	return true;
}

static int take_round(struct watch *w, uint64_t now, size_t *live, struct err *e)
{
	struct stats *samples;
	size_t count = 0;

	for (struct watched **at = &w->first; *at;)
		if ((*at)->is_over && is_deleted(*at))
			drop(at);
		else
			at = &(*at)->next;
	if (!w->request->id_count && !w->request->cgroup_count && add_all(w, now, e) < 0)
		return -1;
	for (struct watched *one = w->first; one; one = one->next)
		count++;
	samples = arena_alloc(&w->round, count * sizeof *samples);
	count = 0;
	for (struct watched *one = w->first; one; one = one->next) {
		if (!one->is_over && take_sample(w, one, &samples[count]))
			count++;
		else
			end_watch(one);
	}
	*live = count;
	return w->request->show(w->request->context, samples, count, e);
}

static int wait_for_next(struct timespec *next, uint64_t interval, struct err *e)
{
	next->tv_sec += (time_t)(interval / 1000);
	next->tv_nsec += (long)(interval % 1000) * 1000000;
	if (next->tv_nsec >= 1000000000) {
		next->tv_sec++;
		next->tv_nsec -= 1000000000;
	}
	int failed;
	do {
		failed = clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, next, NULL);
	} while (failed == EINTR);
	return failed ? err_number(e, failed, "wait for the next round") : 0;
}

static int take_rounds(struct watch *w, struct err *e)
{
	const struct stats_request *r = w->request;
	bool has_names = r->id_count || r->cgroup_count;
	struct timespec next = { 0 };
	size_t live;

	(void)clock_gettime(CLOCK_MONOTONIC, &next); /* cannot fail with this clock */
	for (uint64_t i = 0;;) {
		size_t mark = arena_mark(&w->round);
		if (take_round(w, (uint64_t)next.tv_sec * 1000000 + (uint64_t)next.tv_nsec / 1000, &live, e) < 0)
			return -1;
		arena_rewind(&w->round, mark);
		i++;
		if ((r->rounds && i == r->rounds) || (has_names && live == 0))
			return 0;
		if (wait_for_next(&next, r->interval, e) < 0)
			return -1;
	}
}

/* About fifty descriptors a container; where even the hard limit is too low, files are opened each time. */
static void raise_descriptor_limit(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
		limit.rlim_cur = limit.rlim_max;
		(void)setrlimit(RLIMIT_NOFILE, &limit); /* up to the hard limit it cannot fail */
	}
}

int life_stats(struct boxcar *b, const struct stats_request *request, struct err *e)
{
	struct watch w = { .b = b, .request = request };

	raise_descriptor_limit();
	if (facts_probe(FACTS_CGROUPS, &b->arena, &b->facts, e) < 0)
		return -1;
	arena_init(&w.round, 64 << 20);
	w.start = arena_mark(&b->arena);
	int result = add_named(&w, e);
	if (result == 0)
		result = take_rounds(&w, e);
	while (w.first)
		drop(&w.first);
	arena_finish(&w.round);
	return result;
}
