/* The state file, which anybody who can write below /run can damage. The bytes are tried as a whole file, and once more
 * as the JSON behind a good header, because no mutation finds the checksum. What is accepted is encoded, decoded and
 * encoded again without a change. */
#include "spec/json/read.h"
#include "spec/state.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void insist(bool is_so, const char *what)
{
	if (is_so)
		return;
	(void)fprintf(stderr, "broken promise: %s\n", what);
	abort();
}

static uint32_t checksum(const uint8_t *bytes, size_t size)
{
	uint32_t crc = UINT32_MAX;

	for (size_t i = 0; i < size; i++) {
		crc ^= bytes[i];
		for (int bit = 0; bit < 8; bit++)
			crc = crc & 1 ? (crc >> 1) ^ 0xedb88320 : crc >> 1;
	}
	return ~crc;
}

static void encode_again(const struct state *state, struct arena *a)
{
	struct err e = ERR_NONE;
	struct text first, second;
	struct state *back = NULL;

	text_init(&first, a);
	state_encode(state, &first);
	insist(state_decode(first.at, first.length, a, &back, &e) == 0, "what was encoded is decoded");
	text_init(&second, a);
	state_encode(back, &second);
	insist(first.length == second.length && memcmp(first.at, second.at, first.length) == 0,
	       "encoded, decoded and encoded is the same");
	text_init(&second, a);
	state_print(back, "running", JSON_SPACES, &second);
}

static void try(const char *text, size_t size, struct arena *a)
{
	struct state *state = NULL;
	struct err e = ERR_NONE;

	if (state_decode(text, size, a, &state, &e) == 0)
		encode_again(state, a);
	else
		insist(!state && e.text[0] != '\0', "a refusal says why and leaves nothing");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena a;
	struct text file;

	arena_init(&a, ARENA_SIZE);
	try((const char *)data, size, &a);
	text_init(&file, &a);
	text_add(&file, "boxcar-state 1 %zu %08x\n", size, checksum(data, size));
	text_add_bytes(&file, data, size);
	text_add(&file, "\n");
	if (size < JSON_MAX_BYTES / 8)
		try(file.at, file.length, &a);
	arena_finish(&a);
	return 0;
}
