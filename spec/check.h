/* The rules that no single row can hold: cross-field rules of the specification. Pure; what depends on the host comes in as facts
 * from the runtime and is checked by plan/. `check`, create, run and exec use the same code. */
#pragma once

#include "spec/json/read.h"
#include "spec/model.h"

/* Add every mistake of a whole configuration. With `for_start` the properties that a container needs in order to run
 * (root, process, linux) are required; without it only what the specification requires of every file. */
void check_spec(const struct spec *spec, bool for_start, struct problems *problems);

/* The same for a process given to exec. `pointer` is the JSON pointer of the process ("/process", or "" in a process.json). */
void check_process(const struct spec_process *process, const char *pointer, bool has_user_namespace, struct problems *problems);

/* Mistakes "not supported yet: POINTER" for what is present and marked FIELD_LATER. */
void check_later(const struct record *record, const void *model, const char *pointer, struct problems *problems);
