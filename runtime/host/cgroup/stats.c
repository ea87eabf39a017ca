#include "runtime/host/cgroup/stats.h"

#include "runtime/host/cgroup/figures.h"
#include "runtime/host/cgroup/group.h"
#include "runtime/plan/plan.h"
#include "spec/base/clock.h"
#include "spec/base/own.h"
#include "spec/base/text.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

enum { FILE_MAX = 65536, NO_FILE = -1, NOT_KEPT = -2 };

/* --- the files ---------------------------------------------------------------------------------------------------- */

/* The hierarchy that a row means, or NULL. */
static const struct facts_hierarchy *find_hierarchy(const struct facts *f, const struct figure_file *file)
{
	for (size_t i = 0; i < f->hierarchy_count; i++) {
		struct facts one = { .hierarchies = { f->hierarchies[i] }, .hierarchy_count = 1 };
		if (f->hierarchies[i].version == file->version && facts_find_controller(&one, file->controller))
			return &f->hierarchies[i];
	}
	return NULL;
}

static int open_in(const struct group *g, const char *file)
{
	char path[PATH_MAX];
	int fd = group_locate(g, file, path) ? open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW) : -1;

	if (fd >= 0)
		return fd;
	return errno == EMFILE || errno == ENFILE ? NOT_KEPT : NO_FILE;
}

static int open_file(const struct sampler *s, const struct figure_file *file)
{
	const struct facts_hierarchy *at = find_hierarchy(s->cgroup.facts, file);

	if (!at)
		return NO_FILE;
	struct group g = group_in(&s->cgroup, at);
	return open_in(&g, file->file);
}

/* Half of the descriptors that we may have is for files that stay open; those beyond are opened for each sample. */
static int keep(const struct sampler *s, int fd)
{
	if (fd < s->kept_below)
		return fd;
	own_close(&fd);
	return NOT_KEPT;
}

/* The whole of a cgroup file, from its start; -1 with errno. */
static ssize_t read_again(int fd, char *out, size_t size)
{
	size_t length = 0;
	ssize_t got;

	do {
		got = pread(fd, out + length, size - 1 - length, (off_t)length);
		if (got < 0 && errno != EINTR)
			return -1;
		length += got > 0 ? (size_t)got : 0;
		if (got > 0 && length == (size_t)got && got < 2048) /* these files come by the page: that was all */
			break;
	} while (got && length < size - 1);
	out[length] = '\0';
	return (ssize_t)length;
}

static const struct facts_hierarchy *find_hugetlb(const struct facts *f)
{
	return facts_find_controller(f, "hugetlb");
}

/* By version - 1, in the order of struct sampler_pages. v2 has no peak. */
static const char *const page_files[2][4] = {
	{ "usage_in_bytes", "limit_in_bytes", "max_usage_in_bytes", "failcnt" },
	{ "current", "max", NULL, "events" },
};

static int open_page(const struct sampler *s, const struct sampler_pages *p, size_t i)
{
	struct group g = group_in(&s->cgroup, find_hugetlb(s->cgroup.facts));
	const char *file = page_files[g.at->version - 1][i];
	char name[NAME_MAX + 1];

	if (!file || snprintf(name, sizeof name, "hugetlb.%s.%s", p->size, file) >= (int)sizeof name)
		return NO_FILE;
	return open_in(&g, name);
}

/* The sizes are in the files' names: "hugetlb.2MB.max", on v1 "hugetlb.2MB.limit_in_bytes". */
static void find_pages(struct sampler *s)
{
	const struct facts_hierarchy *at = find_hugetlb(s->cgroup.facts);
	char path[PATH_MAX];
	struct dirent *entry;

	if (!at)
		return;
	struct group g = group_in(&s->cgroup, at);
	const char *const *files = page_files[at->version - 1];
	own_directory directory = group_locate(&g, "", path) ? opendir(path) : NULL;
	while (directory && s->page_count < SAMPLER_MAX_PAGES && (entry = readdir(directory))) {
		const char *size = text_has_prefix(entry->d_name, "hugetlb.") ? entry->d_name + strlen("hugetlb.") : "";
		size_t length = strcspn(size, ".");
		if (!length || !size[length] || strcmp(size + length + 1, files[1]) != 0)
			continue;
		struct sampler_pages *p = &s->pages[s->page_count++];
		p->size = arena_copy(s->cgroup.arena, size, length);
		for (size_t i = 0; i < 4; i++)
			p->fds[i] = keep(s, open_page(s, p, i));
	}
}

static void open_frost(struct sampler *s)
{
	for (size_t i = 0; i < s->cgroup.facts->hierarchy_count; i++) {
		struct group g = group_in(&s->cgroup, &s->cgroup.facts->hierarchies[i]);
		const struct facts_hierarchy *v1 = facts_find_controller(s->cgroup.facts, "freezer");
		if (g.at->version == 2)
			s->frost_fds[1] = keep(s, open_in(&g, "cgroup.events"));
		else if (g.at == v1)
			s->frost_fds[0] = keep(s, open_in(&g, "freezer.state"));
	}
}

static bool exists(const struct cgroup *c)
{
	char path[PATH_MAX];

	for (size_t i = 0; i < c->facts->hierarchy_count; i++) {
		struct group g = group_in(c, &c->facts->hierarchies[i]);
		if (group_locate(&g, "", path) && access(path, F_OK) == 0)
			return true;
	}
	return false;
}

/* A container that shares our network namespace has nothing of its own to count. */
static int open_network(pid_t pid)
{
	char path[40], theirs[64], ours[64];

	(void)snprintf(path, sizeof path, "/proc/%d/ns/net", pid);
	ssize_t length = readlink(path, theirs, sizeof theirs);
	if (length <= 0 || (length == readlink("/proc/self/ns/net", ours, sizeof ours) && memcmp(theirs, ours, (size_t)length) == 0))
		return NO_FILE;
	(void)snprintf(path, sizeof path, "/proc/%d/net/dev", pid);
	return open(path, O_RDONLY | O_CLOEXEC);
}

/* On a hybrid host v2 counts the processor's time, too: where the processes are in its cgroup, three files of v1 add nothing. */
static void drop_doubles(struct sampler *s)
{
	char text[256];
	bool is_counted = s->frost_fds[1] >= 0 && read_again(s->frost_fds[1], text, sizeof text) > 0 && strstr(text, "populated 1");

	for (size_t i = 0; i < figure_file_count && is_counted; i++)
		is_counted = strcmp(figure_files[i].file, "cpu.stat") != 0 || figure_files[i].version != 2 || s->fds[i] >= 0;
	for (size_t i = 0; i < figure_file_count && is_counted; i++)
		if (strcmp(figure_files[i].controller, "cpuacct") == 0)
			drop_fd(&s->fds[i]);
}

int sampler_open(const struct cgroup *c, pid_t pid, struct sampler *out, struct err *e)
{
	_Static_assert(SAMPLER_MAX_FILES >= 43, "one for each row");
	struct rlimit limit;

	*out = (struct sampler){ .cgroup = *c, .network_fd = -1, .frost_fds = { NO_FILE, NO_FILE },
				 .kept = arena_alloc(c->arena, sizeof *out->kept) };
	for (size_t i = 0; i < SAMPLER_MAX_FILES; i++)
		out->fds[i] = NO_FILE;
	if (getrlimit(RLIMIT_NOFILE, &limit) == 0)
		out->kept_below = limit.rlim_cur / 2 < INT_MAX ? (int)(limit.rlim_cur / 2) : INT_MAX;
	if (strcmp(c->path, "") != 0 && cgroup_check_path(c, e) < 0)
		return -1;
	if (!exists(c))
		return err_set(e, "cgroup %s does not exist", c->path);
	for (size_t i = 0; i < figure_file_count; i++)
		out->fds[i] = keep(out, open_file(out, &figure_files[i]));
	find_pages(out);
	open_frost(out);
	drop_doubles(out);
	if (pid > 0)
		out->network_fd = open_network(pid);
	return 0;
}

void sampler_close(struct sampler *s)
{
	for (size_t i = 0; i < figure_file_count; i++)
		drop_fd(&s->fds[i]);
	for (size_t i = 0; i < s->page_count; i++)
		for (size_t k = 0; k < 4; k++)
			drop_fd(&s->pages[i].fds[k]);
	for (size_t i = 0; i < 2; i++)
		drop_fd(&s->frost_fds[i]);
	drop_fd(&s->network_fd);
}

/* --- a sample ----------------------------------------------------------------------------------------------------- */

/* One sample's reading. The text is one for all files and all samplers: a place that the processor knows. */
struct reading {
	struct sampler *s;
	struct arena *arena;
	char text[FILE_MAX];
};

/* False when the cgroup is gone. */
static bool take_file(struct reading *r, size_t row, struct figures *into)
{
	const struct sampler *s = r->s;
	own_fd opened = s->fds[row] == NOT_KEPT ? open_file(s, &figure_files[row]) : -1;
	int fd = s->fds[row] == NOT_KEPT ? opened : s->fds[row];

	if (fd < 0)
		return true;
	if (read_again(fd, r->text, FILE_MAX) < 0)
		return errno != ENODEV; /* EOPNOTSUPP: PSI switched off at boot */
	figures_take(&figure_files[row], r->text, r->arena, into);
	return true;
}

static bool take_files(struct reading *r, enum figure_rhythm rhythm, struct figures *into)
{
	for (size_t i = 0; i < figure_file_count; i++) {
		enum figure_rhythm its = figure_files[i].rhythm;
		if (its == THROTTLED)
			its = into->cpu.quota.is_set ? OFTEN : SELDOM;
		if (its == rhythm && !take_file(r, i, into))
			return false;
	}
	return true;
}

static struct opt_uint take_page_number(struct reading *r, const struct sampler_pages *p, size_t i, bool is_event)
{
	own_fd opened = p->fds[i] == NOT_KEPT ? open_page(r->s, p, i) : -1;
	int fd = p->fds[i] == NOT_KEPT ? opened : p->fds[i];
	struct opt_uint n = { 0 };

	if (fd < 0 || read_again(fd, r->text, FILE_MAX) < 0)
		return n;
	const char *at = is_event ? strstr(r->text, "max ") : r->text;
	n.is_set = at && figures_read_number(is_event ? at + strlen("max ") : at, &n.value);
	return n;
}

static void take_hugetlb(struct reading *r)
{
	const struct facts_hierarchy *at = find_hugetlb(r->s->cgroup.facts);

	for (size_t i = 0; at && i < r->s->page_count; i++) {
		const struct sampler_pages *p = &r->s->pages[i];
		struct stats_hugetlb *h = &r->s->kept_pages[i];
		*h = (struct stats_hugetlb){ p->size, take_page_number(r, p, 0, false), take_page_number(r, p, 1, false),
					     take_page_number(r, p, 2, false), take_page_number(r, p, 3, at->version == 2) };
		if (h->limit.value >= INT64_MAX - (1l << 40)) /* v1 rounds "no limit" to whole huge pages */
			h->limit = (struct opt_uint){ 0 };
	}
}

static bool is_frozen(const struct sampler *s)
{
	char text[256];

	if (s->frost_fds[0] == NOT_KEPT || s->frost_fds[1] == NOT_KEPT)
		return cgroup_is_frozen(&s->cgroup);
	if (s->frost_fds[0] >= 0 && read_again(s->frost_fds[0], text, sizeof text) > 0 && !text_has_prefix(text, "THAWED"))
		return true;
	return s->frost_fds[1] >= 0 && read_again(s->frost_fds[1], text, sizeof text) > 0 && strstr(text, "frozen 1");
}

/* False when the cgroup is gone. */
static bool take_seldom(struct reading *r, uint64_t now)
{
	const struct facts_hierarchy *cpu = facts_find_controller(r->s->cgroup.facts, "cpu");
	struct sampler *s = r->s;

	if (s->kept_at && now - s->kept_at < SAMPLER_SELDOM_US)
		return true;
	s->kept_at = now;
	s->is_frozen = is_frozen(s);
	*s->kept = (struct figures){ 0 };
	take_hugetlb(r);
	if (!take_files(r, SELDOM, s->kept))
		return false;
	struct opt_uint *weight = &s->kept->cpu.weight;
	if (weight->is_set && cpu && cpu->version == 1)
		weight->value = (uint64_t)plan_weight_of_shares(weight->value);
	return true;
}

/* "  eth0: 1 2 3 ...": eight numbers of what was received, eight of what was sent */
static bool read_interface(char *line, struct arena *a, struct stats_interface *out)
{
	enum { BYTES, PACKETS, ERRORS, DROPS, SENT = 8, ALL = 16 };
	struct opt_uint n[ALL] = { 0 };
	char *numbers = strrchr(line, ':'), *word;
	size_t count = 0;

	if (!numbers)
		return false;
	*numbers++ = '\0';
	while (count < ALL && (word = strsep(&numbers, " ")))
		if (word[0]) {
			n[count].is_set = figures_read_number(word, &n[count].value);
			count++;
		}
	*out = (struct stats_interface){ arena_text(a, line + strspn(line, " ")), n[BYTES], n[PACKETS], n[ERRORS], n[DROPS],
					 n[SENT + BYTES], n[SENT + PACKETS], n[SENT + ERRORS], n[SENT + DROPS] };
	return count == ALL && strcmp(out->name, "lo") != 0;
}

static void take_network(struct reading *r, struct stats *out)
{
	char *rest = r->text, *line;
	struct stats_interface one;

	if (r->s->network_fd < 0 || read_again(r->s->network_fd, r->text, FILE_MAX) < 0)
		return;
	while ((line = strsep(&rest, "\n")))
		if (read_interface(line, r->arena, &one)) {
			size_t size = sizeof one, count = out->network.count++;
			out->network.at = arena_grow(r->arena, out->network.at, count * size, (count + 1) * size);
			out->network.at[count] = one;
		}
}

static struct opt_uint subtract(const struct opt_uint *from, const struct opt_uint *what)
{
	if (!from->is_set || !what->is_set)
		return (struct opt_uint){ 0 };
	return (struct opt_uint){ true, from->value > what->value ? from->value - what->value : 0 };
}

/* What follows from the numbers, and what v1 says on another scale. */
static void derive(struct figures *f)
{
	f->memory.working = subtract(&f->memory.usage, &f->memory.inactive_file);
	if (f->swap_and_memory_limit.is_set)
		f->memory.swap_limit = subtract(&f->swap_and_memory_limit, &f->memory.limit);
	f->memory.limit_hits.value += f->swap_and_memory_hits.value;
	if (!f->cpu.quota.is_set)
		f->cpu.period.is_set = false; /* no limit: a period alone says nothing */
}

/* A high mark that was read a while ago may be passed by now. */
static void lift(struct opt_uint *peak, const struct opt_uint *now)
{
	if (peak->is_set && now->is_set && now->value > peak->value)
		peak->value = now->value;
}

static struct stats_pressure *attach_pressure(struct figure_pressure *p)
{
	p->both.some = p->some.total.is_set ? &p->some : NULL;
	p->both.full = p->full.total.is_set ? &p->full : NULL;
	return p->both.some || p->both.full ? &p->both : NULL;
}

/* Each controller has one figure that it always has; waiting is counted without controllers. */
static void attach(struct figures *f, struct stats *out)
{
	f->cpu.pressure = attach_pressure(&f->cpu_pressure);
	f->memory.pressure = attach_pressure(&f->memory_pressure);
	f->io.pressure = attach_pressure(&f->io_pressure);
	bool has_cpu = f->cpu.usage.is_set || f->cpu.system.is_set || f->cpu.weight.is_set || f->cpu.pressure;

	out->cpu = has_cpu ? &f->cpu : NULL;
	out->memory = f->memory.usage.is_set || f->memory.pressure ? &f->memory : NULL;
	out->pids = f->pids.count.is_set ? &f->pids : NULL;
	out->io = f->io.devices.count || f->io.pressure ? &f->io : NULL;
}

static void attach_pages(struct reading *r, struct stats *out)
{
	size_t count = r->s->page_count;

	out->hugetlb.count = count;
	out->hugetlb.at = count ? arena_alloc(r->arena, count * sizeof *out->hugetlb.at) : NULL;
	for (size_t i = 0; i < count; i++)
		out->hugetlb.at[i] = r->s->kept_pages[i];
}

bool sampler_read(struct sampler *s, struct arena *a, struct stats *out)
{
	struct figures *f = arena_alloc(a, sizeof *f);
	char *time = arena_alloc(a, CLOCK_TEXT);
	struct timespec clock = { 0 };
	struct reading r;

	r.s = s; /* the text need not be zeros */
	r.arena = a;
	clock_write_now(time);
	(void)clock_gettime(CLOCK_MONOTONIC, &clock); /* cannot fail with this clock */
	uint64_t now = (uint64_t)clock.tv_sec * 1000000 + (uint64_t)clock.tv_nsec / 1000;
	*out = (struct stats){ .time = time, .cgroup = s->cgroup.path[0] ? s->cgroup.path : "/", .monotonic = { true, now } };
	if (!take_seldom(&r, now))
		return false;
	*f = *s->kept;
	if (!take_files(&r, OFTEN, f))
		return false;
	derive(f);
	lift(&f->memory.peak, &f->memory.usage);
	lift(&f->memory.swap_peak, &f->memory.swap);
	lift(&f->pids.peak, &f->pids.count);
	attach(f, out);
	attach_pages(&r, out);
	take_network(&r, out);
	return true;
}
