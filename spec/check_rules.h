/* What the files of the check share. Private to spec/check*.c. */
#pragma once

#include "spec/check.h"

/* The first namespace of this type that the container makes or joins, or NULL: the runtime's own. */
const struct spec_namespace *check_find_namespace(const struct spec_linux *linux, int type);

/* Whether it is sure that there is no such namespace: all types could be read. */
bool check_lacks_namespace(const struct spec_linux *linux, int type);

/* A text, mostly a pointer, formatted in the problems' arena. */
#define AT(problems, ...) arena_format((problems)->arena, __VA_ARGS__)

/* The pointer of a member of a map. */
const char *check_key_pointer(struct problems *p, const char *map, const char *key);

/* A mistake, unless the reader has found one at this place or below it: then this one is likely its consequence. */
void check_refuse(struct problems *p, const char *pointer, const char *message, const char *advice);
void check_warn(struct problems *p, const char *pointer, const char *message, const char *advice);

void check_namespaces(const struct spec_linux *linux, struct problems *problems);

/* Ranges of one mapping list: each valid by itself, none overlapping another. */
void check_mappings(const struct spec_id_mapping *at, size_t count, const char *pointer, struct problems *problems);

/* Whether an id inside is mapped; always true for a joined or no user namespace. */
bool check_is_mapped(const struct spec_linux *linux, bool is_group, uint64_t id);

void check_net_devices(const struct spec_linux *linux, struct problems *problems);
void check_sysctls(const struct spec_linux *linux, struct problems *problems);
void check_scheduler(const struct spec_scheduler *scheduler, const char *pointer, struct problems *problems);
void check_scheduler_and_hooks(const struct spec_scheduler *scheduler, const struct spec_hooks *hooks, struct problems *problems);
void check_memory_policy(const struct spec_memory_policy *policy, struct problems *problems);
void check_rdt(const struct spec_intel_rdt *rdt, struct problems *problems);
void check_seccomp(const struct spec_seccomp *seccomp, struct problems *problems);
