/* The reader of config.json, process.json and resources, the check, and the writer. Beyond "no sanitizer report": a
 * refusal has a mistake with a place, and what is accepted is written, read and written again without a change. */
#include "spec/check.h"
#include "spec/json/write.h"

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

static void *read_json(const struct record *record, const char *text, size_t size, struct problems *problems,
		       struct arena *a)
{
	problems_init(problems, a);
	void *model = json_read(record, text, size, problems);
	insist(model || problems->mistakes, "a refusal has a mistake");
	return model;
}

static void check(const struct record *record, const void *model, struct problems *problems)
{
	if (record == &record_spec)
		check_spec(model, true, problems);
	else if (record == &record_process)
		check_process(model, "", NULL, problems);
	else
		check_resources(model, "", problems);
	check_later(record, model, "", problems);
}

static void place(struct problems *problems, const char *text, size_t size)
{
	struct err e = ERR_NONE;

	problems_place(problems, text, size);
	for (size_t i = 0; i < problems->count; i++) {
		const struct problem *p = &problems->at[i];
		insist(p->at <= size && p->line && p->column, "a problem has a place in the text");
		insist(p->pointer[0] == '\0' || p->pointer[0] == '/', "a problem has a pointer");
		insist(p->message[0] != '\0', "a problem says what is wrong");
		insist(i == 0 || p->at >= problems->at[i - 1].at, "problems come in order");
	}
	insist((problems_err(problems, "config.json", &e) != 0) == (problems->mistakes > 0), "mistakes are an error");
}

static void write_back(const struct record *record, const void *model, struct arena *a)
{
	struct text first, second;
	struct problems problems;

	text_init(&first, a);
	json_write(record, model, JSON_LINE, &first);
	const void *again = read_json(record, first.at, first.length, &problems, a);
	insist(again && !problems.mistakes && !problems.warnings, "what was written is read without a word");
	text_init(&second, a);
	json_write(record, again, JSON_LINE, &second);
	insist(strcmp(first.at, second.at) == 0, "written, read and written is the same");
}

static void try(const struct record *record, const char *text, size_t size)
{
	struct problems problems;
	struct arena a;

	arena_init(&a, ARENA_SIZE);
	void *model = read_json(record, text, size, &problems, &a);
	bool is_accepted = model && !problems.mistakes;
	if (model)
		check(record, model, &problems);
	place(&problems, text, size);
	if (is_accepted && size < JSON_MAX_BYTES / 8) /* escapes can make the written text longer than what is read */
		write_back(record, model, &a);
	arena_finish(&a);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct record *const records[] = { &record_spec, &record_process, &record_resources };

	for (size_t i = 0; i < sizeof records / sizeof *records; i++)
		try(records[i], (const char *)data, size);
	return 0;
}
