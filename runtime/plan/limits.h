/* What the subjects of resources share: a limit is lowered to rows (controller, file, value) in the dialect that the controller
 * speaks here. Private to plan/. */
#pragma once

#include "runtime/plan/planner.h"

/* The hierarchy of a controller; NULL with a mistake at the member when this host, or this caller, has none. */
const struct facts_hierarchy *limit_find(struct planner *p, const char *controller, const void *member);

/* The same where the members may all say that nothing is limited (-1): then it is no mistake to have none. */
const struct facts_hierarchy *limit_find_bound(struct planner *p, const char *controller, const void *member, bool is_bound);

void limit_add(struct planner *p, const char *controller, const char *file, const void *member, unsigned flags, const char *value);

const char *limit_number(struct planner *p, int64_t value);

/* Zero means "not set" to every engine. */
bool limit_is_given(const struct opt_int *n);
bool limit_is_bound(const struct opt_int *n); /* and not -1, which is no limit */
bool limit_is_set(const struct opt_uint *n);

/* resources.c */
void plan_limits(struct planner *p, const struct spec_resources *r);

/* memory.c, cpu.c, block_io.c, device_rules.c */
void plan_memory(struct planner *p, const struct spec_memory *m);
void plan_cpu(struct planner *p, const struct spec_cpu *c);
void plan_block_io(struct planner *p, const struct spec_block_io *b);
void plan_device_rules(struct planner *p, const struct spec_resources *r);
