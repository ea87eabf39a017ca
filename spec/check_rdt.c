#include "spec/check_rules.h"

#include <string.h>

/* The kernel's own directories in resctrl. */
static bool is_reserved(const char *name)
{
	static const char *const names[] = { ".", "..", "info", "mon_groups", "mon_data" };

	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (strcmp(name, names[i]) == 0)
			return true;
	return false;
}

void check_rdt(const struct spec_intel_rdt *rdt, struct problems *p)
{
	const char *name = rdt->clos_id;

	if (name && strcmp(name, "/") != 0 && (!name[0] || strpbrk(name, "/\n") || is_reserved(name)))
		check_refuse(p, "/linux/intelRdt/closID", "is no name of a class",
			     "one name without slash, or / for the default class; leave it out for a class of the container's own");
	for (size_t i = 0; i < rdt->schemata.count; i++)
		if (!strchr(rdt->schemata.at[i], ':'))
			check_refuse(p, AT(p, "/linux/intelRdt/schemata/%zu", i), "is no line of schemata", "such as L3:0=7f0;1=1f");
	if (rdt->l3_cache_schema && rdt->l3_cache_schema[0] && strncmp(rdt->l3_cache_schema, "L3:", 3) != 0)
		check_warn(p, "/linux/intelRdt/l3CacheSchema", "does not begin with L3:", "it is written as it is");
}
