/* The rules that no single row can hold: cross-field rules of the specification, and facts of Linux that are the same
 * on every host. Pure; what depends on the host is checked by runtime/plan/. `check`, create, run and exec use the same
 * code. The model may be incomplete: what the reader has already refused is missing in it. */
#pragma once

#include "spec/json/read.h"
#include "spec/model.h"

/* Add every mistake of a whole configuration. With `for_start` the properties that a container needs in order to run
 * (root, process with args, linux) are required; without it only what the specification requires of every file. */
void check_spec(const struct spec *spec, bool for_start, struct problems *problems);

/* The same for a process given to exec. `pointer` is the JSON pointer of the process ("/process", or "" in a
 * process.json); `linux` is the container's, for its id mappings, or NULL. */
void check_process(const struct spec_process *process, const char *pointer, const struct spec_linux *linux,
		   struct problems *problems);

/* The same for resources given to update. `pointer` is "/linux/resources", or "" in a file of their own. */
void check_resources(const struct spec_resources *resources, const char *pointer, struct problems *problems);

/* Mistakes "not supported yet: POINTER" for what is marked FIELD_LATER and says something: an empty text, list or
 * object there is no mistake, and neither is one with nothing but zeros in it. */
void check_later(const struct record *record, const void *model, const char *pointer, struct problems *problems);
