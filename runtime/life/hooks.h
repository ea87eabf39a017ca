/* Hooks that the runtime runs, from the HOOK ops of a plan; and the words for every hook that failed, inside or outside. */
#pragma once

#include "runtime/life/boxcar.h"
#include "runtime/plan/messages.h"

struct hooks {
	struct boxcar *b;
	const struct plan_request *request;
	struct plan plan;
	struct config_text config;
};

/* From a configuration's text: the copy that create kept. For commands that have no plan. */
int hooks_read(struct boxcar *b, const char *id, const char *bundle, const char *text, size_t length, struct hooks *out,
	       struct err *e);

/* Run those of one kind, in the listed order, up to the first that fails. */
int hooks_run(const struct hooks *h, enum plan_hook when, int64_t pid, struct err *e);

/* All of the poststop hooks; a failure is a warning in the log. */
void hooks_run_poststop(const struct hooks *h);

/* What init told of a hook inside; `tail_fd` holds the tail of its stderr, or is -1. */
int hooks_explain_inside(const struct hooks *h, enum plan_hook when, const struct message *m, int tail_fd, struct err *e);
