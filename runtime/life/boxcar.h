/* What every command has: filled from the global options, handed down first. */
#pragma once

#include "runtime/host/systemd.h"
#include "runtime/life/config_text.h"
#include "runtime/plan/plan.h"
#include "spec/base/arena.h"
#include "spec/base/err.h"
#include "spec/base/log.h"

struct boxcar {
	struct arena arena;
	struct log log;
	const char *root;           /* the state root */
	const char *notify_socket;  /* of the caller's service manager; NULL: there is none */
	enum plan_cgroups cgroups;
	struct systemd systemd;     /* the one that makes cgroups, with PLAN_SYSTEMD; ends with the command */
	struct facts facts;         /* as far as the command needs them */
};

/* Options of create and run (and, for the bundle, of spec, check and explain). */
struct container_options {
	const char *bundle, *config, *pid_file, *console_socket, *pidfd_socket;
	uint64_t preserve_fds;
	bool has_no_pivot, has_no_new_keyring;
};

/* A configuration that has been read, checked and planned. */
struct prepared {
	const char *file;      /* its path, as shown in messages */
	const char *bundle;    /* absolute */
	const char *text;      /* its bytes */
	size_t length;
	struct spec *spec;
	struct problems problems;
	struct plan_request request;
	struct plan plan;      /* base == NULL when there are mistakes */
};

/* Read, check and plan. Problems of the configuration are collected in out->problems and are no error here; an error is a
 * file that cannot be read. `id` may be NULL when there is no container yet (check, explain). */
int prepare_container(struct boxcar *b, const char *id, const struct container_options *options, struct prepared *out,
		      struct err *e);

/* Warnings go to the log; the first mistake becomes the error. */
int prepare_accept(struct boxcar *b, const struct prepared *p, struct err *e);
