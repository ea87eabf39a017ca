/* A container as one command sees it: its entry in the store, its state, its cgroup; and what create, run and exec share. */
#pragma once

#include "runtime/host/cgroup/cgroup.h"
#include "runtime/host/netdev.h"
#include "runtime/host/notify.h"
#include "runtime/host/processes.h"
#include "runtime/host/store.h"
#include "runtime/life/boxcar.h"
#include "runtime/life/hooks.h"
#include "runtime/plan/messages.h"
#include "spec/base/options.h"

enum status { STATUS_CREATING, STATUS_CREATED, STATUS_RUNNING, STATUS_PAUSED, STATUS_STOPPED };
const char *status_word(enum status status);

struct container {
	struct boxcar *b;
	const char *id;
	struct store store;
	struct store_entry entry;
	struct state *state;     /* NULL when there is none yet, or it is damaged */
	struct cgroup cgroup;    /* path "" when there is none */
	enum status status;      /* as of container_find */
	int pidfd;               /* of init while it lives; -1 */
	struct notify notify;    /* from container_start on, when the payload tells a service manager */
};

/* Open an existing container: entry (with the lock, waited for at most wait_ms; -1: none), cgroup path, state, status. With
 * `accepts_damage` an unreadable state file is no error. Probes the facts about cgroups. */
int container_find(struct boxcar *b, const char *id, int wait_ms, bool accepts_damage, struct container *out, struct err *e);
void container_close(struct container *c);

/* Its status now, as far as it can have changed since container_find; also kept in it. The caller knows whether it is frozen. */
enum status container_look(struct container *c, bool is_frozen);

/* --- a process in the making: create, run and exec ---------------------------------------------------------------- */

struct birth {
	struct boxcar *b;
	const struct plan *plan;
	const struct plan_request *request;
	struct config_text config;
	const struct plan_exec_request *exec; /* NULL: create */
	struct config_text process_text; /* exec: when the process came from a file */
	const struct cgroup *cgroup; /* NULL: none */
	const char *unit, *unit_path; /* of systemd, and its cgroup; NULL: none, or none that matters here */
	const struct cgroup_below *more_cgroups; /* exec: entered after it */
	size_t more_count;
	const struct cgroup *inner_cgroup; /* exec: where init is on v2, below `cgroup`; NULL */
	unsigned preserve_fds;
	int container_pidfd;         /* exec; else -1 */
	const char *console_socket;
	const struct hooks *hooks;   /* create; else NULL */
	bool has_run_hooks;          /* the turn of the first one came: from here on poststop hooks follow, also a failure */
	struct process_slots slots;
	struct process process;
	bool has_size;               /* the configuration says how large the terminal is */
	int master_fd;               /* the terminal, when it is not handed to a console socket; owned; -1 */
};

void birth_init(struct birth *birth);
/* In order: descriptors for init; the clone; what is set from outside (id maps, score, cgroup); init's messages until READY;
 * how it is scheduled, when it has made its last fork; COMMIT. Each is a step of create.c and exec.c. */
int birth_prepare(struct birth *birth, struct err *e);
int birth_start(struct birth *birth, struct err *e);
int birth_set_up(struct birth *birth, struct err *e);
int birth_follow(struct birth *birth, struct err *e);
int birth_schedule(struct birth *birth, struct err *e);
/* To a socket, or with NULL nothing. `kind` is the text that goes with it: "standard" for a container's first process, "setns" for
 * exec's. */
int birth_send_pidfd(const struct birth *birth, const char *socket, const char *kind, struct err *e);
int birth_commit(struct birth *birth, struct err *e);
void birth_end(struct birth *birth);    /* kill what was started, close everything */
void birth_release(struct birth *birth); /* close everything, leave the process */

/* What init reported, as an error: the op in words, its configuration path, the call. */
int birth_explain_failure(const struct birth *birth, const struct message *m, struct err *e);
/* The same for a failure told to `start`, where there is no plan any more. */
int container_explain_failure(const struct container *c, const struct message *m, struct err *e);
/* The op's configuration path and line, when it has one. Returns -1. */
int birth_place_error(const struct birth *birth, const struct op *op, struct err *e);
/* init is gone without a word: killed by whom, or for memory. */
int birth_explain_death(struct birth *birth, struct err *e);
/* Somebody before init is gone; where the kernel has killed for memory, that is added. */
void birth_suspect_memory(const struct birth *birth, struct err *e);

/* A console socket wants a terminal and the other way round. */
int birth_check_terminal(const struct spec_process *process, const char *console_socket, bool is_detached, struct err *e);

/* Digits only, complete or not there at all. */
int pid_file_write(const char *path, pid_t pid, struct err *e);

/* --- the commands ------------------------------------------------------------------------------------------------- */

struct creation {
	struct boxcar *b;
	const char *id;
	const struct container_options *options;
	bool is_foreground; /* run without --detach: keep the terminal */
	struct prepared prepared;
	struct hooks hooks;
	struct container container;
	struct birth birth;
	int created_fd, listen_fd;
	struct netdev netdev;
	bool has_rdt;      /* something of resctrl goes with the container */
	const char *new_class; /* of resctrl, and not the container's own: goes only when the container does not come to be; NULL */
	bool has_leftover; /* the cgroup could not be removed: the entry stays, so that delete can */
};

/* net_devices.c: steps of create, from when init's network namespace exists to when the container does. */
int creation_make_rdt(void *creation, struct err *e);
void creation_remove_rdt(void *creation);
int container_remove_rdt(const struct container *c, struct err *e); /* for delete */
int creation_move_devices(void *creation, struct err *e);
void creation_return_devices(void *creation);
int creation_commit(void *creation, struct err *e); /* by the program that has moved them, where there are some */

/* create: everything up to init waiting for start. `c` must be zero but for b, id, options and is_foreground. */
int life_create(struct creation *c, struct err *e);
void life_creation_close(struct creation *c);

/* Of the process `pid`, behind `pidfd`. With `*must_end` a hook failed, or nobody took the seccomp listener: the container
 * has to be stopped and destroyed. */
int container_start(struct container *c, const struct hooks *hooks, int64_t pid, int pidfd, bool *must_end, struct err *e);
/* The same for a container of another command's; destroys it itself. */
int life_start(struct container *c, struct err *e);
/* New resources for a container that lives, as JSON in the form of /linux/resources; needs the lock. `file` is what the text is
 * called in messages; the schemas are for the class of resctrl, or NULL. On failure the limits are what they were. */
struct update_request {
	const char *file, *text;
	size_t length;
	const struct update_option {
		const char *pointer, *name;
	} *options; /* what the text was made from, up to one without a pointer; NULL: it is a file's */
	const char *l3_cache_schema, *mem_bw_schema;
};
int life_update(struct container *c, const struct update_request *request, struct err *e);

/* A process in the cgroup of a container that has stopped which cannot have been one of its own, or 0: the container had a pid
 * namespace of its own, which ended with its first process. */
pid_t container_find_stranger(const struct container *c);

/* Both need the lock. A created container can be paused, too. */
int life_pause(struct container *c, struct err *e);
int life_resume(struct container *c, struct err *e);
/* Until it has ended. The exit code as a shell tells it, or an error when nobody knows it. */
int life_wait(const struct container *c, int *exit_code, struct err *e);
int life_kill(struct container *c, int signal, bool is_for_all, struct err *e);
/* The end: kill what lives, remove the cgroup, run the poststop hooks, remove the state. The hooks are those of `known`, or with
 * NULL those that create kept. Without is_forced a running container is refused. */
int life_delete(struct boxcar *b, const char *id, bool is_forced, const struct hooks *known, struct err *e);

struct exec_options {
	const char *process_file, *user, *cwd, *pid_file, *console_socket, *pidfd_socket, *process_label, *apparmor;
	struct option_texts env, groups, capabilities, cgroups;
	uint64_t preserve_fds;
	char **args;
	int arg_count;
	bool has_terminal, is_detached, has_no_new_privs, ignores_paused;
};
/* The payload's exit code in *exit_code; with is_detached 0 once it runs. */
int life_exec(struct boxcar *b, const char *id, const struct exec_options *options, int *exit_code, struct err *e);

struct run_options {
	bool is_detached, has_keep, has_no_subreaper;
};
int life_run(struct boxcar *b, const char *id, const struct container_options *options, const struct run_options *run,
	     int *exit_code, struct err *e);
