#include "spec/state.h"

#include "spec/field_rows.h"
#include "spec/json/read.h"

#include <string.h>

enum { STATE_VERSION = 1, HEADER_MAX = 64 };

#define OWNER struct state
static const struct field state_rows[] = {
	TEXT("ociVersion", oci_version, FILLED, "Version of the specification that the configuration names."),
	TEXT("id", id, FILLED, "Name of the container."),
	TEXT("bundle", bundle, FILLED, "Directory of the bundle.", ABSOLUTE),
	TEXT("rootfs", rootfs, NEEDED, "Root file system outside."),
	TEXT("created", created, NEEDED, "When it was created."),
	TEXT("owner", owner, 0, "Who created it."),
	INT("pid", pid, 0, "Process outside.", RANGE(1, INT32_MAX)),
	UINT("startTime", start_time, 0, "When the process started, in ticks after the boot.", ANY_UINT),
	TEXT("bootId", boot_id, NEEDED, "Which boot of the host."),
	TEXT("cgroupsPath", cgroups_path, NEEDED, "Its cgroup, below the roots of the hierarchies."),
	BOOL("keepsKeyring", keeps_keyring, 0, "Whether its processes keep the caller's session keyring."),
	MAP("annotations", annotations, 0, "The configuration's annotations."),
	TEXT("release", release, 0, "Version of boxcar that wrote it."),
};
static RECORD(state);
#undef OWNER

#define OWNER struct state_memory
static const struct field state_memory_rows[] = {
	UINT("kills", kills, 0, "Processes that were killed.", ANY_UINT),
	UINT("limit", limit, 0, "The limit in bytes.", ANY_UINT),
	UINT("peak", peak, 0, "The most that was in use, in bytes.", ANY_UINT),
};
static RECORD(state_memory);
#undef OWNER

/* What the outside is shown, in runc's order; engines parse it. */
struct shown_state {
	const char *oci_version, *id;
	struct opt_int pid;
	const char *status, *bundle, *rootfs, *created;
	struct spec_map annotations;
	const char *owner;
	struct state_memory *out_of_memory;
};

#define OWNER struct shown_state
static const struct field shown_state_rows[] = {
	TEXT("ociVersion", oci_version, 0, ""), TEXT("id", id, 0, ""),
	INT("pid", pid, 0, "", ANY_INT),        TEXT("status", status, 0, ""),
	TEXT("bundle", bundle, 0, ""),          TEXT("rootfs", rootfs, 0, ""),
	TEXT("created", created, 0, ""),        MAP("annotations", annotations, 0, ""),
	TEXT("owner", owner, 0, ""),
	ROW("outOfMemory", FIELD_OBJECT, out_of_memory, struct state_memory *, 0, "", .record = &record_state_memory),
};
static RECORD(shown_state);
#undef OWNER

/* zlib's CRC-32, four bits at a time: a kilobyte takes a few microseconds, and no table of a kilobyte is touched. */
static uint32_t crc32(const char *bytes, size_t length)
{
	static const uint32_t table[16] = { 0x00000000, 0x1db71064, 0x3b6e20c8, 0x26d930ac, 0x76dc4190, 0x6b6b51f4,
					    0x4db26158, 0x5005713c, 0xedb88320, 0xf00f9344, 0xd6d6a3e8, 0xcb61b38c,
					    0x9b64c2b0, 0x86d3d2d4, 0xa00ae278, 0xbdbdf21c };
	uint32_t crc = UINT32_MAX;

	for (size_t i = 0; i < length; i++) {
		crc ^= (unsigned char)bytes[i];
		crc = (crc >> 4) ^ table[crc & 15];
		crc = (crc >> 4) ^ table[crc & 15];
	}
	return ~crc;
}

void state_encode(const struct state *state, struct text *out)
{
	struct text json;

	text_init(&json, out->arena);
	json_write(&record_state, state, JSON_LINE, &json);
	text_add(out, "boxcar-state %d %zu %08x\n", STATE_VERSION, json.length, crc32(json.at, json.length));
	text_add_bytes(out, json.at, json.length);
	text_add_bytes(out, "\n", 1);
}

struct header {
	const char *version, *length, *crc; /* words of the line */
	size_t size;                        /* of the line with its newline */
};

/* Cut the header line into its words, in a copy. */
static int read_header(const char *text, size_t length, struct arena *a, struct header *out, struct err *e)
{
	const char *newline = memchr(text, '\n', length < HEADER_MAX ? length : HEADER_MAX);
	char *words[4] = { 0 }, *rest;
	size_t count = 0;

	if (!newline)
		return err_set(e, "the state file is damaged: it has no header");
	char *line = arena_copy(a, text, (size_t)(newline - text));
	for (char *word = strtok_r(line, " ", &rest); word; word = strtok_r(NULL, " ", &rest)) {
		if (count < 4)
			words[count] = word;
		count++;
	}
	if (count != 4 || strcmp(words[0], "boxcar-state") != 0)
		return err_set(e, "the state file is damaged: its header is not boxcar's");
	*out = (struct header){ words[1], words[2], words[3], (size_t)(newline - text) + 1 };
	return 0;
}

/* Whether the bytes behind the header are those that were written. */
static int check_body(const struct header *h, const char *body, size_t length, struct err *e)
{
	char crc[9];
	uint64_t version, promised;

	if (!text_read_uint(h->version, UINT32_MAX, &version) || version == 0)
		return err_set(e, "the state file is damaged: its version is not a number");
	if (version > STATE_VERSION) {
		(void)err_set(e, "the state file has version %llu, this boxcar knows %d", (unsigned long long)version,
			      STATE_VERSION);
		return err_hint(e, "use the newer boxcar that made the container");
	}
	if (!text_read_uint(h->length, JSON_MAX_BYTES, &promised))
		return err_set(e, "the state file is damaged: its length is not a number");
	if (length != promised + 1 || body[promised] != '\n')
		return err_set(e, "the state file is damaged: %zu bytes instead of %llu", length,
			       (unsigned long long)promised + 1);
	(void)snprintf(crc, sizeof crc, "%08x", crc32(body, promised));
	if (strcmp(crc, h->crc) != 0)
		return err_set(e, "the state file is damaged: its checksum is %s, not %.8s", crc, h->crc);
	return 0;
}

int state_decode(const char *text, size_t length, struct arena *a, struct state **out, struct err *e)
{
	struct header header = { .version = "", .length = "", .crc = "" };
	struct problems problems;

	if (read_header(text, length, a, &header, e))
		return -1;
	const char *body = text + header.size;
	if (check_body(&header, body, length - header.size, e))
		return -1;
	problems_init(&problems, a);
	struct state *state = json_read(&record_state, body, length - header.size - 1, &problems);
	if (problems.mistakes) {
		problems_place(&problems, body, length - header.size - 1);
		return problems_err(&problems, "state", e);
	}
	*out = state;
	return 0;
}

void state_print(const struct state *state, const char *status, enum json_style style, struct text *out)
{
	bool is_stopped = strcmp(status, "stopped") == 0;
	struct shown_state shown = {
		.oci_version = state->oci_version,
		.id = state->id,
		.pid = { true, is_stopped ? 0 : state->pid.value },
		.status = status,
		.bundle = state->bundle,
		.rootfs = state->rootfs,
		.created = state->created,
		.annotations = state->annotations,
		.owner = state->owner ? state->owner : "",
		.out_of_memory = state->out_of_memory,
	};

	json_write(&record_shown_state, &shown, style, out);
}
