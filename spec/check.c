#include "spec/check_rules.h"

#include "spec/annotations.h"

#include "spec/base/text.h"

#include <ctype.h>
#include <string.h>

enum { HOST_NAME_MAX_BYTES = 64 }; /* __NEW_UTS_LEN */

void check_refuse(struct problems *p, const char *pointer, const char *message, const char *advice)
{
	size_t length = strlen(pointer);

	for (size_t i = 0; i < p->count; i++) {
		const struct problem *o = &p->at[i];
		bool is_readers = !o->is_warning && o->at != PROBLEM_NOWHERE;
		if (is_readers && strncmp(o->pointer, pointer, length) == 0 &&
		    (o->pointer[length] == '\0' || o->pointer[length] == '/'))
			return;
	}
	problems_add(p, false, pointer, message, advice);
}

void check_warn(struct problems *p, const char *pointer, const char *message, const char *advice)
{
	problems_add(p, true, pointer, message, advice);
}

/* A number of a version: digits without a leading zero. Moves behind it. */
static bool skip_number(const char **at)
{
	const char *start = *at;

	while (isdigit((unsigned char)**at))
		(*at)++;
	return *at > start && (*start != '0' || *at == start + 1);
}

/* Semantic Versioning 2.0.0: MAJOR.MINOR.PATCH, then "-" or "+" and identifiers. */
static bool is_version(const char *text)
{
	const char *at = text;

	for (int i = 0; i < 3; i++) {
		if (i > 0 && *at++ != '.')
			return false;
		if (!skip_number(&at))
			return false;
	}
	if (*at != '\0' && *at != '-' && *at != '+')
		return false;
	const char *rest = *at ? at + 1 : at;
	while (isalnum((unsigned char)*rest) || (*rest && strchr(".-+", *rest)))
		rest++;
	return *rest == '\0' && (*at == '\0' || at[1] != '\0');
}

static void check_version(const char *version, struct problems *p)
{
	static const char advice[] = "a version from 1.0.0 on and below 2.0.0, such as 1.0.2";

	if (!version)
		return;
	const char *quoted = json_quote(p->arena, version, strlen(version));
	if (!is_version(version))
		check_refuse(p, "/ociVersion", AT(p, "%s is no version of the specification", quoted), advice);
	else if (!text_has_prefix(version, "1."))
		check_refuse(p, "/ociVersion", AT(p, "version %s is not supported", quoted), advice);
}

static void check_present(const struct spec *spec, struct problems *p)
{
	if (!spec->root)
		check_refuse(p, "/root", "is missing", "a container needs the path of its root file system");
	if (!spec->process)
		check_refuse(p, "/process", "is missing", "a container needs a process to start");
	else if (!spec->process->args.count)
		check_refuse(p, "/process/args", spec->process->args.at ? "must not be empty" : "is missing",
			     "the first of them is the program to start");
}

static void check_name(const char *name, const char *pointer, const struct spec_linux *linux, struct problems *p)
{
	if (!name || !name[0])
		return;
	if (strlen(name) > HOST_NAME_MAX_BYTES)
		check_refuse(p, pointer, "is longer than the 64 bytes that the kernel keeps", NULL);
	if (check_lacks_namespace(linux, NAMESPACE_UTS))
		check_refuse(p, pointer, "would change the host's name", "a namespace of type uts is needed");
}

const char *check_key_pointer(struct problems *p, const char *map, const char *key)
{
	struct text pointer;

	text_init(&pointer, p->arena);
	text_add(&pointer, "%s", map);
	json_add_part(&pointer, key, strlen(key));
	return pointer.at;
}

static bool has_option(const struct spec_mount *m, const char *option)
{
	for (size_t i = 0; i < m->options.count; i++)
		if (strcmp(m->options.at[i], option) == 0)
			return true;
	return false;
}

static void check_mount_mappings(const struct spec_mount *m, size_t index, const struct spec_linux *linux,
				 struct problems *p)
{
	bool has_option_idmap = has_option(m, "idmap") || has_option(m, "ridmap");
	bool has_uids = m->uid_mappings.count > 0, has_gids = m->gid_mappings.count > 0;

	if (has_uids != has_gids)
		check_refuse(p, AT(p, "/mounts/%zu/%s", index, has_uids ? "gidMappings" : "uidMappings"), "is missing",
			     "a mount has both uidMappings and gidMappings or neither");
	if (has_uids)
		check_mappings(m->uid_mappings.at, m->uid_mappings.count, AT(p, "/mounts/%zu/uidMappings", index), p);
	if (has_gids)
		check_mappings(m->gid_mappings.at, m->gid_mappings.count, AT(p, "/mounts/%zu/gidMappings", index), p);
	if (has_option_idmap && !has_uids && !has_gids && check_lacks_namespace(linux, NAMESPACE_USER))
		check_refuse(p, AT(p, "/mounts/%zu/options", index), "there is nothing to map the ids by",
			     "uidMappings and gidMappings of the mount, or a user namespace");
	if (!has_option_idmap && (has_uids || has_gids))
		check_warn(p, AT(p, "/mounts/%zu/options", index), "has mappings without idmap or ridmap",
			   "older runtimes ignore the mappings of such a mount");
}

static void check_mounts(const struct spec *spec, struct problems *p)
{
	if (spec->mounts.count && check_lacks_namespace(spec->linux, NAMESPACE_MOUNT))
		check_refuse(p, "/mounts", "would change the host's mounts", "a namespace of type mount is needed");
	for (size_t i = 0; i < spec->mounts.count; i++) {
		const struct spec_mount *m = &spec->mounts.at[i];
		if (m->destination && m->destination[0] != '/')
			check_warn(p, AT(p, "/mounts/%zu/destination", i), "relative destinations are deprecated",
				   "it is taken as relative to /");
		check_mount_mappings(m, i, spec->linux, p);
	}
}

static void check_device(const struct spec_device *d, size_t index, struct problems *p)
{
	bool is_fifo = d->type && strcmp(d->type, "p") == 0;
	const struct opt_int *numbers[] = { &d->major, &d->minor };

	for (size_t i = 0; i < 2 && d->type && !is_fifo; i++)
		if (!numbers[i]->is_set || numbers[i]->value < 0)
			check_refuse(p, AT(p, "/linux/devices/%zu/%s", index, i ? "minor" : "major"),
				     numbers[i]->is_set ? "is no device number" : "is missing",
				     "the types c, b and u need major and minor");
}

static void check_linux(const struct spec_linux *linux, struct problems *p)
{
	bool has_mounts_of_its_own = !check_lacks_namespace(linux, NAMESPACE_MOUNT);

	check_namespaces(linux, p);
	for (size_t i = 0; i < linux->devices.count; i++)
		check_device(&linux->devices.at[i], i, p);
	if (linux->masked_paths.count && !has_mounts_of_its_own)
		check_refuse(p, "/linux/maskedPaths", "would hide the host's files",
			     "a namespace of type mount is needed");
	if (linux->readonly_paths.count && !has_mounts_of_its_own)
		check_refuse(p, "/linux/readonlyPaths", "would make the host's files read-only",
			     "a namespace of type mount is needed");
	if (linux->resources)
		check_resources(linux->resources, "/linux/resources", p);
	if (linux->memory_policy)
		check_memory_policy(linux->memory_policy, p);
	if (linux->intel_rdt)
		check_rdt(linux->intel_rdt, p);
	if (linux->seccomp)
		check_seccomp(linux->seccomp, p);
	check_net_devices(linux, p);
	check_sysctls(linux, p);
}

/* An annotation means nothing to the specification, but whoever writes these expects something. */
static void check_annotations(const struct spec *spec, struct problems *p)
{
	for (size_t i = 0; i < spec->annotations.count; i++) {
		const struct spec_pair *pair = &spec->annotations.at[i];
		const struct annotation_row *row = annotation_find_row(pair->key);
		const char *pointer = check_key_pointer(p, "/annotations", pair->key);
		if (strncmp(pair->key, "run.oci.", 8) == 0 && !row)
			check_warn(p, pointer, "is not carried out", "boxcar(1) lists those that are");
		if (row && row->is_valid && !row->is_valid(pair->value))
			check_refuse(p, pointer, row->rule, NULL);
	}
}

void check_spec(const struct spec *spec, bool for_start, struct problems *p)
{
	check_version(spec->oci_version, p);
	if (for_start)
		check_present(spec, p);
	check_name(spec->hostname, "/hostname", spec->linux, p);
	check_name(spec->domainname, "/domainname", spec->linux, p);
	check_mounts(spec, p);
	check_annotations(spec, p);
	if (spec->process)
		check_process(spec->process, "/process", spec->linux, p);
	if (spec->process && spec->process->scheduler && spec->hooks)
		check_scheduler_and_hooks(spec->process->scheduler, spec->hooks, p);
	if (spec->linux)
		check_linux(spec->linux, p);
}
