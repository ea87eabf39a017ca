/* Owns the text of a container's state file, and the JSON that `boxcar state` prints. Pure: runtime/host/store has the
 * files.
 *
 * The text is one header line, the JSON of the record on one line, and a newline:
 *
 *     boxcar-state VERSION LENGTH CRC32
 *     {"ociVersion":...}
 *
 * LENGTH counts the JSON's bytes without the newline, in decimal; CRC32 is that of zlib over the same bytes, eight
 * hexadecimal digits. A later release may add properties under the same VERSION: an earlier one ignores them, so that a
 * container of the one can be ended by the other. VERSION rises when that would be wrong. */
#pragma once

#include "spec/json/write.h"
#include "spec/model.h"

#include "spec/base/arena.h"
#include "spec/base/err.h"
#include "spec/base/text.h"

/* What the kernel killed for memory; a number that the kernel does not tell is unset. */
struct state_memory {
	struct opt_uint kills, limit, peak; /* processes; bytes: no limit when unset; bytes, from 5.19 on with cgroup v2 */
};

struct state {
	const char *oci_version;   /* of the configuration */
	const char *id, *bundle;   /* the bundle's directory, absolute */
	const char *rootfs;        /* the root file system outside, absolute */
	const char *created;       /* RFC 3339 with nanoseconds, UTC */
	const char *owner;         /* name or number of the user who made it, or "" */
	struct opt_int pid;        /* of init and then the payload, as seen outside; unset before there is one */
	struct opt_uint start_time; /* field 22 of /proc/PID/stat: tells the process from a later one with its pid */
	const char *boot_id;       /* /proc/sys/kernel/random/boot_id: after a reboot no pid means anything */
	const char *cgroups_path;  /* the cgroup as made, below the roots of the hierarchies; "" without one */
	struct opt_bool keeps_keyring; /* created with --no-new-keyring: exec makes none either */
	struct spec_map annotations;
	const char *release;       /* version of the boxcar that wrote it */
	struct state_memory *out_of_memory; /* for state_print() alone; NULL: nothing was killed for memory */
};

/* The state file's text, added to `out`. */
void state_encode(const struct state *state, struct text *out);

/* Read such a text. An error says what is damaged, or that a newer boxcar wrote it; *out is then untouched. */
int state_decode(const char *text, size_t length, struct arena *a, struct state **out, struct err *e);

/* What `state` prints (JSON_SPACES), and what `list` has for each container (JSON_LINE). `status` is one of creating,
 * created, running, stopped, paused; a stopped container has pid 0. */
void state_print(const struct state *state, const char *status, enum json_style style, struct text *out);
