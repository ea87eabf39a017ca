#include "runtime/host/subordinate.h"

#include "runtime/host/mountinfo.h"
#include "runtime/host/spawn.h"
#include "spec/base/text.h"

#include <errno.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

enum { HELPER_MS = 30000 };

struct source {
	const char *helper, *file, *ids, *pointer, *option;
};

static const struct source sources[] = {
	[SUBORDINATE_USERS] = { "newuidmap", "/etc/subuid", "user ids", "/linux/uidMappings", "--add-subuids" },
	[SUBORDINATE_GROUPS] = { "newgidmap", "/etc/subgid", "group ids", "/linux/gidMappings", "--add-subgids" },
};

/* --- what the files give ------------------------------------------------------------------------------------------ */

/* The fields of "NAME:PASSWORD:UID:..." and "NAME:FIRST:COUNT": three, the rest is dropped. */
static bool read_fields(char *line, const char *fields[3])
{
	fields[0] = strsep(&line, ":");
	fields[1] = strsep(&line, ":");
	fields[2] = strsep(&line, ":");
	return fields[2] != NULL;
}

/* The number itself where /etc/passwd does not know it: such a user can be in the files by number only. */
static const char *find_name(struct arena *a)
{
	const char *number = arena_format(a, "%u", (unsigned)getuid()), *fields[3];
	char *rest = mountinfo_read_file("/etc/passwd", a), *line;

	while (rest && (line = strsep(&rest, "\n")))
		if (read_fields(line, fields) && strcmp(fields[2], number) == 0)
			return fields[0];
	return number;
}

struct ranges {
	struct range {
		uint64_t first, end;
	} *at;
	size_t count, wrong_line; /* of those that name the user, one that gives nothing; 0: none */
};

static bool read_range(const char *const fields[3], struct range *out)
{
	uint64_t count;

	if (!text_read_uint(fields[1], UINT32_MAX, &out->first) || !text_read_uint(fields[2], UINT32_MAX, &count))
		return false;
	out->end = out->first + count;
	return count > 0;
}

/* Lines of others, comments and empty ones say nothing. */
static struct ranges read_ranges(char *rest, const char *name, struct arena *a)
{
	const char *number = arena_format(a, "%u", (unsigned)getuid()), *fields[3];
	struct ranges r = { 0 };
	struct range one;
	char *line;

	for (size_t at = 1; (line = strsep(&rest, "\n")); at++) {
		bool is_whole = read_fields(line, fields);
		if (strcmp(fields[0], name) != 0 && strcmp(fields[0], number) != 0)
			continue;
		if (!is_whole || !read_range(fields, &one)) {
			r.wrong_line = at;
			continue;
		}
		r.at = arena_grow(a, r.at, r.count * sizeof *r.at, (r.count + 1) * sizeof *r.at);
		r.at[r.count++] = one;
	}
	return r;
}

/* The first id of a range that nobody gives; its end when all are given. */
static uint64_t find_missing(const struct ranges *r, uint64_t first, uint64_t end)
{
	for (size_t i = 0; i < r->count && first < end; i++)
		if (first >= r->at[i].first && first < r->at[i].end) {
			first = r->at[i].end;
			i = (size_t)-1; /* the next may begin where this one ends */
		}
	return first < end ? first : end;
}

static const char *print_ranges(const struct ranges *r, struct arena *a)
{
	struct text t;

	text_init(&t, a);
	for (size_t i = 0; i < r->count; i++)
		text_add(&t, "%s%llu to %llu", i ? ", " : "", (unsigned long long)r->at[i].first,
			 (unsigned long long)r->at[i].end - 1);
	return t.at;
}

/* --- why a helper refused ----------------------------------------------------------------------------------------- */

static int refuse_range(const struct source *s, const struct ranges *r, const char *name, char *lines, struct arena *a,
			struct err *e)
{
	uint64_t own = s->helper[3] == 'u' ? getuid() : getgid();
	char *line;

	for (size_t i = 0; (line = strsep(&lines, "\n")) && line[0]; i++) {
		uint64_t first, count;
		(void)strsep(&line, " "); /* the id inside */
		if (!text_read_uint(strsep(&line, " "), UINT32_MAX, &first) || !text_read_uint(line, UINT32_MAX, &count) ||
		    (first == own && count == 1) || find_missing(r, first, first + count) == first + count)
			continue;
		return err_hint(e, "%s/%zu wants the ids %llu to %llu, but %s gives %s only %s; as root: usermod %s %llu-%llu %s",
				s->pointer, i, (unsigned long long)first, (unsigned long long)(first + count - 1), s->file, name,
				print_ranges(r, a), s->option, (unsigned long long)find_missing(r, first, first + count),
				(unsigned long long)(first + count - 1), name);
	}
	return -1;
}

static int explain_files(const struct source *s, const char *lines, struct arena *a, struct err *e)
{
	const char *name = find_name(a);
	char *text = mountinfo_read_file(s->file, a);
	int number = text ? 0 : errno;
	struct ranges r = read_ranges(text, name, a);

	if (number && number != ENOENT)
		return err_hint(e, "what %s gives %s is not known: read %s: %s", s->file, name, s->file, err_words(number));
	if (r.wrong_line)
		return err_hint(e, "line %zu of %s gives no ids: it is to be NAME:FIRST:COUNT, such as %s:100000:65536", r.wrong_line, s->file,
				name);
	if (r.count)
		return refuse_range(s, &r, name, arena_text(a, lines), a, e);
	return err_hint(e, "%s %s; as root: usermod %s 100000-165535 %s, or map your own id alone, as `boxcar spec --rootless` does",
			s->file, number ? "does not exist" : arena_format(a, "gives %s no ids", name), s->option, name);
}

/* What its file, or the caller, takes from it: true when told. */
static bool explain_power(const char *path, struct err *e)
{
	struct statvfs mount;
	struct stat s;
	bool is_setuid = stat(path, &s) == 0 && s.st_mode & S_ISUID && s.st_uid == 0;
	bool has_power = is_setuid || getxattr(path, "security.capability", NULL, 0) > 0;

	if (!has_power)
		(void)err_hint(e, "%s is not setuid root, nor has it a capability: install the package uidmap anew, or as root: "
			       "chmod u+s %s", path, path);
	else if (prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) > 0)
		(void)err_hint(e, "the caller may not gain privileges (no_new_privs), and so %s has none", path);
	else if (statvfs(path, &mount) == 0 && mount.f_flag & ST_NOSUID)
		(void)err_hint(e, "%s lies on a file system mounted nosuid, and so has no privileges", path);
	return e->hint[0];
}

static int explain(const struct source *s, const char *path, const char *lines, const struct spawn_end *end, struct arena *a,
		   struct err *e)
{
	if (end->error == ETIMEDOUT)
		return err_set(e, "map the %s by %s: it did not end within %d s and was killed", s->ids, path, HELPER_MS / 1000);
	if (end->error)
		return err_number(e, end->error, "map the %s: run %s", s->ids, path);
	if (WIFSIGNALED(end->status))
		return err_set(e, "map the %s by %s: it was killed by signal %d", s->ids, path, WTERMSIG(end->status));
	(void)err_set(e, "map the %s by %s: exit code %d: %s", s->ids, path, WEXITSTATUS(end->status),
		      end->tail[0] ? end->tail : "it said nothing");
	if (strlen(lines) >= (size_t)sysconf(_SC_PAGESIZE))
		return err_hint(e, "the kernel takes what fits into one page: use fewer and longer ranges");
	if (explain_power(path, e))
		return -1;
	return explain_files(s, lines, a, e);
}

/* --- the helpers -------------------------------------------------------------------------------------------------- */

static int refuse_missing(const struct source *s, struct err *e)
{
	(void)err_set(e, "map the %s: there is no %s in PATH, and without root one may map only one's own id, once", s->ids, s->helper);
	return err_hint(e, "install it (Debian: uidmap), or map your own id alone, as `boxcar spec --rootless` does");
}

/* NAME PID INSIDE OUTSIDE COUNT ... */
static char **make_args(const struct source *s, pid_t pid, const char *lines, struct arena *a)
{
	char *rest = arena_text(a, lines), *word;
	char **args = arena_alloc(a, (strlen(lines) + 4) * sizeof *args);
	size_t count = 0;

	args[count++] = arena_text(a, s->helper);
	args[count++] = arena_format(a, "%d", (int)pid);
	while ((word = strsep(&rest, " \n")))
		if (word[0])
			args[count++] = word;
	args[count] = NULL;
	return args;
}

int subordinate_map(enum subordinate which, pid_t pid, const char *lines, struct arena *a, struct err *e)
{
	const struct source *s = &sources[which];
	const char *path = spawn_find(s->helper, a);
	char *env[] = { NULL };
	struct spawn helper = { .path = path, .args = make_args(s, pid, lines, a), .env = env, .timeout_ms = HELPER_MS };
	struct spawn_end end;

	if (!path)
		return refuse_missing(s, e);
	if (spawn_run(&helper, &end, e) < 0)
		return err_add(e, "map the %s", s->ids);
	if (!end.error && WIFEXITED(end.status) && WEXITSTATUS(end.status) == 0)
		return 0;
	return explain(s, path, lines, &end, a, e);
}
