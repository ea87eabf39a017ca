/* boxcar-systemd: asks systemd for the scope that holds a container, for changes of its properties, and for its end. Started by the
 * runtime only, when systemd is to make the cgroup; see runtime/host/systemd_messages.h.
 *
 * I am a child of the runtime, in all of its namespaces but a session of my own. From START on I am in the container's cgroup,
 * which systemd keeps as long as somebody is there, and leave it to init. I hold: the channel (0), and one connection to systemd.
 * Exit code 0 when all was said, 1 when I could not begin. */
#include "runtime/libexec/systemd/unit.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>

enum { CHANNEL = 0, HEAD = offsetof(struct systemd_message, text) };

/* False at the channel's end. */
static bool receive(struct systemd_message *m)
{
	ssize_t length;

	do
		length = recv(CHANNEL, m, sizeof *m, 0);
	while (length < 0 && errno == EINTR);
	return length >= HEAD && m->version == SYSTEMD_VERSION && m->length == (size_t)length - HEAD;
}

/* What a runtime that is gone has asked for it no longer wants. */
static bool is_abandoned(void)
{
	struct pollfd channel = { .fd = CHANNEL };

	return poll(&channel, 1, 0) > 0 && channel.revents & POLLHUP;
}

static bool answer(struct systemd_message *m, int result, const struct failure *failure, const char *text)
{
	m->kind = result < 0 ? SYSTEMD_FAILED : SYSTEMD_DONE;
	m->error = result < 0 ? -result : 0;
	m->part = result < 0 ? failure->part : 0;
	(void)snprintf(m->text, sizeof m->text, "%s", result < 0 ? failure->text : text);
	m->length = (uint32_t)strlen(m->text) + 1;
	ssize_t length = (ssize_t)HEAD + m->length;
	return send(CHANNEL, m, (size_t)length, MSG_NOSIGNAL) == length;
}

static int fail(struct failure *failure, enum systemd_part part, int error)
{
	failure->part = part;
	return error;
}

static int ask(struct connection *c, const struct systemd_message *m, struct failure *failure)
{
	struct texts t = { m->text, m->text + m->length };
	const char *unit = texts_next(&t), *subgroup;
	struct property *properties;
	int result;

	if (!unit)
		return fail(failure, SYSTEMD_UNDERSTAND, -EINVAL);
	switch (m->kind) {
	case SYSTEMD_STOP:
		return unit_stop(c, unit, failure);
	case SYSTEMD_ATTACH:
		subgroup = texts_next(&t);
		return subgroup ? unit_attach(c, unit, subgroup, m->pid, failure) : fail(failure, SYSTEMD_UNDERSTAND, -EINVAL);
	case SYSTEMD_START:
	case SYSTEMD_SET:
		properties = properties_read(&t, m->count);
		if (!properties)
			return fail(failure, SYSTEMD_UNDERSTAND, -EINVAL);
		result = (m->kind == SYSTEMD_START ? unit_start : unit_set)(c, unit, properties, m->count, failure);
		free(properties);
		return result;
	default:
		return fail(failure, SYSTEMD_UNDERSTAND, -EINVAL);
	}
}

static int connect_once(struct connection *c, bool is_user, struct failure *failure)
{
	sd_bus_error error = SD_BUS_ERROR_NULL;

	if (c->bus)
		return 0;
	int result = connection_open(c, is_user, &error);
	if (result < 0) {
		failure->part = SYSTEMD_CONNECT;
		(void)snprintf(failure->text, sizeof failure->text, "%s", error.message ? error.message : strerror(-result));
	}
	sd_bus_error_free(&error);
	return result;
}

int main(int argc, char **argv)
{
	struct systemd_message *m = malloc(sizeof *m);
	struct connection c = { .bus = NULL };
	bool is_user = argc == 2 && strcmp(argv[1], "user") == 0, is_heard = true;

	(void)prctl(PR_SET_PDEATHSIG, SIGKILL); /* at the latest the channel's end tells it */
	if (!m || argc != 2)
		return 1;
	while (is_heard && receive(m) && !is_abandoned()) {
		struct failure failure = { .part = SYSTEMD_UNDERSTAND };
		int result = connect_once(&c, is_user, &failure);
		if (result == 0 && m->kind != SYSTEMD_ASK)
			result = ask(&c, m, &failure);
		is_heard = answer(m, result, &failure, result < 0 || m->kind != SYSTEMD_ASK ? "" : c.root);
	}
	connection_close(&c);
	free(m);
	return 0;
}
