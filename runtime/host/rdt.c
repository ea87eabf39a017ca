#include "runtime/host/rdt.h"

#include "spec/base/own.h"
#include "spec/base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

enum { SCHEMATA_MAX = 65536 };

static const char *monitor_path(const char *class, const char *name, struct arena *a)
{
	return arena_format(a, "%s/mon_groups/%s", class, name);
}

const char *rdt_find_mark(const struct rdt_class *c, struct arena *a)
{
	if (c->is_own)
		return c->path;
	return c->monitor ? monitor_path(c->path, c->monitor, a) : NULL;
}

/* --- files -------------------------------------------------------------------------------------------------------- */

static int write_file(const char *directory, const char *file, const char *text, struct arena *a)
{
	own_fd fd = open(arena_format(a, "%s/%s", directory, file), O_WRONLY | O_CLOEXEC | O_NOFOLLOW);
	ssize_t wrote = fd < 0 ? -1 : write(fd, text, strlen(text));

	return wrote < 0 ? -1 : 0;
}

static const char *read_file(const char *directory, const char *file, struct arena *a)
{
	char text[SCHEMATA_MAX];
	own_fd fd = open(arena_format(a, "%s/%s", directory, file), O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	ssize_t length = fd < 0 ? -1 : read(fd, text, sizeof text);

	return length < 0 ? NULL : arena_copy(a, text, (size_t)length);
}

/* The kernel says more than an errno, in a file at the top: beside the class or, for the default class, in it. */
static int add_kernel_words(const char *class, struct arena *a, struct err *e)
{
	const char *words = read_file(class, "../info/last_cmd_status", a);

	if (!words)
		words = read_file(class, "info/last_cmd_status", a);
	if (words && words[0] && !text_has_prefix(words, "ok"))
		return err_hint(e, "the kernel says: %.*s", (int)strcspn(words, "\n"), words);
	return -1;
}

int rdt_write(const char *path, const char *const *lines, size_t count, struct arena *a, struct err *e)
{
	for (size_t i = 0; i < count; i++)
		if (write_file(path, "schemata", arena_format(a, "%s\n", lines[i]), a) < 0) {
			(void)err_sys(e, "write %s to %s/schemata", lines[i], path);
			return add_kernel_words(path, a, e);
		}
	return 0;
}

/* --- comparison --------------------------------------------------------------------------------------------------- */

/* Numbers of either base, which the kernel pads: without leading zeros and in one case. */
static bool is_same_number(const char *one, size_t one_length, const char *other, size_t other_length)
{
	for (; one_length > 1 && (*one == '0' || *one == ' '); one_length--)
		one++;
	for (; other_length > 1 && (*other == '0' || *other == ' '); other_length--)
		other++;
	return one_length == other_length && strncasecmp(one, other, one_length) == 0;
}

/* "0=7f0;1=1f" has "1=01f". */
static bool has_domain(const char *list, const char *wanted, size_t length)
{
	size_t id = strcspn(wanted, "=");

	if (id >= length)
		return false;
	for (; *list && *list != '\n'; list += strcspn(list, ";\n"), list += *list == ';') {
		size_t span = strcspn(list, ";\n"), own_id = strcspn(list, "=");
		if (own_id < span && is_same_number(list, own_id, wanted, id))
			return is_same_number(list + own_id + 1, span - own_id - 1, wanted + id + 1, length - id - 1);
	}
	return false;
}

/* Whether the class is as the line says: every domain that it names. */
static bool has_line(const char *schemata, const char *wanted)
{
	size_t name = strcspn(wanted, ":");

	for (const char *line = schemata; *line; line += strcspn(line, "\n"), line += *line == '\n') {
		const char *at = line + strspn(line, " ");
		if (strncmp(at, wanted, name + 1) != 0)
			continue;
		for (const char *domain = wanted + name + 1; *domain;) {
			size_t length = strcspn(domain, ";");
			if (!has_domain(at + name + 1, domain, length))
				return false;
			domain += length + (domain[length] == ';');
		}
		return true;
	}
	return false;
}

static int compare(const struct rdt_class *c, struct arena *a, struct err *e)
{
	const char *schemata = c->compared ? read_file(c->path, "schemata", a) : "";

	if (!schemata)
		return err_sys(e, "read %s/schemata", c->path);
	for (size_t i = 0; i < c->compared; i++)
		if (!has_line(schemata, c->lines[i])) {
			(void)err_set(e, "the class %s exists, and is not %s", c->path, c->lines[i]);
			return err_hint(e, "%s/schemata shows what it is; name another closID", c->path);
		}
	return 0;
}

/* --- classes ------------------------------------------------------------------------------------------------------ */

static int make_class(const struct rdt_class *c, bool *is_made, struct arena *a, struct err *e)
{
	struct stat s;

	*is_made = false;
	if (stat(c->path, &s) == 0) {
		if (!c->is_own)
			return 0;
		(void)err_number(e, EEXIST, "make the class %s", c->path);
		return err_hint(e, "somebody else's class has the container's name: name it as closID, or take another id");
	}
	if (c->must_exist) {
		(void)err_sys(e, "find the class %s", c->path);
		return err_hint(e, "without a schema the class that closID names must be there already");
	}
	if (mkdir(c->path, 0755) < 0) {
		(void)err_sys(e, "make the class %s", c->path);
		return add_kernel_words(c->path, a, e);
	}
	*is_made = true;
	return 0;
}

static int make_monitor(const struct rdt_class *c, struct arena *a, struct err *e)
{
	if (!c->monitor || mkdir(monitor_path(c->path, c->monitor, a), 0755) == 0)
		return 0;
	(void)err_sys(e, "make the monitoring group %s", monitor_path(c->path, c->monitor, a));
	return add_kernel_words(c->path, a, e);
}

int rdt_make(const struct rdt_class *c, bool *is_new, struct arena *a, struct err *e)
{
	bool is_made;

	if (make_class(c, &is_made, a, e) < 0)
		return -1;
	size_t skipped = is_made ? 0 : c->compared;
	if ((is_made || compare(c, a, e) == 0) && rdt_write(c->path, c->lines + skipped, c->line_count - skipped, a, e) == 0 &&
	    make_monitor(c, a, e) == 0) {
		*is_new = is_made;
		return 0;
	}
	if (is_made)
		(void)rmdir(c->path); /* the first error is the one to tell */
	return -1;
}

int rdt_enter(const char *path, const char *monitor, pid_t pid, struct arena *a, struct err *e)
{
	const char *text = arena_format(a, "%d", (int)pid);

	if (write_file(path, "tasks", text, a) < 0)
		return err_sys(e, "put process %d into the class %s", (int)pid, path);
	if (monitor && write_file(monitor_path(path, monitor, a), "tasks", text, a) < 0)
		return err_sys(e, "put process %d into the monitoring group %s", (int)pid, monitor_path(path, monitor, a));
	return 0;
}

int rdt_remove(const char *mark, const char *id, struct arena *a, struct err *e)
{
	/* the kernel would take it along with the class */
	(void)rmdir(monitor_path(mark, id, a));
	return rmdir(mark) < 0 && errno != ENOENT ? err_sys(e, "remove %s", mark) : 0;
}

void rdt_remove_unused(const char *path, struct arena *a)
{
	const char *tasks = read_file(path, "tasks", a);

	if (tasks && !tasks[0])
		(void)rmdir(path); /* whoever uses it keeps it */
}
