/* Owns the connection to one systemd, and the conversation with its manager object. Results are 0 or a negative errno. */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <systemd/sd-bus.h>

#define SYSTEMD_NAME "org.freedesktop.systemd1"
#define SYSTEMD_PATH "/org/freedesktop/systemd1"
#define SYSTEMD_MANAGER SYSTEMD_NAME ".Manager"

struct connection {
	sd_bus *bus; /* NULL: not connected */
	char *root;  /* the cgroup that it rules, as it says */
};

/* The host's systemd: its private socket, which needs no message bus, else the system bus. The caller's own: the bus that
 * DBUS_SESSION_BUS_ADDRESS or XDG_RUNTIME_DIR names, else the private socket below that. The error is that of the last one. */
int connection_open(struct connection *c, bool is_user, sd_bus_error *error);
void connection_close(struct connection *c);

/* A call to the manager, with a bound. Takes the message. */
int connection_call(struct connection *c, sd_bus_message *message, sd_bus_error *error, sd_bus_message **reply);
int connection_begin(struct connection *c, const char *method, sd_bus_message **out);

/* A job of systemd's, awaited by its signal. */
struct job {
	char path[256], result[32];
	bool has_ended;
};
/* Before the call that makes the job. */
int job_expect(struct connection *c, struct job *job, sd_bus_slot **slot);
/* -ETIMEDOUT when it did not end in time. */
int job_await(struct connection *c, struct job *job);
