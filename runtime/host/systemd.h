/* Owns boxcar-systemd as the runtime sees it: started when systemd is first asked for something. See systemd_messages.h for what is
 * said. */
#pragma once

#include "runtime/host/libexec.h"

enum systemd_which { SYSTEMD_OF_HOST, SYSTEMD_OF_USER };

struct systemd {
	struct libexec program;
	enum systemd_which which;
};

/* A property of a unit, as D-Bus types it: "t" has one value, "as" and "a(ss)" have as many as fit. */
struct unit_property {
	const char *name, *signature;
	const char *const *values;
	size_t count;
	bool is_optional; /* a systemd that does not know it does without */
};

void systemd_init(struct systemd *s, enum systemd_which which);

/* The cgroup that it rules: "/" for the host's, else "/user.slice/user-1000.slice/user@1000.service". In the arena. */
int systemd_find_root(struct systemd *s, const char **root, struct arena *a, struct err *e);

/* Make a transient scope around the program, s->program.pid. It lives until nobody is in it: let somebody else in before
 * systemd_end(). An active unit of that name is an error with EEXIST; a failed one is cleared away. */
int systemd_start_scope(struct systemd *s, const char *unit, const struct unit_property *properties, size_t count, struct arena *a,
			struct err *e);

int systemd_set(struct systemd *s, const char *unit, const struct unit_property *properties, size_t count, struct arena *a,
		struct err *e);

/* Put a process into the unit's cgroup, or one below it ("/inner"; "" is its own), where the caller's own rights do not reach. */
int systemd_attach(struct systemd *s, const char *unit, const char *subgroup, pid_t pid, struct arena *a, struct err *e);

/* Returns when it has stopped and is forgotten. Not there: success. */
int systemd_stop(struct systemd *s, const char *unit, struct arena *a, struct err *e);

/* The program has ended. Bounded. */
void systemd_end(struct systemd *s);
