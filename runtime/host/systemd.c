#include "runtime/host/systemd.h"

#include "runtime/host/systemd_messages.h"
#include "spec/base/text.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { PATIENCE_MS = 150000, HEAD = offsetof(struct systemd_message, text) };

void systemd_init(struct systemd *s, enum systemd_which which)
{
	*s = (struct systemd){ .which = which };
	libexec_init(&s->program);
}

void systemd_end(struct systemd *s)
{
	libexec_end(&s->program);
}

/* --- the program -------------------------------------------------------------------------------------------------- */

/* Of the environment just what leads to the user's systemd. Engines set XDG_RUNTIME_DIR to nothing where they mean none. */
static int start(struct systemd *s, struct arena *a, struct err *e)
{
	const char *bus = getenv("DBUS_SESSION_BUS_ADDRESS"), *directory = getenv("XDG_RUNTIME_DIR");
	char *env[3] = { NULL };
	size_t count = 0;

	if (s->program.pid > 0)
		return 0;
	if (s->which == SYSTEMD_OF_USER) {
		env[count++] = directory && directory[0] ? arena_format(a, "XDG_RUNTIME_DIR=%s", directory)
							 : arena_format(a, "XDG_RUNTIME_DIR=/run/user/%u", (unsigned)geteuid());
		if (bus && bus[0])
			env[count++] = arena_format(a, "DBUS_SESSION_BUS_ADDRESS=%s", bus);
	}
	return libexec_start(&s->program, "boxcar-systemd", s->which == SYSTEMD_OF_USER ? "user" : "system", env, a, e);
}

/* --- what is said ------------------------------------------------------------------------------------------------- */

static int explain_connect(const struct systemd *s, const struct systemd_message *m, struct err *e)
{
	if (s->which == SYSTEMD_OF_HOST) {
		(void)err_set(e, "reach systemd at /run/systemd/private or its bus: %s", m->text);
		return err_hint(e, "where systemd does not run, --cgroup-manager cgroupfs makes the cgroup; engines: cgroup_manager = "
				   "\"cgroupfs\", SystemdCgroup = false");
	}
	(void)err_set(e, "reach the user's systemd by DBUS_SESSION_BUS_ADDRESS or XDG_RUNTIME_DIR: %s", m->text);
	return err_hint(e, "`loginctl enable-linger` as root keeps one running for a user without a session; --cgroup-manager cgroupfs "
			   "does without");
}

static int explain(const struct systemd *s, const struct systemd_message *m, const char *what, const char *unit, struct err *e)
{
	e->number = m->error;
	switch (m->part) {
	case SYSTEMD_CONNECT:
		return explain_connect(s, m, e);
	case SYSTEMD_PROPERTY:
		return err_set(e, "%s %s: the value of the property %s is none of its type", what, unit, m->text);
	case SYSTEMD_TAKEN:
		(void)err_set(e, "%s %s: a unit of that name is active: %s", what, unit, m->text);
		return err_hint(e, "`systemctl status %s` shows whose it is; another name in cgroupsPath (slice:prefix:name) avoids it", unit);
	case SYSTEMD_CALL:
		return err_set(e, "%s %s: systemd refuses: %s", what, unit, m->text);
	case SYSTEMD_JOB:
		(void)err_set(e, "%s %s: systemd's job ended as %s", what, unit, m->text);
		return err_hint(e, "`journalctl -u %s` may tell why", unit);
	case SYSTEMD_LATE:
		return err_set(e, "%s %s: systemd's job did not end in time", what, unit);
	default:
		return err_set(e, "%s %s: boxcar-systemd does not understand the runtime; are they of one release?", what, unit);
	}
}

static int converse(struct systemd *s, struct systemd_message *m, const char *what, const char *unit, struct arena *a,
		    struct err *e)
{
	m->version = SYSTEMD_VERSION;
	if (start(s, a, e) < 0)
		return err_add(e, "%s %s", what, unit);
	/* when it is gone already, its end is what is told */
	if (send(s->program.channel, m, HEAD + m->length, MSG_NOSIGNAL) < 0 && errno != EPIPE && errno != ECONNRESET)
		return err_sys(e, "%s %s: write to boxcar-systemd", what, unit);
	ssize_t length = libexec_hear(&s->program, m, sizeof *m, PATIENCE_MS, e);
	if (length < 0)
		return err_add(e, "%s %s", what, unit);
	if (length <= HEAD || m->version != SYSTEMD_VERSION || m->length != (size_t)length - HEAD || m->text[m->length - 1])
		return err_set(e, "%s %s: boxcar-systemd died, or is not of this release", what, unit);
	return m->kind == SYSTEMD_DONE ? 0 : explain(s, m, what, unit, e);
}

static int add_text(struct systemd_message *m, const char *text, struct err *e)
{
	size_t length = strlen(text) + 1;

	if (length > sizeof m->text - m->length)
		return err_set(e, "the unit's properties are longer than %d bytes", SYSTEMD_TEXT_MAX);
	memcpy(m->text + m->length, text, length);
	m->length += (uint32_t)length;
	return 0;
}

static int add_property(struct systemd_message *m, const struct unit_property *p, struct arena *a, struct err *e)
{
	if (add_text(m, p->name, e) < 0 || add_text(m, p->signature, e) < 0 || add_text(m, p->is_optional ? "optional" : "", e) < 0 ||
	    add_text(m, arena_format(a, "%zu", p->count), e) < 0)
		return -1;
	for (size_t i = 0; i < p->count; i++)
		if (add_text(m, p->values[i], e) < 0)
			return -1;
	m->count++;
	return 0;
}

static struct systemd_message *begin(enum systemd_kind kind, const char *unit, struct arena *a, struct err *e)
{
	struct systemd_message *m = arena_alloc(a, sizeof *m);

	m->kind = kind;
	return add_text(m, unit, e) < 0 ? NULL : m; /* a unit's name is not so long */
}

static int say_properties(struct systemd *s, enum systemd_kind kind, const char *what, const char *unit,
			  const struct unit_property *properties, size_t count, struct arena *a, struct err *e)
{
	struct systemd_message *m = begin(kind, unit, a, e);

	if (!m)
		return -1;
	for (size_t i = 0; i < count; i++)
		if (add_property(m, &properties[i], a, e) < 0)
			return err_add(e, "%s %s", what, unit);
	return converse(s, m, what, unit, a, e);
}

int systemd_find_root(struct systemd *s, const char **root, struct arena *a, struct err *e)
{
	struct systemd_message *m = begin(SYSTEMD_ASK, "", a, e);

	if (!m || converse(s, m, "find systemd's", "cgroup", a, e) < 0)
		return -1;
	*root = m->text[0] ? m->text : "/";
	return 0;
}

int systemd_start_scope(struct systemd *s, const char *unit, const struct unit_property *properties, size_t count, struct arena *a,
			struct err *e)
{
	return say_properties(s, SYSTEMD_START, "start the unit", unit, properties, count, a, e);
}

int systemd_set(struct systemd *s, const char *unit, const struct unit_property *properties, size_t count, struct arena *a,
		struct err *e)
{
	return count ? say_properties(s, SYSTEMD_SET, "set properties of the unit", unit, properties, count, a, e) : 0;
}

int systemd_attach(struct systemd *s, const char *unit, const char *subgroup, pid_t pid, struct arena *a, struct err *e)
{
	struct systemd_message *m = begin(SYSTEMD_ATTACH, unit, a, e);

	if (!m || add_text(m, subgroup, e) < 0)
		return -1;
	m->pid = (uint32_t)pid;
	return converse(s, m, "put the process into the unit", unit, a, e);
}

int systemd_stop(struct systemd *s, const char *unit, struct arena *a, struct err *e)
{
	struct systemd_message *m = begin(SYSTEMD_STOP, unit, a, e);

	return m ? converse(s, m, "stop the unit", unit, a, e) : -1;
}
