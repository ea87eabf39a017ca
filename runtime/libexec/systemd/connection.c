#include "runtime/libexec/systemd/connection.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { SECOND = 1000000, CALL_US = 25 * SECOND, JOB_US = 60 * SECOND };

/* --- the ways to it ----------------------------------------------------------------------------------------------- */

static int open_private(const char *address, sd_bus **out)
{
	sd_bus *bus = NULL;
	int result = sd_bus_new(&bus);

	if (result >= 0)
		result = sd_bus_set_address(bus, address);
	if (result >= 0)
		result = sd_bus_start(bus);
	if (result < 0)
		sd_bus_unref(bus);
	else
		*out = bus;
	return result < 0 ? result : 0;
}

static int open_system_private(sd_bus **out)
{
	return open_private("unix:path=/run/systemd/private", out);
}

static int open_system_bus(sd_bus **out)
{
	return sd_bus_open_system(out);
}

static int open_user_bus(sd_bus **out)
{
	return sd_bus_open_user(out);
}

/* A bus address is escaped; what names of directories have is not. */
static int open_user_private(sd_bus **out)
{
	const char *directory = getenv("XDG_RUNTIME_DIR");
	char address[4096];

	if (!directory || !directory[0] || strpbrk(directory, ",;%"))
		return -ENOENT;
	if (snprintf(address, sizeof address, "unix:path=%s/systemd/private", directory) >= (int)sizeof address)
		return -ENAMETOOLONG;
	return open_private(address, out);
}

/* Also shows that somebody is there: a connection is made when it is first used. */
static int read_root(struct connection *c, sd_bus_error *error)
{
	return sd_bus_get_property_string(c->bus, SYSTEMD_NAME, SYSTEMD_PATH, SYSTEMD_MANAGER, "ControlGroup", error, &c->root);
}

int connection_open(struct connection *c, bool is_user, sd_bus_error *error)
{
	static int (*const ways[2][2])(sd_bus **out) = { { open_system_private, open_system_bus }, { open_user_bus, open_user_private } };
	int result = 0;

	for (int i = 0; i < 2 && !c->root; i++) {
		sd_bus_error_free(error);
		result = ways[is_user][i](&c->bus);
		if (result >= 0)
			(void)sd_bus_set_method_call_timeout(c->bus, CALL_US); /* fails only for 0 */
		if (result >= 0)
			result = read_root(c, error);
		if (result < 0)
			connection_close(c);
	}
	return result < 0 ? result : 0;
}

void connection_close(struct connection *c)
{
	c->bus = sd_bus_close_unref(c->bus);
	free(c->root);
	c->root = NULL;
}

/* --- calls -------------------------------------------------------------------------------------------------------- */

int connection_begin(struct connection *c, const char *method, sd_bus_message **out)
{
	return sd_bus_message_new_method_call(c->bus, out, SYSTEMD_NAME, SYSTEMD_PATH, SYSTEMD_MANAGER, method);
}

int connection_call(struct connection *c, sd_bus_message *message, sd_bus_error *error, sd_bus_message **reply)
{
	int result = sd_bus_call(c->bus, message, CALL_US, error, reply);

	sd_bus_message_unref(message);
	return result < 0 ? result : 0;
}

/* --- jobs --------------------------------------------------------------------------------------------------------- */

static int take_removed(sd_bus_message *message, void *data, sd_bus_error *error)
{
	struct job *job = data;
	const char *path, *unit, *result;
	uint32_t id;

	(void)error;
	if (sd_bus_message_read(message, "uoss", &id, &path, &unit, &result) < 0 || strcmp(path, job->path) != 0)
		return 0;
	(void)snprintf(job->result, sizeof job->result, "%s", result);
	job->has_ended = true;
	return 0;
}

/* Over a bus it tells those only who have asked for it; to its private socket it tells all, and may not know the question. */
static void subscribe(struct connection *c)
{
	sd_bus_message *message = NULL, *reply = NULL;
	sd_bus_error ignored = SD_BUS_ERROR_NULL;

	if (connection_begin(c, "Subscribe", &message) >= 0)
		(void)connection_call(c, message, &ignored, &reply); /* without it the job's end is not seen, which is told */
	sd_bus_message_unref(reply);
	sd_bus_error_free(&ignored);
}

int job_expect(struct connection *c, struct job *job, sd_bus_slot **slot)
{
	int result = sd_bus_match_signal(c->bus, slot, NULL, SYSTEMD_PATH, SYSTEMD_MANAGER, "JobRemoved", take_removed, job);

	if (result >= 0)
		subscribe(c);
	return result < 0 ? result : 0;
}

static uint64_t read_clock(void)
{
	struct timespec now = { 0 };

	(void)clock_gettime(CLOCK_MONOTONIC, &now); /* cannot fail with this clock */
	return (uint64_t)now.tv_sec * SECOND + (uint64_t)now.tv_nsec / 1000;
}

int job_await(struct connection *c, struct job *job)
{
	uint64_t deadline = read_clock() + JOB_US, now;

	while (!job->has_ended) {
		int result = sd_bus_process(c->bus, NULL);
		if (result > 0)
			continue;
		if (result < 0)
			return result;
		now = read_clock();
		if (now >= deadline)
			return -ETIMEDOUT;
		result = sd_bus_wait(c->bus, deadline - now);
		if (result < 0 && result != -EINTR)
			return result;
	}
	return 0;
}
