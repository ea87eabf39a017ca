#include "runtime/libexec/systemd/unit.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define UNIT_EXISTS SYSTEMD_NAME ".UnitExists"
#define NO_SUCH_UNIT SYSTEMD_NAME ".NoSuchUnit"

enum { CLEAR_TRIES = 100 };

static int fail(struct failure *failure, enum systemd_part part, int error, const char *text)
{
	failure->part = part;
	(void)snprintf(failure->text, sizeof failure->text, "%s", text ? text : "");
	return error < 0 ? error : -EIO;
}

static int fail_call(struct failure *failure, int result, sd_bus_error *error)
{
	int failed = fail(failure, SYSTEMD_CALL, result, error->message ? error->message : strerror(-result));

	sd_bus_error_free(error);
	return failed;
}

/* --- small calls -------------------------------------------------------------------------------------------------- */

static void reset_failed(struct connection *c, const char *unit)
{
	sd_bus_message *message = NULL, *reply = NULL;
	sd_bus_error ignored = SD_BUS_ERROR_NULL;

	/* one that has not failed, or is gone, has nothing to be reset */
	if (connection_begin(c, "ResetFailedUnit", &message) >= 0 && sd_bus_message_append(message, "s", unit) >= 0)
		(void)connection_call(c, message, &ignored, &reply);
	sd_bus_message_unref(reply);
	sd_bus_error_free(&ignored);
}

/* A property of a unit, to be freed; NULL when there is no such unit. */
static char *read_property(struct connection *c, const char *unit, const char *name)
{
	char *path = NULL, *value = NULL;
	sd_bus_error ignored = SD_BUS_ERROR_NULL;

	if (sd_bus_path_encode(SYSTEMD_PATH "/unit", unit, &path) >= 0 &&
	    sd_bus_get_property_string(c->bus, SYSTEMD_NAME, path, SYSTEMD_NAME ".Unit", name, &ignored, &value) < 0)
		value = NULL;
	sd_bus_error_free(&ignored);
	free(path);
	return value;
}

/* What systemd does to cgroups after an answer it does before it looks at the next question. */
static void settle(struct connection *c, const char *unit)
{
	free(read_property(c, unit, "ActiveState"));
}

/* --- start -------------------------------------------------------------------------------------------------------- */

/* Pid 0 is whoever sends the message, in whatever pid namespace. */
static int call_start(struct connection *c, const char *unit, const struct property *properties, uint32_t count, struct job *job,
		      sd_bus_error *error, struct failure *failure)
{
	sd_bus_message *message = NULL, *reply = NULL;
	const struct property *failed = NULL;
	const char *path;

	int result = connection_begin(c, "StartTransientUnit", &message);
	if (result >= 0)
		result = sd_bus_message_append(message, "ss", unit, "fail");
	if (result >= 0)
		result = sd_bus_message_open_container(message, 'a', "(sv)");
	if (result >= 0)
		result = sd_bus_message_append(message, "(sv)", "PIDs", "au", 1, 0);
	if (result >= 0 && (result = properties_append(message, properties, count, &failed)) < 0) {
		sd_bus_message_unref(message);
		return fail(failure, SYSTEMD_PROPERTY, result, failed->name);
	}
	if (result >= 0)
		result = sd_bus_message_close_container(message);
	if (result >= 0)
		result = sd_bus_message_append(message, "a(sa(sv))", 0);
	if (result < 0) {
		sd_bus_message_unref(message);
		return fail(failure, SYSTEMD_CALL, result, strerror(-result));
	}
	result = connection_call(c, message, error, &reply);
	if (result >= 0 && (result = sd_bus_message_read(reply, "o", &path)) >= 0)
		(void)snprintf(job->path, sizeof job->path, "%s", path);
	sd_bus_message_unref(reply);
	return result < 0 ? result : 0;
}

static int call_stop(struct connection *c, const char *unit, struct job *job, sd_bus_error *error)
{
	sd_bus_message *message = NULL, *reply = NULL;
	const char *path;

	int result = connection_begin(c, "StopUnit", &message);
	if (result >= 0)
		result = sd_bus_message_append(message, "ss", unit, "replace");
	if (result < 0) {
		sd_bus_message_unref(message);
		return result;
	}
	result = connection_call(c, message, error, &reply);
	if (result >= 0 && (result = sd_bus_message_read(reply, "o", &path)) >= 0)
		(void)snprintf(job->path, sizeof job->path, "%s", path);
	sd_bus_message_unref(reply);
	return result < 0 ? result : 0;
}

/* False also when systemd does not say. */
static bool is_deserted(struct connection *c, const char *unit)
{
	sd_bus_message *message = NULL, *reply = NULL;
	sd_bus_error ignored = SD_BUS_ERROR_NULL;
	bool is_deserted = false;

	int result = connection_begin(c, "GetUnitProcesses", &message);
	if (result >= 0 && (result = sd_bus_message_append(message, "s", unit)) < 0)
		sd_bus_message_unref(message);
	if (result >= 0)
		result = connection_call(c, message, &ignored, &reply);
	if (result >= 0 && sd_bus_message_enter_container(reply, 'a', "(sus)") >= 0)
		is_deserted = sd_bus_message_at_end(reply, 0) > 0;
	sd_bus_message_unref(reply);
	sd_bus_error_free(&ignored);
	return is_deserted;
}

/* An active scope in which nobody is has ended, but systemd has not seen it: it does not look again when the cgroup was taken away
 * as it looked (252). */
static void stop_deserted(struct connection *c, const char *unit)
{
	sd_bus_error ignored = SD_BUS_ERROR_NULL;
	struct job job = { .has_ended = false };

	(void)call_stop(c, unit, &job, &ignored); /* one that stays is met again */
	sd_bus_error_free(&ignored);
}

/* One that has failed stays until it is reset, and is then taken away a moment later. False: it is alive. */
static bool clear_away(struct connection *c, const char *unit, struct failure *failure)
{
	char *state = read_property(c, unit, "ActiveState");
	bool is_alive = state && strcmp(state, "failed") != 0 && strcmp(state, "inactive") != 0 && strcmp(state, "deactivating") != 0;
	bool is_over = is_alive && strcmp(state, "active") == 0 && is_deserted(c, unit);

	free(state);
	if (is_over) {
		stop_deserted(c, unit);
	} else if (is_alive) {
		char *description = read_property(c, unit, "Description");
		(void)fail(failure, SYSTEMD_TAKEN, -EEXIST, description);
		free(description);
		return false;
	}
	reset_failed(c, unit);
	return true;
}

static int start(struct connection *c, const char *unit, struct property *properties, uint32_t count, struct job *job,
		 struct failure *failure)
{
	const struct timespec pause = { .tv_nsec = 20000000 };
	sd_bus_error error = SD_BUS_ERROR_NULL;
	int result;

	for (int tries = 0;; tries++) {
		failure->part = SYSTEMD_PARTS;
		result = call_start(c, unit, properties, count, job, &error, failure);
		if (result >= 0 || failure->part != SYSTEMD_PARTS)
			return result;
		if (sd_bus_error_has_name(&error, UNIT_EXISTS) && tries < CLEAR_TRIES) {
			if (!clear_away(c, unit, failure)) {
				sd_bus_error_free(&error);
				return -EEXIST;
			}
			(void)nanosleep(&pause, NULL); /* a signal ends the pause early, no more */
		} else if (!error.message || !properties_drop(properties, count, error.message)) {
			return fail_call(failure, result, &error);
		}
		sd_bus_error_free(&error);
	}
}

static int await_job(struct connection *c, struct job *job, struct failure *failure)
{
	int result = job_await(c, job);

	if (result == -ETIMEDOUT)
		return fail(failure, SYSTEMD_LATE, result, NULL);
	return result < 0 ? fail(failure, SYSTEMD_CALL, result, "the connection to it broke") : 0;
}

/* On v1 a unit's neighbours get the controllers that it has: their processes are moved there then, and one that the runtime clones
 * meanwhile would be moved with them, out of the scope. */
int unit_start(struct connection *c, const char *unit, struct property *properties, uint32_t count, struct failure *failure)
{
	struct job job = { .has_ended = false };
	sd_bus_slot *slot = NULL;

	int result = job_expect(c, &job, &slot);
	if (result < 0)
		return fail(failure, SYSTEMD_CALL, result, strerror(-result));
	result = start(c, unit, properties, count, &job, failure);
	if (result >= 0)
		result = await_job(c, &job, failure);
	if (result >= 0 && strcmp(job.result, "done") != 0)
		result = fail(failure, SYSTEMD_JOB, 0, job.result);
	else if (result >= 0)
		settle(c, unit);
	sd_bus_slot_unref(slot);
	return result;
}

/* --- set ---------------------------------------------------------------------------------------------------------- */

static int call_set(struct connection *c, const char *unit, const struct property *properties, uint32_t count, sd_bus_error *error,
		    struct failure *failure)
{
	sd_bus_message *message = NULL, *reply = NULL;
	const struct property *failed = NULL;

	int result = connection_begin(c, "SetUnitProperties", &message);
	if (result >= 0)
		result = sd_bus_message_append(message, "sb", unit, 1);
	if (result >= 0)
		result = sd_bus_message_open_container(message, 'a', "(sv)");
	if (result >= 0 && (result = properties_append(message, properties, count, &failed)) < 0) {
		sd_bus_message_unref(message);
		return fail(failure, SYSTEMD_PROPERTY, result, failed->name);
	}
	if (result >= 0)
		result = sd_bus_message_close_container(message);
	if (result < 0) {
		sd_bus_message_unref(message);
		return fail(failure, SYSTEMD_CALL, result, strerror(-result));
	}
	result = connection_call(c, message, error, &reply);
	sd_bus_message_unref(reply);
	return result;
}

int unit_set(struct connection *c, const char *unit, struct property *properties, uint32_t count, struct failure *failure)
{
	sd_bus_error error = SD_BUS_ERROR_NULL;
	int result;

	for (;;) {
		failure->part = SYSTEMD_PARTS;
		result = call_set(c, unit, properties, count, &error, failure);
		if (result >= 0)
			break;
		if (failure->part != SYSTEMD_PARTS)
			return result;
		if (!error.message || !properties_drop(properties, count, error.message))
			return fail_call(failure, result, &error);
		sd_bus_error_free(&error);
	}
	settle(c, unit);
	return 0;
}

/* --- attach, stop ------------------------------------------------------------------------------------------------- */

int unit_attach(struct connection *c, const char *unit, const char *subgroup, uint32_t pid, struct failure *failure)
{
	sd_bus_error error = SD_BUS_ERROR_NULL;
	sd_bus_message *message = NULL, *reply = NULL;

	int result = connection_begin(c, "AttachProcessesToUnit", &message);
	if (result >= 0)
		result = sd_bus_message_append(message, "ssau", unit, subgroup, 1, pid);
	if (result < 0) {
		sd_bus_message_unref(message);
		return fail(failure, SYSTEMD_CALL, result, strerror(-result));
	}
	result = connection_call(c, message, &error, &reply);
	sd_bus_message_unref(reply);
	return result < 0 ? fail_call(failure, result, &error) : 0;
}

int unit_stop(struct connection *c, const char *unit, struct failure *failure)
{
	sd_bus_error error = SD_BUS_ERROR_NULL;
	struct job job = { .has_ended = false };
	sd_bus_slot *slot = NULL;

	int result = job_expect(c, &job, &slot);
	if (result < 0)
		return fail(failure, SYSTEMD_CALL, result, strerror(-result));
	result = call_stop(c, unit, &job, &error);
	if (result < 0 && sd_bus_error_has_name(&error, NO_SUCH_UNIT)) {
		sd_bus_error_free(&error);
		result = 0;
	} else if (result < 0) {
		result = fail_call(failure, result, &error);
	} else {
		result = await_job(c, &job, failure);
		reset_failed(c, unit);
	}
	sd_bus_slot_unref(slot);
	return result;
}
