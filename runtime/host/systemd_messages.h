/* The systemd page: everything said between the runtime and boxcar-systemd, the program that asks systemd for scopes. Its argument
 * says which systemd: "system", or "user" for the caller's own. The channel is its descriptor 0, a SOCK_SEQPACKET socket; a
 * message is one record: the fixed part, then the texts, each with its NUL.
 *
 *   runtime                            boxcar-systemd
 *   ASK ►                              which cgroup does this systemd rule?
 *           ◄ DONE path                "/" for the host's
 *   START unit, properties ►           make a transient scope around the program itself, so that init can be cloned into its
 *                                      cgroup: it lives as long as somebody is in it. One of that name that failed is cleared away
 *           ◄ DONE                     the job has ended well
 *   SET unit, properties ►             change properties of a unit, until the next boot
 *           ◄ DONE                     and they have been written to its cgroup
 *   ATTACH unit, subgroup, pid ►       put a process of the caller's into the unit's cgroup, or one below it
 *           ◄ DONE
 *   STOP unit ►                        stop it; one that is not there is stopped
 *           ◄ DONE                     the job has ended, and nothing of it is left
 *   any of them   ◄ FAILED part, error, text
 *   end-of-file ►                      the program ends; the scope is left to whoever is in it
 *
 * It dies with the runtime. Every wait of its own has an end. Private to one build. */
#pragma once

#include <stdint.h>

enum { SYSTEMD_VERSION = 1, SYSTEMD_TEXT_MAX = 131072 };

enum systemd_kind { SYSTEMD_ASK = 1, SYSTEMD_START, SYSTEMD_SET, SYSTEMD_ATTACH, SYSTEMD_STOP, SYSTEMD_DONE, SYSTEMD_FAILED };

/* What a FAILED could not do. */
enum systemd_part {
	SYSTEMD_CONNECT,    /* reach systemd */
	SYSTEMD_UNDERSTAND, /* understand the runtime */
	SYSTEMD_PROPERTY,   /* say a property; the text is its name */
	SYSTEMD_TAKEN,      /* take the name: an active unit has it; the text is that unit's description */
	SYSTEMD_CALL,       /* have systemd accept it; the text is systemd's answer */
	SYSTEMD_JOB,        /* see the job end well; the text is its result: "failed", "canceled", "timeout" ... */
	SYSTEMD_LATE,       /* see its end in time */
	SYSTEMD_PARTS,
};

/* The texts of START and SET: the unit, then for each property its name, its signature ("t", "as", "a(ss)"), "optional" (a systemd
 * that does not know it does without) or "", how many values follow, and these, each as its basic type prints. Of ATTACH: unit,
 * subgroup. Of STOP: unit. */
struct systemd_message {
	uint32_t version; /* SYSTEMD_VERSION */
	uint32_t kind;
	uint32_t part;
	int32_t error; /* an errno, or 0 */
	uint32_t pid;
	uint32_t count;  /* of properties */
	uint32_t length; /* of the texts, in bytes */
	char text[SYSTEMD_TEXT_MAX];
};
